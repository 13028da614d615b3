"""The desk's acts over the service: by a person's session, by a second person, audited."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from features.exports.program import Program
from features.store.chain import Chain
from serving.api import create_app
from serving.identity.sessions import Sessions
from serving.identity.users import Users
from serving.programs import Programs
from serving.retention.builder import Wish
from serving.settings import Settings
from serving.wire.retention import CampaignForecast, Drafted
from tests.unit.serving.campaigns.conftest import campaign_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
PEOPLE = {"rina": "marketer", "budi": "marketer", "ana": "admin", "mana": "manager",
          "audi": "auditor"}
QUIZ = {"id": "quiz", "cost_points": 5, "texts": {"en": "A quiz"}}
PATIENCE_S = 60


@pytest.fixture
def desk(story: Any, serving_app: Any, at: Any) -> Iterator[Any]:
    """A function that asks the service in somebody's name."""
    tokens = {}
    with story.home.database.writing() as store:
        people = {name: Users(store).add(name, [("acme", role)], 1)
                  for name, role in PEOPLE.items()}
    for name, person in people.items():
        tokens[name] = Sessions(story.home.database, 60, 12).open(
            person.user_id, time.time_ns() // 1_000_000)
    settings = Settings(home=story.home.path)
    programs = Programs(settings, clock=lambda: at(70.1))
    programs.open(wait=True)
    with serving_app(create_app(programs, settings)) as client:

        def ask(by: str, path: str, **body: Any) -> httpx.Response:
            return client.post(f"/retention{path}", json=body, headers={
                "Authorization": f"Session {tokens.get(by, by)}", "X-Jaga-Program": "acme"})

        yield ask
    programs.close()


def test_a_campaign_is_drafted_launched_and_stopped(story: Any, desk: Any) -> None:
    """Each answer has the documented shape, and each act its line in the audit log."""
    text = campaign_text(budget=50_000)
    drafted = Drafted.model_validate(desk("rina", "/campaigns", text=text).json())
    assert (drafted.status, drafted.newest_version, drafted.second_person) == ("draft", 1, None)
    launched = Drafted.model_validate(desk("rina", "/campaigns/back/launch", version=1).json())
    assert launched.status == "running"
    assert desk("budi", "/campaigns/back/stop", reason="No stock.").json()["status"] == "stopped"
    with story.home.database.reading() as store:
        entries = [(one.who, one.act, json.loads(one.about), json.loads(one.details)["campaign"])
                   for one in Chain(store, story.home.journal().key).entries()
                   if one.act.startswith("campaign")]
    assert entries == [(who, f"campaign_{act}", {"version": 1}, "back") for who, act in (
        ("rina", "drafted"), ("rina", "approved"), ("budi", "stopped"))]


@pytest.mark.parametrize("more", [{"more": "second_person: true"}, {"budget": 50_001}])
def test_a_second_person_launches_where_one_is_needed(desk: Any, more: dict[str, Any]) -> None:
    """By the campaign's own rule, and above what one person spends alone."""
    desk("rina", "/campaigns", text=campaign_text(**{"budget": 900, **more}))
    refused = desk("rina", "/campaigns/back/launch", version=1)
    assert refused.status_code == 409
    assert "a second person" in refused.json()["error"]["message"]
    assert desk("budi", "/campaigns/back/launch", version=1).json()["status"] == "running"


def test_a_rule_of_two_is_not_dropped_by_one(desk: Any) -> None:
    """A new version without the rule waits for a second person too, and so does a new start."""
    desk("rina", "/campaigns", text=campaign_text(budget=900, more="second_person: true"))
    desk("budi", "/campaigns/back/launch", version=1)
    looser = campaign_text(budget=901, more="second_person: false")
    again = desk("rina", "/campaigns", text=looser).json()
    assert (again["second_person"], again["newest_version"]) == ("approved", 2)
    assert desk("rina", "/campaigns/back/launch", version=2).status_code == 409
    desk("rina", "/campaigns/back/stop", reason="Later.")
    assert desk("rina", "/campaigns/back/launch", version=2).status_code == 409


def test_a_version_that_nobody_looked_at_is_not_launched(desk: Any) -> None:
    """Whoever clicks on an old page is told who drafted the newer one."""
    desk("rina", "/campaigns", text=campaign_text(budget=900))
    desk("budi", "/campaigns", text=campaign_text(budget=901))
    stale = desk("rina", "/campaigns/back/launch", version=1)
    assert stale.status_code == 409
    assert "budi drafted 2" in stale.json()["error"]["message"]


def test_a_forecast_says_what_would_be_and_keeps_nothing(story: Any, desk: Any) -> None:
    """As soon as members are scored; a bad text is told by its key."""
    until = time.monotonic() + PATIENCE_S
    while (answer := desk("rina", "/forecast", text=campaign_text())).status_code == 503:
        assert time.monotonic() < until
        time.sleep(0.1)
    found = CampaignForecast.model_validate(answer.json())
    assert found.offered > 100
    assert found.segment == found.offered + found.control + found.global_ + sum(
        found.excluded.values())
    assert story.table("SELECT COUNT(*) FROM standing_campaigns") == [(0,)]
    bad = desk("rina", "/forecast", text=campaign_text(mission="nothing"))
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "bad_config")


def test_a_mission_is_published_by_another_and_offered_at_once(story: Any, desk: Any) -> None:
    """A campaign may name it from then on, in the same process."""
    number = desk("rina", "/missions", mission_id="quiz", mission=QUIZ).json()["draft"]
    named = campaign_text(mission="quiz", budget=900)
    assert desk("rina", "/campaigns", text=named).status_code == 400
    assert desk("rina", f"/missions/drafts/{number}/publish").status_code == 409
    assert desk("ana", f"/missions/drafts/{number}/publish").json() == {
        "draft": number, "status": "published"}
    assert desk("rina", "/campaigns", text=named).status_code == 200
    assert [one.id for one in story.home.journal().missions][-1] == "quiz"
    assert desk("ana", f"/missions/drafts/{number}/withdraw").status_code == 409


@pytest.mark.parametrize("path", ["/forecast", "/campaigns", "/campaigns/back/launch",
                                  "/campaigns/back/stop", "/missions",
                                  "/missions/drafts/1/publish", "/missions/drafts/1/withdraw"])
def test_only_who_may_suggest_acts_here(desk: Any, path: str) -> None:
    """Neither managers nor auditors nor strangers; nothing of it is told to them."""
    body = {"text": campaign_text(), "version": 1, "mission_id": "quiz", "mission": QUIZ}
    for by, status in (("mana", 403), ("audi", 403), ("nobody", 401)):
        assert desk(by, path, **body).status_code == status, by


def test_hostile_words_stay_words(desk: Any) -> None:
    """In a name, a segment's mission, a reason."""
    evil = "<script>alert(1)</script>\u202e"
    text = Wish(campaign_id="evil", name=evil, budget_points="1").to_yaml(
        Program(program_id="acme"), dt.date(2025, 3, 1))
    assert desk("rina", "/campaigns", text=text).json()["name"] == evil
    assert desk("rina", "/campaigns/evil/launch", version=1).status_code == 200
    assert desk("rina", "/campaigns/evil/stop", reason=evil * 9).json()["reason"] == evil * 9
    assert desk("rina", "/campaigns/evil/stop", reason="x" * 10_000).status_code == 400
