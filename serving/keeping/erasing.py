"""Takes a person out of a program's journal, in one transaction, beside a service that runs."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from features.errors import NotFound
from features.store.chain import Chain
from features.store.head import move_head, read_head
from models.answers import to_bytes
from serving.audit.leaves import SORTS
from serving.audit.redactions import Redactions
from serving.audit.sealer import seal
from serving.keeping.holdings import names_of, same_words
from serving.keeping.remains import standing_alone
from serving.outbox.message import DIGEST
from serving.outbox.outbox import Outbox
from serving.review.actions import without_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.store.store import Store

    Named = dict[tuple[str, int], str]

MARK: Final = "erased-"
"""Before the random name that takes the place of an erased one."""
RANDOM_BYTES: Final = 12
SALT_BYTES: Final = 16
NOTHING: Final = json.dumps({})
ASKED: Final = 500


def digest_of(salt: bytes, name: str) -> bytes:
    """Salted digest of an erased member's id, by which a restored one is known again."""
    return hmac.new(salt, name.encode(), hashlib.sha256).digest()


@dataclass
class Erasure:
    """One person's erasure, inside a transaction that writes.

    Parameters
    ----------
    store : Store
    program : int
        Key of the program.
    member_id : str
        Whom.

    Attributes
    ----------
    words : set of str
        What was in the dictionary of him alone; for who looks for it elsewhere, never logged.
    told : dict
        What became of how much, in numbers.
    """

    store: Store
    program: int
    member_id: str
    words: set[str] = field(default_factory=set)
    told: dict[str, Any] = field(default_factory=dict)

    def run(self, known: dict[str, set[int]], by: str, at_ms: int, reason: str = "asked") -> None:
        """Erase him.

        Parameters
        ----------
        known : dict of str to set of int
            As `holdings` found it before, so that little is left to be looked for in here.
        by : str
            Who erases.
        at_ms : int
            When.
        reason : str
            A word: ``asked``, or ``restored`` where a backup brought him back.

        Raises
        ------
        NotFound
            Where the program knows no such member.
        """
        self.store.take_turn(self.program)
        member = member_number(self.store, self.program, self.member_id)
        for sort in SORTS:
            while seal(self.store, self.program, sort, at_ms, 10_000):
                pass
        known = {kind: set(numbers) for kind, numbers in known.items()}
        named = names_of(self.store, self.program, known | {"member": {member}})
        self.words = set(named.values())
        named |= same_words(self.store, self.program, named)
        entry = Chain(self.store, self.program).head()[0] + 1
        redactions = Redactions(self.store, self.program, entry)
        fresh = {key: MARK + secrets.token_hex(RANDOM_BYTES) for key in named}
        self._rename(fresh)
        events = sorted(known["event"])
        self._redact(redactions, member, events, known, fresh)
        self._forget_drafts(member)
        gone = self._drop(member, events, named, fresh)
        salt = secrets.token_bytes(SALT_BYTES)
        digest = digest_of(salt, self.member_id)
        told = {"reason": reason, "names": len(named), "rows": gone, **redactions.finish(),
                "forgotten": hashlib.sha256(salt + digest).hexdigest()}
        Chain(self.store, self.program).add("erased", by, at_ms, {"member": member}, told)
        self.store.run("INSERT INTO erasures (program, entry, salt, digest) VALUES (?, ?, ?, ?)",
                       (self.program, entry, salt, digest))
        self._tell_processes()
        self.told = {"member": member, "entry": entry, "events": len(events), **told}

    def _rename(self, fresh: Named) -> None:
        """Give random names to numbers: rows keep their numbers, nobody finds them by the old."""
        self.store.many(
            "UPDATE entities SET name = ? WHERE program = ? AND kind = ? AND number = ?",
            [(name, self.program, kind, number) for (kind, number), name in fresh.items()])

    def _redact(self, redactions: Redactions, member: int, events: list[int],
                known: dict[str, set[int]], fresh: Named) -> None:
        for some in _parts(events):
            for place, event, body, vector in self._of_events("verdicts", "place, event_id, body, "
                                                              "vector", some):
                name = fresh["event", int(event)]
                redactions.replace("verdicts", int(place), (_renamed(bytes(body), name), vector))
            for seq, reason in self._of_events("decisions", "seq, reason", some):
                if reason:
                    redactions.replace("decisions", int(seq), ("",))
            for (reply,) in self._of_events("replies", "reply", some):
                redactions.replace("replies", int(reply), (NOTHING,))
        his = {"member": {member}, **known}
        self._forget_desk(events, his)
        for entry, kind, number in self.store.rows(
            "SELECT entry, kind, entity FROM lists WHERE program = ? AND note <> ''",
            (self.program,)):
            if int(number) in his.get(kind, ()):
                redactions.replace("lists", int(entry), ("",))

    def _forget_desk(self, events: list[int], his: dict[str, set[int]]) -> None:
        """Drop words of reviewers on his alerts and on what was his alone; who did what stays.

        An act on them that has not taken effect is withdrawn from them: nobody is left to write to.
        """
        for some in _parts(events):
            listed = ", ".join(map(str, some))
            on_his = f"program = ? AND event_id IN ({listed})"
            self.store.run(  # a note on a ring is there once for each of its alerts
                "DELETE FROM desk_notes WHERE program = ? AND (author, at_ms, text) IN "
                f"(SELECT author, at_ms, text FROM desk_notes WHERE {on_his})",
                (self.program, self.program))
            self._forget_acts("action IN (SELECT action FROM desk_action_events "
                              f"WHERE {on_his})", (self.program,))
            self.store.run(f"DELETE FROM desk_action_events WHERE {on_his} AND result = ''",
                           (self.program,))
        for kind, numbers in his.items():
            self._forget_acts("act IN ('list', 'declare')", (), {(kind, one) for one in numbers})

    def _forget_acts(self, which: str, values: tuple[int, ...],
                     about: set[tuple[str, int]] | None = None) -> None:
        """Drop the words of some acts, where ``about`` is given those that speak of any of it."""
        for name, text in self.store.rows(
            f"SELECT action, body FROM desk_actions WHERE program = ? AND {which}",
                (self.program, *values)):
            body = json.loads(text)
            if about is None or about & {(str(kind), int(one))
                                         for kind, one in body.get("about", ())}:
                self.store.run("UPDATE desk_actions SET reason = '', body = ? WHERE program = ? "
                               "AND action = ?", (json.dumps(without_words(body)), self.program,
                                                  name))

    def _forget_drafts(self, member: int) -> None:
        """Drop the note on a draft where it names him; the draft stays, and whose it is."""
        names = {str(name) for row in self.store.rows(
            "SELECT display_name, contact_url FROM people WHERE program = ? AND member_id = ?",
            (self.program, member)) for name in row if name}
        his = re.compile(standing_alone(self.words | names), re.IGNORECASE)
        self.store.many(
            "UPDATE policy_drafts SET note = '' WHERE program = ? AND draft = ?",
            [(self.program, draft) for draft, note in self.store.rows(
                "SELECT draft, note FROM policy_drafts WHERE program = ?", (self.program,))
             if his.search(note)])

    def _of_events(self, table: str, columns: str, events: Iterable[int]) -> list[tuple[Any, ...]]:
        listed = ", ".join(map(str, events))
        return self.store.rows(f"SELECT {columns} FROM {table} WHERE program = ? "
                               f"AND event_id IN ({listed})", (self.program,))

    def _drop(self, member: int, events: list[int], named: Named, fresh: Named) -> int:
        """Delete what is there for people's eyes, or waits to be sent; how many rows."""
        parties = [member, *(-event for event in events)]
        gone = 0
        for table, column, numbers in (("people", "member_id", [member]),
                                       ("linked", "member_id", [member]),
                                       ("suggested", "member_id", [member]),
                                       ("outbox", "member_id", parties)):
            for some in _parts(numbers):
                where = f"program = ? AND {column} IN ({', '.join(map(str, some))})"
                gone += int(self.store.rows(f"SELECT count(*) FROM {table} WHERE {where}",
                                            (self.program,))[0][0])
                self.store.run(f"DELETE FROM {table} WHERE {where}", (self.program,))
        Outbox(self.store, self.program).drop(DIGEST)  # it may name him in a sentence
        known = {name: fresh[key] for key, name in named.items() if key[0] == "decision"}
        self.store.many(
            "UPDATE standing_decisions SET decision_id = ? WHERE program = ? AND decision_id = ?",
            [(known.get(name) or MARK + secrets.token_hex(RANDOM_BYTES), self.program, name)
             for (name,) in self.store.rows(
                 "SELECT decision_id FROM standing_decisions WHERE program = ? "
                 "AND member_id = ?", (self.program, member))])
        self.store.run("UPDATE standing_decisions SET cluster = ? WHERE program = ? "
                       "AND member_id = ? AND cluster = ?",
                       (fresh["member", member], self.program, member, self.member_id))
        return gone

    def _tell_processes(self) -> None:
        """Move the head on, so that every process that knows names looks here again."""
        head = read_head(self.store, self.program)
        move_head(self.store, self.program, head, head.seq, head.place, True)


def member_number(store: Store, program: int, member_id: str) -> int:
    """Find a member's number; NotFound where the program knows none of that id."""
    rows = store.rows("SELECT number FROM entities WHERE program = ? AND kind = 'member' "
                      "AND name = ?", (program, member_id))
    if not rows or member_id.startswith(MARK):
        raise NotFound("a member of the program", "an unknown member_id",
                       "check it; who was erased before is not found any more")
    return int(rows[0][0])


def _renamed(body: bytes, event_id: str) -> bytes:
    """Body of a verdict under another event_id, all other bytes as they were."""
    told = json.loads(body)
    start = to_bytes({"event_id": told["event_id"]})[:-1]
    new = to_bytes({"event_id": event_id})[:-1]
    return new + body[len(start):] if body.startswith(start) else to_bytes(
        told | {"event_id": event_id})


def _parts(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[start:start + ASKED] for start in range(0, len(numbers), ASKED))
