"""A service takes what a run beside it decided, and shows campaigns and their results."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from serving.api import create_app
from serving.campaigns.handing import left_over
from serving.campaigns.night import Night
from serving.keys import create_key
from serving.members import default_as_of
from serving.programs import Programs
from serving.settings import Settings
from serving.wire.campaigns import CampaignResults, Campaigns

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
PATIENCE_S = 60


@pytest.fixture
def served(story: Any, serving_app: Any, at: Any) -> Iterator[Any]:
    """A service on the story's home, its clock on day 70; a function that gets a route."""
    story.approve()
    keys = {role: create_key(story.home, "acme", role) for role in ("marketer", "auditor")}
    programs = Programs(Settings(home=story.home.path), clock=lambda: at(70.1))
    programs.open(wait=True)
    with serving_app(create_app(programs, Settings(home=story.home.path))) as client:
        yield lambda path, role="marketer": client.get(
            path, headers={"Authorization": f"Bearer {keys[role]}"})
    programs.close()


def test_a_run_beside_the_service_is_sent_by_it(story: Any, served: Any, at: Any) -> None:
    """The decisions wait in the diary until the service's next pause."""
    journal = story.home.journal()
    Night(story.home, journal, at(70.1), default_as_of(journal)).run()
    until = time.monotonic() + PATIENCE_S
    while left_over(journal) and time.monotonic() < until:
        time.sleep(0.05)
    codes = dict(story.table("SELECT code, COUNT(*) FROM standing_decisions GROUP BY code"))
    assert set(codes) == {"sent", "held_out"}
    assert story.table("SELECT COUNT(*) FROM missions") == [(sum(codes.values()),)]


def test_campaigns_are_shown_to_who_may_suggest_or_read_all(story: Any, served: Any) -> None:
    """The list and the results have the documented shape; others may not, strangers are 404."""
    listed = Campaigns.model_validate(served("/campaigns").json())
    assert [(one.campaign_id, one.status) for one in listed.campaigns] == [("back", "running")]
    found = CampaignResults.model_validate(served("/campaigns/back/results").json())
    assert (found.verdict, found.lines) == (
        "nothing", ["The campaign has decided nothing yet."])
    assert served("/campaigns/forth/results").status_code == 404
    assert served("/campaigns", role="auditor").status_code == 200
