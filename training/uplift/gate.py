"""Whether choosing a mission for each member may replace the best single mission.

A rule for each member always looks good on the rows it was learnt on, and mostly does not beat the
best mission for everybody on others. So it is judged by effects that no fit has seen, and it goes
live only where the lower bound of what it adds is above 0.

Which single mission is best is not chosen on the rows that judge it, for nothing is chosen: the
rule has to beat every single mission, and nobody getting any, each with its own lower bound. To
reject all of them at 95 % needs no correction for their number (the intersection-union test,
Berger 1982).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from training.uplift.policies import Estimate, mean_of

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Gate:
    """The answer, and what it rests on.

    Parameters
    ----------
    passed : bool
        Whether the personal rule may go live.
    best : int
        Arm of the highest worth when everybody gets it; 0 is nobody.
    personal : Estimate
        Mean outcome under the personal rule.
    singles : tuple of Estimate
        Mean outcome when everybody gets the same, by arm.
    gain : Estimate
        What the personal rule adds to the single arm that it beats least surely.
    sentence : str
        The answer in words.
    """

    passed: bool
    best: int
    personal: Estimate
    singles: tuple[Estimate, ...]
    gain: Estimate
    sentence: str


def gate(personal: Floats, singles: Floats, names: Sequence[str], clusters: Any = None) -> Gate:
    """Compare a personal rule with each single arm on the same rows.

    Parameters
    ----------
    personal : shape (n,)
        Outcome of each row under the personal rule, as `training.uplift.policies.doubly_robust`,
        learnt without the row.
    singles : shape (n, arms)
        The same when everybody gets one arm, left alone first.
    names : sequence of str, length arms - 1
        What the missions are called.
    clusters : shape (n,), optional
        Rows that are not independent of each other.

    Examples
    --------
    >>> same = np.linspace(0, 1, 50)
    >>> gate(same + 0.1, np.column_stack([same, same]), ["streak"]).passed
    True
    >>> print(gate(same, np.column_stack([same - 0.1, same]), ["streak"]).sentence)
    The best single mission, streak, is what is suggested: choosing for each member would change \
+0.0 active members in 1,000 (95 % +0.0 to +0.0), which is not surely better.
    """
    worth = tuple(mean_of(column, clusters) for column in singles.T)
    gains = [mean_of(personal - column, clusters) for column in singles.T]
    least = min(gains, key=lambda one: one.low)
    best = max(range(len(worth)), key=lambda arm: worth[arm].value)
    passed = bool(least.low > 0)
    return Gate(passed, best, mean_of(personal, clusters), worth, least,
                _sentence(passed, best, gains[best], least, names))


def _sentence(
    passed: bool, best: int, gain: Estimate, least: Estimate, names: Sequence[str]
) -> str:
    if passed:
        single = names[best - 1] if best else "nobody getting any"
        return ("Each member gets the mission that suits him: beside the best for everybody, "
                f"{single}, that changes {_between(gain)}.")
    near = (f"choosing for each member would change {_between(gain if gain.low <= 0 else least)}, "
            "which is not surely better.")
    if best:
        return f"The best single mission, {names[best - 1]}, is what is suggested: {near}"
    return f"No mission is shown to bring anybody back: {near}"


def _between(gain: Estimate) -> str:
    value, low, high = (round(1000 * one, 1) + 0.0 for one in (gain.value, gain.low, gain.high))
    return f"{value:+.1f} active members in 1,000 (95 % {low:+.1f} to {high:+.1f})"
