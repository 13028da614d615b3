"""Every segment tested on a night, held to a share of false discoveries, told once, by money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import stats

from features.progress import Progress, silent
from models.nudges.activity import activity
from models.nudges.finding import Finding
from models.nudges.friction import friction
from models.nudges.narrowest import Candidate, narrowest
from models.nudges.points import points
from models.nudges.starts import starts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.segments.past import Past
    from models.nudges.series import Series

FALSE_SHARE: Final = 0.1
"""Share of false ones among the findings of one night that is put up with, on average."""
HISTORY: Final = 690
"""Days looked back: a year, the half-year of errors before a night and the weeks before those."""
Z95: Final = 1.96


@dataclass(frozen=True)
class Night:
    """What one night found.

    Parameters
    ----------
    findings : tuple of Finding
        The dearest first.
    tested : int
        Segments and tests that the false discoveries are counted over.
    segments : int
        Different segments among them.
    """

    findings: tuple[Finding, ...]
    tested: int
    segments: int


class Watch:
    """All detectors over the segments of one program.

    Parameters
    ----------
    past : Past
    point_value : float
        What a point is worth, in the program's currency.
    progress : callable
    """

    def __init__(self, past: Past, point_value: float, progress: Progress = silent) -> None:
        self.past = past
        self._value = point_value
        begun = int(past.events["day"].min()) if len(past.events) else past.today
        self.first = max(begun, past.today - HISTORY)
        self.series: list[Series] = []
        makers = (activity, points, starts, friction)
        for done, make in enumerate(makers, 1):
            self.series += make(past, self.first)
            progress("segments", done, len(makers))

    def night(
        self, today: int | None = None, extra: Iterable[Finding] = (),
        false_share: float = FALSE_SHARE,
    ) -> Night:
        """Weigh everything as of the start of a day.

        Parameters
        ----------
        today : int, optional
            Local day since 1970, the first that is not looked at; that of the past if left out.
            What was learnt of earlier days is what was known then.
        extra : iterable of Finding
            Findings of other tests, with their own ``p_value``, to be held to the same share:
            all that were tested, remarkable or not.
        false_share : float
        """
        column = (self.past.today if today is None else today) - self.first
        others = list(extra)
        weighed = [series.at(column) for series in self.series] if column > 0 else []
        p = np.concatenate([*(each.p for each in weighed), [each.p_value for each in others]])
        q = _discoveries(p)
        found, at = [], 0
        for each in weighed:
            mine = q[at : at + len(each.p)]
            at += len(each.p)
            with np.errstate(invalid="ignore"):
                chosen = np.flatnonzero((mine <= false_share) & each.matters)
            found += [Candidate(each.series, row, column, self.first, int(each.days[row]),
                                float(each.p[row]), float(mine[row]), float(each.observed[row]),
                                float(each.expected[row]), float(each.spread[row]))
                      for row in chosen.tolist()]
        told = [self._finding(one, also) for one, also in narrowest(found)]
        told += [_with_q(each, share) for each, share in zip(others, q[at:].tolist(), strict=True)
                 if share <= false_share]
        told.sort(key=lambda each: (-each.money, each.p_value, each.key))
        segments = {(each.series.segment_kind, int(number)) for each in weighed
                    for number in each.series.segments[np.isfinite(each.p)]}
        return Night(tuple(told), int(np.isfinite(p).sum()), len(segments))

    def _finding(self, one: Candidate, also: list[Candidate]) -> Finding:
        series, expected = one.series, max(one.expected, 1e-9)
        size = one.observed / expected - 1
        error = Z95 * float(np.sqrt(max(one.spread, 1.0) * max(
            one.observed, one.expected))) / expected
        since, until = self.first + one.night - one.days, self.first + one.night
        return Finding(
            series.kind, series.segment_kind, one.segment, since, until, size,
            max(size - error, -1.0), size + error, one.expected, one.observed, one.p, one.q,
            self._money(one), series.what, {"days": one.days, "spread": one.spread},
            tuple((each.series.segment_kind, each.segment) for each in also))

    def _money(self, one: Candidate) -> float:
        worth = one.series.worth[one.row]
        if one.series.worth.ndim == 1:
            lost = abs(one.observed - one.expected) * float(worth)
        else:
            lost = float(worth[one.night - one.days : one.night].sum())
        return max(lost, 0.0) * self._value


def _discoveries(p: Any) -> Any:
    """Share of false ones among all at least as odd, by Benjamini and Hochberg; NaN: not tested."""
    out, tested = np.full(len(p), np.nan), np.isfinite(p)
    if tested.any():
        out[tested] = stats.false_discovery_control(np.clip(p[tested], 0, 1))
    return out


def _with_q(found: Finding, q: float) -> Finding:
    return Finding(**{**found.__dict__, "q_value": q})
