"""The label-free score: how unusual an event is among events of its kind and persona.

A distributor's upload is compared with uploads of distributors, a retailer's scan with scans of
retailers. A persona with too few events is compared with everybody's events of that kind, a kind
with too few with all events. Two things are looked at and added up: how far out the event's signs
are (`models.signs`), the strongest counting whole, the next two by half and a quarter; and, by
`DETECTOR`, how unlike its comparables the whole row is (isolation forest and ECOD). The answer is
the share of events of its kind whose sum is smaller.
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
from models.detector import SLACK, Detector, Ranks
from models.families import label_free
from models.signs import SignTails, sign_names, summed

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
DETECTOR: Final = 0.3
"""What a decimal of the detector's rank weighs against one of the strongest sign: chosen on
simulated programs of seeds 1 to 4, where the detector alone stopped half of what the signs did."""
NEAREST: Final = 1e-5
"""How near a share comes to 1 before its logarithm is taken."""
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
    signs : SignTails, optional
        Tails of the signs among the features; without them the detectors answer alone.
    ranks : dict of str to Ranks
        Per kind, and for all, the sums of signs and detector; empty without signs.
    """

    def __init__(self, names: Sequence[str], hashes: Mapping[str, str],
                 detectors: Mapping[str, Detector],
                 medians: Mapping[str, Mapping[str, float]], signs: SignTails | None = None,
                 ranks: Mapping[str, Ranks] | None = None) -> None:
        self.names = tuple(names)
        self.signs = signs
        self.sign_names = sign_names(names) if signs is not None else ()
        self.plain = tuple(name for name in self.names if name not in set(self.sign_names))
        self.hashes = {name: hashes[name] for name in self.names}
        self.detectors = dict(detectors)
        self.medians = {group: dict(own) for group, own in medians.items()}
        self.ranks = dict(ranks or {})
        self._bind(self.names)

    def _bind(self, given: Sequence[str]) -> None:
        self.columns = Columns(self.plain, given)
        self.sign_columns = Columns(self.sign_names, given)

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
        found = sign_names(own)
        columns = Columns([name for name in own if name not in set(found)], names)
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
        if not found:
            return cls(own, hashes, detectors, medians).bound(names)
        signs = SignTails.fit(Columns(found, names).take(matrix), kinds)
        model = cls(own, hashes, detectors, medians, signs).bound(names)
        model.ranks = {group: Ranks(np.sort(model._sums(
            matrix[rows := random.permutation(members)[:FIT_ROWS]], kinds[rows], personas[rows])))
            for group, members in _groups(kinds, personas) if "/" not in group}
        return model

    def bound(self, names: Sequence[str]) -> AnomalyModel:
        """Copy that takes rows in the order of ``names``; BadInput where a feature is missing."""
        other = copy.copy(self)
        other._bind(names)
        return other

    def group(self, kind: int, persona: int) -> str:
        """Name of the group that an event is compared with, the narrowest there is."""
        kind_name = KINDS[kind]
        if persona >= 0 and (narrow := f"{kind_name}/{PERSONAS[persona]}") in self.detectors:
            return narrow
        return kind_name if kind_name in self.detectors else EVERYTHING

    def score(self, matrix: Floats, kinds: Ints, personas: Ints) -> Floats:
        """Share of comparable events that look less unusual, 0..1, shape (n,)."""
        if self.signs is None:
            return self._shares(matrix, kinds, personas)
        sums, found = self._sums(matrix, kinds, personas), np.empty(len(matrix))
        for kind in np.unique(kinds):
            at = kinds == kind
            found[at] = self._ranks(int(kind)).share(sums[at])
        return found

    def _ranks(self, kind: int) -> Ranks:
        return self.ranks.get(KINDS[kind]) or self.ranks[EVERYTHING]

    def _sums(self, matrix: Floats, kinds: Ints, personas: Ints) -> Floats:
        """Signs and detector of each event added up, shape (n,)."""
        return _summed(self._surprises(matrix, kinds), self._shares(matrix, kinds, personas))

    def _surprises(self, matrix: Floats, kinds: Ints) -> Floats:
        assert self.signs is not None
        return self.signs.surprises(self.sign_columns.take(matrix), kinds)

    def _shares(self, matrix: Floats, kinds: Ints, personas: Ints) -> Floats:
        """Share of comparable events whose row as a whole is less unusual, shape (n,)."""
        rows = self.columns.take(matrix)
        found = np.empty(len(rows))
        code = kinds * (len(PERSONAS) + 1) + np.maximum(personas, -1) + 1
        for each in np.unique(code):
            at = np.flatnonzero(code == each)
            group = self.group(int(kinds[at[0]]), int(personas[at[0]]))
            found[at] = self.detectors[group].score(rows[at])
        return found

    def may_reach(self, matrix: Floats, kinds: Ints, personas: Ints, least: Floats
                  ) -> npt.NDArray[np.bool_]:
        """Whether the score of each event may be ``least`` or more, shape (n,); never a wrong no.

        For limits far out it is a fifth of the work of `score`; an infinite one costs nothing.
        """
        found, wanted = np.zeros(len(matrix), dtype=np.bool_), least
        if self.signs is not None:
            wanted = self._wanted(matrix, kinds, least)
        asked = np.flatnonzero(np.isfinite(least) & (wanted <= 1.0 + SLACK))
        code = kinds * (len(PERSONAS) + 1) + np.maximum(personas, -1) + 1
        for each in np.unique(code[asked]):
            at = asked[code[asked] == each]
            group = self.group(int(kinds[at[0]]), int(personas[at[0]]))
            rows = self.columns.take(matrix[at])
            found[at] = self.detectors[group].may_reach(rows, wanted[at])
        return found

    def _wanted(self, matrix: Floats, kinds: Ints, least: Floats) -> Floats:
        """Share of the detector below which no event's sum of both can reach its limit."""
        limit = np.full(len(matrix), np.inf)
        for kind in np.unique(kinds):
            at = np.isfinite(least) & (kinds == kind)
            reference = self._ranks(int(kind)).reference
            place = np.ceil(least[at] * len(reference)).astype(np.int64) - 2
            limit[at] = np.where(place < 0, -np.inf, reference[np.clip(
                place, 0, len(reference) - 1)])
        missing = limit - _signs(self._surprises(matrix, kinds))
        return 1 + NEAREST - np.power(10.0, np.minimum(-missing / DETECTOR, 300.0))

    def prepare(self) -> None:
        """Make `score_row` as quick for the first event of a group as for all others."""
        for detector in self.detectors.values():
            detector.prepare()

    def score_row(self, vector: Floats, kind: int, persona: int) -> float:
        """Share of one event, shape (features,): equal to `score`."""
        share = self.detectors[self.group(kind, persona)].score_row(self.columns.take(vector))
        if self.signs is None:
            return share
        one, two, three = self.signs.strongest_row(vector, self.sign_columns.places, kind)
        signs = one / 2 + two / 4 + three / 4
        # NumPy's logarithm, as `_summed` has it
        return self._ranks(kind).share_of(
            signs - DETECTOR * float(np.log10(1 + NEAREST - share)))

    def unusual(self, vector: Floats, kind: int, persona: int, most: int = 3) -> list[Unusual]:
        """Signs of one event, then features whose tails are the strongest, all beyond `TAIL`."""
        found = self._signs_of(vector, kind, most)
        return [*found, *self._tails_of(vector, kind, persona, most)][:most]

    def _signs_of(self, vector: Floats, kind: int, most: int) -> list[Unusual]:
        if self.signs is None:
            return []
        row = self.sign_columns.take(vector)
        surprise = self._surprises(vector[None, :], np.array([kind]))[0] * np.log(10.0)
        order = np.argsort(-surprise, kind="stable")[:most]
        return [Unusual(self.sign_names[i], float(row[i]), 0.0, float(surprise[i]))
                for i in order if surprise[i] >= -np.log(TAIL)]

    def _tails_of(self, vector: Floats, kind: int, persona: int, most: int) -> list[Unusual]:
        group = self.group(kind, persona)
        detector, row = self.detectors[group], self.columns.take(vector)
        own = row[detector.kept]
        surprise = np.where(np.isnan(own), 0.0, detector.ecod.surprises(own[None, :])[0])
        order = np.argsort(-surprise, kind="stable")[:most]
        return [Unusual(self.plain[detector.kept[i]], float(own[i]),
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
        arrays |= {f"ranks:{group}": ranks.reference for group, ranks in self.ranks.items()}
        if self.signs is not None:
            arrays |= {f"signs:{name}": array for name, array in self.signs.arrays().items()}
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

        def under(group: str) -> dict[str, npt.NDArray[Any]]:
            return {name.removeprefix(f"{group}:"): array for name, array in arrays.items()
                    if name.startswith(f"{group}:")}

        detectors = {group: Detector.from_arrays(under(group)) for group in rest["groups"]}
        ranks = {group: Ranks(reference) for group, reference in under("ranks").items()}
        signs = SignTails.from_arrays(under("signs")) if ranks else None
        return cls(rest["names"], rest["hashes"], detectors, rest["medians"], signs, ranks)


def _summed(surprises: Floats, shares: Floats) -> Floats:
    """Strongest sign, half the next, a quarter of the third, and the detector's decimals."""
    return _signs(surprises) - DETECTOR * np.log10(1 + NEAREST - shares)


def _signs(surprises: Floats) -> Floats:
    one, two, three = summed(surprises).T
    return np.asarray(one / 2 + two / 4 + three / 4)


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
