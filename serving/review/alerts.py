"""Open alerts of a program as the desk reads them: columns, one row an event, by index only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import DECLARATIONS
from features.places import MISSING
from serving.listed import ALLOW
from serving.review.groups import Alerts, Limits
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from features.places import Ints

ASKED: Final = 500
"""Numbers in one query; below the 999 variables that any SQLite allows."""
CASE: Final = ("event", "member", "points", "priority", "kind", "opened_ms", "until_ms", "keeps",
               "would_have", "enforced", "place")
"""Columns of an open alert that its case has."""
EVENT: Final = ("device", "batch", "upload", "code", "paid_to")
"""Columns that its event has; 0 is unknown."""
FILE: Final = ("persona", "region", "tier", "payout", "referrer", "joined_ms")
"""Columns that the member's file has; persona, tier and day may be `MISSING`."""
_OF_FILE: Final = {"persona": "persona", "region": "region", "tier": "tier", "payout": "payout_id",
                   "referrer": "referred_by", "joined_ms": "joined_at"}
_OF_EVENT: Final = {
    "scans": ("device_id", "batch_id", "upload_id", "code_id", ""),
    "referrals": ("device_id", "", "", "", ""),
    "redemptions": ("device_id", "", "", "", "payout_id"),
}
"""Stored columns behind those of `EVENT`, by table; empty where it has none."""
DECLARED_TIES: Final = {"payout": ("shared_payout",), "device": (
    "shared_device", "handheld_client", "bulk_channel")}
"""Declarations that make sharing a thing innocent."""


@dataclass(frozen=True)
class Open:
    """Open alerts in columns by name: those of `CASE`, `EVENT` and `FILE`; shape (n,) each."""

    columns: Mapping[str, Ints]

    def __len__(self) -> int:
        return len(self.columns["event"])

    def __getitem__(self, name: str) -> Ints:
        return self.columns[name]

    def take(self, rows: Sequence[int] | Ints) -> Open:
        """Take some rows alone."""
        chosen = np.asarray(rows, dtype=np.int64)
        return Open({name: column[chosen] for name, column in self.columns.items()})

    def alerts(self) -> Alerts:
        """What they are put together by."""
        payout = np.where(self["paid_to"] > 0, self["paid_to"], self["payout"])
        return Alerts(self["event"], self["member"], payout, self["device"], self["referrer"],
                      self["batch"], self["upload"])


class OpenAlerts(WithinProgram):
    """Reads the open alerts of one program inside a transaction."""

    def read(self, again: Sequence[int] = (), after: int = 0) -> Open:
        """Read all open alerts, in the order of their events' numbers.

        ``again`` are events whose case is closed and that are to be looked at as if it were not;
        with ``after``, only open alerts with a larger number are read beside them.
        """
        which = f"(c.is_open = 1 AND c.event_id > {after})" if after else "c.is_open = 1"
        if again:
            also = (f"c.event_id IN ({some})" for some in parts(again))
            which = f"({' OR '.join((which, *also))})"
        rows = self._store.ints(
            "SELECT event_id, member_id, points, priority, kind, opened_ms, "
            f"COALESCE(hold_until_ms, {MISSING}), hold_then, would_have, enforced, place "
            f"FROM cases c WHERE program = ? AND {which}", (self._program,), len(CASE))
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        columns = {name: rows[:, at] for at, name in enumerate(CASE)}
        events = self._events(columns["event"], which)
        columns |= {name: events[:, at] for at, name in enumerate(EVENT)}
        files = self.files(columns["member"])
        return Open(columns | {name: files[:, at] for at, name in enumerate(FILE)})

    def _events(self, numbers: Ints, which: str) -> Ints:
        found = np.zeros((len(numbers), len(EVENT)), dtype=np.int64)
        for table, names in _OF_EVENT.items():
            wanted = ", ".join(f"COALESCE(e.{name}, 0)" if name else "0" for name in names)
            rows = self._store.ints(
                f"SELECT c.event_id, {wanted} FROM cases c CROSS JOIN {table} e "
                f"WHERE c.program = ? AND {which} AND e.program = c.program "
                "AND e.event_id = c.event_id", (self._program,), 1 + len(EVENT))
            found[np.searchsorted(numbers, rows[:, 0])] = rows[:, 1:]
        return found

    def files(self, members: Ints) -> Ints:
        """Read what members' files say today, shape (n, len(FILE)).

        A version that leaves a cell open keeps what the one before said.
        """
        unique, at = np.unique(members, return_inverse=True)
        empty = [MISSING if name in ("persona", "tier", "joined_ms") else 0 for name in FILE]
        found = {int(member): list(empty) for member in unique}
        wanted = ", ".join(_OF_FILE.values())
        for some in parts(unique):
            for member, *cells in self._store.rows(
                    f"SELECT member_id, {wanted} FROM members WHERE program = ? "
                    f"AND member_id IN ({some}) ORDER BY place, seq", (self._program,)):
                own = found[member]
                for position, cell in enumerate(cells):
                    if cell is not None:
                        own[position] = cell
        table = np.array([found[int(member)] for member in unique], dtype=np.int64)
        return table.reshape(-1, len(FILE))[at]

    def limits(self, now_ms: int, shared: Mapping[str, Mapping[int, int]]) -> Limits:
        """What does not tie members just now: what was declared innocent, or allowed."""
        innocent: dict[str, set[int]] = {"payout": set(), "device": set()}
        for tie, kinds in DECLARED_TIES.items():
            numbers = ", ".join(str(DECLARATIONS.index(kind)) for kind in kinds)
            said: dict[tuple[int, int], bool] = {}
            for kind, subject, start, end in self._store.rows(
                    f"SELECT kind, subject_{tie}, valid_from, valid_to FROM declarations "
                    f"WHERE program = ? AND kind IN ({numbers}) AND subject_{tie} > 0 "
                    "ORDER BY place, seq", (self._program,)):
                said[int(kind), int(subject)] = ((start is None or start <= now_ms)
                                                 and (end is None or now_ms < end))
            innocent[tie] |= {subject for (_, subject), holds in said.items() if holds}
            newest: dict[int, bool] = {}
            for entity, word, end in self._store.rows(
                    "SELECT entity, list, valid_to_ms FROM lists WHERE program = ? AND kind = ? "
                    "AND list < 3 ORDER BY at_ms, entry", (self._program, tie)):
                newest[int(entity)] = word == ALLOW and (end is None or now_ms < end)
            innocent[tie] |= {entity for entity, is_allowed in newest.items() if is_allowed}
        return Limits(shared=shared, innocent={tie: frozenset(numbers)
                                               for tie, numbers in innocent.items()})


def parts(numbers: Iterable[Any] | npt.NDArray[np.int64]) -> list[str]:
    """Numbers listed for queries, some hundred each.

    >>> parts([3, 5])
    ['3, 5']
    """
    listed = [str(int(number)) for number in numbers]
    return [", ".join(listed[start:start + ASKED]) for start in range(0, len(listed), ASKED)]
