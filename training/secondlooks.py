"""How often reviewers are wrong, from cases that a second one decided without knowing the first.

Both look at the same case alone. Where both err with the same chance ``e``, whatever the truth,
and independently of each other, they disagree with the chance ``d = 2 e (1 - e)``; so
``e = (1 - sqrt(1 - 2 d)) / 2``. That is the model of Dawid and Skene ("Maximum likelihood
estimation of observer error-rates using the EM algorithm", 1979) for two observers with one error
rate: with two alone, a rate for each and for each kind of case could not be told apart. Cases that
both get wrong in the same way, because they are hard, make the estimate too low.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from scipy import stats

if TYPE_CHECKING:
    from features.store.journal import Journal

ENOUGH: Final = 30
"""Cases decided twice below which nothing is concluded: the interval of a tenth that disagrees
would reach from 2 % to 27 %."""
CONFIDENCE: Final = 0.95
LEAST: Final = 0.1
"""Least weight of a label: even of coin-tossers, something was looked at."""
_SAYS: Final = {"release": "legit", "confirm_fraud": "fraud"}
"""Decisions that say what an event was; to keep points proves nothing."""


@dataclass(frozen=True)
class SecondLooks:
    """What second reviews tell.

    Parameters
    ----------
    cases : int
        Decided twice, both times with a word on what the event was.
    disagreed : int
        Of these, where the two words differ.
    error, low, high : float or None
        Chance that one reviewer is wrong, with a 95 % interval; None below `ENOUGH` cases.
    """

    cases: int = 0
    disagreed: int = 0
    error: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def agreement(self) -> float | None:
        """Share of the cases on which both said the same; None of no cases."""
        return 1 - self.disagreed / self.cases if self.cases else None

    @property
    def weight(self) -> float:
        """What a review's label weighs beside one that is sure, 0 to 1; 1 while nothing is known.

        Of labels that are wrong with chance ``e`` the frauds among the events that differ are
        seen at ``1 - 2 e`` of their size (Natarajan and others, "Learning with noisy labels",
        2013, lemma 1 for one rate).

        >>> round(SecondLooks(100, 18, 0.1, 0.05, 0.2).weight, 3)
        0.8
        """
        return 1.0 if self.error is None else max(1 - 2 * self.error, LEAST)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for reports."""
        return {"cases": self.cases, "disagreed": self.disagreed, "agreement": self.agreement,
                "error": self.error, "low": self.low, "high": self.high, "weight": self.weight}


NONE: Final = SecondLooks()
"""Nobody has looked a second time."""


def estimate(cases: int, disagreed: int) -> SecondLooks:
    """Estimate the error of one reviewer, with the exact interval of Clopper and Pearson.

    Parameters
    ----------
    cases : int
        Decided twice.
    disagreed : int
        At most as many.

    Examples
    --------
    >>> found = estimate(200, 36)
    >>> round(found.error, 3), found.low < 0.1 < found.high
    (0.1, True)
    >>> estimate(3, 1).error is None
    True
    """
    if cases < ENOUGH:
        return SecondLooks(cases, disagreed)
    ends = stats.binomtest(disagreed, cases).proportion_ci(CONFIDENCE, method="exact")
    return SecondLooks(cases, disagreed, error_of(disagreed / cases), error_of(float(ends.low)),
                       error_of(float(ends.high)))


def error_of(disagreement: float) -> float:
    """Chance that one of two is wrong, by how often they disagree: at most one half.

    >>> error_of(0.18), error_of(0.6)
    (0.1, 0.5)
    """
    return (1 - math.sqrt(max(1 - 2 * disagreement, 0.0))) / 2


def read_second_looks(journal: Journal, until_ms: int) -> SecondLooks:
    """Read the second reviews that were given before a moment (UTC milliseconds)."""
    with journal.database.reading() as store:
        rows = store.rows(
            "SELECT first_decision, second_decision FROM second_reviews WHERE program = ? "
            "AND second_ms IS NOT NULL AND second_ms < ?", (journal.key, until_ms))
    told = [(_SAYS[first], _SAYS[second]) for first, second in rows
            if first in _SAYS and second in _SAYS]
    return estimate(len(told), sum(first != second for first, second in told))
