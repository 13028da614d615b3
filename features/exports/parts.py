"""Files of an export: where they are, and reading them in batches of bounded memory.

A table is one file or a folder of parts. Nothing outside the export's folder is ever read, also
not through a link, and nothing below a folder named ``truth``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import BadInput
from features.exports.csvpart import CSV, CsvForm, CsvPart, check_names, check_not_empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BATCH: Final = 65_536
"""Rows per batch read from Parquet: some megabytes at the contract's widths."""
SEALED: Final = "truth"
"""The folder of a simulated export that only evaluation may open."""
ENDINGS: Final = (".parquet", ".csv")


class Part(Protocol):
    """One file of a table."""

    @property
    def name(self) -> str:
        """The file's path within the export, for errors."""

    def header(self) -> list[str]:
        """Column names; BadInput where the file is no table."""

    def count(self) -> int | None:
        """Rows, where that is known without reading them."""

    def check(self) -> None:
        """Look for what would break later; BadInput where something does."""

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Rows of these columns in the file's order; BadInput where the file breaks off."""


@dataclass(frozen=True)
class ParquetPart:
    """A Parquet file."""

    path: Path
    name: str

    def header(self) -> list[str]:
        """Column names; BadInput where the file is empty, cut off or no Parquet."""
        with self._open() as file:
            names = list(file.schema_arrow.names)
        check_names(names, self.name)
        return names

    def count(self) -> int | None:
        """Rows, from the file's footer."""
        with self._open() as file:
            return int(file.metadata.num_rows)

    def check(self) -> None:
        """Open the footer, which is written last."""
        self.header()

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Rows of these columns; BadInput where a page is damaged."""
        with self._open() as file:
            try:
                yield from file.iter_batches(BATCH, columns=list(columns), use_threads=True)
            except (pa.ArrowException, OSError) as error:
                raise self._broken(error) from error

    def _open(self) -> pq.ParquetFile:
        check_not_empty(self.path, self.name)
        try:
            return pq.ParquetFile(self.path, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> BadInput:
        return BadInput(f"a whole Parquet file {self.name}",
                        f"a damaged or cut off file ({str(error).splitlines()[0][:200]})",
                        "copy or export the file again")


def find_parts(folder: Path, name: str) -> list[Part]:
    """Parts of a contract table: ``name.parquet``, ``name.csv`` or the files of ``name/``.

    Returns an empty list where there is none of the three.

    Raises
    ------
    BadInput
        Where there are several of the three, the folder holds no part, or one is a link that
        leads out of the export.
    """
    paths = [folder / f"{name}{ending}" for ending in ENDINGS]
    there = [path for path in [*paths, folder / name] if path.exists() or path.is_symlink()]
    if len(there) > 1:
        raise BadInput(f"one source of {name}", " and ".join(path.name for path in there),
                       "keep one of them in the export")
    return open_parts(folder, there[0].name) if there else []


def open_parts(folder: Path, source: str, form: CsvForm = CSV) -> list[Part]:
    """Parts of a source: one file, or the files of a folder sorted by name.

    Parameters
    ----------
    folder : Path
        The export.
    source : str
        Path below ``folder``.
    form : CsvForm
        How its text files are written.

    Raises
    ------
    BadInput
        Where it is missing, holds no table, or lies outside ``folder`` or below ``truth``.
    """
    path = inside(folder, folder / source)
    if not path.is_dir():
        return [_part(path, source, form)]
    files = sorted(file for file in path.iterdir() if _is_part(file))
    if not files:
        raise BadInput(f"parts ending in .parquet or .csv in {source}/", "none of them",
                       f"export {source} again, or remove the folder")
    return [_part(inside(folder, file), f"{source}/{file.name}", form) for file in files]


def _is_part(file: Path) -> bool:
    """Files that engines leave beside parts start with a dot or an underscore."""
    return file.suffix in ENDINGS and not file.name.startswith((".", "_"))


def _part(path: Path, name: str, form: CsvForm) -> Part:
    return ParquetPart(path, name) if path.suffix == ".parquet" else CsvPart(path, name, form)


def inside(folder: Path, path: Path) -> Path:
    """Return the path itself, after links, where it is in the export and not sealed."""
    try:
        real, home = path.resolve(strict=True), folder.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput(f"{path.name} in {folder}", "no such file",
                       "check the name and the folder") from error
    if not real.is_relative_to(home) or SEALED in real.relative_to(home).parts:
        raise BadInput(f"{path.name} inside the export {folder}", "a path that leads out of it",
                       "copy the file into the export")
    return real
