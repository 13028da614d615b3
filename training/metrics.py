"""Figures of merit, each a function of truth and score over rows nobody fitted on.

``truth`` is bool or 0/1, shape (n,); ``score`` float, shape (n,), high is bad. A figure that the
rows do not allow (one class only, nothing at all) is NaN, never a guess. ``weight``, shape (n,), is
how many events a row stands for, such as 1 / its chance to be seen at all; None: itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Array = npt.NDArray[Any]


def auc(truth: Array, score: Array, weight: Array | None = None) -> float:
    """Chance that a fraud scores above an honest event.

    >>> auc(np.array([0, 1, 1]), np.array([.1, .2, .3]))
    1.0
    """
    if not _both(truth):
        return float("nan")
    return float(roc_auc_score(truth, score, sample_weight=weight))


def average_precision(truth: Array, score: Array, weight: Array | None = None) -> float:
    """Mean precision over the recall steps.

    >>> average_precision(np.array([0, 1, 1, 0]), np.array([.4, .3, .2, .1]))
    0.583
    """
    if not _both(truth):
        return float("nan")
    return float(average_precision_score(truth, score, sample_weight=weight))


def precision_at(truth: Array, score: Array, k: int, weight: Array | None = None) -> float:
    """Share of fraud among the ``k`` highest scores: what a reviewer's day yields.

    A row that stands for more than what is left of the ``k`` counts with what is left.

    >>> precision_at(np.array([0, 1, 1, 0]), np.array([.4, .3, .2, .1]), 2)
    0.5
    """
    if not len(truth) or k < 1:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    each = _weights(truth, weight)[order]
    taken = np.clip(k - (np.cumsum(each) - each), 0, each)
    return float((taken * np.asarray(truth, float)[order]).sum() / taken.sum())


def recall_at_fpr(
    truth: Array, score: Array, share: float = 0.01, weight: Array | None = None
) -> float:
    """Share of fraud above the score that ``share`` of the honest events reach.

    With fewer than ``1 / share`` honest events there is no such share, and the figure is NaN.

    >>> recall_at_fpr(np.array([0, 0, 1, 1]), np.array([.1, .3, .2, .9]), 0.5)
    1.0
    """
    if not _both(truth) or not _fine(truth, share):
        return float("nan")
    false, true, _ = roc_curve(truth, score, sample_weight=weight)
    return float(true[false <= share].max())


def card_precision(
    truth: Array, score: Array, member: Array, day: Array, k: int = 100
) -> float:
    """Share of compromised members among the ``k`` most suspicious of a day, mean over days.

    A member's suspicion is his highest score of that day. Members found leave the pool of later
    days, as a found card would be blocked. After the Fraud-Detection-Handbook's card precision.

    Parameters
    ----------
    member, day : int, shape (n,)
        Whose event it is, and on which day.

    Examples
    --------
    >>> card_precision(np.array([1, 0, 1]), np.array([.9, .8, .7]), np.array([1, 2, 1]),
    ...                np.array([0, 0, 1]), k=1)
    0.5
    """
    found: set[int] = set()
    shares = []
    for today in np.unique(day):
        rows = (day == today) & ~np.isin(member, list(found))
        hits = _hits(truth[rows], score[rows], member[rows], k)
        found.update(hits)
        shares.append(len(hits) / k)
    return float(np.mean(shares)) if shares else float("nan")


def _hits(truth: Array, score: Array, member: Array, k: int) -> list[int]:
    """Members among the k most suspicious who have a fraud."""
    names, owner = np.unique(member, return_inverse=True)
    worst = np.full(len(names), -np.inf)
    np.maximum.at(worst, owner, score)
    guilty = np.zeros(len(names), bool)
    np.logical_or.at(guilty, owner, np.asarray(truth, bool))
    top = np.argsort(-worst, kind="stable")[:k]
    return [int(name) for name in names[top][guilty[top]]]


def points_stopped(
    truth: Array, score: Array, points: Array, honest_held: float, weight: Array | None = None
) -> float:
    """Share of fraudulent points in events held when ``honest_held`` of the honest are held.

    >>> points_stopped(np.array([0, 0, 1, 1]), np.array([.1, .3, .2, .9]),
    ...                np.array([5, 5, 10, 30]), honest_held=0.5)
    1.0
    """
    truth = np.asarray(truth, bool)
    each = _weights(truth, weight)
    asked = np.asarray(points) * each
    total = float(asked[truth].sum())
    if not _both(truth) or total <= 0 or not _fine(truth, honest_held):
        return float("nan")
    held = score > limit_for(score[~truth], honest_held, each[~truth])
    return float(asked[truth & held].sum()) / total


def limit_for(score: Array, share: float, weight: Array | None = None) -> float:
    """Find the lowest score that at most ``share`` of the scores, or of their weight, exceed.

    >>> limit_for(np.array([.1, .2, .3, .4]), 0.25)
    0.3
    """
    if not len(score):
        return -np.inf
    order = np.argsort(-score, kind="stable")
    mass = np.cumsum(_weights(score, weight)[order])
    above = int(np.searchsorted(mass, share * mass[-1] + 1e-9, side="right"))
    return float(score[order[above]]) if above < len(order) else -np.inf


def brier(truth: Array, probability: Array, weight: Array | None = None) -> float:
    """Mean squared error of a probability.

    >>> brier(np.array([0, 1]), np.array([0.0, 0.5]))
    0.125
    """
    if not len(truth):
        return float("nan")
    error = (np.asarray(probability) - np.asarray(truth, float)) ** 2
    return float(np.average(error, weights=weight))


def calibration_error(
    truth: Array, probability: Array, bins: int = 10, weight: Array | None = None
) -> float:
    """Compare stated and observed shares: expected calibration error over bins of equal rows.

    >>> calibration_error(np.array([0, 1]), np.array([0.5, 0.5]), bins=1)
    0.0
    """
    if not len(truth):
        return float("nan")
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    each = _weights(truth, weight)
    off = each * (np.asarray(probability) - np.asarray(truth, float))
    return float(sum(abs(float(off[part].sum())) for part in parts) / each.sum())


def interval(
    figure: Callable[..., float], *columns: Array, draws: int = 200, seed: int = 0,
    groups: Array | None = None,
) -> tuple[float, float]:
    """Draw a 95 % bootstrap interval of a figure over rows, or over whole groups of rows.

    Parameters
    ----------
    figure : callable
        Takes the columns, drawn with replacement, in the order given; a weight is a column too
        and goes with its row.
    groups : int, shape (n,), optional
        Whose row it is; one member's events are no independent evidence, so they are drawn
        together.

    Examples
    --------
    >>> low, high = interval(lambda x: float(x.mean()), np.arange(100.0), draws=100)
    >>> low < 49.5 < high
    True
    """
    count = len(columns[0])
    if not count:
        return float("nan"), float("nan")
    order, starts, sizes = _groups(np.arange(count) if groups is None else groups)
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        chosen = rng.integers(0, len(starts), len(starts))
        rows = order[_spans(starts[chosen], sizes[chosen])]
        values.append(figure(*(column[rows] for column in columns)))
    good = np.array([value for value in values if np.isfinite(value)])
    if not len(good):
        return float("nan"), float("nan")
    low, high = np.percentile(good, [2.5, 97.5])
    return float(low), float(high)


def _groups(groups: Array) -> tuple[Ints, Ints, Ints]:
    """Rows in order of their group, and where each group starts and how long it is."""
    _, owner, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.argsort(owner, kind="stable"), np.cumsum(sizes) - sizes, sizes


def _spans(starts: Ints, sizes: Ints) -> Ints:
    """All positions of the spans one after the other."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1]) + np.repeat(starts - (ends - sizes), sizes)


def _weights(like: Array, weight: Array | None) -> Floats:
    return np.ones(len(like)) if weight is None else np.asarray(weight, float)


def _both(truth: Array) -> bool:
    return len(truth) > 0 and 0 < int(np.count_nonzero(truth)) < len(truth)


def _fine(truth: Array, share: float) -> bool:
    """Whether there are enough honest events for one of them to be no more than the share."""
    return share * int(len(truth) - np.count_nonzero(truth)) >= 1 - 1e-9
