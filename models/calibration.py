"""From a model's raw margin to a chance: a rising line or curve in log-odds.

Both forms keep the order of events exactly and can be undone, so a share of the margin has an
exact share of the calibrated log-odds: reasons stay additive after calibration.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = npt.NDArray[np.float64]
CURVE_POSITIVES: Final = 300
"""Fewest positives for a curve. Isotonic regression overfits below about a thousand cases
(Niculescu-Mizil and Caruana 2005); the rare class is what it runs out of, hence a count of
positives: with 300 and at least as many honest events it has its thousand in practice."""
FURTHEST: Final = 18.0
"""Largest log-odds answered: beyond it a double can no longer tell the chance from one."""
LEAST_MOVE: Final = 1e-12
"""A margin nearer to the base is the base, to rounding: there is nothing to share."""
LEAST_SLOPE: Final = 1e-3
"""A slope that is not positive would turn the order of events around."""


def logistic(log_odds: Floats) -> Floats:
    """Chance of log-odds.

    >>> logistic(np.array([0.0]))
    array([0.5])
    """
    return 1.0 / (1.0 + np.exp(-log_odds))


def logit(chance: Floats) -> Floats:
    """Log-odds of a chance, which must be inside 0..1.

    >>> logit(np.array([0.5]))
    array([0.])
    """
    return np.log(chance) - np.log1p(-chance)


@dataclass(frozen=True)
class Calibration:
    """A strictly rising, piecewise straight line from margin to log-odds.

    Parameters
    ----------
    margins, log_odds : tuple of float
        The knots; one knot is a straight line (Platt).
    slope : float
        Slope before the first and after the last knot.

    Examples
    --------
    >>> Calibration.identity().chance(np.array([0.0, 2.0])).round(3)
    array([0.5  , 0.881])
    """

    margins: tuple[float, ...]
    log_odds: tuple[float, ...]
    slope: float

    def __post_init__(self) -> None:
        rising = all(np.all(np.diff(knots) > 0) for knots in (self.margins, self.log_odds))
        if not (self.margins and len(self.margins) == len(self.log_odds) and rising
                and self.slope > 0 and np.isfinite([*self.margins, *self.log_odds]).all()):
            raise BadInput("a calibration of rising, finite knots and a positive slope",
                           "another", "train the bundle again")

    @classmethod
    def identity(cls) -> Calibration:
        """Leave the margin as it is: for a model that no later labels could calibrate."""
        return cls((0.0,), (0.0,), 1.0)

    def apply(self, margin: Floats) -> Floats:
        """Calibrated log-odds of margins, within ``FURTHEST`` of even chances."""
        x, y = self._knots
        right = np.clip(np.searchsorted(x, margin, side="right"), 1, max(len(x) - 1, 1))
        left = right - 1
        inside = y[left]
        if len(x) > 1:
            inside = y[left] + (margin - x[left]) * ((y[right] - y[left]) / (x[right] - x[left]))
        below, above = y[0] + (margin - x[0]) * self.slope, y[-1] + (margin - x[-1]) * self.slope
        found = np.where(margin <= x[0], below, np.where(margin >= x[-1], above, inside))
        return np.clip(found, -FURTHEST, FURTHEST)

    @cached_property
    def _knots(self) -> tuple[Floats, Floats]:
        return np.array(self.margins), np.array(self.log_odds)

    def moved_to(self, margin: Floats, mean: float) -> Calibration:
        """Calibration whose log-odds are shifted until the mean chance of margins is as given.

        >>> moved = Calibration.identity().moved_to(np.array([0.0, 1.0]), 0.2)
        >>> round(float(moved.chance(np.array([0.0, 1.0])).mean()), 6)
        0.2
        """
        low, high = -FURTHEST, FURTHEST
        for _ in range(60):
            middle = (low + high) / 2
            found = float(self._shifted(middle).chance(margin).mean())
            low, high = (middle, high) if found < mean else (low, middle)
        return self._shifted((low + high) / 2)

    def _shifted(self, by: float) -> Calibration:
        return Calibration(self.margins, tuple(knot + by for knot in self.log_odds), self.slope)

    def chance(self, margin: Floats) -> Floats:
        """Calibrated chance of margins."""
        return logistic(self.apply(margin))

    def chance_of(self, margin: float) -> float:
        """Calibrated chance of one margin: equal to `chance`, without its arrays."""
        # NumPy's exponential, whose last bit is not that of the C library
        return float(1.0 / (1.0 + np.exp(-self._log_odds_of(margin))))

    def _log_odds_of(self, margin: float) -> float:
        """Calibrated log-odds of one margin: equal to `apply`."""
        x, y, slope = self.margins, self.log_odds, self.slope
        right = bisect_right(x, margin)
        if margin <= x[0]:
            found = y[0] + (margin - x[0]) * slope
        elif margin >= x[-1]:
            found = y[-1] + (margin - x[-1]) * slope
        else:
            left = right - 1
            found = y[left] + (margin - x[left]) * ((y[right] - y[left]) / (x[right] - x[left]))
        return min(max(found, -FURTHEST), FURTHEST)

    def shares_of(self, parts: Floats) -> Floats:
        """Shares of one row of parts, shape (features + 1,): equal to `shares`.

        >>> Calibration((0.0,), (-1.0,), 2.0).shares_of(np.array([0.5, 1.0, -1.0]))
        array([ 1.,  2., -3.])
        """
        base, moved = float(parts[-1]), float(parts[:-1].sum())
        start, end = self._log_odds_of(base), self._log_odds_of(base + moved)
        found = parts * (0.0 if abs(moved) < LEAST_MOVE else (end - start) / moved)
        found[-1] = start
        return found

    def shares(self, parts: Floats) -> Floats:
        """Carry additive parts of the margin over to the calibrated log-odds, exactly.

        Parameters
        ----------
        parts : shape (n, features + 1)
            Contributions to the margin; the last column is the base. Their sum is the margin.

        Returns
        -------
        Floats : shape (n, features + 1)
            Contributions to the log-odds, again with the base last. The base is the calibrated
            base, and every part is scaled by the slope of the chord from base to margin; on a
            straight line that is the line's slope, on a curve its mean slope on the way.

        Examples
        --------
        >>> line = Calibration((0.0,), (-1.0,), 2.0)
        >>> line.shares(np.array([[0.5, 1.0, -1.0]]))
        array([[ 1.,  2., -3.]])
        """
        base, moved = parts[:, -1], parts[:, :-1].sum(axis=1)
        start, end = self.apply(base), self.apply(base + moved)
        near = np.abs(moved) < LEAST_MOVE
        chord = np.where(near, 0.0, (end - start) / np.where(near, 1.0, moved))
        return np.column_stack([parts[:, :-1] * chord[:, None], start])

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {"margins": self.margins, "log_odds": self.log_odds, "slope": self.slope}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Calibration:
        """Calibration of plain numbers; BadInput where they do not rise."""
        return cls(tuple(map(float, body["margins"])), tuple(map(float, body["log_odds"])),
                   float(body["slope"]))


def fit_calibration(margin: Floats, label: Floats, weight: Floats | None = None) -> Calibration:
    """Fit on events that the model has not seen, best on later ones.

    Parameters
    ----------
    margin : shape (n,)
        Raw margins of the model.
    label : shape (n,)
        1 fraud, 0 honest.
    weight : shape (n,), optional
        Weight of each event.

    Returns
    -------
    Calibration
        A line (Platt) for few positives, a monotone curve for many; the identity for no events.

    Examples
    --------
    >>> margin = np.array([-2.0, -1.0, 1.0, 2.0] * 50)
    >>> fit_calibration(margin, (margin > 0).astype(float)).slope > 1
    True
    """
    if len(margin) == 0:
        return Calibration.identity()
    weight = np.ones(len(margin)) if weight is None else weight
    line = _line(margin, label, weight)
    rare = min(int((label > 0.5).sum()), int((label <= 0.5).sum()))
    return _curve(margin, label, weight, line.slope) if rare >= CURVE_POSITIVES else line


def _line(margin: Floats, label: Floats, weight: Floats) -> Calibration:
    """Platt's line with his smoothed targets (Platt 1999), slope drawn to 1 by a unit prior.

    The prior matters only where labels are so few that the slope is not known otherwise.
    """
    positives, negatives = float(weight[label > 0.5].sum()), float(weight[label <= 0.5].sum())
    target = np.where(label > 0.5, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, shift = 1.0, 0.0
    for _ in range(100):
        chance = logistic(np.clip(slope * margin + shift, -30, 30))
        error, curve = weight * (chance - target), weight * chance * (1 - chance)
        down = np.array([error @ margin + (slope - 1.0), error.sum()])
        bend = np.array([[curve @ margin**2 + 1.0, curve @ margin],
                         [curve @ margin, curve.sum() + 1e-9]])
        step = np.linalg.solve(bend, down)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        slope, shift = slope - step[0], shift - step[1]
        if float(np.abs(step).max()) < 1e-10:
            break
    return Calibration((0.0,), (float(shift),), max(float(slope), LEAST_SLOPE))


def _curve(margin: Floats, label: Floats, weight: Floats, slope: float) -> Calibration:
    """Isotonic blocks joined at their centres, so that no two margins share a chance."""
    order = np.argsort(margin, kind="stable")
    x, count, chance = _pool(margin[order], weight[order], label[order].astype(np.float64))
    smooth = (chance * count + 0.5) / (count + 1.0)
    x, count, chance = _pool(x, count, smooth)
    return Calibration(tuple(x.tolist()), tuple(logit(chance).tolist()), slope)


def _pool(x: Floats, weight: Floats, value: Floats) -> tuple[Floats, Floats, Floats]:
    """Pool adjacent violators: centre, weight and mean of each block, means strictly rising."""
    blocks: list[tuple[float, float, float]] = []
    for centre, heavy, mean in zip(x.tolist(), weight.tolist(), value.tolist(), strict=True):
        if heavy <= 0:
            continue
        while blocks and (blocks[-1][2] >= mean or blocks[-1][0] >= centre):
            c, w, m = blocks.pop()
            total = w + heavy
            centre, mean = (c * w + centre * heavy) / total, (m * w + mean * heavy) / total
            heavy = total
        blocks.append((centre, heavy, mean))
    columns = np.array(blocks)
    return columns[:, 0], columns[:, 1], columns[:, 2]
