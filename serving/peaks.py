"""Peaks that the program announced, as far as they were known before an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.contract import CAMPAIGN_KINDS
from features.places import MISSING, TIE_BITS
from features.records import COLUMN

if TYPE_CHECKING:
    import pandas as pd

    from features.places import Ints
    from features.store.journal import Journal

HOUR_MS: Final = 3_600_000
_PLACE, _SKU = COLUMN["place"], COLUMN["sku"]
_COLUMNS: Final = ("campaign_id", "kind", "starts_at", "ends_at", "persona", "region", "sku")


class _Campaign(NamedTuple):
    """One version of a campaign, and the place after which it is known."""

    place: int
    campaign_id: int
    kind: int
    starts_at: int
    ends_at: int
    persona: int
    region: int
    sku: int


class _Near(NamedTuple):
    """Versions of the campaigns that have one in an hour, and the newest once all are known."""

    versions: list[_Campaign]
    newest: list[_Campaign]
    last: int

    @classmethod
    def of(cls, versions: list[_Campaign]) -> _Near:
        return cls(versions, _newest(versions), max((each.place for each in versions), default=-1))

    def known(self, place: int) -> list[_Campaign]:
        """Newest version of each campaign before a place."""
        if self.last < place:
            return self.newest
        return _newest([each for each in self.versions if each.place < place])


def _newest(versions: list[_Campaign]) -> list[_Campaign]:
    return list({each.campaign_id: each for each in versions}.values())


class Peaks:
    """Seasons, campaigns and festivals of the journal, each version known from its own place.

    Parameters
    ----------
    campaigns : DataFrame, optional
        As `Journal.frame` gives the table ``campaigns``; none: nothing was announced.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> row = dict(place=5, campaign_id=1, kind=2, starts_at=1000, ends_at=2000,
    ...            persona=MISSING, region=0, sku=0)
    >>> peaks, record = Peaks(pd.DataFrame([row])), np.zeros(len(COLUMN), dtype=np.int64)
    >>> record[COLUMN["place"]] = 9
    >>> [peaks.of(record, ms, -1, 0) for ms in (999, 1000, 2000)]
    [(), ('festival',), ()]
    """

    def __init__(self, campaigns: pd.DataFrame | None = None) -> None:
        self._versions: list[_Campaign] = []
        if campaigns is not None:
            columns = [campaigns[name].tolist() for name in ("place", *_COLUMNS)]
            self._versions = [_Campaign(*row) for row in zip(*columns, strict=True)]
        self._near: dict[int, _Near] = {}

    @classmethod
    def read(cls, journal: Journal) -> Peaks:
        """Read what a journal holds; what is known later only is told later only."""
        return cls(journal.frame("campaigns", columns=list(_COLUMNS)))

    def of(self, record: Ints, ms: int, persona: int, region: int) -> tuple[str, ...]:
        """Kinds of the peaks that run for an event.

        Parameters
        ----------
        record : shape (len(COLUMN),)
            Of the event.
        ms : int
            When the server learnt of it: a phone's clock could be set into a festival.
        persona, region : int
            Of the member, below 0 and 0 where not known; a peak for one persona or region does
            not reach who is of none.
        """
        if not self._versions:
            return ()
        sku = record.item(_SKU)
        running = {each.kind for each in self._around(ms).known(record.item(_PLACE))
                   if each.starts_at <= ms < each.ends_at
                   and each.persona in (MISSING, persona)
                   and each.region in (0, MISSING, region) and each.sku in (0, MISSING, sku)}
        if not running:
            return ()
        return tuple(word for index, word in enumerate(CAMPAIGN_KINDS) if index in running)

    def running(self, records: Ints, personas: Ints, regions: Ints) -> Ints:
        """Which kinds of peaks run for each of many events, a bit each: as `of`, all at once.

        Parameters
        ----------
        records : shape (n, len(COLUMN))
            In the order of their places.
        personas, regions : shape (n,)
            Of the members, as in `of`.
        """
        found = np.zeros(len(records), dtype=np.int64)
        places, sku = records[:, _PLACE], records[:, _SKU]
        ms = places >> TIE_BITS
        for number in dict.fromkeys(each.campaign_id for each in self._versions):
            runs = np.zeros(len(records), dtype=np.int64)
            for each in self._versions:
                if each.campaign_id == number:
                    first = int(np.searchsorted(places, each.place, side="right"))
                    runs[first:] = _reaches(each, ms[first:], personas[first:], regions[first:],
                                            sku[first:])
            found |= runs
        return found

    def _around(self, ms: int) -> _Near:
        """All versions of the campaigns that have one in the hour of a moment."""
        hour = ms // HOUR_MS
        if hour not in self._near:
            start, end = hour * HOUR_MS, (hour + 1) * HOUR_MS
            ids = {each.campaign_id for each in self._versions
                   if each.starts_at < end and each.ends_at > start}
            self._near = {hour: _Near.of(
                [each for each in self._versions if each.campaign_id in ids])}
        return self._near[hour]


def _reaches(peak: _Campaign, ms: Ints, personas: Ints, regions: Ints, sku: Ints) -> Ints:
    """Bit of a version's kind for the events that it runs for, 0 for the others."""
    runs = (ms >= peak.starts_at) & (ms < peak.ends_at)
    if peak.persona != MISSING:
        runs &= personas == peak.persona
    for wanted, came in ((peak.region, regions), (peak.sku, sku)):
        if wanted not in (0, MISSING):
            runs &= came == wanted
    return np.where(runs, np.int64(1) << peak.kind, 0)
