"""Calibration: a stated chance of fraud still means what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from training import metrics
from training.gates.finding import Finding
from training.gates.trial import no_worse, together

if TYPE_CHECKING:
    import numpy.typing as npt

    from training.gates.trial import Trial

    Array = npt.NDArray[Any]

NAME: Final = "calibration"


def calibration(trial: Trial) -> Finding:
    """Compare stated and seen shares: no larger an error than allowed, and than the champion's.

    Labelled events are richer in fraud than the stream, so the error is an upper bound; both
    bundles are held against the same events. Where the champion's own error is above what is
    allowed, no larger than his is enough. A challenger without a score states nothing.
    """
    new, old = trial.challenger.probability, trial.champion.probability
    if new is None:
        return Finding(NAME, True, "The challenger states no chance of fraud.")
    if trial.too_few:
        return Finding(NAME, None, f"Too few labels: {trial.too_few}")
    own, rows = trial.settings.calibration, trial.decided
    error = _error(trial.truth[rows], new[rows], trial.weight[rows])
    low, high = trial.interval(_error, trial.truth, new, trial.weight, rows=rows)
    figures: dict[str, Any] = {"error": {"value": error, "low": low, "high": high}}
    allowed, said = own.error_at_most, list[bool | None]()
    told = f"The stated chances are off by {error:.3f} [{low:.3f}, {high:.3f}]"
    if old is not None:
        def gained(truth: Array, before: Array, after: Array, weight: Array) -> float:
            return _error(truth, before, weight) - _error(truth, after, weight)

        columns = (trial.truth, old, new, trial.weight)
        difference = gained(*(column[rows] for column in columns))
        ends = trial.interval(gained, *columns, rows=rows)
        figures["better"] = {"difference": difference, "low": ends[0], "high": ends[1]}
        said.append(no_worse(*ends, own.worse_at_most))
        allowed = max(allowed, error + difference)
        told += f", the champion's by {error + difference:.3f}"
    said.append(False if low > allowed else None if error > allowed else True)
    return Finding(NAME, together(*said), f"{told}; {own.error_at_most:g} may be.", figures)


def _error(truth: Array, probability: Array, weight: Array) -> float:
    return metrics.calibration_error(truth, probability, weight=weight)
