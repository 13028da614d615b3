"""Who rates the same ratees as a rater, and how alike they are: rings seen from their acts."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SHARED: Final = 3
"""Ratees in common from which two raters count as companions: two are often chance."""


def companions(ratings: pd.DataFrame, users: Ints) -> pd.DataFrame:
    """Likeness of each user who rated to all other raters, indexed by user.

    What a companion rates includes no rating of the user himself.

    Parameters
    ----------
    ratings : DataFrame
        Columns rater, ratee, weight, second; a pair at most once.

    Examples
    --------
    >>> ratings = pd.DataFrame({"rater": [1, 1, 2, 2], "ratee": [8, 9, 8, 1],
    ...                         "weight": [1, 1, 1, -10], "second": [0.0, 9.0, 60.0, 61.0]})
    >>> companions(ratings, np.array([1]))[["corated", "likest", "lag"]].to_numpy().tolist()
    [[1.0, 0.5, 60.0]]
    """
    net = _Net(ratings)
    rated = users[np.isin(users, ratings["rater"])]
    return pd.DataFrame([net.row(user) for user in rated.tolist()], index=rated)


class _Net:
    """Raters by ratees, as sparse tables of presence, weight and time."""

    def __init__(self, ratings: pd.DataFrame) -> None:
        self.names = np.union1d(ratings["rater"], ratings["ratee"])
        at = tuple(np.searchsorted(self.names, ratings[side]) for side in ("rater", "ratee"))
        shape = (len(self.names), len(self.names))
        self.has = sparse.csr_matrix((np.ones(len(ratings)), at), shape)
        self.back = self.has.tocsc()
        self.gives = np.asarray(self.has.sum(axis=1)).ravel()
        self.weight, self.second = (
            sparse.csr_matrix((ratings[name].to_numpy(np.float64), at), shape)
            for name in ("weight", "second"))

    def row(self, user: int) -> dict[str, float]:
        """Figures of one user; only a few where nobody rates what he rates."""
        me = int(np.searchsorted(self.names, user))
        mine = self.has[me].indices
        shared = np.asarray(self.back[:, mine].sum(axis=1)).ravel()
        shared[me] = 0.0
        others = np.flatnonzero(shared)
        alone = {"corated": float(len(others)), "companions": float((shared >= SHARED).sum())}
        return alone | (self._alike(me, mine, others, shared[others]) if len(others) else {})

    def _alike(self, me: int, mine: Any, others: Any, shared: Floats) -> dict[str, float]:
        gives = self.gives[others] - self.back[:, [me]].toarray().ravel()[others]
        alike = shared / (len(mine) + gives - shared)
        likest = int(np.argmax(alike))
        apart, lag = self._apart(me, mine, others)
        return {
            "likest": float(alike[likest]), "alike": float(alike.mean()),
            "likest_covers": float(shared.max() / len(mine)),
            "others_give": float(np.median(gives)), "likest_gives": float(gives[likest]),
            "apart": float(apart.mean()), "agree": float((apart <= 1).mean()),
            "lag": float(np.median(lag)),
        }

    def _apart(self, me: int, mine: Any, others: Any) -> tuple[Floats, Floats]:
        """Differences in weight and in seconds over all shared ratings."""
        cut = self.has[others][:, mine].tocoo()
        found = []
        for table in (self.weight, self.second):
            theirs = table[others][:, mine].toarray()[cut.row, cut.col]
            found.append(np.abs(theirs - table[me, mine].toarray().ravel()[cut.col]))
        return found[0], found[1]
