"""Four eyes: who may decide alone, on whose accounts nobody does, and who may act at all."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from features.exports.program import Program
from features.store.home import Home
from serving.identity.sessions import Sessions
from serving.review.linking import link_member

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
HOUR_MS = 3_600_000


def ring(desk: Desk, count: int) -> list[str]:
    names = [f"e{n}" for n in range(count)]
    for n, name in enumerate(names):
        desk.scan(name, member=f"m-{n}")
    return names


def test_above_an_amount_two_people_decide(desk: Desk) -> None:
    """1,040 points where one may decide on 1,000: it waits, whatever time passes."""
    names = ring(desk, 13)
    assert desk.preview("rina", "decide", *names, decision="release")["needs_second"] == "amount"
    assert desk.preview("rina", "decide", *names[:12], decision="release")["needs_second"] is None
    made = desk.decide("rina", *names, decision="release")
    assert (made["status"], made["due_at"], made["points"]) == ("waiting", None, 1040)
    desk.now += 120_000
    own = desk.try_act("rina", "approve", action_id=made["action_id"])
    assert own.status_code == 403
    approved = desk.act("ben", "approve", action_id=made["action_id"])
    assert approved["status"] == "due"
    assert desk.act("ben", "approve", action_id=made["action_id"]) == approved
    assert desk.try_act("ana", "approve", action_id=made["action_id"]).status_code == 409
    shown = desk.done(made)
    assert (shown["by"], shown["second"]) == ("rina", "ben")
    assert {desk.status(name) for name in names} == {("released", 80)}
    assert [(word, who) for word, who, _ in desk.audit()][:2] == [
        ("act_taken", "rina"), ("act_approved", "ben")]


def test_a_second_person_may_undo_what_he_approved(desk: Desk) -> None:
    """The window opens anew with his word."""
    names = ring(desk, 13)
    made = desk.decide("rina", *names)
    desk.now += 120_000
    desk.act("ben", "approve", action_id=made["action_id"])
    desk.now += 29_000
    assert desk.act("ben", "undo", action_id=made["action_id"])["status"] == "undone"
    assert desk.try_act("ana", "undo", action_id=made["action_id"]).status_code == 403
    assert desk.decide("ben", names[0])["status"] == "due"


def test_a_rejected_decision_never_takes_effect(desk: Desk) -> None:
    """The case is open as before, with the reason as a note, and can be decided anew."""
    names = ring(desk, 13)
    made = desk.decide("rina", *names)
    assert desk.try_act("ben", "reject", action_id=made["action_id"]).status_code == 400
    told = desk.act("ben", "reject", action_id=made["action_id"], reason="Two of them are shops.")
    assert told["status"] == "rejected"
    assert desk.try_act("ana", "approve", action_id=made["action_id"]).status_code == 409
    assert desk.try_act("rina", "undo", action_id=made["action_id"]).status_code == 409
    desk.now += 120_000
    notes = desk.rows("SELECT DISTINCT author, text FROM desk_notes")
    assert notes == [("ben", "Two of them are shops.")]
    assert desk.decide("ben", names[0])["status"] == "due"
    assert desk.status(names[1]) == ("held", 0)


def test_who_asked_takes_back_what_waits(desk: Desk) -> None:
    """However long it has waited."""
    made = desk.decide("rina", *ring(desk, 13))
    desk.now += 10 * HOUR_MS
    assert desk.try_act("ben", "undo", action_id=made["action_id"]).status_code == 403
    assert desk.act("rina", "undo", action_id=made["action_id"])["status"] == "undone"


def insiders(desk: Desk, **found: Any) -> None:
    folder = desk.path / "insiders" / "acme"
    folder.mkdir(parents=True, exist_ok=True)
    one = {"kind": "few_accounts", "role": "agent", "staff_id": "clerk-9", "members": [],
           "as_of_ms": 0, "text": {"en": "?"}, "innocent": {"en": "?"}} | found
    (folder / "2025-03-01.json").write_text(json.dumps([one]))


@pytest.mark.parametrize("found", [
    {"staff_id": "clerk-9"}, {"staff_id": "clerk-1", "members": ["m-3"]},
    {"role": "member", "staff_id": "m-3"}, {"staff_id": "rina", "kind": "rubber_stamp"}])
def test_a_case_of_people_inside_needs_two(desk: Desk, found: dict[str, Any]) -> None:
    """By the staff account that entered it, by a member found with one, by a field rep, and by
    a reviewer who was found himself."""
    desk.scan("a", agent_id="clerk-9")
    desk.scan("b", member="m-4")
    insiders(desk, **found)
    assert desk.preview("rina", "decide", "a", decision="keep")["needs_second"] == "insider"
    made = desk.decide("rina", "a", decision="keep")
    assert made["status"] == "waiting"
    desk.act("ben", "approve", action_id=made["action_id"])
    desk.done(made)
    assert desk.status("a") == ("kept", 0)
    alone = desk.decide("rina" if found["staff_id"] != "rina" else "ben", "b", decision="keep")
    assert alone["status"] == "due"


def test_nobody_decides_on_a_linked_account(desk: Desk) -> None:
    """His own, one on the same device and one paid to the same wallet; all others are his to do."""
    home = Home(desk.path)
    assert link_member(home, "rina", "m-3", None)["new"] == 1
    assert link_member(home, "rina", "m-3", None)["new"] == 0
    for name in ("m-5", "m-3"):
        row = {"member_id": name, "persona": "retailer", "joined_at": "2024-06-01T00:00:00Z",
               "payout_id": "wallet-1"}
        answer = desk.client.post("/records/members", content=json.dumps(row), headers={
            "Authorization": f"Bearer {desk.keys['admin']}"})
        assert answer.status_code == 200, answer.text
    desk.scan("own")
    desk.scan("near", member="m-4", device_id="d-m-3")
    desk.scan("paid", member="m-5")
    desk.scan("far", member="m-6")
    for name in ("own", "near", "paid"):
        for act, more in (("decide", {"decision": "release", "reason": "x"}), ("ask", {}),
                          ("claim", {}), ("snooze", {"until": "2030-01-01T00:00:00Z"})):
            answer = desk.try_act("rina", act, "far", name, **more)
            assert (answer.status_code, "linked account" in answer.text) == (403, True), name
        assert "linked account" in desk.preview(
            "rina", "decide", name, decision="release")["refused"]
    for kind, subject in (("member", "m-3"), ("device", "d-m-3"), ("payout", "wallet-1")):
        answer = desk.try_act("rina", "list", list="allow", kind=kind, subject_id=subject,
                              note="He is fine.")
        assert answer.status_code == 403, kind
    shared = desk.try_act("rina", "declare", kind="shared_device", subject_id="d-m-3")
    assert shared.status_code == 403
    assert desk.decide("rina", "far")["status"] == "due"
    assert desk.decide("ben", "near", "paid")["status"] == "due"
    assert desk.decide("ben", "own")["status"] == "waiting"
    assert link_member(home, "rina", "m-3", None, is_linked=False)["new"] == 1
    home.close()


def test_nobody_approves_on_a_linked_account(desk: Desk) -> None:
    """And a member who is a colleague's own account needs two, whoever decides."""
    home = Home(desk.path)
    link_member(home, "ben", "m-3", None)
    home.close()
    desk.scan("a")
    made = desk.decide("rina", "a", decision="keep")
    assert made["status"] == "waiting"
    for act, more in (("approve", {}), ("reject", {"reason": "No."})):
        answer = desk.try_act("ben", act, action_id=made["action_id"], **more)
        assert (answer.status_code, "linked account" in answer.text) == (403, True)
    assert desk.act("ana", "approve", action_id=made["action_id"])["status"] == "due"


def test_roles_without_the_act_are_refused(desk: Desk) -> None:
    """A marketer sees nothing of the desk, an auditor reads, a key is nobody's own name."""
    desk.scan("a")
    body = {"act": "claim", "case_id": "member-3", "event_ids": ["a"]}
    for path, method in (("/desk/acts", "POST"), ("/desk/preview", "POST")):
        assert desk.ask(path, body, "mar").status_code == 403
        assert desk.ask(path, body, "audi").status_code == 403
        assert desk.key(method, path, body).status_code == 401
    assert desk.ask("/desk/actions", None, "mar").status_code == 403
    assert desk.ask("/desk/actions", None, "audi").status_code == 200
    assert desk.key("GET", "/desk/actions").status_code == 401
    assert desk.listed() == []


def test_a_session_that_has_ended_opens_nothing(desk: Desk) -> None:
    """Idle too long, too old, signed out, disabled, or never there."""
    home = Home(desk.path)
    sessions = Sessions(home.database, 60, 12)
    wall = time.time_ns() // 1_000_000
    with home.database.reading() as store:
        rina = int(store.rows("SELECT user_id FROM users WHERE name = 'rina'")[0][0])
    ended = sessions.open(rina, wall)
    sessions.end(ended)
    good = sessions.open(rina, wall)
    old = sessions.open(rina, wall - 11 * HOUR_MS)
    with home.database.writing() as store:
        store.run("UPDATE sessions SET seen_ms = ? WHERE seen_ms = ?",
                  (wall - 61 * 60_000, wall - 11 * HOUR_MS))
    assert desk.ask("/desk/actions", None, good).status_code == 200
    for token in (ended, old, "nonsense", "-", "x" * 5000):
        assert desk.ask("/desk/actions", None, token).status_code == 401, token[:9]
    with home.database.writing() as store:
        store.run("UPDATE users SET disabled_ms = ? WHERE user_id = ?", (wall, rina))
    assert desk.ask("/desk/actions", None, good).status_code == 401
    home.close()


def test_another_program_does_not_exist(closed_desk: Desk) -> None:
    """Neither by its name nor by ids of it; without a name there is none at all."""
    home = Home(closed_desk.path)
    home.create(Program(program_id="globex"))
    closed_desk.sign_in("glo", "admin", "globex")
    home.close()
    with closed_desk.open() as desk:
        desk.scan("a")
        made = desk.decide("rina", "a")
        body = {"act": "decide", "case_id": "member-3", "event_ids": ["a"], "decision": "release",
                "reason": "x"}
        for program in ("acme", "nothing", ""):
            assert desk.ask("/desk/acts", body, "glo", program).status_code == 404
        assert desk.ask("/desk/acts", body, "glo", "globex").status_code == 404
        undo = {"act": "undo", "action_id": made["action_id"]}
        assert desk.ask("/desk/acts", undo, "glo", "globex").status_code == 404
        assert desk.ask("/desk/actions", None, "glo", "globex").json() == {"actions": []}
        assert desk.ask("/desk/acts", body, "rina", "globex").status_code == 404
        desk.done(made)
        assert desk.status("a") == ("kept", 0)


def test_the_default_limit_is_that_of_the_program(
    closed_desk: Desk, settings_of: Callable[..., None]
) -> None:
    """Without a number of its own a program lets one person decide on 50,000 points."""
    settings_of(closed_desk.path, four_eyes_points=None)
    with closed_desk.open() as desk:
        desk.scan("a", points=50_000)
        desk.scan("b", member="m-4", points=50_001)
        assert desk.decide("rina", "a", decision="keep")["status"] == "due"
        assert desk.decide("rina", "b", decision="keep")["status"] == "waiting"
