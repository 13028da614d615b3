"""What the desk keeps beside the journal: open cases, replies, suggestions.

Everything here is written in the transaction of the act it belongs to, and everything but the
partner's own words could be made again from the journal.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from features.contract import EVENT_KINDS
from features.errors import Conflict
from models.answers import rfc3339
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS: Final = tuple(EVENT_KINDS)
OUTCOMES: Final = ("approve", "review", "decline")
THOUSANDTHS: Final = 1000
ASKED: Final = 500
"""Ids in one query; below the 999 variables that any SQLite allows."""
MOST_REPLIES: Final = 100
"""Answers of a partner to one event: far more than anybody reads, far fewer than a loop sends."""
_CASE: Final = (
    "INSERT INTO cases (program, event_id, place, kind, member_id, points, would_have, enforced, "
    "priority, opened_ms, is_open, hold_until_ms, hold_then, grounds, awaits, checked_seq, "
    "checked_place, release_chance, released) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
    "?, ?, ?, ?) ON CONFLICT (program, event_id) DO NOTHING")
_SUGGESTED: Final = "decision_id, member_id, at_ms, body"


@dataclass(frozen=True)
class Opened:
    """A case as it is opened: what orders the queue, and how its hold ends.

    Parameters
    ----------
    event, member : int
        Numbers of the event and its member.
    kind : str
        ``scan``, ``referral`` or ``redemption``.
    place, seq : int
        Where the event stands in the stream.
    points : int
        What it asks for.
    would_have : str
        The verdict of full enforcement.
    enforced : bool
        Whether that is what was done.
    priority : float
        Points at stake times probability.
    opened_ms : int
        The moment of the verdict.
    is_open : bool
        Whether somebody has to look.
    hold_until_ms : int or None
        When the hold ends; where nothing is held, when the case closes. None: it has no end of
        its own, as of what was declined.
    keeps : bool
        What becomes of the points then.
    grounds : int
        Bits of `serving.held.GROUNDS`.
    awaits : int
        Number of the code whose row is awaited, 0 for none.
    release_chance : float or None
        Chance with which a random release was or would have been drawn; None: it was not
        eligible.
    released : bool
        It was drawn.
    """

    event: int
    member: int
    kind: str
    place: int
    seq: int
    points: int
    would_have: str
    enforced: bool
    priority: float
    opened_ms: int
    is_open: bool = True
    hold_until_ms: int | None = None
    keeps: bool = False
    grounds: int = 0
    awaits: int = 0
    release_chance: float | None = None
    released: bool = False


@dataclass(frozen=True)
class Kept:
    """A suggestion as it was made: its id, the member's number, when, and the whole decision."""

    decision_id: str
    member: int
    at_ms: int
    body: dict[str, Any]


class Casework(WithinProgram):
    """Reads and writes the desk's own tables of one program inside a transaction."""

    def open(self, cases: list[Opened]) -> None:
        """Write cases; what proof declined is closed until an appeal opens it."""
        for case in cases:
            self._store.later(_CASE, (
                self._program, case.event, case.place, KINDS.index(case.kind), case.member,
                case.points, OUTCOMES.index(case.would_have), int(case.enforced),
                round(case.priority * THOUSANDTHS), case.opened_ms, int(case.is_open),
                case.hold_until_ms, int(case.keeps), case.grounds, case.awaits, case.seq,
                case.place, case.release_chance, int(case.released)))

    def set_open(self, event: int, is_open: bool) -> None:
        """Close a case, which ends its hold, or open it again."""
        ends = "" if is_open else ", hold_until_ms = NULL, awaits = 0"
        self._store.run(
            f"UPDATE cases SET is_open = ?{ends} WHERE program = ? AND event_id = ?",
            (int(is_open), self._program, event))

    def is_open(self, event: int) -> bool | None:
        """Say whether an event's case is open; None where it never had one."""
        rows = self._store.rows("SELECT is_open FROM cases WHERE program = ? AND event_id = ?",
                                (self._program, event))
        return bool(rows[0][0]) if rows else None

    def listed(self, limit: int, offset: int) -> list[int]:
        """List events of open cases, the highest priority first."""
        return [int(row[0]) for row in self._store.rows(
            "SELECT event_id FROM cases WHERE program = ? AND is_open = 1 "
            "ORDER BY priority DESC, event_id LIMIT ? OFFSET ?", (self._program, limit, offset))]

    def totals(self) -> tuple[int, int]:
        """Count open cases, and the points at stake in them."""
        row = self._store.rows("SELECT COUNT(*), COALESCE(SUM(points), 0) FROM cases "
                               "WHERE program = ? AND is_open = 1", (self._program,))[0]
        return int(row[0]), int(row[1])

    def open_of(self, member: int) -> int:
        """Find the event of the member's open case of the highest priority; 0 for none."""
        rows = self._store.rows(
            "SELECT event_id FROM cases WHERE program = ? AND member_id = ? AND is_open = 1 "
            "ORDER BY priority DESC LIMIT 1", (self._program, member))
        return int(rows[0][0]) if rows else 0

    def members_open(self, before_ms: int) -> frozenset[int]:
        """Find the members with an open case that was opened before a moment."""
        return frozenset(int(row[0]) for row in self._store.rows(
            "SELECT DISTINCT member_id FROM cases WHERE program = ? AND is_open = 1 "
            "AND opened_ms < ?", (self._program, before_ms)))

    def reply(self, event: int, kind: str, body: dict[str, Any], at_ms: int) -> bool:
        """Keep a partner's appeal or evidence; False where the same one is there already.

        Raises
        ------
        Conflict
            Where the event has `MOST_REPLIES` already.
        """
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        known = self._store.rows("SELECT kind, body FROM replies WHERE program = ? "
                                 "AND event_id = ?", (self._program, event))
        if (kind, text) in known:
            return False
        if len(known) >= MOST_REPLIES:
            raise Conflict(f"at most {MOST_REPLIES} answers to one event", "one more",
                           "bring what is new to the desk itself")
        self._store.run("INSERT INTO replies (program, event_id, kind, body, at_ms) "
                        "VALUES (?, ?, ?, ?, ?)", (self._program, event, kind, text, at_ms))
        return True

    def replies(self, events: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
        """List appeals and evidence of some events, the oldest first, as the wire has them."""
        found: dict[int, list[dict[str, Any]]] = {}
        listed = ", ".join(str(int(event)) for event in events) or "-1"
        for event, kind, body, at_ms in self._store.rows(
                "SELECT event_id, kind, body, at_ms FROM replies WHERE program = ? "
                f"AND event_id IN ({listed}) ORDER BY at_ms, reply", (self._program,)):
            found.setdefault(int(event), []).append(
                {"kind": kind, **json.loads(body), "at": rfc3339(int(at_ms))})
        return found

    def suggest(
        self, decisions: Sequence[tuple[str, dict[str, Any]]], at_ms: int, *,
        replaces: bool = False,
    ) -> None:
        """Keep what was suggested, so that it can be sent.

        The first body of an id stays, unless ``replaces``: then what was kept in vain gives way.
        """
        stays = ("UPDATE SET member_id = excluded.member_id, body = excluded.body, "
                 "at_ms = excluded.at_ms") if replaces else "NOTHING"
        self._store.many(
            "INSERT INTO suggested (program, decision_id, member_id, body, at_ms) "
            "VALUES (?, ?, COALESCE((SELECT number FROM entities WHERE program = ? "
            "AND kind = 'member' AND name = ?), 0), ?, ?) "
            f"ON CONFLICT (program, decision_id) DO {stays}",
            [(self._program, name, self._program, body["member_id"],
              json.dumps(body, ensure_ascii=False), at_ms) for name, body in decisions])

    def suggested(self, decision_ids: Sequence[str]) -> dict[str, Kept]:
        """Find suggestions by their ids; one that was never made is not in it."""
        found: dict[str, Kept] = {}
        for start in range(0, len(decision_ids), ASKED):
            some = decision_ids[start:start + ASKED]
            marks = ", ".join("?" * len(some))
            for row in self._store.rows(
                f"SELECT {_SUGGESTED} FROM suggested WHERE program = ? "
                f"AND decision_id IN ({marks})", (self._program, *some)):
                found[row[0]] = _kept(row)
        return found

    def last_suggested(self, member: int) -> Kept | None:
        """Find the newest suggestion for a member; None where there was none."""
        rows = self._store.rows(
            f"SELECT {_SUGGESTED} FROM suggested WHERE program = ? AND member_id = ? "
            "ORDER BY at_ms DESC, decision_id LIMIT 1", (self._program, member))
        return _kept(rows[0]) if rows else None


def _kept(row: tuple[Any, ...]) -> Kept:
    return Kept(row[0], int(row[1]), int(row[2]), json.loads(row[3]))
