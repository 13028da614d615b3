"""The silent second review: drawn by the event, taken unknowingly, without any effect."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from serving.review.second import Look, Seconds, is_drawn

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any


def awaited(desk: Desk, person: str) -> list[str]:
    journal = desk.programs.home.journal("acme")
    with journal.database.reading() as store:
        numbers = Seconds(store, journal.key).awaited(person)
    return [str(journal.names("event", [number])[0]) for number in numbers]


def looks(desk: Desk) -> list[Look]:
    journal = desk.programs.home.journal("acme")
    with journal.database.reading() as store:
        return Seconds(store, journal.key).given()


def test_the_draw_is_that_of_the_event_alone() -> None:
    """Against the hash written out by hand; about the share of events are drawn."""
    names = [f"s-{n}" for n in range(4000)]
    for name in names[:50]:
        digest = hashlib.sha256(f"second review\x1facme\x1f{name}".encode()).digest()
        number = int.from_bytes(digest[:7], "big") / 2**56
        assert is_drawn("acme", name, 0.05) == (number < 0.05)
    found = [name for name in names if is_drawn("acme", name, 0.05)]
    assert 140 < len(found) < 260
    assert set(found) < {name for name in names if is_drawn("acme", name, 0.2)}
    assert found != [name for name in names if is_drawn("globex", name, 0.05)]


def test_the_second_decides_unknowingly_and_without_effect(
    closed_desk: Desk, settings_of: Callable[..., None]
) -> None:
    """To him the case is open as it was: same consequence, same window, same answer; what the
    first did is not shown to him, and nothing of the first changes."""
    settings_of(closed_desk.path, second_review=1.0)
    with closed_desk.open() as desk:
        desk.scan("a")
        desk.scan("b", member="m-4")
        fresh = desk.preview("ben", "decide", "a", decision="confirm_fraud")
        first = desk.decide("rina", "a", decision="release")
        desk.done(first)
        assert (awaited(desk, "ben"), awaited(desk, "rina")) == (["a"], [])
        assert desk.preview("ben", "decide", "a", decision="confirm_fraud") == fresh
        assert [row["by"] for row in desk.listed("ben")] == []
        assert [row["by"] for row in desk.listed("rina")] == ["rina"]
        made = desk.decide("ben", "a", "b")
        assert (made["status"], made["points"]) == ("due", 160)
        assert desk.status("b") == ("held", 0)
        shown = desk.done(made, by="ben")
        assert (shown["status"], shown["failed"]) == ("done", 0)
        assert desk.status("a") == ("released", 80)
        assert desk.status("b") == ("kept", 0)
        assert [(label, who) for label, who, _ in desk.labels("a")] == [(0, "rina")]
        (look,) = looks(desk)
        assert look[1:] == ("rina", "release", "ben", "confirm_fraud")
        assert awaited(desk, "ana") == ["b"]
        assert desk.try_act("ana", "decide", "a", decision="keep", reason="x").status_code == 409


def test_a_decision_of_two_is_not_drawn(
    closed_desk: Desk, settings_of: Callable[..., None]
) -> None:
    """Two have looked already."""
    settings_of(closed_desk.path, second_review=1.0, four_eyes_points=10)
    with closed_desk.open() as desk:
        desk.scan("a")
        made = desk.decide("rina", "a")
        desk.act("ben", "approve", action_id=made["action_id"])
        desk.done(made)
        assert desk.rows("SELECT 1 FROM second_reviews") == []


def test_a_case_that_an_appeal_opened_again_is_a_case_like_any_other(
    closed_desk: Desk, settings_of: Callable[..., None]
) -> None:
    """Its decision counts."""
    settings_of(closed_desk.path, second_review=1.0)
    with closed_desk.open() as desk:
        desk.scan("a")
        desk.done(desk.decide("rina", "a"))
        desk.key("POST", "/events/a/appeal", {"text": "Mine."})
        assert awaited(desk, "ben") == []
        desk.done(desk.decide("ben", "a", decision="release"), by="ben")
        assert desk.status("a") == ("released", 80)
        assert looks(desk) == []


def test_nobody_is_asked_for_proof_in_a_second_review(
    closed_desk: Desk, settings_of: Callable[..., None]
) -> None:
    """The partner's points were given or kept already: he is left in peace, unknown to who asks."""
    from serving.outbox.relay import begin_relay

    settings_of(closed_desk.path, second_review=1.0)
    with closed_desk.open() as desk:
        begin_relay(desk.programs.home.journal("acme"), desk.now)
        desk.scan("a")
        desk.done(desk.decide("rina", "a"))
        shown = desk.done(desk.act("ben", "ask", "a"), by="ben")
        assert shown["failed"] == 0
        assert desk.rows("SELECT 1 FROM outbox WHERE kind = 'proof.asked'") == []
        assert desk.rows("SELECT 1 FROM desk_work WHERE answer_by_ms IS NOT NULL") == []
