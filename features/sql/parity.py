"""Parity: two sources of feature rows compared value by value, in the memory of a few slices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from features.bits import differs
from features.engine.batch import replay_slices
from features.records import COLUMN
from features.sql.export import read_parts
from features.sql.rows import sql_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from features.engine.declarations import Catalog
    from features.places import Ints
    from features.sql.rows import Floats

    Rows = Iterable[tuple[Ints, Floats]]
    """Slices of places, ascending over all of them, and features."""


@dataclass
class Parity:
    """What a comparison found.

    Parameters
    ----------
    rows, values : int
        Rows that both sources have, and the values compared in them.
    differing : dict
        Number of differing values of each feature that has any.
    alone : int
        Rows that only one of the sources has.
    """

    rows: int = 0
    values: int = 0
    differing: dict[str, int] = field(default_factory=dict)
    alone: int = 0

    @property
    def differing_values(self) -> int:
        """Number of differing values of all features; a row missing counts as all its values."""
        return sum(self.differing.values()) + self.alone

    def as_dict(self) -> dict[str, Any]:
        """Give it for a report."""
        return {"rows": self.rows, "values": self.values, "alone": self.alone,
                "differing_values": self.differing_values, "differing": self.differing}


def compare(names: Sequence[str], one: Rows, other: Rows) -> Parity:
    """Compare two sources of rows, matched by place, bit by bit; unknown equals unknown.

    Examples
    --------
    >>> one = [(np.array([1, 2]), np.array([[1.0], [np.nan]]))]
    >>> other = [(np.array([1]), np.array([[1.0]])), (np.array([2]), np.array([[0.5]]))]
    >>> compare(["tries"], one, other).differing
    {'tries': 1}
    """
    found = Parity()
    left, right = _Reader(one), _Reader(other)
    while left.fill() | right.fill():
        end = min(reader.end for reader in (left, right))
        (places, matrix), (others, wanted) = left.take(end), right.take(end)
        _, at, by = np.intersect1d(places, others, assume_unique=True, return_indices=True)
        found.alone += len(places) + len(others) - 2 * len(at)
        found.rows += len(at)
        found.values += len(at) * len(names)
        differ = _differ(matrix[at], wanted[by]) if len(at) else np.zeros(len(names), np.int64)
        for name, count in zip(names, differ.tolist(), strict=True):
            if count:
                found.differing[name] = found.differing.get(name, 0) + count
    return found


def kernel_rows(slices: Iterable[Ints], catalog: Catalog, timezone: str) -> Rows:
    """Yield places and features as the kernel gives them."""
    for judged, matrix in replay_slices(catalog, timezone, slices):
        yield judged[:, COLUMN["place"]], matrix


def check_parity(
    slices: Callable[[], Iterable[Ints]], catalog: Catalog, timezone: str,
    engine: str = "duckdb", **settings: Any,
) -> Parity:
    """Compare the kernel with SQL over a stream of records.

    Parameters
    ----------
    slices : callable
        Begins the stream anew: ``lambda: journal.records(rows=50_000)``.
    catalog, timezone, engine, settings
        As of `features.sql.rows.sql_features`.
    """
    return compare(catalog.names, kernel_rows(slices(), catalog, timezone),
                   sql_rows(slices(), catalog, timezone, engine, **settings))


def parts_parity(
    parts: Sequence[Path], catalog: Catalog, timezone: str, engine: str = "duckdb",
    **settings: Any,
) -> Parity:
    """Compare the kernel with SQL over records in Parquet parts, in the order of the parts."""
    return check_parity(lambda: read_parts(parts), catalog, timezone, engine, **settings)


class _Reader:
    """Rows of one source, read as far as they are needed."""

    def __init__(self, rows: Rows) -> None:
        self._rows: Iterator[tuple[Ints, Floats]] = iter(rows)
        self._held: tuple[Ints, Floats] | None = None

    @property
    def end(self) -> float:
        """Last place held; endless where there is nothing left."""
        return float("inf") if self._held is None else int(self._held[0][-1])

    def fill(self) -> bool:
        """Hold rows, read on where there are none; False at the end."""
        while self._held is None or not len(self._held[0]):
            self._held = next(self._rows, None)
            if self._held is None:
                return False
        return True

    def take(self, end: float) -> tuple[Ints, Floats]:
        """Give the rows held up to a place."""
        if self._held is None:
            return np.empty(0, np.int64), np.empty((0, 0))
        places, matrix = self._held
        count = int((places <= end).sum())
        self._held = places[count:], matrix[count:]
        return places[:count], matrix[:count]


def _differ(one: Floats, other: Floats) -> Ints:
    """Count differing bit patterns by feature; every NaN is the one unknown."""
    return np.asarray(differs(one, other).sum(axis=0), np.int64)
