"""Claims, assignments, snoozes and notes: who works on what, seen by everybody."""

from __future__ import annotations

from typing import Any

import pytest

from models.answers import rfc3339
from serving.review.notes import Notes
from serving.review.work import CLAIM_MS, DeskWork, Worked

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any


def worked(desk: Desk, name: str) -> Worked:
    journal = desk.programs.home.journal("acme")
    number = journal.number("event", name)
    with journal.database.reading() as store:
        return DeskWork(store, journal.key).of([number])[number]


def test_a_claim_keeps_a_case_from_others_for_a_working_day(desk: Desk) -> None:
    """Who is late learns whose it is; a decision goes to who is first all the same."""
    desk.scan("a")
    claimed = desk.act("rina", "claim", "a")
    assert (claimed["status"], worked(desk, "a").claimed_by) == ("done", "rina")
    late = desk.try_act("ben", "claim", "a")
    assert (late.status_code, "rina" in late.text) == (409, True)
    assert desk.try_act("ben", "unclaim", "a").status_code == 409
    desk.act("rina", "claim", "a")
    desk.now += CLAIM_MS
    desk.act("ben", "claim", "a")
    assert worked(desk, "a").claimed_by == "ben"
    desk.act("ben", "unclaim", "a")
    assert worked(desk, "a") == Worked()
    assert desk.decide("rina", "a")["status"] == "due"


def test_a_label_says_when_its_reviewer_opened_the_case(desk: Desk) -> None:
    """The later of his claim and of what the page says, never a moment to come."""
    for name in ("a", "b", "c", "d"):
        desk.scan(name)
    desk.act("rina", "claim", "a", "b")
    claimed = desk.now
    desk.now += 60_000
    opened = {"a": claimed - 5000, "b": claimed + 5000, "c": claimed + 10**9}
    made = [desk.decide("rina", name, opened_at=rfc3339(at)) for name, at in opened.items()]
    made.append(desk.decide("rina", "d"))
    decided = desk.now
    for each in made:
        desk.done(each)
    found = {name: desk.labels(name)[0][2] for name in ("a", "b", "c", "d")}
    assert found == {"a": claimed, "b": claimed + 5000, "c": decided, "d": None}


def test_a_case_is_given_to_a_colleague(desk: Desk) -> None:
    """Whoever had claimed it; and taken back."""
    desk.scan("a")
    desk.act("rina", "claim", "a")
    desk.act("ana", "assign", "a", to="ben")
    assert (worked(desk, "a").assigned_to, worked(desk, "a").claimed_by) == ("ben", None)
    desk.act("ana", "assign", "a")
    assert worked(desk, "a").assigned_to is None


def test_a_case_sleeps_until_its_moment_or_an_answer(desk: Desk) -> None:
    """What the partner says wakes it."""
    desk.scan("a")
    until = desk.now + 86_400_000
    desk.act("rina", "snooze", "a", until=rfc3339(until))
    assert worked(desk, "a").snoozed_until_ms == until
    desk.key("POST", "/events/a/appeal", {"text": "Why?"})
    assert worked(desk, "a").snoozed_until_ms is None


def test_notes_are_of_all_events_of_a_case(desk: Desk) -> None:
    """The oldest first, each with who wrote it and when."""
    desk.scan("a")
    desk.scan("b")
    desk.act("rina", "note", "a", "b", text="One shop.")
    desk.now += 1000
    desk.act("ben", "note", "b", text="Two shops.")
    journal = desk.programs.home.journal("acme")
    numbers = [journal.number("event", name) for name in ("a", "b")]
    with journal.database.reading() as store:
        found = Notes(store, journal.key).of(numbers)
    assert [(note.event, note.author, note.text, note.at_ms) for note in found] == [
        (numbers[0], "rina", "One shop.", desk.now - 1000),
        (numbers[1], "rina", "One shop.", desk.now - 1000),
        (numbers[1], "ben", "Two shops.", desk.now)]


def test_all_of_it_is_in_the_audit_log(desk: Desk) -> None:
    """By the person's name, and without a word of what he wrote."""
    desk.scan("secret-event")
    desk.act("rina", "claim", "secret-event")
    desk.act("rina", "note", "secret-event", text="secret note")
    desk.act("rina", "snooze", "secret-event", until=rfc3339(desk.now + 1000))
    desk.act("rina", "assign", "secret-event", to="ben")
    told = desk.audit()
    assert [(word, who) for word, who, _ in told] == [
        ("case_claimed", "rina"), ("case_noted", "rina"), ("case_snoozed", "rina"),
        ("case_assigned", "rina")]
    assert "secret" not in repr(told)
