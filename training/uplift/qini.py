"""How well a ranking finds those whom a mission changes: the Qini curve, and uplift at the top.

Going down a ranking, the curve counts the successes among the treated beyond what as many of the
held out would have had. Figures of different packages are not comparable: areas are scaled in many
ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.uplift.policies import Estimate, mean_of

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
DRAWS: Final = 150
INTERVAL: Final = (2.5, 97.5)


@dataclass(frozen=True)
class Ranking:
    """Rows from the highest score down; rows of one score are taken together.

    Parameters
    ----------
    order : shape (n,)
        Rows, highest score first.
    last : shape (groups,)
        Position in ``order`` of the last row of each score.
    """

    order: Ints
    last: Ints

    @classmethod
    def of(cls, score: Any) -> Ranking:
        """Rank n rows by a score; the order in which rows come does not matter."""
        value = np.asarray(score, dtype=np.float64)
        order = np.argsort(-value, kind="stable")
        ends = np.flatnonzero(np.append(np.diff(value[order]) != 0, len(value) > 0))
        return cls(order, ends)

    def curve(self, treated: Any, y: Any, weight: Any = None) -> tuple[Floats, Floats]:
        """Qini curve: share of the rows taken, and extra successes among the treated.

        ``q(k) = Y_t(k) - Y_c(k) N_t(k) / N_c(k)`` (Radcliffe 2007), where ``Y`` are successes and
        ``N`` rows of the treated and of the others among the first k.

        Parameters
        ----------
        treated : bool, shape (n,)
        y : float, shape (n,)
            Outcomes.
        weight : float, shape (n,), optional
            How much a row counts: 1 over the chance of its arm where chances differ, or how often
            a bootstrap drew it.

        Returns
        -------
        share, extra : shape (groups + 1,)
            Both start at 0.

        Examples
        --------
        >>> share, extra = Ranking.of([4, 3, 2, 1]).curve([1, 0, 1, 0], [1, 0, 0, 1])
        >>> extra
        array([0., 1., 1., 1., 0.])
        """
        each = np.ones(len(self.order)) if weight is None else np.asarray(weight, dtype=np.float64)
        is_treated, outcome = np.asarray(treated, dtype=bool), np.asarray(y, dtype=np.float64)
        columns = [each * is_treated, each * ~is_treated]
        columns += [columns[0] * outcome, columns[1] * outcome]
        number, others, hits, misses = (
            np.append(0.0, np.cumsum(column[self.order])[self.last]) for column in columns)
        rate = np.divide(misses, others, out=np.zeros(len(others)), where=others > 0)
        taken = number + others
        return taken / max(taken[-1], 1e-300), hits - rate * number


def qini(score: Any, treated: Any, y: Any, weight: Any = None) -> float:
    """Area between the curve and the straight line of a random ranking, per 1,000 treated.

    The area is over the ranked share by the trapezoid rule, divided by the number of treated.

    Examples
    --------
    >>> qini([4, 3, 2, 1], [1, 0, 1, 0], [1, 0, 0, 1])
    375.0
    """
    return _area(Ranking.of(score), treated, y, weight)


def uplift_at(
    score: Any, treated: Any, y: Any, share: float = 0.3, weight: Any = None, clusters: Any = None
) -> Estimate:
    """Difference of mean outcomes, treated less others, among the highest ``share`` of scores.

    The error is that of its influence function, by cluster where rows are not independent. NaN
    where the treated or the others are missing there.

    Examples
    --------
    >>> uplift_at([4, 3, 2, 1], [1, 0, 1, 0], [1, 0, 0, 1], share=0.5).value
    1.0
    """
    value = np.asarray(score, dtype=np.float64)
    top = np.argsort(-value, kind="stable")[: round(share * len(value))]
    each = np.ones(len(top)) if weight is None else np.asarray(weight, dtype=np.float64)[top]
    is_treated, outcome = np.asarray(treated, dtype=bool)[top], np.asarray(y, np.float64)[top]
    total, off = 0.0, np.zeros(len(top))
    for mine, sign in ((is_treated, 1.0), (~is_treated, -1.0)):
        mass = float(each[mine].sum())
        if not mass:
            return Estimate(float("nan"), float("nan"))
        mean = float((each * outcome)[mine].sum()) / mass
        total += sign * mean
        off += np.where(mine, sign * each * (outcome - mean) / mass, 0.0)
    return Estimate(total, mean_of(off * len(top), clusters if clusters is None
                                   else np.asarray(clusters)[top]).error)


def qini_draws(
    scores: Sequence[Any], treated: Any, y: Any, seed: int, draws: int = DRAWS,
    clusters: Any = None, weight: Any = None,
) -> Floats:
    """Qini of each ranking over the same bootstraps of rows, or of whole clusters.

    The rankings stay as they are, so that what a bootstrap shows is chance among the judged rows,
    not of the fit.

    Returns
    -------
    shape (draws, scores)
    """
    rankings = [Ranking.of(score) for score in scores]
    _, owner = np.unique(np.arange(len(np.asarray(y))) if clusters is None else clusters,
                         return_inverse=True)
    own = np.ones(len(owner)) if weight is None else np.asarray(weight, dtype=np.float64)
    rng, groups = np.random.default_rng(seed), int(owner.max()) + 1
    found = np.empty((draws, len(rankings)))
    for draw in range(draws):
        times = np.bincount(rng.integers(0, groups, groups), minlength=groups)[owner] * own
        found[draw] = [_area(ranking, treated, y, times) for ranking in rankings]
    return found


def interval(draws: Floats) -> tuple[float, float]:
    """95 % percentile interval of bootstrapped figures of shape (draws,)."""
    low, high = np.percentile(draws, INTERVAL)
    return float(low), float(high)


def _area(ranking: Ranking, treated: Any, y: Any, weight: Any) -> float:
    share, extra = ranking.curve(treated, y, weight)
    each = np.ones(len(ranking.order)) if weight is None else np.asarray(weight)
    number = float(each[np.asarray(treated, dtype=bool)].sum())
    if number == 0:
        return float("nan")
    area = float(((extra[1:] + extra[:-1]) / 2 * np.diff(share)).sum())
    return float((area - extra[-1] / 2) / number * 1000)
