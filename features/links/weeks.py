"""The rings of some midnights a week apart, from one pass, each known again from week to week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.links.kinds import DAY_MS, midnight
from features.links.links import Links
from features.places import first_place
from features.records import COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.links.rings import Rings
    from features.places import Ints

WEEKS: Final = 8
"""Weeks back: with fewer, how fast a ring usually grows is a guess."""
WEEK_MS: Final = 7 * DAY_MS
FEWEST: Final = 2
"""Members who must be in a ring before and after it for the two to be the same."""


class RingWeeks:
    """Publishes the rings of the last UTC midnight, and of those whole weeks before it.

    Parameters
    ----------
    as_of_ms : int
        UTC milliseconds; what became known after the midnight before it is left out.
    weeks : int
        How many before it.

    Examples
    --------
    >>> weeks = RingWeeks(20 * DAY_MS + 5, weeks=2)
    >>> [each.known_at_ms // DAY_MS for each in weeks.published()]
    [6, 13, 20]
    """

    def __init__(self, as_of_ms: int, weeks: int = WEEKS) -> None:
        last = midnight(as_of_ms)
        moments = (last - back * WEEK_MS for back in range(weeks, -1, -1))
        self._due = [moment for moment in moments if moment >= 0]
        self._links = Links()
        self._found: list[Rings] = []

    def learn(self, records: Ints) -> None:
        """Take a slice of the stream in, from its begin on, in the order of the journal.

        Parameters
        ----------
        records : int64 array, shape (n, len(COLUMNS))
        """
        places, start = records[:, COLUMN["place"]], 0
        while self._due:
            stop = int(np.searchsorted(places, first_place(self._due[0])))
            self._links.learn(records[start:stop])
            if stop == len(records):
                return
            self._publish()
            start = stop

    def published(self) -> list[Rings]:
        """Rings of each midnight, the oldest first, once the stream has ended."""
        while self._due:
            self._publish()
        return self._found

    def _publish(self) -> None:
        self._found.append(self._links.publish(self._due.pop(0)))


def ring_weeks(records: Iterable[Ints], as_of_ms: int, weeks: int = WEEKS) -> list[Rings]:
    """Publish rings as `RingWeeks` does, of a stream that is there as a whole."""
    found = RingWeeks(as_of_ms, weeks)
    for part in records:
        found.learn(part)
    return found.published()


def known_again(weeks: list[Rings], names: dict[int, int] | None = None) -> list[pd.DataFrame]:
    """Everybody in a ring of each week, and the name that his ring keeps from week to week.

    A ring goes on in that of the week after which took most of its members. A ring that goes on
    from none is named by its member with the smallest number.

    Parameters
    ----------
    weeks : list of Rings
        The oldest first.
    names : dict of member to name, optional
        Names that rings were told by before: the newest rings keep them.

    Returns
    -------
    list of DataFrame with ``member, ring, size, score, name``, one a week; ``score`` is the ring's.
    """
    found: list[pd.DataFrame] = []
    before: dict[int, int] = {}
    for number, rings in enumerate(weeks):
        row = np.searchsorted(rings.rings, rings.ring)
        table = pd.DataFrame({"member": rings.members, "ring": rings.ring,
                              "size": rings.size[row], "score": rings.score[row]})
        name = _names(table, before)
        found.append(table.assign(name=table["ring"].map(name).astype("i8")))
        before = dict(zip(table["member"].tolist(), found[number]["name"].tolist(), strict=True))
    if found and names:
        told = _names(found[-1], names, others=False)
        again = {name: told[ring] for ring, name in
                 zip(found[-1]["ring"].tolist(), found[-1]["name"].tolist(), strict=True)
                 if ring in told}
        found = [table.assign(name=table["name"].replace(again)) for table in found]
    return found


def _names(table: pd.DataFrame, before: dict[int, int], others: bool = True) -> dict[int, int]:
    """Name of each ring of a week by what its members' rings were called before."""
    known = table.assign(before=table["member"].map(before)).dropna(subset=["before"])
    shared = known.groupby(["ring", "before"]).size().reset_index(name="members")
    shared = shared[shared["members"] >= FEWEST].sort_values(
        ["members", "ring", "before"], ascending=[False, True, True])
    names: dict[int, int] = {}
    taken: set[int] = set()
    for ring, name in zip(shared["ring"].tolist(), shared["before"].tolist(), strict=True):
        if ring not in names and name not in taken:
            names[int(ring)] = int(name)
            taken.add(name)
    if others:
        unnamed = table[~table["ring"].isin(names)]
        for ring, members in unnamed.groupby("ring")["member"]:
            names[int(ring)] = next((one for one in members.tolist() if one not in taken),
                                    int(ring))
            taken.add(names[int(ring)])
    return names
