"""Two bundles on the same events, row by row: all that the gates of merit look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from training import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from models.stakes import Stakes
    from training.settings import GateSettings
    from training.splits import Window

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Side:
    """What one bundle says of n events.

    Parameters
    ----------
    bundle_id : str
    rank : float64, shape (n,)
        By which it would hold, high is bad: its score, or its anomaly where it has none.
    probability : float64, shape (n,), or None
        Its score as a chance of fraud; None where it states none.
    held : bool, shape (n,)
        It would not simply approve, on any ground.
    by_behaviour : bool, shape (n,)
        It would hold for what the member does, facts and caps left aside.
    """

    bundle_id: str
    rank: Floats
    probability: Floats | None
    held: Bools
    by_behaviour: Bools


@dataclass(frozen=True)
class Trial:
    """n matured events with a known end, and what champion and challenger say of each.

    Parameters
    ----------
    window : Window
        Later than what either bundle learnt from, and old enough for labels to be trusted.
    truth : int64, shape (n,)
        1 fraud, 0 honest.
    decided : bool, shape (n,)
        Somebody decided, or it was let through by chance; else its honesty is assumed, which
        counts where honest events are held, and never for what frauds are found.
    weight : float64, shape (n,)
        How many events each stands for: 1 / chance where it was let through by chance, else 1.
    member, points : int64, shape (n,)
        Whose event it is, and what it asks for.
    groups : mapping
        ``persona``, ``language`` and ``region`` of the member, shape (n,) of str each; empty where
        unknown.
    look_alikes : mapping
        Families of honest behaviour that looks like fraud: which events show it, shape (n,).
    champion, challenger : Side
    stakes : Stakes
        What mistakes cost.
    settings : GateSettings
    seed : int
        Of every draw.
    """

    window: Window
    truth: Ints
    decided: Bools
    weight: Floats
    member: Ints
    points: Ints
    groups: Mapping[str, Array]
    look_alikes: Mapping[str, Bools]
    champion: Side
    challenger: Side
    stakes: Stakes
    settings: GateSettings
    seed: int = 0

    @cached_property
    def frauds(self) -> int:
        """Frauds that somebody decided on."""
        return int((self.decided & (self.truth == 1)).sum())

    @cached_property
    def honest(self) -> int:
        """Honest events that somebody decided on."""
        return int((self.decided & (self.truth == 0)).sum())

    @property
    def too_few(self) -> str:
        """Why no merit can be told; empty where there is enough."""
        least = self.settings
        if self.frauds >= least.min_frauds and self.honest >= least.min_honest:
            return ""
        return (f"{self.frauds} matured frauds and {self.honest} honest events with a decision in "
                f"{self.window}; {least.min_frauds} and {least.min_honest} are needed.")

    def interval(self, figure: Callable[..., float], *columns: Array, rows: Bools
                 ) -> tuple[float, float]:
        """95 % interval of a figure of some rows; one member's events are drawn together."""
        return metrics.interval(figure, *(column[rows] for column in columns),
                                draws=self.settings.draws, seed=self.seed,
                                groups=self.member[rows])


def no_worse(low: float, high: float, margin: float) -> bool | None:
    """Whether something is no worse by more than a margin; None where it may be either.

    Parameters
    ----------
    low, high : float
        Interval of what the challenger gains on the champion.
    margin : float
        What may be lost.

    Returns
    -------
    bool or None
        True where no more than the margin is lost, False where it surely loses, and may lose more.

    Examples
    --------
    >>> no_worse(-0.01, 0.05, 0.02), no_worse(-0.2, -0.01, 0.02), no_worse(-0.1, 0.1, 0.02)
    (True, False, None)
    """
    if not np.isfinite([low, high]).all():
        return None
    return True if low >= -margin else False if high < 0 else None


def together(*said: bool | None) -> bool | None:
    """Answer of several: False where one is, then None where one is, else True.

    >>> together(True, None), together(None, False), together(True, True)
    (None, False, True)
    """
    return False if False in said else None if None in said else True
