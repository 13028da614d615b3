"""Everything a fit may be told, read from ``mlflow.yaml`` into one frozen object."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import Field, model_validator

from features.contract import SOURCES
from features.exports.config import Config, read_yaml, validate

FILE: Final = "mlflow.yaml"


class Tracking(Config):
    """Where runs and their files are kept, relative to the home."""

    database: str
    artifacts: str


class Experiments(Config):
    """Names of the MLflow experiments."""

    train: str
    monitor: str


class Registered(Config):
    """Names in the model registry; ``{program}`` stands for the program's id."""

    bundle: str
    fraud: str


class Aliases(Config):
    """Aliases of the model that serves and of the one that wants to."""

    champion: str
    challenger: str


class LabelSettings(Config):
    """How many labels a supervised model needs, and what an assumed one weighs."""

    min_frauds: int = Field(ge=2)
    min_labels: int = Field(ge=2)
    min_calibration: int = Field(ge=1)
    assumed_weight: float = Field(gt=0, le=1)
    maturity_days: dict[str, float]

    @model_validator(mode="after")
    def _names_every_source(self) -> LabelSettings:
        if set(self.maturity_days) != set(SOURCES) or min(self.maturity_days.values()) <= 0:
            raise ValueError(f"maturity_days above 0 of {', '.join(SOURCES)}")
        return self


class Slices(Config):
    """Shares of the matured past that fit, calibrate and set thresholds, in this order."""

    fit: float = Field(gt=0)
    calibration: float = Field(gt=0)
    thresholds: float = Field(gt=0)
    max_gap_share: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _add_up(self) -> Slices:
        if abs(self.fit + self.calibration + self.thresholds - 1) > 1e-9:
            raise ValueError("fit, calibration and thresholds must add up to 1")
        return self


class FraudSettings(Config):
    """Rounds, early stopping and LightGBM parameters of the fraud model.

    ``averaged``: changes of the parameters, one booster each; the model is their mean.
    """

    rounds: int = Field(ge=1)
    early_stopping: int = Field(ge=1)
    stopping_share: float = Field(gt=0, lt=0.5)
    min_stopping_frauds: int = Field(ge=1)
    short_rounds: int = Field(ge=1)
    parameters: dict[str, Any]
    averaged: tuple[dict[str, Any], ...] = Field(default=({},), min_length=1)

    @model_validator(mode="after")
    def _survives_rare_positives(self) -> FraudSettings:
        for own in self.averaged:
            parameters = {**self.parameters, **own}
            if parameters.get("min_sum_hessian_in_leaf", 0) < 1:
                raise ValueError("min_sum_hessian_in_leaf below 1 is unstable with rare positives")
            if not 1 <= parameters.get("max_depth", -1) <= 6:
                raise ValueError("max_depth must be 1..6: deeper trees brought no better scores")
        return self


class ThresholdSettings(Config):
    """Shares of honest events that each score may hold."""

    score_honest: float = Field(gt=0, lt=1)
    anomaly_honest: float = Field(gt=0, lt=1)
    anomaly_alone: float = Field(gt=0, lt=1)
    ring_honest: float = Field(gt=0, lt=1)


class BaselineSettings(Config):
    """Size of the models printed beside ours."""

    max_rows: int = Field(ge=100)
    forest_trees: int = Field(ge=1)
    forest_min_leaf: int = Field(ge=1)
    isolation_trees: int = Field(ge=1)


class EvaluationSettings(Config):
    """Bootstrap draws and operating points of an evaluation."""

    bootstrap: int = Field(ge=20)
    honest_held: tuple[float, ...]
    min_frauds: int = Field(ge=1)


class DriftSettings(Config):
    """Rows, columns and limits of the drift report."""

    features: int = Field(ge=1)
    max_rows: int = Field(ge=100)
    min_rows: int = Field(ge=2)
    psi: float = Field(gt=0)
    drift_share: float = Field(gt=0, le=1)
    missing_jump: float = Field(gt=0, le=1)


class QualitySettings(Config):
    """Share of honest events held at which points are counted, and what may be lost.

    Where that share is fewer than ``least_held`` events, points stopped decide nothing.
    """

    honest_held: float = Field(gt=0, lt=1)
    least_held: int = Field(ge=0)
    worse_at_most: float = Field(ge=0, lt=1)


class ErrorSettings(Config):
    """Largest error of stated chances, and how much larger than the champion's it may be."""

    error_at_most: float = Field(gt=0, le=1)
    worse_at_most: float = Field(ge=0, lt=1)


class HeldSettings(Config):
    """Largest share of a group's honest events that behaviour may hold, and how much more than now.

    Groups of fewer than ``min_events`` are not judged.
    """

    held_at_most: float = Field(gt=0, le=1)
    worse_at_most: float = Field(ge=0, lt=1)
    min_events: int = Field(ge=1)


class LatencySettings(Config):
    """How many times as long a verdict may take, and on how many events and rounds it is timed."""

    slower_at_most: float = Field(gt=0)
    events: int = Field(ge=1)
    rounds: int = Field(ge=1)


class ParitySettings(Config):
    """How many verdicts and scores are compared, the last ones."""

    rows: int = Field(ge=1)


class GateSettings(Config):
    """What a challenger must pass before it may serve."""

    draws: int = Field(ge=20)
    min_frauds: int = Field(ge=1)
    min_honest: int = Field(ge=1)
    max_rows: int = Field(ge=100)
    quality: QualitySettings
    calibration: ErrorSettings
    look_alikes: HeldSettings
    fairness: HeldSettings
    latency: LatencySettings
    parity: ParitySettings


class MonitorSettings(Config):
    """Windows and limits of the monitor; see ``mlflow.yaml``."""

    days: int = Field(ge=7)
    min_rows: int = Field(ge=2)
    max_rows: int = Field(ge=100)
    features: int = Field(ge=1)
    similar: int = Field(ge=1)
    column: float = Field(gt=0, le=1)
    drift_share: float = Field(gt=0, le=1)
    score: float = Field(gt=0, le=1)
    sign_quantile: float = Field(gt=0.5, lt=1)
    sign_digits: float = Field(gt=1)
    delay_times: float = Field(gt=1)
    missed_weeks: int = Field(ge=4)
    parity_share: float = Field(gt=0, le=1)
    max_age_days: float = Field(gt=0)


class Settings(Config):
    """All of ``mlflow.yaml``."""

    tracking: Tracking
    experiments: Experiments
    registered: Registered
    aliases: Aliases
    labels: LabelSettings
    slices: Slices
    fraud: FraudSettings
    thresholds: ThresholdSettings
    baselines: BaselineSettings
    evaluation: EvaluationSettings
    drift: DriftSettings
    gates: GateSettings
    monitor: MonitorSettings


def read_settings(path: Path | None = None) -> Settings:
    """Read the settings; without a path, those that ship with Jaga.

    Raises
    ------
    BadConfig
        The file is missing, is no YAML, or breaks the schema.

    Examples
    --------
    >>> read_settings().aliases.champion
    'champion'
    """
    path = path or _shipped()
    return validate(Settings, read_yaml(path), path.name)


def _shipped() -> Path:
    """Beside this module in a wheel, at the root of a checkout otherwise."""
    here = Path(__file__).resolve().parent
    beside = here / FILE
    return beside if beside.exists() else here.parent / FILE
