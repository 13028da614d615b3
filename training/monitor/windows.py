"""What the last days are held against, chosen so that a season is no drift.

A column that moved is only told where it moved against *all* of these: the weeks the model learnt
from, the same weeks of last year, earlier weeks in which as much was going on, and the two months
before. Against the first alone everything that ages would drift (a program's members are older
every month); against the last alone every festival would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.errors import BadInput
from models.answers import rfc3339
from training.splits import DAY_MS, Window

if TYPE_CHECKING:
    from features.places import Ints
    from training.settings import MonitorSettings

YEAR_DAYS: Final = 364
"""Whole weeks, so that weekdays meet weekdays."""
STEP_DAYS: Final = 7
RECENT_DAYS: Final = 56
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Windows:
    """The last days, and what they are held against.

    Parameters
    ----------
    current : Window
    references : dict
        ``trained``, ``last_year``, ``similar``, ``recent``, each some spans of time; one that
        the journal does not hold is left out.
    served : tuple of Window
        The model's first weeks and the last two months, as far as it had learnt before: scores
        of events that a model learnt from are no measure for others.
    sentence : str
        What was used, in words.
    """

    current: Window
    references: dict[str, tuple[Window, ...]]
    served: tuple[tuple[Window, ...], ...]
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values, times as RFC 3339."""
        return {"current": _told(self.current), "sentence": self.sentence, "references": {
            name: [_told(one) for one in spans] for name, spans in self.references.items()}}


def choose(ms: Ints, as_of_ms: int, learnt_until_ms: int, peaks: tuple[Window, ...],
           settings: MonitorSettings) -> Windows:
    """Choose windows before a moment.

    Parameters
    ----------
    ms : shape (n,)
        When each event came, rising, UTC milliseconds.
    as_of_ms : int
        Nothing at or after it is looked at.
    learnt_until_ms : int
        What the model knows ends here.
    peaks : tuple of Window
        Seasons and festivals that the program had announced.

    Raises
    ------
    BadInput
        No event in the current window.
    """
    now = Window(as_of_ms - settings.days * DAY_MS, as_of_ms)
    if not _count(ms, now):
        raise BadInput(f"events in the {settings.days} days before {rfc3339(as_of_ms)}", "none",
                       "name another moment with --as-of, or wait until events come in")
    first = int(ms[0])
    found: dict[str, tuple[Window, ...]] = {
        "trained": (Window(first, min(learnt_until_ms, now.start_ms)),)}
    year = _moved(now, YEAR_DAYS)
    if year.start_ms >= first:
        found["last_year"] = (year,)
    found["similar"] = _similar(ms, now, first, peaks, settings)
    found["recent"] = (_recent(now, first),)
    references = {name: spans for name, spans in found.items()
                  if sum(_count(ms, one) for one in spans) >= settings.min_rows}
    served = tuple(spans for spans in _served(now, learnt_until_ms, settings)
                   if sum(_count(ms, one) for one in spans) >= settings.min_rows)
    return Windows(now, references, served, _sentence(references))


def _similar(ms: Ints, now: Window, first: int, peaks: tuple[Window, ...],
             settings: MonitorSettings) -> tuple[Window, ...]:
    """Earlier windows of the same length that are most like the current one in what went on.

    Windows with as much of a season that the program announced come before all others.
    """
    own, busy = _count(ms, now), _announced(now, peaks)
    ranked: list[tuple[float, int, Window]] = []
    one = _moved(now, settings.days)
    while one.start_ms >= first:
        events = _count(ms, one)
        if events:
            away = abs(float(np.log(events / own))) + abs(_announced(one, peaks) - busy)
            ranked.append((away, -one.start_ms, one))
        one = _moved(one, STEP_DAYS)
    return tuple(one for _, _, one in sorted(ranked)[: settings.similar])


def _served(now: Window, learnt_until_ms: int, settings: MonitorSettings
            ) -> tuple[tuple[Window, ...], ...]:
    first = Window(learnt_until_ms, min(learnt_until_ms + 2 * settings.days * DAY_MS,
                                        now.start_ms))
    return (first,), (_recent(now, learnt_until_ms),)


def _recent(now: Window, first: int) -> Window:
    return Window(max(now.start_ms - RECENT_DAYS * DAY_MS, first), now.start_ms)


def _announced(one: Window, peaks: tuple[Window, ...]) -> float:
    """Share of a window that lies in an announced season."""
    days = np.arange(one.start_ms, one.end_ms, DAY_MS)
    inside = [bool(np.any([peak.start_ms <= day < peak.end_ms for peak in peaks]))
              for day in days.tolist()]
    return float(np.mean(inside)) if inside else 0.0


def _count(ms: Ints, one: Window) -> int:
    low, high = np.searchsorted(ms, [one.start_ms, one.end_ms])
    return max(int(high - low), 0)


def _moved(one: Window, days: int) -> Window:
    return Window(one.start_ms - days * DAY_MS, one.end_ms - days * DAY_MS)


def _told(one: Window) -> dict[str, str]:
    return {"from": rfc3339(one.start_ms), "to": rfc3339(one.end_ms)}


WORDS: Final = {
    "trained": "the weeks the model learnt from", "last_year": "the same weeks of last year",
    "similar": "earlier weeks with about as much going on", "recent": "the two months before"}


def _sentence(references: dict[str, tuple[Window, ...]]) -> str:
    if not references:
        return "There is nothing yet to hold the last days against."
    listed = ", ".join(WORDS[name] for name in references)
    told = f"Held against {listed}; what moved against all of them is told."
    if "last_year" not in references:
        told += " The journal does not reach back to the same weeks of last year."
    return told
