"""What a training tells: the report a person reads and the run MLflow keeps."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.answers import rfc3339
from models.fraud import BOOSTER
from training.card import FIGURES, results
from training.evaluate import OURS
from training.registry import WINDOW, Run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from training.evaluate import Row
    from training.settings import Settings


@dataclass(frozen=True)
class TrainReport:
    """The outcome of one training.

    Parameters
    ----------
    role : str
        ``champion`` or ``challenger``.
    supervised : bool
        Whether a fraud model is in the bundle.
    sentences : tuple of str
        What happened, in words.
    labels : dict
        Counts of labels by slice.
    windows : dict
        Days of the data by slice, from the first event on.
    limits : dict
        Score, then kind, to how its threshold came about.
    results : tuple of dict
        Ours beside the baselines; empty with too few labelled frauds outside the fit.
    judged_on : str
        The window the results come from.
    released : dict
        `training.holds.HoldEstimate.as_dict`, and ``rows``: our figures on what was let through.
    reviewers : dict
        `training.secondlooks.SecondLooks.as_dict`: how often reviewers are wrong.
    drift : dict
        The gate of the drift report.
    card, run_id : str
        Where the model card lies, and MLflow's run.
    """

    bundle_id: str
    program_id: str
    as_of_ms: int
    role: str
    supervised: bool
    sentences: tuple[str, ...]
    labels: dict[str, dict[str, int]]
    limits: dict[str, dict[str, dict[str, Any]]]
    results: tuple[Row, ...] = ()
    probabilities: dict[str, float] = field(default_factory=dict)
    inactivity: dict[str, float] = field(default_factory=dict)
    inactivity_why: str = ""
    uplift: dict[str, float] = field(default_factory=dict)
    windows: dict[str, str] = field(default_factory=dict)
    judged_on: str = ""
    judged_frauds: int = 0
    released: dict[str, Any] = field(default_factory=dict)
    reviewers: dict[str, Any] = field(default_factory=dict)
    drift: dict[str, Any] = field(default_factory=dict)
    card: str = ""
    run_id: str = ""

    @property
    def inactivity_sentence(self) -> str:
        """Which inactivity model serves, and why."""
        return f"Inactivity: {self.inactivity_why}."

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON; a figure that can't be said is None."""
        return _plain({
            "bundle_id": self.bundle_id, "program_id": self.program_id,
            "as_of": rfc3339(self.as_of_ms), "role": self.role, "supervised": self.supervised,
            "sentences": [*self.sentences, self.inactivity_sentence], "labels": self.labels,
            "windows": self.windows,
            "judged_on": self.judged_on, "judged_frauds": self.judged_frauds,
            "results": list(self.results), "probabilities": self.probabilities,
            "released": self.released, "reviewers": self.reviewers,
            "limits": self.limits, "inactivity": self.inactivity,
            "uplift": self.uplift,
            "drift": {name: self.drift.get(name) for name in ("passed", "sentence", "moved")},
            "card": self.card, "run_id": self.run_id, "table": "\n" + results(self.results),
        })


def logged(
    report: TrainReport, hashes: Mapping[str, str], folder: Path,
    files: Mapping[str, tuple[Path, ...]], settings: Settings, seed: int,
) -> Run:
    """Turn a report into the run MLflow keeps: windows, hashes, parameters, figures, files."""
    fraud = folder / "fraud" / BOOSTER
    return Run(
        program_id=report.program_id, bundle_id=report.bundle_id, bundle=folder,
        params={
            "as_of": rfc3339(report.as_of_ms), "seed": seed, "judged_on": report.judged_on,
            **{f"{WINDOW}{name}": days for name, days in report.windows.items()},
            "labels": json.dumps(report.labels), "features": len(hashes),
            "feature_hashes": json.dumps(hashes), **_parameters(settings),
        },
        metrics=_metrics(report),
        tags={"program_id": report.program_id, "bundle_id": report.bundle_id,
              "supervised": str(report.supervised).lower(),
              "drift": str(report.drift.get("passed")).lower()},
        files=files, fraud=fraud if fraud.exists() else None,
    )


def _parameters(settings: Settings) -> dict[str, Any]:
    """Every parameter of the fit as ``section.name``."""
    sections = settings.model_dump(include={"labels", "slices", "fraud", "thresholds"})
    flat: dict[str, Any] = {}
    for section, values in sections.items():
        for name, value in values.items():
            if isinstance(value, dict):
                flat |= {f"{section}.{inner}": one for inner, one in value.items()}
            else:
                flat[f"{section}.{name}"] = value
    return flat


def _metrics(report: TrainReport) -> dict[str, float]:
    found: dict[str, float] = dict(report.probabilities)
    found |= {f"inactivity_{name}": value for name, value in report.inactivity.items()}
    found |= {f"uplift_{name}": value for name, value in report.uplift.items()}
    for row in report.results:
        own = "" if row["model"] == OURS else row["model"].replace(" ", "_").replace(",", "") + "_"
        found |= {f"{own}{name}": row[name] for name in row
                  if name in FIGURES or name.endswith(("_low", "_high"))}
    for row in report.released.get("rows", ()):
        found |= {f"released_{name}": row[name] for name in row
                  if name in FIGURES or name.endswith(("_low", "_high"))}
    if precision := report.released.get("precision"):
        found |= {f"hold_precision_{name}": value for name, value in precision.items()}
    for score, kinds in report.limits.items():
        found |= {f"threshold_{score}_{kind}": one["threshold"] for kind, one in kinds.items()
                  if one["threshold"] is not None}
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
