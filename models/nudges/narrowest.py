"""One cause shows in many segments: it is told once, at the place that explains the others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from features.segments.grid import codes_of
from models.nudges.finding import FAMILIES
from models.nudges.tails import tails

if TYPE_CHECKING:
    from models.nudges.series import Series

BASE: Final = 28
"""Days before the stretch in which it is counted how far two segments are the same."""
STILL: Final = 0.01
"""What is left of a segment without another is odd in itself below such a chance."""


@dataclass(frozen=True)
class Candidate:
    """One segment of a series that is off on a night, and large enough to be told."""

    series: Series
    row: int
    night: int
    first: int
    days: int
    p: float
    q: float
    observed: float
    expected: float
    spread: float

    @property
    def segment(self) -> int:
        """Its number in the journal, or position of a word."""
        return int(self.series.segments[self.row])

    @cached_property
    def strength(self) -> float:
        """How much more likely the figures are with something wrong here: a log-likelihood ratio.

        Of a cause in one place, that place has the largest: wider segments hold much that is as
        usual, narrower ones only a part of the cause (Kulldorff's scan statistic, 1997).
        """
        seen, expected = max(self.observed, 1e-9), max(self.expected, 1e-9)
        gain = seen * np.log(seen / expected)
        if self.series.hit:
            tries = max(seen / self._hit_share, seen, expected * 1.001)
            rest = tries - seen
            gain += rest * np.log(max(rest, 1e-9) / (tries - expected))
        else:
            gain -= seen - expected
        return float(gain / max(self.spread, 1e-9))

    @property
    def _hit_share(self) -> float:
        """Share of the rows of its stretch that are counted."""
        rows = self.series.rows
        day = rows["day"].to_numpy() - self.first
        here = (day >= self.night - self.days) & (day < self.night)
        here &= codes_of(rows, self.series.segment_kind) == self.segment
        return max(_share(here & rows[self.series.hit].to_numpy(bool), here), 1e-9)

    def without(self, other: Candidate) -> float:
        """Chance of what is left of it where the other segment is taken out; 1: nothing is."""
        rows, kind = self.series.rows, other.series.segment_kind
        if kind != "program" and kind not in rows:
            return self.p
        day = rows["day"].to_numpy() - self.first
        late = (day >= self.night - self.days) & (day < self.night)
        before = (day >= self.night - self.days - BASE) & (day < self.night - self.days)
        mine = codes_of(rows, self.series.segment_kind) == self.segment
        theirs = codes_of(rows, kind) == other.segment
        if self.series.side != other.series.side:
            # The others came less, so that this one only seems to come more.
            then, now = (_share(~mine & ~theirs & when, ~mine & when) for when in (before, late))
            return self._chance(self.observed, self.expected * now / max(then, 1e-9))
        hit = rows[self.series.hit].to_numpy(bool) if self.series.hit else np.ones(len(rows), bool)
        tried = before if not self.series.hit else before | late
        rest = 1 - _share(mine & theirs & tried, mine & tried)
        seen = self.observed * (1 - _share(mine & theirs & late & hit, mine & late & hit))
        return self._chance(seen, self.expected * rest)

    def _chance(self, seen: float, expected: float) -> float:
        """Chance of a sum so odd; 1 where it would not be worth telling."""
        gap = (seen - expected) * self.series.side
        if gap < self.series.off * expected or gap < self.series.few or expected <= 0:
            return 1.0
        low, high = tails(np.array([seen]), np.array([expected]), np.array([self.spread]))
        return float((low if self.series.side < 0 else high)[0])


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    count = int(whole.sum())
    return float(part.sum()) / count if count else 1.0


def narrowest(found: list[Candidate]) -> list[tuple[Candidate, list[Candidate]]]:
    """Choose those that explain the others, each with what it explains; the strongest first."""
    told: list[tuple[Candidate, list[Candidate]]] = []
    for one in sorted(found, key=lambda each: (-each.strength, each.series.segment_kind,
                                               each.segment)):
        family = FAMILIES.get(one.series.kind, one.series.kind)
        for chosen, explained in told:
            if family == FAMILIES.get(chosen.series.kind, chosen.series.kind) and (
                    one.without(chosen) > STILL):
                explained.append(one)
                break
        else:
            told.append((one, []))
    return told


