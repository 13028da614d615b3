"""The links of a program: fed the stream of records, it publishes rings at each UTC midnight."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.errors import BadInput
from features.links.declared import Declared, Kept
from features.links.draft import Draft
from features.links.edges import Edges, fresh, merged, nothing
from features.links.inbox import DECLARATION, MERGE, READ, Inbox, column
from features.links.kinds import DAY_MS, midnight
from features.links.people import People
from features.links.rings import Rings, nobody
from features.links.sightings import sightings
from features.places import TIE_BITS, Ints, place_ms
from features.records import COLUMN, SCORED

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE, _KIND, _MEMBER = COLUMN["place"], COLUMN["kind"], COLUMN["member"]
WAITING: Final = 262_144
"""Rows that may wait before what is older than today is taken into the graph."""


class Links:
    """Who shares what with whom, as far as the records went.

    The first judged event of a UTC day makes the rings of that day's midnight due, from what was
    known before it; they are published when somebody asks for them. They depend on nothing but
    the records before that midnight: whether these came one by one or in slices, what comes
    after, and when anybody asked, makes no difference.

    Examples
    --------
    >>> from features.records import COLUMNS, KINDS
    >>> def row(day, kind, **cells):
    ...     record = np.zeros(len(COLUMNS), np.int64)
    ...     cells |= {"place": day * 86_400_000 << 20, "kind": KINDS.index(kind)}
    ...     record[[COLUMN[name] for name in cells]] = list(cells.values())
    ...     return record.reshape(1, -1)
    >>> links = Links()
    >>> for member in (1, 2, 3):
    ...     links.note(row(1, "redemption", member=member, payout=8))
    >>> links.rings.of(2).size
    1
    >>> links.note(row(2, "scan", member=1))
    >>> links.rings.of(2).ring, links.rings.of(2).size, links.rings.kinds(1)
    (1, 3, ('payout',))
    """

    def __init__(self) -> None:
        self._rings = nobody()
        self._ready: Rings | None = None
        self._inbox = Inbox()
        self._edges = nothing()
        self._people = People()
        self._declared = Declared()
        self._kept = Kept()
        self._last = -1
        self._due = -1
        self._owed = -1
        self._taken = 0
        self._is_lent = False

    @property
    def rings(self) -> Rings:
        """The rings by which the last judged event is judged; published now where they are due."""
        if self._owed >= 0:
            self.publish(self._owed)
        return self._rings

    def note(self, records: Ints) -> None:
        """Take records in, shape (n, len(COLUMNS)), in the order of the journal.

        Raises
        ------
        BadInput
            A record is older than the one before.
        """
        if len(records) == 1:
            record = records[0]
            place = int(record[_PLACE])
            self._check(place)
            if place >= self._due and record[_KIND] < SCORED:
                self._owed = midnight(place_ms(place))
            self._last = place
            self._inbox.add(records)
        elif len(records):
            self._in_order(records)
            judged = np.flatnonzero(records[:, _KIND] < SCORED)
            last = int(records[judged[-1], _PLACE]) if len(judged) else -1
            if last >= max(self._due, 0):
                self._owed = midnight(place_ms(last))
            self._last = int(records[-1, _PLACE])
            self._inbox.add(records)
            self._digest_old()

    def trace(self, records: Ints) -> tuple[Ints, np.ndarray[Any, np.dtype[np.float64]]]:
        """Take records in and tell each judged one the size and score of its member's ring.

        Returns
        -------
        size, score : shape (judged,)
            By the rings published at or before each event's place.
        """
        judged = records[:, _KIND] < SCORED
        size, score = np.ones(len(records), dtype=np.int64), np.zeros(len(records))
        for rows in days(records):
            self.note(records[rows])
            if judged[rows].any():
                _, size[rows], score[rows] = self.rings.table(records[rows, _MEMBER])
        return size[judged], score[judged]

    def learn(self, records: Ints) -> None:
        """Take records in and publish nothing: for who wants the rings of one moment only."""
        if len(records):
            self._in_order(records)
            self._inbox.add(records)
            self._last = int(records[-1, _PLACE])
            self._digest_old()

    def publish(self, ms: int) -> Rings:
        """Publish the rings of the midnight at or before a moment; nothing later is in them.

        Only for a moment not before the last published one; the same midnight again changes
        nothing.
        """
        at = midnight(ms)
        if place_ms(self._due) < at + DAY_MS:
            self._digest(at)
            ready = self._ready
            self._rings = ready if ready and ready.known_at_ms == at else self._weighed(at)
            self._due = (at + DAY_MS) << TIE_BITS
        self._owed, self._ready = -1, None
        return self._rings

    def prepare(self, ms: int) -> bool:
        """Weigh the rings of the midnight before a moment ahead of its first event, if it is next.

        For an idle moment after midnight; whether there was anything to do. What becomes known
        before that midnight all the same, such as rows ingested late, makes them anew.
        """
        draft = self.draft(ms)
        return draft is not None and self.take(draft, draft.weighed())

    def draft(self, ms: int) -> Draft | None:
        """Give copies by which another thread may weigh what `prepare` would; None for nothing."""
        at = midnight(ms)
        if self._ready is not None or self.rings.known_at_ms + DAY_MS != at:
            return None
        self._digest(at)
        return Draft(
            self._edges, People.from_arrays(self._people.arrays()),
            Declared(self._declared.array(), self._declared.events), Kept(self._kept.array()), at,
            self._taken)

    def take(self, draft: Draft, rings: Rings) -> bool:
        """Keep the rings of a draft until they are due; whether nothing was learnt meanwhile."""
        is_valid = draft.taken == self._taken and self._rings.known_at_ms < draft.ms
        if is_valid:
            self._ready = rings
        return is_valid

    def arrays(self) -> dict[str, Any]:
        """Everything in plain arrays, for a snapshot; ``links_`` and the like name its parts.

        Nothing here changes them, so another thread may write them while this one goes on.
        """
        self._is_lent = True
        edges = {f"edges_{name}": part for name, part in self._edges._asdict().items()}
        return {
            **edges, **self._people.arrays(), **self._rings.arrays(),
            "links_waiting": self._inbox.rows.copy(), "links_spans": self._declared.array(),
            "links_events": self._declared.events, "links_kept": self._kept.array(),
            "links_position": np.array([self._last, self._due, self._owed]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Links:
        """Read a snapshot back; what is noted from then on gives what it would have given."""
        links = cls()
        links._rings = Rings.from_arrays(arrays)
        links._inbox = Inbox(np.asarray(arrays["links_waiting"]).reshape(-1, len(READ)))
        links._edges = Edges(*(np.array(arrays[f"edges_{name}"]) for name in Edges._fields))
        links._people = People.from_arrays(arrays)
        links._declared = Declared(arrays["links_spans"], arrays["links_events"])
        links._kept = Kept(arrays["links_kept"])
        position = (int(cell) for cell in arrays["links_position"])
        links._last, links._due, links._owed = position
        return links

    def _digest_old(self) -> None:
        """Take in what waits from days that are over, where much does; what is owed lacks it."""
        if len(self._inbox) > WAITING:
            self._digest(self._owed if self._owed >= 0 else midnight(place_ms(self._last)))

    def _digest(self, before_ms: int) -> None:
        """Take what became known before a midnight into the graph."""
        rows = self._inbox.take(before_ms)
        if not len(rows):
            return
        self._ready = None
        self._taken += 1
        if self._is_lent:
            self._people, self._is_lent = People.from_arrays(self._people.arrays()), False
        kind = column(rows, "kind")
        self._declared.take(rows[kind == DECLARATION])
        self._kept.take(rows[kind == MERGE])
        filed = self._people.take(rows)
        self._edges = merged(self._edges, sightings(rows, filed, self._declared))

    def _weighed(self, ms: int) -> Rings:
        """Find and score the rings of a midnight."""
        return Draft(self._edges, self._people, self._declared, self._kept, ms,
                     self._taken).weighed()

    def _in_order(self, records: Ints) -> None:
        places = records[:, _PLACE]
        self._check(int(places[0]))
        if (places[1:] < places[:-1]).any():
            raise BadInput("records in the order of their places", "one before its predecessor",
                           "sort by place, then seq")

    def _check(self, place: int) -> None:
        if place < self._last:
            raise BadInput("records in the order of their places", "one before its predecessor",
                           "sort by place, then seq")


def days(records: Ints) -> list[slice]:
    """Rows of one UTC day after another, in the order of the journal.

    >>> places = np.array([5, DAY_MS + 1, DAY_MS + 2]) << TIE_BITS
    >>> days(places.reshape(-1, 1))
    [slice(0, 1, None), slice(1, 3, None)]
    """
    starts = np.flatnonzero(fresh((records[:, _PLACE] >> TIE_BITS) // DAY_MS)).tolist()
    return [slice(*ends) for ends in pairwise([*starts, len(records)])]
