"""Points credited, stopped, held and spent over a span of days, and who was active in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import OUTCOMES
from features.places import MISSING, first_place
from features.store.schema import DECISIONS

if TYPE_CHECKING:
    from features.places import Ints
    from features.store.store import Store

DAY_MS: Final = 86_400_000
EARNING: Final = ("scans", "referrals")
"""Tables of events that give points; a redemption takes them."""
FIELDS: Final = ("day", "member", "sku", "outcome", "points", "amount")
WORTHLESS: Final = ("kept", "clawed_back")
"""Decisions after which an event's points are the program's."""
_CREDITED, _HELD, _REFUSED = range(len(OUTCOMES))


@dataclass(frozen=True)
class Span:
    """Days of a program's own clock up to a moment.

    Parameters
    ----------
    days : int
    until_ms : int
        Just after the last moment, milliseconds since 1970 UTC.
    """

    days: int
    until_ms: int

    @property
    def since_ms(self) -> int:
        """The first moment."""
        return self.until_ms - self.days * DAY_MS

    @property
    def before(self) -> Span:
        """As many days before it, to compare with."""
        return Span(self.days, self.since_ms)

    @property
    def places(self) -> tuple[int, int]:
        """The first place, and the one after the last."""
        return first_place(self.since_ms), first_place(self.until_ms)


@dataclass(frozen=True)
class Earned:
    """Events of a span that give points, one row each: columns ``FIELDS``, shape (n, 6).

    ``day`` counts from 0; ``amount`` is `MISSING` where a scan says none.
    """

    rows: Ints

    def column(self, name: str) -> Ints:
        """One column, shape (n,)."""
        return self.rows[:, FIELDS.index(name)]

    @property
    def is_credited(self) -> Any:
        """Where the points were credited at once, shape (n,)."""
        return self.column("outcome") == _CREDITED


@dataclass(frozen=True)
class Figures:
    """What a program's points did in a span.

    Parameters
    ----------
    credited, events : int
        Points credited and the events that asked for any.
    stopped, stopped_events : int
        Points refused at once or kept after a review.
    held, held_events : int
        Points that wait for a decision now, whenever the event was.
    would_stop, would_hold, would_events : int
        What full enforcement would have refused and held in the span, where it was not done.
    spent : int
        Points redeemed.
    active, active_before : int
        Members with an event in the span, and in the one before it.
    by_day : dict of str to list of int
        ``credited``, ``held`` and ``refused`` points of each day, oldest first.
    """

    credited: int
    events: int
    stopped: int
    stopped_events: int
    held: int
    held_events: int
    would_stop: int
    would_hold: int
    would_events: int
    spent: int
    active: int
    active_before: int
    by_day: dict[str, list[int]] = field(default_factory=dict)


def read_earned(store: Store, program: int, span: Span) -> Earned:
    """Read the events of a span that give points; one scan of the journal's own order."""
    first, last = span.places
    parts = []
    for table in EARNING:
        sku, amount = ("sku", "amount") if table == "scans" else ("NULL", "NULL")
        parts.append(store.ints(
            f"SELECT (place / 1048576 - ?) / {DAY_MS}, member_id, COALESCE({sku}, 0), "
            f"COALESCE(outcome, 0), points, COALESCE({amount}, {MISSING + 1}) FROM {table} "
            "WHERE program = ? AND place >= ? AND place < ?",
            (span.since_ms, program, first, last), len(FIELDS)))
    rows = np.concatenate(parts)
    said = rows[:, -1]
    said[said == MISSING + 1] = MISSING
    return Earned(rows)


def read_figures(store: Store, program: int, span: Span, earned: Earned) -> Figures:
    """Count what a span holds; ``earned`` is what `read_earned` gave for it."""
    points, outcome = earned.column("points"), earned.column("outcome")
    released, kept, kept_events = _decided(store, program, span)
    held, held_events = _row(store, "SELECT COALESCE(SUM(points), 0), COUNT(*) FROM cases "
                             "WHERE program = ? AND is_open = 1 AND enforced = 1", (program,))
    would = {int(row[0]): (int(row[1]), int(row[2])) for row in store.rows(
        "SELECT would_have, SUM(points), COUNT(*) FROM cases WHERE program = ? AND enforced = 0 "
        "AND opened_ms >= ? AND opened_ms < ? GROUP BY would_have",
        (program, span.since_ms, span.until_ms))}
    hold, stop = would.get(1, (0, 0)), would.get(2, (0, 0))
    refused = outcome == _REFUSED
    active, spent = _active(store, program, span, earned.column("member"))
    before = _active(store, program, span.before, None)[0]
    return Figures(
        credited=int(points[outcome == _CREDITED].sum()) + released, events=len(points),
        stopped=int(points[refused].sum()) + kept,
        stopped_events=int(refused.sum()) + kept_events, held=held, held_events=held_events,
        would_stop=stop[0], would_hold=hold[0], would_events=stop[1] + hold[1], spent=spent,
        active=len(active), active_before=len(before), by_day=_by_day(earned, span.days))


def active_members(store: Store, program: int, span: Span) -> Ints:
    """Numbers of members with an event in a span, ascending."""
    return _active(store, program, span, None)[0]


def _decided(store: Store, program: int, span: Span) -> tuple[int, int, int]:
    """Points released, points kept and events kept by what was decided in a span."""
    first, last = span.places
    words = ", ".join(str(DECISIONS.index(word)) for word in WORTHLESS)
    released = _row(store, "SELECT COALESCE(SUM(points_final), 0), COUNT(*) FROM decisions "
                    f"WHERE program = ? AND place >= ? AND place < ? AND status NOT IN ({words}, "
                    f"{DECISIONS.index('held')})", (program, first, last))[0]
    kept, events = _row(
        store, "SELECT COALESCE(SUM(cases.points), 0), COUNT(*) FROM decisions JOIN cases "
        "ON cases.program = decisions.program AND cases.event_id = decisions.event_id "
        f"WHERE decisions.program = ? AND decisions.place >= ? AND decisions.place < ? "
        f"AND decisions.status IN ({words}) AND cases.would_have = 1", (program, first, last))
    return released, kept, events


def _active(store: Store, program: int, span: Span, known: Ints | None) -> tuple[Ints, int]:
    """Members with an event in a span, and the points they redeemed."""
    first, last = span.places
    values = (program, first, last)
    where = "WHERE program = ? AND place >= ? AND place < ?"
    tables = () if known is not None else EARNING
    found = [store.ints(f"SELECT DISTINCT member_id FROM {table} {where}", values, 1)[:, 0]
             for table in tables]
    if known is not None:
        found.append(known)
    redeemed = store.ints("SELECT member_id, CASE WHEN COALESCE(outcome, 0) = 0 THEN points "
                          f"ELSE 0 END FROM redemptions {where}", values, 2)
    return np.unique(np.concatenate([*found, redeemed[:, 0]])), int(redeemed[:, 1].sum())


def _by_day(earned: Earned, days: int) -> dict[str, list[int]]:
    at = np.clip(earned.column("day"), 0, days - 1)
    points, outcome = earned.column("points"), earned.column("outcome")
    found: dict[str, list[int]] = {}
    for code, name in enumerate(OUTCOMES):
        chosen = outcome == code
        found[name] = np.bincount(at[chosen], points[chosen], days).astype(np.int64).tolist()
    return found


def _row(store: Store, statement: str, values: tuple[Any, ...]) -> tuple[int, int]:
    first, second = store.rows(statement, values)[0]
    return int(first), int(second)
