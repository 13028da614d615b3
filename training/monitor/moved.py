"""Features and scores of the last days against those of earlier ones, by Evidently.

The distance of two columns is that of Jensen and Shannon, 0 to 1, over Evidently's bins. A column
moved where it lies past the limit against every window it is held against.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.drift import quiet
from training.monitor.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from features.places import Ints
    from training.monitor.windows import Windows
    from training.settings import MonitorSettings
    from training.splits import Window

Floats = npt.NDArray[np.float64]
METHOD: Final = "jensenshannon"
NAMED: Final = 5
"""Columns named in a sentence."""


class Moved(NamedTuple):
    """How far each column moved: its least distance over all references, and the gates."""

    distances: dict[str, float]
    gates: tuple[Gate, ...]


def compare(frame: pd.DataFrame, score: Floats, ms: Ints, windows: Windows,
            settings: MonitorSettings) -> Moved:
    """Compare columns, and the score, of the current window with those before.

    Parameters
    ----------
    frame : DataFrame, shape (n, columns)
        Features of all events, NaN where unknown.
    score : float64, shape (n,)
        Of the model; NaN where none serves.
    ms : int64, shape (n,)
        When each event came, rising.
    """
    now = _rows(ms, (windows.current,), settings)
    references = [_rows(ms, spans, settings) for spans in windows.references.values()]
    distances = {str(name): least(column, now, references, settings)
                 for name, column in zip(frame.columns, frame.to_numpy().T, strict=True)}
    known = {name: value for name, value in distances.items() if value is not None}
    served = [_rows(ms, spans, settings) for spans in windows.served]
    moved = least(score, now, served, settings)
    gates = (_data_gate(known, len(now), settings), _score_gate(moved, settings))
    return Moved(known | ({} if moved is None else {"score": moved}), gates)


def least(column: Floats, now: Ints, references: Sequence[Ints], settings: MonitorSettings
          ) -> float | None:
    """Least distance of a column over some references; None where there is too little to say.

    The share of what is unknown counts as a distance too: a column that nobody fills any more
    has moved, though what is left of it looks the same.
    """
    found = [one for rows in references
             if (one := _distance(column[rows], column[now], settings)) is not None]
    return min(found) if found else None


def write_page(reference: pd.DataFrame, current: pd.DataFrame, path: Path) -> None:
    """Write Evidently's page of two windows, of the columns that say something in both."""
    names = [str(name) for name in reference.columns
             if np.isfinite(reference[name]).any() and np.isfinite(current[name]).any()]
    if not names:
        return
    with quiet():
        from evidently import DataDefinition, Dataset, Report
        from evidently.metrics import ValueDrift

        definition = DataDefinition(numerical_columns=names)
        Report([ValueDrift(column=name, method=METHOD) for name in names]).run(
            Dataset.from_pandas(current[names], definition),
            Dataset.from_pandas(reference[names], definition)).save_html(str(path))


def _rows(ms: Ints, spans: Sequence[Window], settings: MonitorSettings) -> Ints:
    """Positions of the events of some spans, at most ``max_rows`` of them, evenly over time."""
    inside = np.zeros(len(ms), dtype=bool)
    for span in spans:
        inside |= span.holds(ms)
    rows = np.flatnonzero(inside)
    if len(rows) <= settings.max_rows:
        return rows
    return rows[np.linspace(0, len(rows) - 1, settings.max_rows).astype(int)]


def _distance(reference: Floats, current: Floats, settings: MonitorSettings) -> float | None:
    if min(len(reference), len(current)) < settings.min_rows:
        return None
    there, here = np.isfinite(reference), np.isfinite(current)
    gone = abs(float(there.mean()) - float(here.mean()))
    if min(int(there.sum()), int(here.sum())) < settings.min_rows:
        return gone
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently.legacy.calculations.stattests import jensenshannon_stat_test
        from evidently.legacy.core import ColumnType

        found = jensenshannon_stat_test(pd.Series(reference[there]), pd.Series(current[here]),
                                        ColumnType.Numerical, settings.column)
    return max(float(found.drift_score), gone)


def _data_gate(known: dict[str, float], rows: int, settings: MonitorSettings) -> Gate:
    if not known:
        return Gate("data_drift", None, settings.drift_share,
                    f"Too little to compare features: {rows:,} events came in these days; "
                    f"{settings.min_rows:,} here and before are needed.")
    far = sorted((name for name in known if known[name] >= settings.column),
                 key=lambda name: -known[name])
    share = len(far) / len(known)
    more = f" and {len(far) - NAMED} more" if len(far) > NAMED else ""
    told = f"{', '.join(far[:NAMED])}{more}" if far else "none"
    return Gate("data_drift", share, settings.drift_share,
                f"{len(far)} of {len(known)} watched features moved: {told}.")


def _score_gate(moved: float | None, settings: MonitorSettings) -> Gate:
    if moved is None:
        return Gate("score_drift", None, settings.score,
                    "Too few scores of events that came after the model learnt.")
    return Gate("score_drift", moved, settings.score,
                f"The scores lie {moved:.2f} from those of the model's first weeks and of the last "
                "two months, the nearer of the two.")
