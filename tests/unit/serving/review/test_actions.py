"""Acts of the desk over HTTP: stored at once, undone in time, applied once, first come first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from models.answers import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any


def test_a_decision_takes_effect_once_its_window_has_passed(desk: Desk) -> None:
    """Nothing moves before; then outcome, label with the moment of opening, and audit."""
    desk.scan("a")
    made = desk.decide("rina", "a", opened_at=rfc3339(desk.now - 5000))
    assert (made["status"], made["events"], made["points"]) == ("due", 1, 80)
    assert made["due_at"] == rfc3339(desk.now + 30_000)
    assert desk.status("a") == ("held", 0)
    assert desk.labels("a") == []
    opened = desk.now - 5000
    desk.done(made)
    assert desk.status("a") == ("kept", 0)
    assert desk.labels("a") == [(1, "rina", opened)]
    feed = desk.key("GET", "/outcomes").json()["outcomes"]
    assert [(row["event_id"], row["status"], row["reason"]) for row in feed] == [
        ("a", "kept", "Looked at.")]
    assert [(word, who) for word, who, _ in desk.audit()] == [
        ("act_taken", "rina"), ("case_decided", "rina")]
    assert "a" not in [row["case_id"] for row in desk.key("GET", "/cases").json()["cases"]]


def test_one_decision_for_a_ring_is_one_act_with_one_reason(desk: Desk) -> None:
    """More events than one transaction decides: each gets its outcome and its label, once."""
    names = [f"e{n}" for n in range(12)]
    for n, name in enumerate(names):
        desk.scan(name, member=f"m-{n}")
    made = desk.decide("rina", *names, decision="release", case_id="ring-payout-7")
    assert (made["events"], made["points"]) == (12, 960)
    shown = desk.done(made)
    assert (shown["events"], shown["failed"], shown["reason"]) == (12, 0, "Looked at.")
    assert {desk.status(name) for name in names} == {("released", 80)}
    assert [len(desk.labels(name)) for name in names] == [1] * 12
    assert [word for word, *_ in desk.audit()] == ["act_taken", *["case_decided"] * 12]


def test_undo_in_time_leaves_everything_as_it_was(desk: Desk) -> None:
    """Nothing reached the points engine and no label was taught; the case can be decided anew."""
    desk.scan("a")
    made = desk.decide("rina", "a")
    desk.now += 29_999
    undone = desk.act("rina", "undo", action_id=made["action_id"])
    assert undone["status"] == "undone"
    assert desk.act("rina", "undo", action_id=made["action_id"]) == undone
    desk.now += 60_000
    again = desk.decide("ben", "a", decision="release")
    desk.done(again)
    assert desk.status("a") == ("released", 80)
    assert desk.labels("a") == [(0, "ben", None)]
    assert [(word, who) for word, who, _ in desk.audit()] == [
        ("act_taken", "rina"), ("act_undone", "rina"), ("act_taken", "ben"),
        ("case_decided", "ben")]


def test_undo_comes_too_late_or_from_somebody_else(desk: Desk) -> None:
    """To the millisecond, and only from who acted."""
    desk.scan("a")
    made = desk.decide("rina", "a")
    other = desk.try_act("ben", "undo", action_id=made["action_id"])
    assert (other.status_code, "rina" in other.text) == (403, True)
    desk.now += 30_000
    late = desk.try_act("rina", "undo", action_id=made["action_id"])
    assert late.status_code == 409
    assert desk.try_act("rina", "undo", action_id="nothing").status_code == 404
    desk.done(made)
    assert desk.status("a") == ("kept", 0)


@pytest.mark.parametrize("second", ["release", "confirm_fraud"])
def test_two_people_at_once_one_wins_and_the_other_is_told(desk: Desk, second: str) -> None:
    """By name and time, whether they agree or not; and again once it took effect."""
    desk.scan("a")
    desk.scan("b")

    def decide(by: str) -> Any:
        return desk.try_act(by, "decide", "a", "b", decision=second, reason="Mine.")

    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(("rina", "ben"), pool.map(decide, ("rina", "ben")), strict=True))
    (winner,) = [by for by, answer in answers.items() if answer.status_code == 200]
    (loser,) = [by for by, answer in answers.items() if answer.status_code == 409]
    assert winner in answers[loser].json()["error"]["message"]
    assert rfc3339(desk.now) in answers[loser].json()["error"]["message"]
    api = desk.key("POST", "/cases/b/decisions",
                   {"decision": "release", "reason": "Mine.", "by": "system"})
    assert api.status_code == 409
    desk.done(answers[winner].json())
    late = decide(loser)
    assert (late.status_code, winner in late.json()["error"]["message"]) == (409, True)
    assert len(desk.labels("a")) == 1


def test_the_same_act_sent_again_is_done_once(desk: Desk) -> None:
    """A token of the caller's makes a double click harmless, also once it took effect."""
    desk.scan("a")
    first = desk.decide("rina", "a", action_id="token-1")
    assert first["action_id"] == "token-1"
    assert desk.decide("rina", "a", action_id="token-1") == first
    desk.done(first)
    assert desk.decide("rina", "a", action_id="token-1") | {"status": "due"} == first
    other = desk.try_act("rina", "decide", "a", decision="keep", reason="x", action_id="token-1")
    stranger = desk.try_act("ben", "decide", "a", decision="confirm_fraud", reason="Looked at.",
                            action_id="token-1")
    assert (other.status_code, stranger.status_code) == (409, 409)
    for _ in range(2):
        desk.act("rina", "note", "a", text="Called him.", action_id="token-2")
    assert desk.rows("SELECT author, text FROM desk_notes") == [("rina", "Called him.")]


def test_what_was_stored_is_applied_after_a_restart(closed_desk: Desk) -> None:
    """A service that ends between the two loses nothing and does nothing twice."""
    with closed_desk.open() as desk:
        for n in range(12):
            desk.scan(f"e{n}")
        made = desk.decide("rina", *[f"e{n}" for n in range(12)])
        desk.scan("z", member="m-4")
        undone = desk.decide("rina", "z")
        desk.act("rina", "undo", action_id=undone["action_id"])
    closed_desk.now += 31_000
    with closed_desk.open() as desk:
        desk.done(made)
        assert {desk.status(f"e{n}") for n in range(12)} == {("kept", 0)}
        assert desk.status("z") == ("held", 0)
        assert len(desk.rows("SELECT 1 FROM feedback")) == 12


def test_a_part_that_was_applied_is_not_applied_again(desk: Desk) -> None:
    """Where the writing thread dies in the middle, it goes on with what is left."""
    from serving.review import applying

    names = [f"e{n}" for n in range(applying.PART + 2)]
    for name in names:
        desk.scan(name)
    made = desk.decide("rina", *names)
    ended = {"after": 0}
    real = applying.Applying._applied

    def dies(self: Any, name: str, now_ms: int) -> int:
        self._do(lambda writing: self._apply(writing, name, now_ms))
        ended["after"] = len(desk.rows("SELECT 1 FROM desk_action_events WHERE result = 'done'"))
        raise OSError("killed")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(applying.Applying, "_applied", dies)
        desk.now += 31_000
        desk.until(lambda: ended["after"])
    assert ended["after"] == applying.PART
    assert applying.Applying._applied is real
    desk.done(made)
    assert [len(desk.labels(name)) for name in names] == [1] * len(names)


def test_an_act_whose_case_was_decided_meanwhile_fails_and_says_so(desk: Desk) -> None:
    """A second person who comes after the hold ran out is told what became of the points."""
    held = [desk.scan(f"e{n}", member="m-5")["hold"] for n in range(13)]
    assert {hold["then"] for hold in held} == {"release"}
    names = [f"e{n}" for n in range(13)]
    made = desk.decide("rina", *names, decision="keep")
    assert made["status"] == "waiting"
    desk.now += 4 * 86_400_000
    desk.until(lambda: desk.status("e12") == ("released", 80))
    desk.act("ben", "approve", action_id=made["action_id"])
    shown = desk.done(made, "failed")
    assert (shown["failed"], "released" in shown["failure"]) == (13, True)


def test_a_hold_does_not_run_out_while_its_decision_can_be_undone(desk: Desk) -> None:
    """Who decided in the last second gets what he decided, and who undoes it gives it back."""
    verdict = desk.scan("a")
    desk.scan("b", member="m-4")
    end = desk.rows("SELECT hold_until_ms FROM cases ORDER BY place")
    desk.now = min(row[0] for row in end) - 1
    made = desk.decide("rina", "a", decision="keep")
    undone = desk.decide("rina", "b", decision="keep")
    assert verdict["hold"]["then"] == "release"
    desk.now += 29_000
    desk.act("rina", "undo", action_id=undone["action_id"])
    desk.until(lambda: desk.status("b") == ("released", 80))
    assert desk.status("a") == ("held", 0)
    desk.done(made)
    assert desk.status("a") == ("kept", 0)


def test_an_appeal_opens_a_decided_case_for_another_decision(desk: Desk) -> None:
    """And the second decision is an act like the first."""
    desk.scan("a")
    desk.done(desk.decide("rina", "a"))
    assert desk.key("POST", "/events/a/appeal", {"text": "My own goods."}).json()["case_open"]
    desk.done(desk.decide("ben", "a", decision="release"))
    assert desk.status("a") == ("released", 80)
    assert [(label, who) for label, who, _ in desk.labels("a")] == [(1, "rina"), (0, "ben")]


def test_a_fraud_is_confirmed_of_points_that_were_kept(desk: Desk) -> None:
    """That says something new; to say it twice does not."""
    desk.scan("a")
    desk.done(desk.decide("rina", "a", decision="keep"))
    assert desk.labels("a") == []
    desk.done(desk.decide("ben", "a"))
    assert [(label, who) for label, who, _ in desk.labels("a")] == [(1, "ben")]
    assert desk.try_act("ana", "decide", "a", decision="confirm_fraud",
                        reason="Me too.").status_code == 409


def test_acts_without_what_they_need_are_refused(desk: Desk) -> None:
    """Each by the name of the field; nothing is stored."""
    desk.scan("a")
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("decide", {"decision": "keep"}, "reason"), ("decide", {"reason": "x"}, "decision"),
        ("note", {"text": "  "}, "text"), ("snooze", {"until": "yesterday"}, "until"),
        ("snooze", {"until": rfc3339(desk.now - 1)}, "until"), ("assign", {"to": "mar"}, "to"),
        ("assign", {"to": "nobody"}, "to"), ("undo", {}, "action_id"),
        ("void_batch", {"batch_id": "B-1"}, "note"), ("reject", {"action_id": "x"}, "reason"),
        ("list", {"list": "deny", "kind": "device", "subject_id": "d-1"}, "note"),
        ("declare", {"kind": "nonsense", "subject_id": "d-1"}, "kind")]
    for act, body, named in wrong:
        answer = desk.try_act("rina", act, "a", **body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, named), answer.text
    empty = desk.try_act("rina", "claim")
    assert (empty.status_code, empty.json()["error"]["field"]) == (400, "event_ids")
    assert desk.try_act("rina", "claim", "unknown").status_code == 404
    assert desk.try_act("rina", "claim", "h-1").status_code == 404
    assert desk.try_act("rina", "claim", "a", case_id="m-7@acme").status_code == 400
    assert desk.listed() == []
    assert desk.audit() == []


def test_hostile_words_come_back_as_they_went_in(desk: Desk) -> None:
    """Script tags, marks that turn the writing, quotes, and as many characters as are taken."""
    desk.scan("a")
    for n, text in enumerate(("<script>alert(1)</script>", "\u202e\u2066x\u0007",
                              "'; DROP TABLE cases; --", "x" * 2000)):
        desk.act("rina", "note", "a", text=text, action_id=f"t{n}")
    stored = [row[0] for row in desk.rows("SELECT text FROM desk_notes ORDER BY note")]
    assert stored == ["<script>alert(1)</script>", "\u202e\u2066x\u0007",
                      "'; DROP TABLE cases; --", "x" * 2000]
    assert desk.try_act("rina", "note", "a", text="x" * 2001).status_code == 400


def test_actions_are_listed_by_case_and_status(desk: Desk) -> None:
    """The newest first, with who, when and what."""
    desk.scan("a")
    desk.scan("b", member="m-4")
    first = desk.decide("rina", "a", case_id="member-3")
    desk.now += 1
    desk.act("ben", "note", "b", case_id="member-4", text="Hm.")
    assert [row["act"] for row in desk.listed("audi")] == ["note", "decide"]
    (mine,) = desk.listed("audi", "?case_id=member-3&status=due")
    assert (mine["action_id"], mine["by"], mine["decision"]) == (
        first["action_id"], "rina", "confirm_fraud")
    assert desk.listed("audi", "?status=waiting") == []


def test_settings_of_the_desk_change_the_window(
    closed_desk: Desk, settings_of: Callable[..., None]
) -> None:
    """Without a window an act takes effect at once, and nobody can undo it."""
    settings_of(closed_desk.path, undo_seconds=0)
    with closed_desk.open() as desk:
        desk.scan("a")
        made = desk.decide("rina", "a")
        desk.until(lambda: desk.status("a") == ("kept", 0))
        assert desk.try_act("rina", "undo", action_id=made["action_id"]).status_code == 409
