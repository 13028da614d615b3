"""Where to hold: thresholds from costs, review capacity and patience with the honest.

Set on a slice of time later than fitting and calibration. Labels are few and chosen by
reviewers, so an event nobody decided counts with its calibrated probability: as that much of a
fraud, and the rest of an honest event. Where no score serves, every event counts as honest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.metrics import limit_for

if TYPE_CHECKING:
    from models.stakes import Stakes

RING_LEAST: Final = 0.5
"""Below even odds of one hand nobody is held for the company he keeps."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Slice:
    """Events of one kind between two moments, shape (n,) each.

    Parameters
    ----------
    fraud : float64
        Chance that the event is a fraud: 1 or 0 where somebody decided.
    points : int64
        What each event asks for.
    days : float
        Length of the slice.
    capacity : float
        Cases of this kind that reviewers can look at a day.
    harm : float64, shape (n,), optional
        What holding each event costs if it is honest, in currency; see `models.stakes.Stakes`.
    """

    fraud: Floats
    points: Ints
    days: float
    capacity: float
    harm: Floats | None = None


@dataclass(frozen=True)
class Limit:
    """Hold what scores at or above ``threshold``; None holds nothing.

    Parameters
    ----------
    bound_by : str
        What set it: ``costs``, ``capacity``, ``honest``, ``least`` for a ring, or ``nothing``
        where no event came.
    held_per_day, honest_held, precision : float
        What to expect of it, in events a day and shares; NaN where nothing is held.
    """

    threshold: float | None
    bound_by: str
    held_per_day: float = 0.0
    honest_held: float = 0.0
    precision: float = float("nan")

    def as_dict(self) -> dict[str, Any]:
        """Return the limit for reports; what can't be said is None."""
        return {
            "threshold": self.threshold, "bound_by": self.bound_by,
            "held_per_day": round(self.held_per_day, 3),
            "honest_held": round(self.honest_held, 5),
            "precision": None if np.isnan(self.precision) else round(self.precision, 4),
        }


def limit(score: Floats, part: Slice, stakes: Stakes | None, honest_held: float) -> Limit:
    """Find the threshold on one score for one kind of event.

    The highest of three: where holding the next event costs more than it saves, where reviewers
    have no time left, and where more than ``honest_held`` of the honest events would wait.

    Parameters
    ----------
    score : shape (n,)
        What is compared with the threshold, 0..1, high is bad.
    stakes : Stakes or None
        What mistakes cost; None leaves costs out, as for a score that is no probability.
    honest_held : float
        Largest share of honest events that may be held, in (0, 1).

    Examples
    --------
    >>> part = Slice(np.array([0.0, 0, 0, 1]), np.array([9, 9, 9, 9]), days=1.0, capacity=2.0)
    >>> found = limit(np.array([.1, .2, .3, .9]), part, None, honest_held=0.1)
    >>> found.bound_by, 0.3 < found.threshold <= 0.9
    ('honest', True)
    """
    if not len(score) or part.days <= 0:
        return Limit(None, "nothing")
    order = np.argsort(-score, kind="stable")
    bounds = {
        "capacity": limit_for(score, part.capacity * part.days / len(score)),
        "honest": _by_honest(score, part.fraud, order, honest_held),
    }
    if stakes is not None:
        bounds["costs"] = _by_costs(score, part, order, stakes)
    bound_by = max(bounds, key=lambda name: bounds[name])
    return _expected(score, part, bounds[bound_by], bound_by)


def ring_limit(ring: Floats, part: Slice, honest_held: float) -> Limit:
    """Find the threshold on the score of rings for one kind of event; there always is one.

    The higher of `RING_LEAST` and where more than ``honest_held`` of the honest events would
    wait. ``part.fraud`` of an event nobody decided should be no less than its ring: else a new
    program, in which every event counts as honest, would hold no ring at all.

    Parameters
    ----------
    ring : shape (n,)
        Score of the ring of each event's member, 0 where he is in none.

    Examples
    --------
    >>> ring = np.array([0.0, 0.1, 0.9])
    >>> ring_limit(ring, Slice(ring, np.full(3, 9), days=1.0, capacity=0.0), 0.1).threshold
    0.5
    """
    above = float(np.nextafter(RING_LEAST, 0.0))
    bound_by = "least"
    if len(ring):
        honest = _by_honest(ring, part.fraud, np.argsort(-ring, kind="stable"), honest_held)
        above, bound_by = (honest, "honest") if honest > above else (above, bound_by)
    found = _expected(ring, part, above, bound_by) if len(ring) and part.days > 0 else None
    if found is None or found.threshold is None:
        return Limit(float(np.nextafter(above, np.inf)), bound_by)
    return found


def _by_costs(score: Floats, part: Slice, order: Ints, stakes: Stakes) -> float:
    """Where the running gain of holding, from the most suspicious down, is highest.

    A hold ends by itself and is looked at only while reviewers have time, so what a review costs
    is bounded by the capacity and not counted again here.
    """
    harm = stakes.harm() - stakes.review if part.harm is None else part.harm
    gain = np.cumsum((part.fraud * stakes.loss(1) * part.points - (1 - part.fraud) * harm)[order])
    best = int(np.argmax(gain))
    return _below(score, order, best + 1 if gain[best] > 0 else 0)


def _by_honest(score: Floats, fraud: Floats, order: Ints, share: float) -> float:
    """Where the running share of honest events reaches ``share``."""
    honest = (1 - fraud)[order]
    running = np.cumsum(honest) / max(float(honest.sum()), 1e-12)
    return _below(score, order, int(np.searchsorted(running, share, side="right")))


def _below(score: Floats, order: Ints, count: int) -> float:
    """Return the score of the first event that is no longer held; its ties are not held either."""
    if count >= len(order):
        return float(np.nextafter(score[order[-1]], -np.inf))
    return float(score[order[count]])


def _expected(score: Floats, part: Slice, above: float, bound_by: str) -> Limit:
    held = score > above
    if not held.any():
        return Limit(None, bound_by)
    honest = 1 - part.fraud
    return Limit(
        threshold=float(np.nextafter(above, np.inf)) if above >= 0 else 0.0, bound_by=bound_by,
        held_per_day=float(held.sum()) / part.days,
        honest_held=float(honest[held].sum() / max(float(honest.sum()), 1e-12)),
        precision=float(part.fraud[held].mean()),
    )
