"""What ships together under one id: models, policy, words and what they were made from.

A bundle is a folder of plain files and a manifest with the hash of each of them. Its id is the
day it knows up to and the start of a hash over all of it, so a bundle is never changed, only
replaced. Nothing is unpickled.

::

    manifest.json  policy.yaml  catalogues/*.po  fraud/  anomaly/  inactivity/  uplift/
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from features.errors import BadInput, JagaError, NotFound
from models.anomaly import AnomalyModel
from models.answers import rfc3339
from models.columns import Hashed, check_hashes
from models.families import DECLARATION_FEATURES
from models.files import sync, write_text
from models.fraud import FraudModel
from models.policy import Policy
from models.proof import ASKED, FactReader
from models.reasons import FamilySums
from models.texts import Texts
from models.thresholds import Thresholds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = npt.NDArray[np.float64]
MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
"""Goes up when an older Jaga could not read the folder any more."""


class Catalog(Protocol):
    """Declared features: names in the order of a row, and hash, family and unit of each."""

    @property
    def names(self) -> Sequence[str]:
        """Names in the order of a row."""

    @property
    def hashes(self) -> Mapping[str, str]:
        """Hash of each definition."""

    @property
    def families(self) -> Mapping[str, str]:
        """Family of each feature."""

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of each feature."""

    @property
    def own_meanings(self) -> Mapping[str, str]:
        """One line of meaning of each feature that only this program has."""


@dataclass(frozen=True)
class Bundle:
    """Everything that judges events and members of one program.

    Parameters
    ----------
    program_id : str
        Whose bundle it is.
    as_of_ms : int
        It knows what was known before this moment.
    event_features, member_features : dict
        Name and hash of every feature that was there, in the order of a row.
    families, units : dict
        Family and unit of each event feature.
    meanings : dict
        One line of meaning of each feature that only this program has: the catalogues of words
        know nothing of it.
    layout : tuple of str
        Names in a vector stored with a verdict; empty: those of ``event_features``. It stays
        what it was at training, so that a feature added later moves nothing.
    thresholds : Thresholds
        Where behaviour holds.
    policy : Policy
    texts : Texts
    fraud : FraudModel, optional
        None while too few cases are confirmed.
    anomaly : AnomalyModel, optional
        None while too little has happened.
    inactivity : optional
        An inactivity model; saved and loaded by its own module.
    uplift : optional
        What missions change; saved and loaded by its own module. None while too few decisions
        were made: effects are then assumed.
    metrics : dict
        Figures of the evaluation, plain JSON.
    versions : dict
        Of the libraries that made it.
    bundle_id : str
        Set by `save` and `load`.
    """

    program_id: str
    as_of_ms: int
    event_features: dict[str, str]
    families: dict[str, str]
    units: dict[str, str] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    layout: tuple[str, ...] = ()
    member_features: dict[str, str] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)
    policy: Policy = field(default_factory=Policy.read)
    texts: Texts = field(default_factory=Texts.read)
    fraud: FraudModel | None = None
    anomaly: AnomalyModel | None = None
    inactivity: Any = None
    uplift: Any = None
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    bundle_id: str = "unsaved"

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each event feature in a row."""
        return {name: position for position, name in enumerate(self.event_features)}

    @cached_property
    def facts(self) -> FactReader:
        """Reads out of a row what is asked about every event."""
        return FactReader(self.index, (*ASKED, *DECLARATION_FEATURES))

    @cached_property
    def family_sums(self) -> FamilySums:
        """Sums the fraud model's contributions per family."""
        return FamilySums(self.fraud.names if self.fraud else (), self.families)

    @property
    def needed(self) -> dict[str, str]:
        """Name and hash of the event features that the models read."""
        models = [model for model in (self.fraud, self.anomaly) if model is not None]
        return {name: own for model in models for name, own in model.hashes.items()}

    @property
    def stored_names(self) -> tuple[str, ...]:
        """Names of the features in a vector stored with a verdict of this bundle."""
        return self.layout or tuple(self.event_features)

    @cached_property
    def _stored(self) -> npt.NDArray[np.intp]:
        """Position in a row of each stored feature, -1 where today's catalogue lacks it."""
        return np.array([self.index.get(name, -1) for name in self.stored_names], dtype=np.intp)

    def narrow(self, row: Floats) -> Floats:
        """Vector to store with a verdict: the features of a row that the bundle knew at training.

        A feature that is gone since, and that no model needs, is unknown.
        """
        vector = row[self._stored]
        vector[self._stored < 0] = np.nan
        return vector

    def widen(self, vector: Floats) -> Floats:
        """Row of today's features from a stored vector; what was added since is unknown."""
        row = np.full(len(self.event_features), np.nan)
        known = self._stored >= 0
        row[self._stored[known]] = vector[known]
        return row

    def bound(self, catalog: Catalog) -> Bundle:
        """Take rows in the catalogue's order; BadInput where a needed feature is not as it was.

        What the bundle tells of its own features stays as it was, so that a verdict derived again
        has the same words.
        """
        check_hashes(self.needed, catalog)
        return replace(
            self, event_features={name: catalog.hashes[name] for name in catalog.names},
            families={**catalog.families, **self.families},
            units={**catalog.units, **self.units},
            meanings={**catalog.own_meanings, **self.meanings}, layout=self.stored_names,
            fraud=self.fraud and self.fraud.bound(catalog.names),
            anomaly=self.anomaly and self.anomaly.bound(catalog.names))

    def save(self, root: Path) -> Path:
        """Write the bundle into ``root``, whole or not at all, and give its folder.

        The same content has the same id; saving it again changes nothing.
        """
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=root) as scratch:
            folder = Path(scratch) / "bundle"
            self._write(folder)
            manifest = self._manifest(_hashes(folder))
            manifest["bundle_id"] = _bundle_id(manifest)
            write_text(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
            for path in sorted(folder.rglob("*"), reverse=True):
                sync(path)
            sync(folder)
            target = root / manifest["bundle_id"]
            if not target.exists():
                folder.rename(target)
                sync(root)
        return target

    @classmethod
    def load(cls, path: Path, catalog: Catalog | None = None,
             members: Hashed | None = None) -> Bundle:
        """Read a bundle's folder.

        Parameters
        ----------
        path : Path
            What `save` gave.
        catalog : Catalog, optional
            The event features of today; rows are then taken in its order.
        members : Catalog, optional
            The member features of today.

        Raises
        ------
        NotFound
            Where there is no bundle.
        BadInput
            Where a file was changed, or a needed feature is missing or defined differently.
        """
        manifest = _read_manifest(path)
        _check_files(path, manifest)
        try:
            bundle = cls._read(path, manifest)
        except JagaError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput("a bundle of this format", f"{path.name}: {error!r}",
                           "train a new bundle") from error
        if members is not None and bundle.inactivity is not None:
            check_hashes(bundle.member_features, members)
        return bundle if catalog is None else bundle.bound(catalog)

    def _write(self, folder: Path) -> None:
        folder.mkdir()
        write_text(folder / "policy.yaml", self.policy.text)
        self.texts.save(folder / "catalogues")
        for name in ("fraud", "anomaly", "inactivity", "uplift"):
            if (model := getattr(self, name)) is not None:
                model.save(folder / name)

    def _manifest(self, files: dict[str, str]) -> dict[str, Any]:
        return {
            "format": FORMAT, "bundle_id": "", "program_id": self.program_id,
            "as_of": rfc3339(self.as_of_ms), "as_of_ms": self.as_of_ms,
            "thresholds": self.thresholds.to_json(), "metrics": self.metrics,
            "policy_version": self.policy.version, "versions": self.versions,
            "event_features": self.event_features, "families": self.families,
            "units": self.units, "meanings": self.meanings,
            "member_features": self.member_features, "files": files,
        }

    @classmethod
    def _read(cls, path: Path, manifest: dict[str, Any]) -> Bundle:
        names = tuple(manifest["event_features"])

        def model(name: str, load: Any) -> Any:
            return load(path / name) if (path / name).is_dir() else None

        fraud, anomaly = model("fraud", FraudModel.load), model("anomaly", AnomalyModel.load)
        return cls(
            program_id=manifest["program_id"], as_of_ms=int(manifest["as_of_ms"]),
            event_features=manifest["event_features"], families=manifest["families"],
            units=manifest["units"], meanings=manifest.get("meanings", {}), layout=names,
            member_features=manifest["member_features"],
            thresholds=Thresholds.from_json(manifest["thresholds"]),
            policy=Policy.read(path / "policy.yaml"), texts=Texts.read(path / "catalogues"),
            fraud=fraud and fraud.bound(names), anomaly=anomaly and anomaly.bound(names),
            inactivity=model("inactivity", _load_inactivity), uplift=model("uplift", _load_uplift),
            metrics=manifest["metrics"], versions=manifest["versions"],
            bundle_id=manifest["bundle_id"],
        )


def _load_inactivity(folder: Path) -> Any:
    from models.inactivity.model import InactivityModel

    return InactivityModel.load(folder)


def _load_uplift(folder: Path) -> Any:
    from models.uplift.model import UpliftModel

    return UpliftModel.load(folder)


def _hashes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST}


def _bundle_id(manifest: dict[str, Any]) -> str:
    content = json.dumps({**manifest, "bundle_id": ""}, sort_keys=True).encode()
    day = manifest["as_of"][:10].replace("-", "")
    return f"{day}-{hashlib.sha256(content).hexdigest()[:12]}"


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise NotFound("a bundle's folder", f"{path.name} without {MANIFEST}",
                       "name a folder that `jaga train` wrote") from error
    except ValueError as error:
        raise BadInput(f"{MANIFEST} as it was written", f"{path.name}: {error}",
                       "restore the bundle or train a new one") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BadInput(f"{MANIFEST} of format {FORMAT}", f"another in {path.name}",
                       "train a new bundle")
    return dict(manifest)


def _check_files(path: Path, manifest: dict[str, Any]) -> None:
    wanted, came = manifest["files"], _hashes(path)
    differing = sorted(name for name in wanted.keys() | came.keys()
                       if wanted.get(name) != came.get(name))
    if differing or manifest["bundle_id"] != _bundle_id(manifest):
        raise BadInput("a bundle as it was written",
                       f"{path.name} with a changed {differing[0] if differing else MANIFEST}",
                       "restore the bundle or train a new one")
