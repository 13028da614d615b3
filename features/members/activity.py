"""Qualifying activity: the days on which a member did something that counts.

Credited scans, referrals and redemptions count, and every row of ``activities``. What was held,
refused or found fraudulent does not count from the moment the program knows it; what is released
counts from then. Everything is read once and answers for any earlier moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from features.contract import EVENT_TABLES, LABELS, OUTCOMES
from features.members.calendar_days import local_days
from features.members.daysums import SUMS, day_sums
from features.places import MISSING, Ints, first_place, place_ms
from features.store.schema import DECISIONS

if TYPE_CHECKING:
    from features.store.journal import Journal

QUALIFYING: Final = frozenset({"credited", "released", "partial"})
REFUSED: Final = len(DECISIONS)
"""Standing of an event that was refused at once."""
_COUNTS: Final = np.isin(np.arange(REFUSED + 1),
                         [DECISIONS.index(word) for word in QUALIFYING])
_EVENT_COLUMNS: Final = {
    "scans": ("event_id", "member_id", "occurred_at", "points", "amount", "quantity", "sku",
              "outcome"),
    "referrals": ("event_id", "member_id", "occurred_at", "points", "outcome"),
    "redemptions": ("event_id", "member_id", "occurred_at", "points", "outcome", "fulfilled_at"),
    "activities": ("event_id", "member_id", "occurred_at", "sku", "quantity"),
}  # fmt: skip
EVERY: Final = 1 << 62
_KINDS: Final = (*EVENT_TABLES, "activities")


@dataclass(frozen=True)
class ActivityLog:
    """Everything that decides which events count, with the place from which it is known.

    Parameters
    ----------
    events : DataFrame
        ``place, kind, event_id, member_id, day, points, amount, quantity, sku, outcome,
        fulfilled_at`` in place order; ``kind`` is an index into scans, referrals, redemptions,
        activities.
    decisions : DataFrame
        ``place, event_id, status``: later changes of an event's standing, in order.
    labels : DataFrame
        ``place, event_id, fraud``: what review and audit found, in order.
    merges : DataFrame
        ``place, member_id, into_member_id``, in order.
    """

    events: pd.DataFrame
    decisions: pd.DataFrame
    labels: pd.DataFrame
    merges: pd.DataFrame

    @classmethod
    def read(cls, journal: Journal, as_of_ms: int) -> ActivityLog:
        """All that was known before ``as_of_ms``."""
        until = first_place(as_of_ms)
        timezone = journal.program.timezone
        parts = [_events(journal, table, until, timezone) for table in _KINDS]
        events = pd.concat(parts, ignore_index=True).sort_values("place", kind="stable")
        labels = _ordered(journal, "feedback", until, ("event_id", "label"))
        labels["fraud"] = labels.pop("label") == LABELS.index("fraud")
        return cls(
            events.reset_index(drop=True),
            _decisions(journal, until),
            labels,
            _ordered(journal, "merges", until, ("member_id", "into_member_id")),
        )

    def standing(self, as_of_ms: int) -> pd.DataFrame:
        """Events known before a moment, with ``status`` and ``fraud`` as they stood then."""
        until = first_place(as_of_ms)
        events = _before(self.events, until)
        number = events["event_id"].to_numpy()
        size = int(number.max(initial=0)) + 1
        known = _last_by_event(_before(self.decisions, until), "status", size)[number]
        fraud = _last_by_event(_before(self.labels, until), "fraud", size)[number]
        return events.assign(
            status=np.where(known >= 0, known, _start_status(events)), fraud=fraud == 1,
            member_id=self.roots(events["member_id"].to_numpy(), as_of_ms),
        )

    def days(self, as_of_ms: int) -> pd.DataFrame:
        """One row per member and local day with qualifying activity known before ``as_of_ms``."""
        events = self.standing(as_of_ms)
        return daily(events, qualifies(events))

    def roots(self, members: Ints, as_of_ms: int) -> Ints:
        """Each member's surviving account, by the merges known before ``as_of_ms``."""
        merges = _before(self.merges, first_place(as_of_ms))
        if merges.empty:
            return np.asarray(members, dtype=np.int64)
        pairs = merges[["member_id", "into_member_id"]].to_numpy()
        parent = np.arange(max(int(pairs.max()), int(members.max(initial=0))) + 1)
        for member, into in pairs.tolist():
            if _root(parent, into) != member:
                parent[member] = into
        while not np.array_equal(parent, parent[parent]):
            parent = parent[parent]
        return np.asarray(parent[members], dtype=np.int64)


def activity_days(journal: Journal, as_of_ms: int) -> pd.DataFrame:
    """One row per member and local day with qualifying activity known before ``as_of_ms``.

    Parameters
    ----------
    journal : Journal
        A program's journal.
    as_of_ms : int
        UTC milliseconds; an event counts when its place is earlier, whatever its own date.

    Returns
    -------
    DataFrame
        ``member`` and ``day`` (int64, sorted, unique pairs; days since 1970 in the program's
        time zone), then counts ``events, scans, redemptions, visits``, ``points`` earned,
        ``amount`` in minor units, ``quantity`` in units and ``skus`` (different products).
    """
    return ActivityLog.read(journal, as_of_ms).days(as_of_ms)


def qualifies(events: pd.DataFrame) -> Any:
    """Whether each event of a `ActivityLog.standing` frame counts as a member's, shape (n,)."""
    credited = _COUNTS[events["status"].to_numpy()]
    known = events["member_id"].to_numpy() > 0
    return credited & known & ~events["fraud"].to_numpy(dtype=bool)


def daily(events: pd.DataFrame, counted: Any = None) -> pd.DataFrame:
    """Sum events of shape (n) to one row per member and day, sorted.

    Parameters
    ----------
    events : DataFrame
        ``member_id, day, kind, points, amount, quantity, sku``.
    counted : bool, shape (n,), or None
        Which events count; None: all.
    """
    column = {name: events[name].to_numpy() for name in
              ("member_id", "day", "kind", "sku", "points", "amount", "quantity")}
    member, day, sums = day_sums(
        column["member_id"], column["day"], column["kind"], column["sku"],
        (column["points"], column["amount"], column["quantity"]),
        np.ones(len(events), dtype=bool) if counted is None else counted)
    columns = dict(zip(SUMS, sums, strict=True))
    return pd.DataFrame({"member": member, "day": day, **columns}, copy=False)


def _events(journal: Journal, table: str, until: int, timezone: str) -> pd.DataFrame:
    columns = ["place", *_EVENT_COLUMNS[table]]
    rows = journal.frame(table, until=until, columns=columns)
    known_ms = place_ms(rows["place"].to_numpy(dtype=np.int64))
    moment = np.minimum(rows["occurred_at"].to_numpy(dtype=np.int64), known_ms)
    return pd.DataFrame(
        {
            "place": rows["place"].to_numpy(dtype=np.int64),
            "kind": np.full(len(rows), _KINDS.index(table), dtype=np.int64),
            "event_id": rows["event_id"].to_numpy(dtype=np.int64),
            "member_id": rows["member_id"].to_numpy(dtype=np.int64),
            "day": local_days(moment, timezone),
            "points": _filled(rows, "points"),
            "amount": _filled(rows, "amount"),
            "quantity": _filled(rows, "quantity") / 1e6,
            "sku": _filled(rows, "sku"),
            "outcome": _filled(rows, "outcome"),
            "fulfilled_at": _column(rows, "fulfilled_at"),
        }
    )


def _column(rows: pd.DataFrame, name: str) -> Ints:
    """A column of the table, all unknown where the table has none of that name."""
    if name in rows.columns:
        return rows[name].to_numpy(dtype=np.int64)
    return np.full(len(rows), MISSING, dtype=np.int64)


def _filled(rows: pd.DataFrame, name: str) -> Ints:
    """The column with 0 for unknown; an unknown outcome is credited, the contract's default."""
    values = _column(rows, name)
    return np.where(values == MISSING, 0, values)


def _ordered(
    journal: Journal, table: str, until: int, columns: tuple[str, ...]
) -> pd.DataFrame:
    rows = journal.frame(table, until=until, columns=["place", "seq", *columns])
    rows = rows.sort_values(["place", "seq"], kind="stable")
    return rows[["place", *columns]].reset_index(drop=True)


def _decisions(journal: Journal, until: int) -> pd.DataFrame:
    rows = journal.decisions(limit=EVERY)[["place", "seq", "event_id", "status"]]
    rows = rows[rows["place"] < until].sort_values(["place", "seq"], kind="stable")
    return rows[["place", "event_id", "status"]].astype(np.int64).reset_index(drop=True)


def _before(rows: pd.DataFrame, until: int) -> pd.DataFrame:
    return rows.iloc[: int(np.searchsorted(rows["place"].to_numpy(), until, side="left"))]


def _start_status(events: pd.DataFrame) -> Ints:
    """Standing right after scoring, as an index into DECISIONS or REFUSED."""
    words = {"credited": DECISIONS.index("credited"), "held": DECISIONS.index("held")}
    table = np.array([words.get(word, REFUSED) for word in OUTCOMES], dtype=np.int64)
    return table[events["outcome"].to_numpy()]


def _last_by_event(rows: pd.DataFrame, name: str, size: int) -> Ints:
    """Last value of each event number below ``size``, -1 where there is none, shape (size,)."""
    last = np.full(size, -1, dtype=np.int64)
    event = rows["event_id"].to_numpy(dtype=np.int64)
    inside = event < size
    last[event[inside]] = rows[name].to_numpy(dtype=np.int64)[inside]
    return last


def _root(parent: Ints, member: int) -> int:
    while parent[member] != member:
        member = int(parent[member])
    return member
