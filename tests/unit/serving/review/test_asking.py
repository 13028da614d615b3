"""Asking for proof: the partner's message, the clock that stands still, and what lets it go on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.answers import rfc3339
from serving.outbox.message import Message
from serving.outbox.outbox import Outbox
from serving.outbox.relay import begin_relay
from serving.review.work import NOTHING, DeskWork, Worked

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
DAY_MS = 86_400_000


def worked(desk: Desk, name: str) -> Worked:
    journal = desk.programs.home.journal("acme")
    number = journal.number("event", name)
    with journal.database.reading() as store:
        return DeskWork(store, journal.key).of([number]).get(number, NOTHING)


def messages(desk: Desk) -> list[tuple[str, str, dict[str, Any]]]:
    return [(kind, ref, json.loads(body)) for kind, ref, body in desk.rows(
        "SELECT kind, ref, body FROM outbox WHERE kind = 'proof.asked' ORDER BY number")]


def test_a_question_goes_out_and_the_clock_stands_still(closed_desk: Desk) -> None:
    """One message a member in his language, after the undo window; an answer lets it go on."""
    with closed_desk.open() as desk:
        journal = desk.programs.home.journal("acme")
        begin_relay(journal, desk.now)
        desk.scan("a")
        desk.scan("b")
        desk.scan("c", member="m-4")
        opened = desk.now
        made = desk.act("rina", "ask", "a", "b", "c", days=2)
        assert (made["status"], made["told"]["language"], made["told"]["sent"]) == (
            "due", "id", True)
        assert (messages(desk), worked(desk, "a")) == ([], NOTHING)
        desk.done(made)
        asked = desk.now
        kinds = [(kind, ref, body["data"]["event_ids"], body["data"]["message"]["language"])
                 for kind, ref, body in messages(desk)]
        assert kinds == [("proof.asked", "a", ["a", "b"], "id"), ("proof.asked", "c", ["c"], "en")]
        data = messages(desk)[0][2]["data"]
        assert data["message"]["text"] == made["told"]["message"]
        assert "160" in data["message"]["text"]
        assert data["message"]["code"] == "partner.send_proof"
        assert data["answer_by"] == rfc3339(asked + 2 * DAY_MS)
        assert worked(desk, "b").is_paused(desk.now)
        assert not worked(desk, "b").is_paused(asked + 2 * DAY_MS)
        desk.now += 5 * 3_600_000
        assert worked(desk, "b").due_ms(opened, 48, desk.now) == opened + 53 * 3_600_000
        said = desk.key("POST", "/events/a/evidence", {"text": "Here it is."})
        assert said.json()["case_open"] is True
        assert not worked(desk, "a").is_paused(desk.now)
        assert not worked(desk, "b").is_paused(desk.now)
        assert worked(desk, "c").is_paused(desk.now)
        assert worked(desk, "b").due_ms(opened, 48, desk.now + DAY_MS) == opened + 53 * 3_600_000
        assert [word for word, *_ in desk.audit()] == ["act_taken", "proof_asked"]
        assert desk.status("a") == ("held", 0)


def test_the_deadline_lets_the_clock_go_on(desk: Desk) -> None:
    """At its moment, and not by when somebody came to look."""
    desk.scan("a")
    made = desk.act("rina", "ask", "a", days=1)
    assert made["told"]["sent"] is False
    desk.done(made)
    asked = desk.now
    assert messages(desk) == []  # without a webhook the program writes to him itself
    desk.now = asked + DAY_MS + 3_600_000
    desk.until(lambda: worked(desk, "a").answer_by_ms is None)
    assert worked(desk, "a").paused_ms == DAY_MS


def test_a_question_ends_with_the_hold(desk: Desk) -> None:
    """Nobody is asked for proof by a day on which his points are given or kept already."""
    verdict = desk.scan("a")
    desk.done(desk.act("rina", "ask", "a", days=300))
    assert rfc3339(worked(desk, "a").answer_by_ms or 0) == verdict["hold"]["until"]


def test_a_question_that_was_undone_is_never_asked(closed_desk: Desk) -> None:
    """It waits out the window like a decision, and one case has one act at a time."""
    with closed_desk.open() as desk:
        begin_relay(desk.programs.home.journal("acme"), desk.now)
        desk.scan("a")
        made = desk.act("rina", "ask", "a", text="Send the box, please.")
        assert made["told"]["message"] == "Send the box, please."
        assert desk.try_act("ben", "decide", "a", decision="keep", reason="x").status_code == 409
        desk.act("rina", "undo", action_id=made["action_id"])
        desk.now += 60_000
        desk.done(desk.decide("ben", "a", decision="keep"))
        assert messages(desk) == []
        assert desk.try_act("rina", "ask", "a").status_code == 409


def test_a_question_taken_leaves_the_outcomes_of_its_event_alone(desk: Desk) -> None:
    """What was given up of another kind is not settled by it."""
    journal = desk.programs.home.journal("acme")
    with journal.database.writing() as store:
        outbox = Outbox(store, journal.key)
        for name, kind in (("one", "outcome.changed"), ("two", "proof.asked"),
                           ("three", "proof.asked")):
            outbox.add([Message(name, kind, "a", -7, "{}", 0)])
        outbox.failed("one", 10, "http_400", None)
        last = next(each for each in outbox.waiting() if each.message_id == "three")
        outbox.remove(last)
        assert outbox.counts() == (0, 1)
        assert [each.message_id for each in outbox.dead()] == ["one"]


def test_a_webhook_gets_the_question(closed_desk: Desk, serving_app: Any) -> None:
    """Signed and once, as every message of the outbox."""
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    came: list[dict[str, Any]] = []

    async def take(request: Any) -> Response:
        assert request.headers["webhook-signature"].startswith("v1,")
        came.append(await request.json())
        return Response("ok")

    with serving_app(Starlette(routes=[Route("/hook", take, methods=["POST"])])) as receiver:
        url = f"{str(receiver.base_url).rstrip('/')}/hook"
        with closed_desk.open(webhook_url=url, webhook_secrets=(b"s" * 32,)) as desk:
            desk.scan("a")
            desk.done(desk.act("rina", "ask", "a"))
            desk.until(lambda: came)
            desk.done(desk.decide("rina", "a"))
            desk.until(lambda: len(came) == 2)
    assert [each["type"] for each in came] == ["proof.asked", "outcome.changed"]
    assert came[0]["data"]["member_id"] == "m-3"
