"""Versions, approvals and stops are added, never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from features.errors import BadInput, Conflict, NotFound
from features.exports.program import Program
from features.store.home import Home
from serving.campaigns.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT = """id: back
name: Win back
monthly_budget_points: 900
starts_at: 1970-01-01T00:00:01Z
ends_at: 1970-01-01T00:00:09Z
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    home = Home(tmp_path)
    journal = home.create(Program(program_id="acme"))
    with home.database.writing() as store:
        yield Shelf(store, journal.key)
    home.close()


def test_a_campaign_goes_through_its_life(shelf: Shelf) -> None:
    """A draft, then waiting, running, ended; or stopped, which stays."""
    shelf.draft(TEXT, "rina", 1)
    assert shelf.find("back").status(2000) == "draft"
    shelf.approve("back", "ana", 10)
    found = shelf.find("back")
    assert [found.status(ms) for ms in (500, 2000, 9000)] == ["waiting", "running", "ended"]
    shelf.stop("back", "ana", 3000, "enough")
    assert [shelf.find("back").status(ms) for ms in (4000, 9000)] == ["stopped", "stopped"]


def test_the_same_again_changes_nothing(shelf: Shelf) -> None:
    """Drafting, approving and stopping twice leave one row each."""
    assert shelf.draft(TEXT, "rina", 1) == shelf.draft(TEXT, "other", 2)
    assert shelf.approve("back", "ana", 3) == shelf.approve("back", "other", 4)
    assert shelf.stop("back", "ana", 5, "a") == shelf.stop("back", "other", 6, "b")
    found = shelf.find("back")
    assert (len(found.versions), len(found.steps)) == (1, 2)


def test_a_new_version_waits_for_its_own_approval(shelf: Shelf) -> None:
    """Until then the version that was approved stays in force."""
    shelf.draft(TEXT, "rina", 1)
    shelf.approve("back", "ana", 2)
    shelf.draft(TEXT.replace("900", "5000"), "rina", 3)
    assert shelf.find("back").newest.campaign.monthly_budget_points == 900
    shelf.approve("back", "ana", 4)
    assert shelf.find("back").newest.campaign.monthly_budget_points == 5000
    assert [step.author for step in shelf.find("back").steps] == ["ana", "ana"]


@pytest.mark.parametrize("change", [("name: Win back", "name: Win back\ncontrol: 0.2"),
                                    ("01Z", "02Z"),
                                    ("name: Win back", "name: Win back\nwindow_days: 60")])
def test_the_groups_of_an_approved_campaign_are_not_moved(
    shelf: Shelf, change: tuple[str, str]
) -> None:
    """Another share, start or window is another campaign; before the approval it is not."""
    shelf.draft(TEXT, "rina", 1)
    shelf.draft(TEXT.replace(*change, 1), "rina", 2)
    shelf.approve("back", "ana", 3)
    with pytest.raises(Conflict, match="an id of its own"):
        shelf.draft(TEXT, "rina", 4)


def test_what_can_not_be_done_is_said(shelf: Shelf) -> None:
    """Nobody's approval, a stranger, a draft that is stopped, a last day that is over."""
    shelf.draft(TEXT, "rina", 1)
    with pytest.raises(BadInput, match="name yourself"):
        shelf.approve("back", " ", 2)
    with pytest.raises(NotFound, match="a program with back"):
        shelf.approve("forth", "ana", 2)
    with pytest.raises(Conflict, match="a draft"):
        shelf.stop("back", "ana", 2, "")
    with pytest.raises(Conflict, match="later ends_at"):
        shelf.approve("back", "ana", 9000)


def test_earlier_campaigns_come_first(shelf: Shelf) -> None:
    """The order of choosing is that of the first drafts."""
    for at, name in enumerate(("zeta", "alpha", "mid")):
        shelf.draft(TEXT.replace("id: back", f"id: {name}"), "rina", at)
    assert shelf.ids() == ["zeta", "alpha", "mid"]
