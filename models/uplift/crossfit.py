"""Effects of rows that no fit has seen: in-sample a learner finds effects in noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, StratifiedKFold

from models.uplift.learner import Log

if TYPE_CHECKING:
    from models.uplift.arms import Ints

Floats = npt.NDArray[np.float64]
Fold = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
MANY: Final = 500
"""Clusters beyond which folds are alike by chance alone; to balance them one by one takes long."""


def folds(arm: Ints, y: Floats, parts: int, seed: int, clusters: Any = None) -> list[Fold]:
    """Rows to fit on and rows to predict, ``parts`` times; every row is predicted once.

    The shares of arms and of outcomes above 0 are the same in each fold, as far as whole clusters
    allow; a stratum of fewer rows than folds joins the largest.

    Examples
    --------
    >>> arm, y = np.array([0, 1, 0, 1]), np.array([0.0, 1.0, 0.0, 1.0])
    >>> sorted(test.tolist() for _, test in folds(arm, y, 2, seed=0, clusters=[7, 7, 8, 8]))
    [[0, 1], [2, 3]]
    """
    stratum = np.asarray(arm) * 2 + (np.asarray(y) > 0)
    sizes = np.bincount(stratum)
    stratum = np.where(sizes[stratum] < parts, sizes.argmax(), stratum)
    groups = np.arange(len(stratum)) if clusters is None else np.asarray(clusters)
    number = len(np.unique(groups))
    if number == len(stratum):
        return list(StratifiedKFold(parts, shuffle=True, random_state=seed).split(arm, stratum))
    grouped = GroupKFold if number > MANY else StratifiedGroupKFold
    return list(grouped(parts, shuffle=True, random_state=seed).split(arm, stratum, groups))


def out_of_fold(
    learner: Any, x: Any, y: Any, *, arm: Any, propensity: Any, parts: int = 5, seed: int = 0,
    clusters: Any = None,
) -> Floats:
    """Effects of each row by clones of a learner that were fitted without its fold.

    Parameters
    ----------
    learner : estimator
        With ``fit(x, y, arm=, propensity=, clusters=)`` and ``predict(x)``.
    x, y, arm, propensity
        Rows (n, features), outcomes (n,), arms (n,), their chances (n, arms).
    clusters : shape (n,), optional
        Whole clusters lie in one fold.

    Returns
    -------
    shape (n, arms - 1)

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from models.uplift.t_learner import TLearner
    >>> x = np.arange(20.0)[:, None]
    >>> arm = np.arange(20) // 2 % 2
    >>> y = 1.0 + arm * x[:, 0]
    >>> effect = out_of_fold(TLearner(LinearRegression()), x, y, arm=arm,
    ...                      propensity=np.full((20, 2), 0.5))
    >>> bool(np.allclose(effect[:, 0], x[:, 0]))
    True
    """
    rows, outcome, arms, chance = Log.of(x, y, arm, propensity)
    groups = None if clusters is None else np.asarray(clusters)
    effect = np.zeros((len(arms), chance.shape[1] - 1))
    for fit, test in folds(arms, outcome, parts, seed, groups):
        fitted = clone(learner).fit(
            rows[fit], outcome[fit], arm=arms[fit], propensity=chance[fit],
            clusters=None if groups is None else groups[fit])
        effect[test] = fitted.predict(rows[test])
    return effect
