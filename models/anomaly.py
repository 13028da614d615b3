"""The label-free score: how unusual an event is among events of its kind and persona.

A distributor's upload is compared with uploads of distributors, a retailer's scan with scans of
retailers. A persona with too few events is compared with everybody's events of that kind, a kind
with too few with all events. The answer is the share of comparable events that look less unusual.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import EVENT_KINDS, PERSONAS
from features.errors import BadInput
from models.columns import Columns
from models.detector import Detector
from models.families import label_free

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
ARRAYS: Final = "anomaly.npz"
REST: Final = "anomaly.json"
EVERYTHING: Final = "all"
KINDS: Final = tuple(EVENT_KINDS)
COMPARABLES: Final = 500
"""Fewest comparable events: fewer would make every two-hundredth event the worst ever seen."""
FIT_ROWS: Final = 50_000
"""Rows drawn to fit one group; medians and trees hardly move beyond."""
TAIL: Final = 0.05
"""A value is called unusual in words where at most this share of comparables lies further out."""


@dataclass(frozen=True)
class Unusual:
    """A feature that is far out: its value, what is usual, and minus the log of its tail."""

    name: str
    value: float
    usual: float
    surprise: float


class AnomalyModel:
    """Detectors of all groups of comparable events.

    Parameters
    ----------
    names : sequence of str
        Features the detectors read.
    hashes : dict
        Hash of the definition of each of them.
    detectors : dict of str to Detector
        Keyed ``scan/retailer``, ``scan``, ``all``; the last is always there.
    medians : dict of str to dict of str to float
        Per group, the median of every feature known there, to say what is usual.
    """

    def __init__(self, names: Sequence[str], hashes: Mapping[str, str],
                 detectors: Mapping[str, Detector],
                 medians: Mapping[str, Mapping[str, float]]) -> None:
        self.names = tuple(names)
        self.hashes = {name: hashes[name] for name in self.names}
        self.detectors = dict(detectors)
        self.medians = {group: dict(own) for group, own in medians.items()}
        self.columns = Columns(self.names)

    @classmethod
    def fit(cls, matrix: Floats, names: Sequence[str], hashes: Mapping[str, str],
            families: Mapping[str, str], kinds: Ints, personas: Ints, seed: int) -> AnomalyModel:
        """Fit on past events, without labels; it then takes rows like those of ``matrix``.

        Parameters
        ----------
        matrix : shape (n, features)
            Features of the events, NaN where unknown.
        names, hashes, families
            Of the columns, as the catalogue has them.
        kinds, personas : shape (n,)
            Position of each event's kind in ``KINDS`` and of its persona in ``PERSONAS``; a
            persona that is not known is negative.
        seed : int
            For the draw of rows and the trees.

        Raises
        ------
        BadInput
            Where there are too few events to say what is usual.
        """
        own = label_free(names, families)
        columns = Columns(own, names)
        detectors, medians = {}, {}
        random = np.random.default_rng(seed)
        for group, members in _groups(kinds, personas):
            drawn = np.sort(random.permutation(members)[:FIT_ROWS])
            rows = matrix[drawn]
            try:
                detectors[group] = Detector.fit(columns.take(rows), seed)
            except BadInput:
                if group == EVERYTHING:
                    raise
                continue
            medians[group] = _medians(rows, names)
        return cls(own, hashes, detectors, medians).bound(names)

    def bound(self, names: Sequence[str]) -> AnomalyModel:
        """Copy that takes rows in the order of ``names``; BadInput where a feature is missing."""
        other = copy.copy(self)
        other.columns = Columns(self.names, names)
        return other

    def group(self, kind: int, persona: int) -> str:
        """Name of the group that an event is compared with, the narrowest there is."""
        kind_name = KINDS[kind]
        if persona >= 0 and (narrow := f"{kind_name}/{PERSONAS[persona]}") in self.detectors:
            return narrow
        return kind_name if kind_name in self.detectors else EVERYTHING

    def score(self, matrix: Floats, kinds: Ints, personas: Ints) -> Floats:
        """Share of comparable events that look less unusual, 0..1, shape (n,)."""
        rows = self.columns.take(matrix)
        found = np.empty(len(rows))
        code = kinds * (len(PERSONAS) + 1) + np.maximum(personas, -1) + 1
        for each in np.unique(code):
            at = np.flatnonzero(code == each)
            group = self.group(int(kinds[at[0]]), int(personas[at[0]]))
            found[at] = self.detectors[group].score(rows[at])
        return found

    def score_row(self, vector: Floats, kind: int, persona: int) -> float:
        """Share of one event, shape (features,): equal to `score`."""
        return self.detectors[self.group(kind, persona)].score_row(self.columns.take(vector))

    def unusual(self, vector: Floats, kind: int, persona: int, most: int = 3) -> list[Unusual]:
        """Features of one event whose own tails are the strongest, strongest first."""
        group = self.group(kind, persona)
        detector, row = self.detectors[group], self.columns.take(vector)
        own = row[detector.kept]
        surprise = np.where(np.isnan(own), 0.0, detector.ecod.surprises(own[None, :])[0])
        order = np.argsort(-surprise, kind="stable")[:most]
        return [Unusual(self.names[detector.kept[i]], float(own[i]),
                        float(detector.scale.centre[i]), float(surprise[i]))
                for i in order if surprise[i] >= -np.log(TAIL)]

    def usual(self, name: str, kind: int, persona: int) -> float | None:
        """Median of a feature among comparable events, None where nothing is known."""
        return self.medians[self.group(kind, persona)].get(name)

    def save(self, folder: Path) -> None:
        """Write arrays as npz and the rest as JSON; the same model gives the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {f"{group}:{name}": array for group, detector in self.detectors.items()
                  for name, array in detector.arrays().items()}
        np.savez_compressed(folder / ARRAYS, allow_pickle=False, **arrays)
        rest = {"names": self.names, "hashes": self.hashes, "groups": list(self.detectors),
                "medians": self.medians}
        (folder / REST).write_text(json.dumps(rest, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> AnomalyModel:
        """Read what `save` wrote."""
        rest: dict[str, Any] = json.loads((folder / REST).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        detectors = {group: Detector.from_arrays(
            {name.removeprefix(f"{group}:"): array for name, array in arrays.items()
             if name.startswith(f"{group}:")}) for group in rest["groups"]}
        return cls(rest["names"], rest["hashes"], detectors, rest["medians"])


def _groups(kinds: Ints, personas: Ints) -> Iterator[tuple[str, Ints]]:
    """Yield groups that are large enough, with their rows; all events first."""
    yield EVERYTHING, np.arange(len(kinds), dtype=np.int64)
    for kind, kind_name in enumerate(KINDS):
        of_kind = np.flatnonzero(kinds == kind)
        if len(of_kind) < COMPARABLES:
            continue
        yield kind_name, of_kind
        for persona, persona_name in enumerate(PERSONAS):
            both = of_kind[personas[of_kind] == persona]
            if len(both) >= COMPARABLES:
                yield f"{kind_name}/{persona_name}", both


def _medians(rows: Floats, names: Sequence[str]) -> dict[str, float]:
    known = ~np.isnan(rows).all(axis=0)
    found = np.nanmedian(rows[:, known], axis=0)
    return dict(zip(np.asarray(names)[known].tolist(), found.tolist(), strict=True))
