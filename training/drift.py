"""Evidently's view of drift and quality: the training window against what came after.

Written twice: an HTML page for people and a JSON gate for machines. The gate lists explicit
tests, because Evidently's default lets half of the columns drift before it says anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from training.settings import DriftSettings

SCORE = "score"


@dataclass(frozen=True)
class Gate:
    """What the drift report found.

    Parameters
    ----------
    passed : bool or None
        None where there was too little to compare.
    sentence : str
        The finding in one sentence.
    tests : list of dict
        ``name, column, value, limit, passed`` of each test.
    moved : dict
        Population stability index of each column past the limit.
    """

    passed: bool | None
    sentence: str
    tests: list[dict[str, Any]] = field(default_factory=list)
    moved: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the gate as written to JSON."""
        return {"passed": self.passed, "sentence": self.sentence, "moved": self.moved,
                "tests": self.tests}


def drift_report(
    reference: pd.DataFrame, current: pd.DataFrame, out: Path, settings: DriftSettings
) -> Gate:
    """Compare two windows column by column; write ``drift.html`` and ``drift.json``.

    Parameters
    ----------
    reference, current : DataFrame
        One row per event, the same numeric columns; NaN is unknown. One of them may be named
        ``score``.
    out : Path
        Folder to write into. With too few rows only the JSON is written.
    """
    out.mkdir(parents=True, exist_ok=True)
    reference, current = _thin(reference, settings), _thin(current, settings)
    columns = _comparable(reference, current)
    short = min(len(reference), len(current))
    if short < settings.min_rows or not columns:
        gate = Gate(None, f"Too little to compare: the training window has {len(reference):,} "
                    f"events and what came after {len(current):,}; {settings.min_rows:,} of each "
                    "are needed.")
    else:
        gate = _run(reference[columns], current[columns], out, settings)
    (out / "drift.json").write_text(json.dumps(gate.as_dict(), indent=1), encoding="utf-8")
    return gate


def _thin(frame: pd.DataFrame, settings: DriftSettings) -> pd.DataFrame:
    """At most ``max_rows`` rows, evenly over the frame's order."""
    if len(frame) <= settings.max_rows:
        return frame
    rows = np.linspace(0, len(frame) - 1, settings.max_rows).astype(int)
    return frame.iloc[rows]


def _comparable(reference: pd.DataFrame, current: pd.DataFrame) -> list[str]:
    """Columns that say something on both sides; Evidently stops at a column of unknowns only."""
    return [
        str(name) for name in reference.columns
        if np.isfinite(reference[name]).any() and np.isfinite(current[name]).any()
    ]


def _run(
    reference: pd.DataFrame, current: pd.DataFrame, out: Path, settings: DriftSettings
) -> Gate:
    with quiet():
        from evidently import DataDefinition, Dataset, Report

        definition = DataDefinition(numerical_columns=list(reference.columns))
        snapshot = Report(_metrics(reference, settings)).run(
            Dataset.from_pandas(current, definition), Dataset.from_pandas(reference, definition)
        )
        snapshot.save_html(str(out / "drift.html"))
        result = json.loads(snapshot.json())
    tests = _tests(result)
    failed = [test for test in tests if not test["passed"]]
    return Gate(not failed, _sentence(failed), tests, _moved(result, settings))


def _metrics(reference: pd.DataFrame, settings: DriftSettings) -> list[Any]:
    from evidently.metrics import DriftedColumnsCount, MissingValueCount, ValueDrift
    from evidently.tests import lt, lte

    columns = [str(name) for name in reference.columns]
    missing = reference.isna().mean()
    metrics: list[Any] = [
        DriftedColumnsCount(
            columns=columns, drift_share=settings.drift_share, method="psi",
            threshold=settings.psi, share_tests=[lt(settings.drift_share)],
        )
    ]
    for name in columns:
        tests = [lt(settings.psi)] if name == SCORE else None
        metrics.append(ValueDrift(column=name, method="psi", threshold=settings.psi, tests=tests))
        metrics.append(MissingValueCount(
            column=name,
            share_tests=[lte(min(float(missing[name]) + settings.missing_jump, 1.0))],
        ))
    return metrics


def _tests(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Evidently's tests in our few words; its own test ids are not unique."""
    values = {metric["metric_id"] if "metric_id" in metric else metric["id"]: metric["value"]
              for metric in result["metrics"]}
    found = []
    for test in result["tests"]:
        config = test["metric_config"]
        value = values.get(config["metric_id"])
        found.append({
            "name": config["params"]["type"].rpartition(":")[2],
            "column": config["params"].get("column"),
            "value": value.get("share") if isinstance(value, dict) else value,
            "limit": test["test_config"]["threshold"],
            "passed": test["status"] == "SUCCESS",
        })
    return found


def _moved(result: dict[str, Any], settings: DriftSettings) -> dict[str, float]:
    """Columns whose distribution moved, strongest first."""
    drifts = {
        metric["config"]["column"]: float(metric["value"]) for metric in result["metrics"]
        if metric["config"]["type"].endswith(":ValueDrift")
    }
    order = sorted(drifts, key=lambda name: -drifts[name])
    return {name: round(drifts[name], 4) for name in order if drifts[name] >= settings.psi}


def _sentence(failed: list[dict[str, Any]]) -> str:
    if not failed:
        return "What came after looks like the training window."
    names = sorted({test["column"] for test in failed if test["column"]})
    listed = ", ".join(names[:5]) or "too many columns"
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"What came after does not look like the training window: {listed}{more} moved."


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence Evidently: it warns of its dependencies on import, and of thin bins when it runs."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
