"""Parity: the features that verdicts were given on, against the same features made in batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.bits import differs
from features.catalog import CATALOG
from features.errors import NotFound
from features.jobs import event_features
from features.progress import silent
from models.bundle import Bundle
from models.champion import is_bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from features.engine.declarations import Catalog
    from features.progress import Progress
    from features.store.home import Home
    from features.store.journal import Journal

    Floats = npt.NDArray[np.float64]
    Positions = npt.NDArray[np.intp]

_STORED: Final = ("SELECT place, bundle_id, vector FROM verdicts "
                  "WHERE program = ? AND place >= ? AND place <= ? ORDER BY place")
_BYTES: Final = 8
"""Of a stored value: a float64."""


@dataclass
class Parity:
    """What was compared, and what differs.

    Parameters
    ----------
    events : int
        Verdicts whose features were compared.
    values : int
        Values compared.
    differing : Counter
        Per feature, how many values differ in a bit.
    first : list of (int, str)
        Place and feature of the first differing values.
    unread : int
        Verdicts whose bundle is gone, so that nobody knows which features they hold.
    changed : set of str
        Features that are defined otherwise today than in the bundle; they are not compared.
    """

    events: int = 0
    values: int = 0
    differing: Counter[str] = field(default_factory=Counter)
    first: list[tuple[int, str]] = field(default_factory=list)
    unread: int = 0
    changed: set[str] = field(default_factory=set)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; places and names only, no ids."""
        return {"events": self.events, "values": self.values,
                "differing_values": self.differing.total(),
                "differing_features": dict(self.differing.most_common()),
                "unread": self.unread, "changed": sorted(self.changed)}


def served_parity(
    home: Home, journal: Journal, catalog: Catalog, progress: Progress = silent,
    batch: Iterable[tuple[pd.DataFrame, Floats]] | None = None,
) -> Parity:
    """Compare every vector stored with a verdict with the batch row of its event, bit by bit.

    Parameters
    ----------
    home, journal
        Where bundles and verdicts lie.
    catalog : Catalog
        The program's features as they are declared today.
    progress : callable
        Told of the rows passed.
    batch : iterable of (DataFrame, shape (n, features)), optional
        Keys and features of events, in the order of their places, where they are made already.
    """
    found = Parity()
    layouts = _Layouts(home, journal, catalog, found.changed)
    made = event_features(journal, catalog, progress=progress) if batch is None else batch
    for keys, matrix in made:
        places = keys["place"].to_numpy()
        if not len(places):
            continue
        with journal.database.reading() as store:
            stored = store.rows(_STORED, (journal.key, int(places[0]), int(places[-1])))
        for bundle_id in sorted({row[1] for row in stored}):
            rows = [(place, vector) for place, its, vector in stored
                    if its == bundle_id and vector]  # none was served while the state was away
            _compare(layouts.of(bundle_id), rows, places, matrix, found, catalog.names)
    return found


class _Layouts:
    """Which values of a stored vector stand where in today's row, a bundle at a time."""

    def __init__(
        self, home: Home, journal: Journal, catalog: Catalog, changed: set[str]
    ) -> None:
        self._home, self._journal, self._catalog, self._changed = home, journal, catalog, changed
        self._known: dict[str, tuple[int, Positions, Positions] | None] = {}

    def of(self, bundle_id: str) -> tuple[int, Positions, Positions] | None:
        """Width of a stored vector, positions in it and in a row; None: the bundle is gone."""
        if bundle_id not in self._known:
            self._known[bundle_id] = self._read(bundle_id)
        return self._known[bundle_id]

    def _read(self, bundle_id: str) -> tuple[int, Positions, Positions] | None:
        names: Sequence[str] = CATALOG.names
        hashes: Mapping[str, str] = CATALOG.hashes
        if not is_bare(bundle_id):
            root = self._home.bundles(self._journal.program.program_id)
            try:
                bundle = Bundle.load(root / bundle_id)
            except NotFound:
                return None
            names, hashes = bundle.stored_names, bundle.event_features
        index = {name: position for position, name in enumerate(self._catalog.names)}
        same = [name for name in names if self._catalog.hashes.get(name) == hashes[name]]
        self._changed.update(set(names) - set(same))
        stored = {name: position for position, name in enumerate(names)}
        return (len(stored), np.array([stored[name] for name in same], np.intp),
                np.array([index[name] for name in same], np.intp))


def _compare(
    layout: tuple[int, Positions, Positions] | None, rows: list[tuple[int, bytes]],
    places: npt.NDArray[np.int64], matrix: Floats, found: Parity, names: tuple[str, ...],
) -> None:
    if layout is None or any(len(vector) != layout[0] * _BYTES for _, vector in rows):
        found.unread += len(rows)
        return
    width, inside, outside = layout
    served = np.frombuffer(b"".join(bytes(vector) for _, vector in rows)).reshape(-1, width)
    at = np.array([place for place, _ in rows], np.int64)
    batch = matrix[np.searchsorted(places, at)][:, outside]
    wrong = differs(served[:, inside], batch)
    found.events += len(rows)
    found.values += wrong.size
    for row, column in np.argwhere(wrong):
        name = names[outside[column]]
        found.differing[name] += 1
        if len(found.first) < 5:
            found.first.append((int(at[row]), name))
