"""What an offer changed: treated against held out, by assignment and not by delivery.

Each member had a known chance to be treated. Where chances differ, members are weighed by them, so
that both arms speak of the same members (Hájek 1971). A covariate from before the offer takes out
what was different anyway (CUPED, Deng et al. 2013). The error counts whole clusters where members
were drawn, or behave, together (Liang and Zeger 1986).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from features.errors import BadInput

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
CONFIDENCE: Final = 0.95
LEAST: Final = 2
"""Members or clusters of each arm below which there is no interval."""
Target = Literal["treated", "everyone"]


@dataclass(frozen=True)
class Lift:
    """Mean outcome of the treated less that of the held out, with an interval.

    Parameters
    ----------
    value, low, high : float
        The difference; the interval is endless where an arm is too small to say.
    error : float
        Standard error; infinite where an arm is too small.
    treated, held_out : int
        Members of each arm.
    share_treated, share_held_out : float
        Mean outcome of each arm, weighed and adjusted.
    clusters : int
        Independent units that the error counts.
    unlike : int
        Members whose outcome is not the most common one of their arm, in the arm with fewer such:
        where few are, the normal law does not hold yet.
    """

    value: float
    low: float
    high: float
    error: float
    treated: int
    held_out: int
    share_treated: float
    share_held_out: float
    clusters: int
    unlike: int


@dataclass(frozen=True)
class _Arm:
    """Weighted mean of an arm, and by how much each member moves it."""

    mean: float
    moves: Floats
    floor: float


def lift(
    outcome: npt.ArrayLike, treated: npt.ArrayLike, chance: npt.ArrayLike, *,
    before: npt.ArrayLike | None = None, cluster: npt.ArrayLike | None = None,
    target: Target = "treated", confidence: float = CONFIDENCE,
) -> Lift:  # fmt: skip
    """Difference that the assignment made.

    Parameters
    ----------
    outcome : shape (n,)
        Active or not, points, money.
    treated : bool, shape (n,)
        Whether the member was assigned to be treated, delivered or not.
    chance : float, or shape (n,)
        Chance of each member to be treated, all draws included; above 0 and below 1.
    before : shape (n,), or None
        A number known before the assignment, such as the score; NaN counts as the mean.
    cluster : shape (n,), or None
        Outlet or rep; None: each member stands alone.
    target : "treated" or "everyone"
        Whose mean change: of those treated, so that change times treated is what was brought; or
        of everybody. The same where chances do not differ.
    confidence : float
        Of the interval, which is Student's with Welch's degrees of freedom.

    Raises
    ------
    BadInput
        Where a chance is 0 or 1, shapes differ, or an outcome is not finite.

    Examples
    --------
    >>> active = np.repeat([1, 0, 1, 0], [300, 700, 20, 80])
    >>> found = lift(active, np.arange(1100) < 1000, 0.9)
    >>> found.value, found.low, found.high
    (0.10, 0.015, 0.185)
    """
    values, is_treated, chances = _checked(outcome, treated, chance)
    n = len(values)
    at = np.arange(n) if cluster is None else np.unique(np.asarray(cluster), return_inverse=True)[1]
    if min(len(np.unique(at[is_treated])), len(np.unique(at[~is_treated]))) < LEAST:
        return _unknown(values, is_treated)
    weights = _weights(is_treated, chances, target)
    adjusted = values if before is None else _adjusted(values, before, is_treated, weights)
    arms = [_arm(adjusted, values, rows, weights) for rows in (is_treated, ~is_treated)]
    variance, freedom = _variance(arms, at)
    error = float(np.sqrt(variance))
    value = arms[0].mean - arms[1].mean
    half = float(student.isf((1 - confidence) / 2, freedom)) * error
    return Lift(
        value, value - half, value + half, error, int(is_treated.sum()), int((~is_treated).sum()),
        arms[0].mean, arms[1].mean, len(np.unique(at)), _unlike(values, is_treated),
    )  # fmt: skip


def _checked(
    outcome: npt.ArrayLike, treated: npt.ArrayLike, chance: npt.ArrayLike
) -> tuple[Floats, Bools, Floats]:
    values = np.asarray(outcome, dtype=np.float64)
    is_treated = np.asarray(treated, dtype=np.bool_)
    chances = np.asarray(chance, dtype=np.float64)
    if is_treated.shape != values.shape or chances.shape not in ((), values.shape):
        raise BadInput("one outcome, assignment and chance for each member",
                       f"shapes {values.shape}, {is_treated.shape}, {chances.shape}",
                       "give arrays of one length")  # fmt: skip
    if not ((chances > 0) & (chances < 1)).all():
        raise BadInput("chances above 0 and below 1", "one that is not",
                       "leave out members who could not have been in the other arm")  # fmt: skip
    if not np.isfinite(values).all():
        raise BadInput("finite outcomes", "one that is not", "leave out who has no outcome yet")
    return values, is_treated, np.broadcast_to(chances, values.shape)


def _weights(treated: Bools, chance: Floats, target: Target) -> Floats:
    """How many of the target each member stands for."""
    if target == "treated":
        return np.where(treated, 1.0, chance / (1 - chance))
    return np.where(treated, 1 / chance, 1 / (1 - chance))


def _adjusted(values: Floats, before: npt.ArrayLike, treated: Bools, weights: Floats) -> Floats:
    """Outcomes less what the covariate foretold; its slope is found within the arms."""
    known = np.asarray(before, dtype=np.float64)
    if known.shape != values.shape:
        raise BadInput("one number from before for each member", f"shape {known.shape}",
                       "give arrays of one length")  # fmt: skip
    if np.isnan(known).all():
        return values
    known = np.where(np.isnan(known), np.nanmean(known), known)
    away, moved = known.copy(), values.copy()
    for rows in (treated, ~treated):
        away[rows] -= np.average(known[rows], weights=weights[rows])
        moved[rows] -= np.average(values[rows], weights=weights[rows])
    spread = float(weights @ away**2)
    slope = float(weights @ (away * moved)) / spread if spread > 0 else 0.0
    middle = np.average(known[treated], weights=weights[treated])
    return np.asarray(values - slope * (known - middle))


def _arm(adjusted: Floats, values: Floats, rows: Bools, weights: Floats) -> _Arm:
    """Mean of an arm.

    ``floor`` is the variance where all outcomes are the same 0 or 1, which are no proof that all
    others would be: that of half a member on either side.
    """
    share = np.where(rows, weights, 0.0) / weights[rows].sum()
    mean = float(share @ adjusted)
    n, first = int(rows.sum()), float(values[rows][0])
    same = bool((values[rows] == first).all()) and first in (0.0, 1.0)
    guess = (n * first + 0.5) / (n + 1)
    floor = guess * (1 - guess) * float((share**2).sum()) if same else 0.0
    return _Arm(mean, share * (adjusted - mean), floor)


def _variance(arms: list[_Arm], at: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Variance of the difference, and its degrees of freedom.

    Where no cluster lies in both arms this is Welch's; otherwise clusters are counted across arms.
    """
    k = int(at.max()) + 1
    sums = [np.bincount(at, arm.moves, minlength=k) for arm in arms]
    has = [np.bincount(at, arm.moves != 0, minlength=k) > 0 for arm in arms]
    if (has[0] & has[1]).any():
        both = sums[0] - sums[1]
        found = k / (k - 1) * float(both @ both) + sum(arm.floor for arm in arms)
        return found, float(k - 1)
    parts, frees = [], []
    for arm, moves, inside in zip(arms, sums, has, strict=True):
        units = max(int(inside.sum()), LEAST)
        parts.append(max(units / (units - 1) * float(moves @ moves), arm.floor))
        frees.append(units - 1)
    total = sum(parts)
    bottom = sum(part**2 / free for part, free in zip(parts, frees, strict=True))
    return total, total**2 / bottom if bottom > 0 else float(sum(frees))


def _unlike(values: Floats, treated: Bools) -> int:
    counts = [np.unique(values[rows], return_counts=True)[1] for rows in (treated, ~treated)]
    return min(int(one.sum() - one.max()) for one in counts)


def _unknown(values: Floats, treated: Bools) -> Lift:
    """No interval: an arm has nobody, or one alone."""
    shares = [float(values[rows].mean()) if rows.any() else float("nan")
              for rows in (treated, ~treated)]  # fmt: skip
    return Lift(shares[0] - shares[1], -np.inf, np.inf, np.inf, int(treated.sum()),
                int((~treated).sum()), shares[0], shares[1], 0, 0)  # fmt: skip
