"""Past, gap and future: the only way Jaga cuts time.

What happened before ``as_of`` is cut into four slices, in order: one to fit, one to calibrate,
one to set thresholds, and a last one kept out of all three. The last slice is the maturity gap,
in which most honest events are not yet known to be honest. What follows ``as_of`` is the future.
The cut depends on nothing but the first event, ``as_of`` and the maturity, so a journal that
ends at ``as_of`` is cut like one that goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from training.settings import Slices

DAY_MS: Final = 86_400_000

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Window:
    """A half-open span of time ``[start_ms, end_ms)`` in UTC milliseconds.

    Examples
    --------
    >>> str(Window(0, DAY_MS))
    '[1970-01-01, 1970-01-02)'
    """

    start_ms: int
    end_ms: int

    def holds(self, ms: Ints) -> Bools:
        """Which of the times, shape (n,), lie inside."""
        return (ms >= self.start_ms) & (ms < self.end_ms)

    @property
    def days(self) -> float:
        """Length in days, never below zero."""
        return max(self.end_ms - self.start_ms, 0) / DAY_MS

    def __str__(self) -> str:
        return f"[{_date(self.start_ms)}, {_date(self.end_ms)})"


@dataclass(frozen=True)
class Split:
    """The five windows of a training, in order of time.

    Parameters
    ----------
    fit, calibration, thresholds : Window
        The matured past.
    kept_out : Window
        The maturity gap before ``as_of``; nothing is learnt from it.
    future : Window
        What follows ``as_of``; empty where the journal ends there.
    """

    fit: Window
    calibration: Window
    thresholds: Window
    kept_out: Window
    future: Window

    @property
    def past(self) -> Window:
        """The matured past: fit, calibration and thresholds together."""
        return Window(self.fit.start_ms, self.thresholds.end_ms)


def split(
    first_ms: int, as_of_ms: int, end_ms: int, maturity_days: float, shares: Slices
) -> Split:
    """Cut the time between the first event and the journal's end at ``as_of_ms``.

    The gap is the label maturity, or ``shares.max_gap_share`` of the history where the program
    is too young to leave so much out.

    Parameters
    ----------
    first_ms, as_of_ms, end_ms : int
        First event, the moment we pretend to stand at, and the end of what is known.
    maturity_days : float
        Days until an unlabelled credited event is assumed honest.

    Examples
    --------
    >>> from training.settings import read_settings
    >>> cut = split(0, 100 * DAY_MS, 130 * DAY_MS, 20, read_settings().slices)
    >>> str(cut.fit), str(cut.kept_out), cut.future.days
    ('[1970-01-01, 1970-03-02)', '[1970-03-22, 1970-04-11)', 30.0)
    """
    history = max(as_of_ms - first_ms, 0)
    gap = min(round(maturity_days * DAY_MS), round(history * shares.max_gap_share))
    matured = history - gap
    to_calibration = first_ms + round(matured * shares.fit)
    to_thresholds = first_ms + round(matured * (shares.fit + shares.calibration))
    return Split(
        fit=Window(first_ms, to_calibration),
        calibration=Window(to_calibration, to_thresholds),
        thresholds=Window(to_thresholds, first_ms + matured),
        kept_out=Window(first_ms + matured, as_of_ms),
        future=Window(as_of_ms, max(end_ms, as_of_ms)),
    )


def _date(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()
