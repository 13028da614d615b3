"""What few data say, drawn to what is known: missions to each other, segments to their mission.

Missions of one program resemble each other, and all of them may be off the table of assumptions
together: ``effect ~ N(assumed + off, differ**2)`` with ``off ~ N(0, (wide * error)**2)`` and a
heavy tail of ``wide``. So eight missions that were each measured badly still say together how far
off the table is, and only what they surely differ in is believed to differ. Segments differ from
their mission in the same way: ``segment ~ N(effect, tau**2)``, ``seen ~ N(segment, error**2)``.
All else has a closed form, and ``wide``, ``differ`` and ``tau`` are summed over grids (Gelman and
others, Bayesian Data Analysis, 3rd ed., 5.4), so that intervals know how uncertain they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]
DIFFER: Final = 0.05
"""Scale of the half-normal priors of ``differ`` and ``tau``: missions, and segments of one
mission, differ by some points. A judgement."""
GRID: Final = 200
FEW: Final = 40
"""Points of the grid of ``differ``, and of ``wide`` beside it."""
WIDEST: Final = 30.0
"""Times its stated error that a table may be off; the tail up to there is a half-Cauchy's (Gelman,
Bayesian Analysis 2006)."""


@dataclass(frozen=True)
class Belief:
    """An effect and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Pooled:
    """A mission's effect after the data of all missions.

    Parameters
    ----------
    overall : Belief
        Of the mission.
    assumed : float
        Weight of the table in it, 0 to 1; above one half it outweighs the data.
    """

    overall: Belief
    assumed: float


@dataclass(frozen=True)
class Shrunken:
    """Effects of the segments of a mission: of each that was seen, and of one without data."""

    segments: tuple[Belief, ...]
    unseen: Belief


def pool(measured: Any, covariance: Any, assumed: Sequence[Belief]) -> list[Pooled]:
    """Effects of k missions of one program.

    Parameters
    ----------
    measured : shape (k,)
        Mean effect of each mission as the data have it.
    covariance : shape (k, k)
        Of their errors: missions are compared with the same members left alone.
    assumed : sequence of Belief, length k
        What the table says of each, and how far off that may be.

    Examples
    --------
    Two missions measured badly, and one well:

    >>> found = pool([0.16, 0.02, 0.09], np.diag([0.05, 0.05, 0.01]) ** 2, [Belief(0.03, 0.03)] * 3)
    >>> [round(one.overall.value, 2) for one in found], round(found[2].assumed, 2)
    ([0.11, 0.06, 0.09], 0.02)
    """
    seen, table = np.asarray(measured, dtype=np.float64), np.array([one.value for one in assumed])
    noise, off = np.asarray(covariance, dtype=np.float64), float(np.mean(
        [one.error for one in assumed]))  # fmt: skip
    log_odds, means, variances, weights = [], [], [], []
    for differ in np.linspace(0, 4 * DIFFER, FEW):
        for wide in np.geomspace(1.0, WIDEST, FEW):
            prior = differ**2 * np.eye(len(seen)) + (wide * off) ** 2
            whole = prior + noise
            gain = np.linalg.solve(whole, prior).T
            rest = seen - table
            log_odds.append(
                np.log(wide / (1 + wide**2)) - 0.5 * (differ / DIFFER) ** 2
                - 0.5 * (np.linalg.slogdet(whole)[1] + rest @ np.linalg.solve(whole, rest)))
            means.append(table + gain @ rest)
            variances.append(np.diag(prior - gain @ prior))
            weights.append(1 - gain.sum(axis=1))
    odds = _shares(np.array(log_odds))
    mean, variance, weight = np.array(means), np.array(variances), np.array(weights)
    return [Pooled(_mixed(odds, mean[:, k], variance[:, k]),
                   float(np.clip((odds * weight[:, k]).sum(), 0.0, 1.0)))
            for k in range(len(seen))]  # fmt: skip


def shrink(overall: Belief, seen: Any, error: Any) -> Shrunken:
    """Effects of the segments of a mission.

    Parameters
    ----------
    overall : Belief
        Effect of the mission.
    seen, error : shape (segments,)
        Effect measured in each segment, and its standard error, above 0.

    Examples
    --------
    >>> found = shrink(Belief(0.088, 0.01), [0.10, 0.02], [0.01, 0.2])
    >>> [round(one.value, 3) for one in found.segments], round(found.unseen.value, 3)
    ([0.096, 0.086], 0.088)
    """
    centre, variance = overall.value, overall.error**2
    value, noise = np.asarray(seen, dtype=np.float64), np.asarray(error, dtype=np.float64) ** 2
    tau = np.linspace(0, 4 * DIFFER, GRID)[:, None]
    spread = noise + tau**2
    odds = _shares(-0.5 * (np.log(spread) + (value - centre) ** 2 / spread).sum(axis=1)
                   - 0.5 * (tau[:, 0] / DIFFER) ** 2)  # fmt: skip
    pull = noise / spread
    means = (1 - pull) * value + pull * centre
    variances = (1 - pull) * noise + pull**2 * variance
    return Shrunken(
        tuple(_mixed(odds, means[:, i], variances[:, i]) for i in range(len(value))),
        Belief(centre, float(np.sqrt(variance + (odds * tau[:, 0] ** 2).sum()))),
    )


def _shares(log_odds: Floats) -> Floats:
    """Chances that add up to 1."""
    odds = np.exp(log_odds - log_odds.max())
    return np.asarray(odds / odds.sum())


def _mixed(odds: Floats, mean: Floats, variance: Floats) -> Belief:
    """One belief from those of a grid: the variance between them is part of the error."""
    value = float((odds * mean).sum())
    return Belief(value, float(np.sqrt((odds * (variance + (mean - value) ** 2)).sum())))
