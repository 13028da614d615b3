"""What few data say, drawn to what is known: a mission to the table, its segments to the mission.

A table may be far off, so how far is learnt too: ``effect ~ N(assumed, (wide * error)**2)`` with a
heavy tail of ``wide``. Data that agree with the table are drawn to it; data that contradict it
strongly are believed. Segments differ from their mission by a spread that is learnt in the same
way: ``segment ~ N(effect, tau**2)``, ``seen ~ N(segment, error**2)``. All else has a closed form,
and ``wide`` and ``tau`` are summed over grids (Gelman and others, Bayesian Data Analysis, 3rd ed.,
5.4), so that intervals know how uncertain they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
SEGMENTS_DIFFER: Final = 0.05
"""Scale of the half-normal prior of tau: segments differ by some points. A judgement."""
GRID: Final = 200
WIDEST: Final = 30.0
"""Times its stated error that a table may be off; the tail up to there is a half-Cauchy's (Gelman,
Bayesian Analysis 2006)."""


@dataclass(frozen=True)
class Belief:
    """An effect and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Shrunken:
    """A mission's effect after its data.

    Parameters
    ----------
    overall : Belief
        Of the mission.
    segments : tuple of Belief
        Of each segment that was seen.
    unseen : Belief
        Of a segment without data.
    assumed : float
        Weight of the assumption in ``overall``, 0 to 1; above one half it outweighs the data.
    """

    overall: Belief
    segments: tuple[Belief, ...]
    unseen: Belief
    assumed: float


def shrink(measured: Belief, seen: Any, error: Any, assumed: Belief) -> Shrunken:
    """Effects of a mission and of its segments.

    Parameters
    ----------
    measured : Belief
        Mean effect of the mission; its error above 0.
    seen, error : shape (segments,)
        Effect measured in each segment, and its standard error, above 0.
    assumed : Belief
        What the table says of the mission, and how far off that may be.

    Examples
    --------
    >>> found = shrink(Belief(0.09, 0.01), [0.10, 0.02], [0.01, 0.2], Belief(0.03, 0.03))
    >>> [round(one.value, 3) for one in (found.overall, *found.segments)]
    [0.088, 0.096, 0.086]
    >>> round(found.assumed, 2)
    0.03
    """
    overall, weight = _toward(measured, assumed)
    centre, variance = overall.value, overall.error**2
    value, noise = np.asarray(seen, dtype=np.float64), np.asarray(error, dtype=np.float64) ** 2
    tau = np.linspace(0, 4 * SEGMENTS_DIFFER, GRID)[:, None]
    spread = noise + tau**2
    log_odds = -0.5 * (np.log(spread) + (value - centre) ** 2 / spread).sum(axis=1) - 0.5 * (
        tau[:, 0] / SEGMENTS_DIFFER) ** 2
    odds = np.exp(log_odds - log_odds.max())
    odds /= odds.sum()
    pull = noise / spread
    means = (1 - pull) * value + pull * centre
    variances = (1 - pull) * noise + pull**2 * variance
    return Shrunken(
        overall,
        tuple(_mixed(odds, means[:, i], variances[:, i]) for i in range(len(value))),
        Belief(centre, float(np.sqrt(variance + (odds * tau[:, 0] ** 2).sum()))),
        weight,
    )


def _toward(measured: Belief, assumed: Belief) -> tuple[Belief, float]:
    """An effect between its measurement and its assumption, and the assumption's weight."""
    wide = np.geomspace(1.0, WIDEST, GRID)
    prior, noise = (wide * assumed.error) ** 2, measured.error**2
    off = (measured.value - assumed.value) ** 2
    log_odds = (np.log(wide / (1 + wide**2)) - 0.5 * np.log(prior + noise)
                - 0.5 * off / (prior + noise))  # fmt: skip
    odds = np.exp(log_odds - log_odds.max())
    odds /= odds.sum()
    weight = noise / (prior + noise)
    mean = weight * assumed.value + (1 - weight) * measured.value
    return _mixed(odds, mean, weight * prior), float((odds * weight).sum())


def _mixed(odds: Floats, mean: Floats, variance: Floats) -> Belief:
    """One belief from those at each tau: the variance between them is part of the error."""
    value = float((odds * mean).sum())
    return Belief(value, float(np.sqrt((odds * (variance + (mean - value) ** 2)).sum())))
