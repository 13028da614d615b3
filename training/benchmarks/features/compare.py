"""Two files of feature rows, value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


BATCH: Final = 50_000
"""Rows read at a time."""


class Compared(NamedTuple):
    """How many values were compared, and how many differ."""

    values: int
    differing: int


def compare_files(ours: Path, theirs: Path) -> Compared:
    """Compare every feature of two files that hold the same places, in any order.

    Unknown equals unknown; all else must be the same number. Columns are read one at a time. A
    place or a feature that theirs lacks counts as differing.
    """
    order, other = (np.argsort(_column(path, "place")) for path in (ours, theirs))
    names = [name for name in pq.read_schema(ours).names if name != "place"]
    theirs_has = set(pq.read_schema(theirs).names)
    if len(order) != len(other) or not np.array_equal(
            _column(ours, "place")[order], _column(theirs, "place")[other]):
        return Compared(len(order) * len(names), len(order) * len(names))
    differing = sum(
        count_differing(_column(ours, name)[order], _column(theirs, name)[other])
        if name in theirs_has else len(order) for name in names)
    return Compared(len(order) * len(names), differing)


def count_differing(a: npt.NDArray[np.generic], b: npt.NDArray[np.generic]) -> int:
    """Count the values that differ; NaN is unknown and equals itself.

    >>> count_differing(np.array([1.0, np.nan, 2.0]), np.array([1.0, np.nan, np.nan]))
    1
    """
    same = (a == b) | ((a != a) & (b != b))
    return int(same.size - np.count_nonzero(same))


class Written:
    """The features that batch wrote, read again so many rows at a time.

    Parameters
    ----------
    path : Path
        Parquet file in place order.
    names : tuple of str
        Columns read.
    """

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self._file = pq.ParquetFile(path)
        self._batches = self._file.iter_batches(BATCH, columns=list(names))
        self._names = names
        self._kept = np.empty((0, len(names)))
        self._taken = 0

    def take(self, count: int) -> npt.NDArray[np.float64]:
        """Give the next ``count`` rows, NaN where unknown; IndexError where there are fewer."""
        while len(self._kept) < count:
            self._kept = np.concatenate([self._kept, self._read()])
        taken, self._kept = self._kept[:count], self._kept[count:]
        self._taken += count
        return taken

    def left(self) -> int:
        """How many rows were not taken."""
        return int(self._file.metadata.num_rows) - self._taken

    def _read(self) -> npt.NDArray[np.float64]:
        batch = next(self._batches, None)
        if batch is None:
            raise IndexError("more rows than batch wrote")
        return np.column_stack([
            batch.column(name).to_numpy(zero_copy_only=False) for name in self._names])

    def __enter__(self) -> Written:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _column(path: Path, name: str) -> npt.NDArray[np.generic]:
    column = pq.read_table(path, columns=[name])[name]
    if name != "place":
        column = column.cast(pa.float64())
    return column.to_numpy()
