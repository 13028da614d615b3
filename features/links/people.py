"""What is known of each member besides edges: his file, when he joined, how much he did."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.links.edges import fresh
from features.links.inbox import ACTIVITY, MEMBER, column
from features.links.kinds import ADDRESS, DAY_MS, PAYOUT, PHONE
from features.places import MISSING, TIE_BITS, Ints
from features.records import SCORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILED: Final = {"payout": PAYOUT, "phone": PHONE, "address": ADDRESS}
"""Identifiers on a member's file."""
_BLANK: Final = {"joined": MISSING, "first": MISSING, "last": MISSING, "day": -1}


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclass
class People:
    """Columns by the member's number; 0 is unknown, `MISSING` for times.

    Parameters
    ----------
    payout, phone, address, enroller, referrer, joined : int64 arrays
        The latest known value on the member's file.
    events, days : int64 arrays
        Judged events of the member, and UTC days with an event or activity of his own.
    first, last, day : int64 arrays
        First and last own event or activity (UTC ms), and the last such day since 1970.
    """

    payout: Ints = field(default_factory=_none)
    phone: Ints = field(default_factory=_none)
    address: Ints = field(default_factory=_none)
    enroller: Ints = field(default_factory=_none)
    referrer: Ints = field(default_factory=_none)
    joined: Ints = field(default_factory=_none)
    events: Ints = field(default_factory=_none)
    days: Ints = field(default_factory=_none)
    first: Ints = field(default_factory=_none)
    last: Ints = field(default_factory=_none)
    day: Ints = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.joined)

    def reach(self, member: int) -> None:
        """Make room up to a member's number."""
        if member < len(self):
            return
        size = max(member + 1, len(self) * 3 // 2, 256)
        for column_ in fields(self):
            old = getattr(self, column_.name)
            more = np.full(size - len(old), _BLANK.get(column_.name, 0), dtype=np.int64)
            setattr(self, column_.name, np.concatenate([old, more]))

    def take(self, rows: Ints) -> list[tuple[int, Ints, Ints, Ints]]:
        """Take rows of the inbox in; returns sightings of what stands on files.

        Returns
        -------
        list of (kind, entity, member, ms)
            What a version states, and what it replaced: that stood on the file until then.
        """
        if not len(rows):
            return []
        self.reach(max(int(column(rows, name).max())
                       for name in ("member", "referee", "referrer", "enroller")))
        self._act(rows)
        told = rows[(column(rows, "kind") == MEMBER) & (column(rows, "member") > 0)]
        if not len(told):
            return []
        told = told[np.argsort(column(told, "member"), kind="stable")]
        for name in ("enroller", "referrer", "joined_ms"):
            self._file(told, name)
        return [seen for name, kind in FILED.items() for seen in self._sightings(told, name, kind)]

    def _file(self, told: Ints, name: str) -> tuple[Ints, Ints, Ints]:
        """Keep the last known value of a column; returns values, members and their rows."""
        values, members = column(told, name), column(told, "member")
        known = np.flatnonzero(values != (MISSING if name == "joined_ms" else 0))
        values, members = values[known], members[known]
        starts = np.flatnonzero(fresh(members))
        last = np.r_[starts[1:], len(members)][: len(starts)] - 1
        kept = getattr(self, "joined" if name == "joined_ms" else name)
        before = np.roll(values, 1)
        before[starts] = kept[members[starts]]
        kept[members[last]] = values[last]
        return before, values, known

    def _sightings(self, told: Ints, name: str, kind: int
                   ) -> Iterator[tuple[int, Ints, Ints, Ints]]:
        before, values, at = self._file(told, name)
        members, ms = column(told, "member")[at], column(told, "place")[at] >> TIE_BITS
        yield kind, values, members, ms
        gone = (before != values) & (before > 0)
        yield kind, before[gone], members[gone], ms[gone]

    def _act(self, rows: Ints) -> None:
        """Count events, days, first and last of what members did themselves."""
        kind, member = column(rows, "kind"), column(rows, "member")
        own = (member > 0) & ((kind < SCORED) | (kind == ACTIVITY))
        member, ms = member[own], column(rows, "place")[own] >> TIE_BITS
        np.add.at(self.events, member, (kind[own] < SCORED).astype(np.int64))
        order = np.argsort(member, kind="stable")
        member, ms = member[order], ms[order]
        if not len(member):
            return
        starts = np.flatnonzero(fresh(member))
        ends = np.r_[starts[1:], len(member)] - 1
        who, day = member[starts], ms // DAY_MS
        self.first[who] = np.where(self.first[who] == MISSING, ms[starts], self.first[who])
        self.last[who] = np.maximum(self.last[who], ms[ends])
        new = fresh(day)
        new[starts] = day[starts] != self.day[who]
        np.add.at(self.days, member[new], 1)
        self.day[who] = day[ends]

    def arrays(self) -> dict[str, Any]:
        """Columns by name, for a snapshot; not copied."""
        return {f"people_{c.name}": getattr(self, c.name) for c in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> People:
        """Read a snapshot back."""
        return cls(**{c.name: np.array(arrays[f"people_{c.name}"]) for c in fields(cls)})
