"""MLflow behind three verbs: save a run, load one, promote one.

Everything lives under the home: one SQLite file, one folder of artifacts. A saved run holds its
parameters, metrics, plots, card and the bundle's plain files; the bundle is registered under the
program's name, and the fraud model beside it in LightGBM's own text format. No pickle is written.
MLflow takes seconds to import, so it is imported when a verb runs.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import DatabaseError

from features.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from training.settings import Settings

REQUIREMENTS: Final = ("lightgbm>=4.6,<5", "numpy>=2.1")
"""Given to MLflow so that it need not guess them, which takes seconds and a process."""
WINDOW: Final = "window."
"""How the names of a run's parameters start that hold a window of its data."""
MAX_PARAM: Final = 6000
"""MLflow refuses longer parameter values."""


@dataclass(frozen=True)
class Run:
    """What one training leaves behind.

    Parameters
    ----------
    program_id, bundle_id : str
        Whose bundle, and which.
    bundle : Path
        The bundle's folder; logged whole.
    params, metrics, tags
        Flat mappings; metrics that are no finite number are left out.
    files : mapping
        Artifact folder to the files that go there.
    fraud : Path or None
        The fraud model's LightGBM text file, where one was fitted.
    """

    program_id: str
    bundle_id: str
    bundle: Path
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    fraud: Path | None = None


class Registry:
    """The model registry of one home.

    Parameters
    ----------
    home : Path
        Folder under which MLflow keeps its database and artifacts.
    settings : Settings
        Names and places, from ``mlflow.yaml``.
    """

    def __init__(self, home: Path, settings: Settings) -> None:
        self._settings = settings
        self._artifacts = (home / settings.tracking.artifacts).resolve()
        self._database = (home / settings.tracking.database).resolve()
        self.uri = f"sqlite:///{self._database}"

    def save(self, run: Run) -> str:
        """Log a run and register its bundle; return the run's id. No alias is set."""
        with self._client() as client:
            experiment = self._experiment(client, self._settings.experiments.train)
            made = client.create_run(experiment, run_name=run.bundle_id, tags=dict(run.tags))
            run_id = str(made.info.run_id)
            try:
                self._log(client, run_id, run)
                self._register(client, run_id, run)
            except BaseException:
                client.set_terminated(run_id, status="FAILED")
                raise
            client.set_terminated(run_id)
            return run_id

    def log_look(self, name: str, metrics: Mapping[str, float], tags: Mapping[str, str],
                 files: Mapping[str, tuple[Path, ...]]) -> str:
        """Log what a monitor found as a run of its own; return the run's id."""
        with self._client() as client:
            experiment = self._experiment(client, self._settings.experiments.monitor)
            run_id = str(client.create_run(experiment, run_name=name, tags=dict(tags)).info.run_id)
            for key, value in metrics.items():
                client.log_metric(run_id, key, float(value))
            for folder, paths in files.items():
                for path in paths:
                    client.log_artifact(run_id, str(path), folder)
            client.set_terminated(run_id)
            return run_id

    def load(self, program_id: str, alias: str, into: Path) -> Path:
        """Copy the bundle behind an alias into a folder and return the bundle's folder.

        Raises
        ------
        NotFound
            No bundle of this program has that alias.
        """
        from mlflow.exceptions import MlflowException

        name = self._settings.registered.bundle.format(program=program_id)
        with self._client() as client:
            try:
                version = client.get_model_version_by_alias(name, alias)
            except MlflowException as error:
                raise NotFound(f"a {alias} bundle of program {program_id}", "none registered",
                               "run jaga train") from error
            into.mkdir(parents=True, exist_ok=True)
            return Path(client.download_artifacts(version.run_id, "bundle", str(into)))

    def promote(self, program_id: str, bundle_id: str, alias: str) -> None:
        """Point an alias at the registered version that carries a bundle, fraud model included.

        A bundle has one alias at a time: whoever becomes champion is challenger no more.

        Raises
        ------
        NotFound
            The bundle was never registered.
        """
        with self._client() as client:
            versions = self._versions(client, program_id, bundle_id)
            if not versions:
                raise NotFound(f"bundle {bundle_id} in the registry", "no such version",
                               "name a bundle that jaga train registered")
            for version in versions:
                current = client.get_model_version(version.name, version.version)
                for old in current.aliases:
                    client.delete_registered_model_alias(version.name, old)
                client.set_registered_model_alias(version.name, alias, version.version)

    def run_of(self, program_id: str, bundle_id: str) -> dict[str, Any] | None:
        """Tell of the run that registered a bundle last; None where none did.

        Returns
        -------
        dict or None
            ``run_id``, ``params``, ``metrics`` and ``tags``, as MLflow keeps them.
        """
        with self._client() as client:
            versions = self._versions(client, program_id, bundle_id)
            if not versions:
                return None
            run = client.get_run(versions[0].run_id)
            return {"run_id": str(run.info.run_id), "params": dict(run.data.params),
                    "metrics": dict(run.data.metrics), "tags": dict(run.data.tags)}

    def note(self, program_id: str, bundle_id: str, metrics: Mapping[str, float],
             tags: Mapping[str, str], file: Path, folder: str) -> str:
        """Add to the run of a bundle what was found out later; its id, empty where there is none.

        Metrics that are no finite number are left out.
        """
        with self._client() as client:
            versions = self._versions(client, program_id, bundle_id)
            if not versions:
                return ""
            run_id = str(versions[0].run_id)
            client.log_batch(run_id, metrics=_metrics(metrics))
            for name, value in tags.items():
                client.set_tag(run_id, name, value)
            client.log_artifact(run_id, str(file), folder)
            return run_id

    def _versions(self, client: Any, program_id: str, bundle_id: str) -> list[Any]:
        names = (self._settings.registered.bundle, self._settings.registered.fraud)
        newest = {}
        for name in names:
            known = client.search_model_versions(f"name = '{name.format(program=program_id)}'")
            same = [one for one in known if one.tags.get("bundle_id") == bundle_id]
            if same:
                newest[name] = max(same, key=lambda one: int(one.version))
        return list(newest.values()) if self._settings.registered.bundle in newest else []

    def _experiment(self, client: Any, name: str) -> str:
        known = client.get_experiment_by_name(name)
        if known is not None:
            return str(known.experiment_id)
        return str(client.create_experiment(name, artifact_location=self._artifacts.as_uri()))

    def _log(self, client: Any, run_id: str, run: Run) -> None:
        from mlflow.entities import Param

        metrics = _metrics(run.metrics)
        params = [Param(name, str(value)[:MAX_PARAM]) for name, value in run.params.items()]
        for start in range(0, len(params), 100):
            client.log_batch(run_id, params=params[start:start + 100])
        for start in range(0, len(metrics), 1000):
            client.log_batch(run_id, metrics=metrics[start:start + 1000])
        client.log_artifacts(run_id, str(run.bundle), "bundle")
        for folder, paths in run.files.items():
            for path in paths:
                client.log_artifact(run_id, str(path), folder)

    def _register(self, client: Any, run_id: str, run: Run) -> None:
        name = self._settings.registered.bundle.format(program=run.program_id)
        self._ensure(client, name)
        client.create_model_version(
            name, source=f"runs:/{run_id}/bundle", run_id=run_id,
            tags={"bundle_id": run.bundle_id},
        )
        if run.fraud is not None:
            self._register_fraud(client, run_id, run)

    def _register_fraud(self, client: Any, run_id: str, run: Run) -> None:
        import lightgbm
        import mlflow
        import mlflow.lightgbm

        name = self._settings.registered.fraud.format(program=run.program_id)
        self._ensure(client, name)
        with mlflow.start_run(run_id=run_id):
            info = mlflow.lightgbm.log_model(
                lightgbm.Booster(model_file=str(run.fraud)), name="fraud",
                pip_requirements=list(REQUIREMENTS),
            )
        client.create_model_version(
            name, source=info.model_uri, run_id=run_id, model_id=info.model_id,
            tags={"bundle_id": run.bundle_id},
        )

    def _ensure(self, client: Any, name: str) -> None:
        if not client.search_registered_models(f"name = '{name}'"):
            client.create_registered_model(name)

    @contextlib.contextmanager
    def _client(self) -> Iterator[Any]:
        """Yield a client of this home's registry, its chatter and telemetry switched off.

        Raises
        ------
        Unavailable
            Where the registry's files can't be read or written.
        """
        self._artifacts.mkdir(parents=True, exist_ok=True)
        self._database.parent.mkdir(parents=True, exist_ok=True)
        with _quiet():
            import mlflow
            from mlflow.exceptions import MlflowException

            before = mlflow.get_tracking_uri()
            mlflow.set_tracking_uri(self.uri)
            mlflow.set_registry_uri(self.uri)
            try:
                yield mlflow.MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            except (MlflowException, DatabaseError) as error:
                raise Unavailable(
                    f"the model registry {self._database}", str(error).splitlines()[0],
                    "restore it from a backup, or move it away for a new one") from error
            finally:
                mlflow.set_tracking_uri(before)


def _metrics(values: Mapping[str, float]) -> list[Any]:
    from mlflow.entities import Metric

    return [Metric(name, float(value), 0, 0) for name, value in values.items()
            if math.isfinite(value)]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence MLflow's log lines, progress bars, deprecation warnings and telemetry."""
    for name in ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(name, "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow  # noqa: F401 - importing it sets the levels that are lowered below

        loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
        levels = [logger.level for logger in loggers]
        try:
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
