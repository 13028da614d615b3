"""One test over all segments of a kind: what was seen on each day, and what was to be expected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from models.nudges.tails import Weighed, weigh

if TYPE_CHECKING:
    import pandas as pd

    from features.places import Ints

Floats = npt.NDArray[np.float64]
STRETCHES: Final = (1, 3, 7)
"""Days summed up: an outage shows on its day, a slow loss in its week."""
LOOKS: Final = 2.0
"""What the three looks cost: they overlap, so that less than three independent ones."""


@dataclass(frozen=True)
class Series:
    """What one detector tests, for every segment of one kind.

    Parameters
    ----------
    kind : str
        Of the findings.
    segment_kind : str
    segments : shape (s,)
    seen : shape (s, days)
    expected : tuple of shape (s, days)
        One or more expectations; what is odd must be odd against each. NaN on the first days,
        where there is too little past; a day that is not to count has 0 of both.
    side : int
        -1: fewer than expected is bad; 1: more.
    what : str
        What is counted.
    worth : shape (s,) or (s, days)
        Points that one of it stands for; or points lost on each day.
    rows : DataFrame
        What was counted, with ``day`` and the columns of every kind of segment: from it is told
        how far two segments are the same.
    hit : str
        Column of ``rows`` that says which of them are counted; empty: all.
    least : float
        Expected sum of a stretch without which nothing is said.
    off : float
        Least share by which it must be off to matter.
    spread : float
        Least variance over expectation.
    few : float
        Fewest of it that must be missing, or too many.
    """

    kind: str
    segment_kind: str
    segments: Ints
    seen: Floats
    expected: tuple[Floats, ...]
    side: int
    what: str
    worth: Floats
    rows: pd.DataFrame
    hit: str = ""
    least: float = 12.0
    off: float = 0.12
    spread: float = 1.0
    few: float = 8.0
    stretches: tuple[int, ...] = STRETCHES

    @cached_property
    def totals(self) -> tuple[Floats, list[Floats]]:
        """Running totals of what was seen and of each expectation, (s, days + 1)."""
        return _running(self.seen), [_running(one) for one in self.expected]

    def at(self, night: int) -> Suspicions:
        """Weigh every segment as of a night: column ``night`` is the first day not looked at."""
        seen, expected = self.totals
        rows = [self._stretch(seen, expected, night, days) for days in self.stretches]
        p = np.stack([row[0] for row in rows])
        best = np.argmin(np.where(np.isnan(p), np.inf, p), axis=0)
        pick = np.arange(len(self.segments))
        looks = LOOKS if len(self.stretches) > 1 else 1.0
        chosen = [np.stack([row[part] for row in rows])[best, pick] for part in range(4)]
        days = np.array(self.stretches)[best]
        return Suspicions(self, night, days, np.minimum(chosen[0] * looks, 1.0), *chosen[1:])

    def _stretch(
        self, seen: Floats, expected: list[Floats], night: int, days: int
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Tail, observed, expected and spread against the expectation that is the least odd."""
        each: list[Weighed] = [weigh(seen, one, night, days, self.least, self.spread)
                               for one in expected]
        tails = np.stack([one.tail(self.side) for one in each])
        worst = np.argmax(np.where(np.isnan(tails), np.inf, tails), axis=0)
        pick = np.arange(len(self.segments))
        return (tails[worst, pick], each[0].observed, np.stack([one.expected for one in each])[
            worst, pick], np.stack([one.spread for one in each])[worst, pick])


@dataclass(frozen=True)
class Suspicions:
    """Every segment of a series weighed on one night; NaN in ``p`` where it was not tested.

    Arrays of shape (segments,): ``days`` is the stretch that shows it best.
    """

    series: Series
    night: int
    days: Ints
    p: Floats
    observed: Floats
    expected: Floats
    spread: Floats

    @property
    def matters(self) -> npt.NDArray[np.bool_]:
        """Where it is large enough to be told, whatever its chance."""
        gap = (self.observed - self.expected) * self.series.side
        with np.errstate(invalid="ignore"):
            return np.asarray((gap >= self.series.off * self.expected)
                              & (gap >= self.series.few))


def _running(counts: Floats) -> Floats:
    """Totals of all days before each; NaN where the days began without an expectation."""
    known = np.isfinite(counts)
    total = np.concatenate([np.zeros((len(counts), 1)), np.where(known, counts, 0).cumsum(1)], 1)
    return np.where(np.concatenate([known, np.ones((len(counts), 1), bool)], 1), total, np.nan)
