"""One act of the desk inside the transaction that does it, or stores it to be done."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadCell, Conflict
from features.store.cells import parse_cell
from serving.audit.who import Act
from serving.identity.users import Users
from serving.outbox.relay import Relay
from serving.review import causes
from serving.review.actions import Action, Actions
from serving.review.linked import Linked
from serving.review.looking import Looking
from serving.review.notes import Notes
from serving.review.turning import TURNS, refuse_turn
from serving.review.work import DeskWork
from serving.roles import may

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.exports.program import Program
    from features.store.writing import Writing
    from serving.live import Live
    from serving.review.eyes import Insiders
    from serving.review.picked import Alert
    from serving.review.together import Together

    Asked = Mapping[str, Any]

ID_BYTES: Final = 12
SECOND_MS: Final = 1000
LATER: Final = ("decide", "ask", "void_batch", "pause_campaign", "resume_campaign")
"""Acts that take effect after the time in which they can be undone."""
PAST: Final = {"claim": "case_claimed", "unclaim": "case_unclaimed", "assign": "case_assigned",
               "snooze": "case_snoozed", "note": "case_noted", "list": "list_entry_written",
               "declare": "declared"}
"""Acts that act at once, and what the audit log calls them."""
TURNED: Final = {"undo": "act_undone", "approve": "act_approved", "reject": "act_rejected"}


class Teller:
    """Writes acts down in the name of who asked; made while his request is answered."""

    def __init__(self, by: str) -> None:
        self._by = by
        self._acts = {word: Act(word, by) for word in (
            *PAST.values(), *TURNED.values(), "act_taken")}

    def write(self, word: str, writing: Writing, now_ms: int, events: list[int],
              details: dict[str, Any], about: dict[str, int] | None = None) -> None:
        """Write one down in the transaction that does it."""
        one = {"event": events[0]} if len(events) == 1 else {}
        self._acts[word].write(writing, now_ms, {**one, **(about or {})},
                               {"events": len(events), **details})


class Doing(Looking):
    """One act inside a transaction that writes.

    Whatever can be refused is refused before anything is written: an act shares its transaction
    with verdicts.
    """

    def __init__(self, live: Live, writing: Writing, asked: Asked, by: str, now_ms: int,
                 insiders: Insiders, told: Teller,
                 matter: Together | None = None) -> None:
        super().__init__(live, writing.store, asked, by, now_ms, insiders)
        self.writing, self.told, self.matter = writing, told, matter
        self.actions = Actions(writing.store, writing.key)

    def run(self, reach: causes.Reach | None) -> dict[str, Any]:
        """Do the act; the answer."""
        act = self.asked["act"]
        if act in TURNS:
            return self._turn(act)
        name = str(self.asked.get("action_id") or secrets.token_hex(ID_BYTES))
        before = self.actions.find(name)
        if before is not None:
            return self._again(before)
        if act in LATER:
            return self._store(name, reach)
        return self._at_once(name)

    def _again(self, action: Action) -> dict[str, Any]:
        if action.author != self.by or action.body.get("asked") != _digest(self.asked):
            raise Conflict("a new action_id", "one of another act", "send a new one")
        return action.answer(len(self.actions.events(action.action_id)))

    def _store(self, name: str, reach: causes.Reach | None) -> dict[str, Any]:
        """Store an act that takes effect later, or after a second person's word."""
        act, events = self.asked["act"], list[int]()
        body: dict[str, Any] = {"asked": _digest(self.asked)}
        if act in ("decide", "ask"):
            alerts = self.alerts()
            events = [alert.event.number for alert in alerts]
            self.refuse(alerts)
            points = sum(alert.event.points for alert in alerts)
            body |= self._asking(alerts) if act == "ask" else self._opened(events)
            body |= {"silent": [alert.event.number for alert in alerts if alert.is_second]}
        else:
            events = self.known_events()
            if act == "void_batch":
                body |= {"batch": self.number("batch", str(self.asked["batch_id"]))}
                self.refuse_batch(body["batch"])
                points = reach.code_points if reach else 0
            else:
                number, points = self.number("campaign", str(self.asked["campaign_id"])), 0
                self.refuse_campaign(number)
                body |= {"campaign": number}
        why = self.why_second(events, points, body.get("batch", 0)) if act in (
            "decide", "void_batch") else None
        action = self._made(name, "waiting" if why else "due", points, body)
        self.actions.add(action, events)
        self.told.write("act_taken", self.writing, self.now_ms, events, {
            "action": name, "act": action.said, "points": points, "needs_second": why})
        return action.answer(len(events))

    def _made(self, name: str, status: str, points: int, body: dict[str, Any]) -> Action:
        due = {"waiting": None, "done": self.now_ms}.get(status, self._due_ms())
        reason = str(self.asked.get("reason") or self.asked.get("note") or "")
        decision = self.asked.get("decision") if self.asked["act"] == "decide" else None
        return Action(name, str(self.asked.get("case_id") or ""), self.asked["act"], decision,
                      reason, self.by, self.now_ms, due, status, points, body)

    def _due_ms(self) -> int:
        return self.now_ms + self.program.desk.undo_seconds * SECOND_MS

    def _asking(self, alerts: list[Alert]) -> dict[str, Any]:
        message = self.message(alerts)
        sent = Relay(self.store, self.key).is_on()
        return {"days": self.days, "text": self.asked.get("text") or "",
                "told": {"message": message["text"], "language": message["language"],
                         "sent": sent}}

    def _opened(self, events: list[int]) -> dict[str, Any]:
        """When the reviewer opened the case: the later of what the page says and of his claim.

        So that nobody looks more careful than he was.
        """
        claims = [worked.claimed_ms or 0 for worked in DeskWork(
            self.store, self.key).of(events).values() if worked.claimed_by == self.by]
        moments = [*claims, _moment(self.asked, "opened_at", self.program) or 0]
        opened = min(max(moments), self.now_ms)
        return {"opened_ms": opened} if opened > 0 else {}

    def _turn(self, act: str) -> dict[str, Any]:
        """Undo, approve or reject an act."""
        action = self.actions.known(str(self.asked["action_id"]))
        events = [event for event, _ in self.actions.events(action.action_id)]
        if refuse_turn(self.store, self.key, action, act, self.by, self.now_ms):
            return action.answer(len(events))
        if act == "undo":
            moved = replace(action, status="undone")
        elif act == "reject":
            moved = replace(action, status="rejected", second=self.by, second_ms=self.now_ms)
        else:
            moved = replace(action, status="due", second=self.by, second_ms=self.now_ms,
                            due_ms=self._due_ms())
        self.actions.move(moved)
        if act == "reject":
            Notes(self.store, self.key).add(events, self.by, str(self.asked["reason"]), self.now_ms)
        self.told.write(TURNED[act], self.writing, self.now_ms, events,
                        {"action": action.action_id, "act": action.said})
        return moved.answer(len(events))

    def _at_once(self, name: str) -> dict[str, Any]:
        """Do an act that nobody has to undo in time."""
        act = self.asked["act"]
        body: dict[str, Any] = {"asked": _digest(self.asked)}
        about: dict[str, int] = {}
        points = 0
        if act in ("list", "declare"):
            events = self.known_events()
            subjects = self._heed()
            about = dict(subjects)
            body["about"] = subjects
        else:
            alerts = self.alerts()
            events = [alert.event.number for alert in alerts]
            points = sum(alert.event.points for alert in alerts)
            if act != "note":
                Linked(self.store, self.key).refuse_events(self.by, events)
            self._work(act, events)
        action = self._made(name, "done", points, body)
        self.actions.add(action, events)
        self.told.write(PAST[act], self.writing, self.now_ms, events, {"action": name}, about)
        return action.answer(len(events))

    def _heed(self) -> list[tuple[str, int]]:
        """Write an entry of a list, or a declaration; its subjects."""
        self.refuse_subjects(self.subjects())
        asked = dict(self.asked) | {"by": self.by}
        if self.asked["act"] == "declare":
            row = causes.check_declaration(asked, self.program, self.now_ms)
            return causes.declare(self.writing, row, self.now_ms)
        entry = causes.check_list(asked, self.program, self.now_ms)
        return [(entry.kind, causes.put_on_list(self.writing, entry, self.by))]

    def _work(self, act: str, events: list[int]) -> None:
        work = DeskWork(self.store, self.key)
        if act == "note":
            Notes(self.store, self.key).add(events, self.by, str(self.asked["text"]), self.now_ms)
        elif act == "snooze":
            work.snooze(events, self._until())
        elif act == "assign":
            work.assign(events, self._colleague())
        else:
            work.refuse_claimed(events, self.by, self.now_ms)
            work.claim(events, self.by if act == "claim" else None, self.now_ms)

    def _until(self) -> int:
        until = _moment(self.asked, "until", self.program) or 0
        if until <= self.now_ms:
            raise BadCell("until", "a moment that is still to come", str(self.asked["until"])[:50])
        return until

    def _colleague(self) -> str | None:
        """Whom a case is given to; nobody: whoever takes it."""
        name = self.asked.get("to")
        if not name:
            return None
        person = Users(self.store).named(str(name))
        mine = person.roles if person is not None and not person.is_disabled else ()
        if not any(program == self.program.program_id and may(role, "decide")
                   for program, role in mine):
            raise BadCell("to", "the name of somebody who decides in this program", "another")
        return str(name)


def _digest(asked: Asked) -> str:
    """Digest of what was asked for, by which the same asked again is known."""
    said = {name: value for name, value in asked.items()
            if value not in (None, []) and name not in ("action_id", "opened_at")}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _moment(asked: Asked, field: str, program: Program) -> int | None:
    told = asked.get(field)
    if not told:
        return None
    return int(parse_cell(replace(causes.TO, name=field), told, program))
