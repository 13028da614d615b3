"""An export: what a program hands over, one folder of tables with its settings beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from features.contract import EVENT_TABLES, TABLES, Table
from features.errors import BadConfig, BadInput
from features.exports.frames import frame, rechunk
from features.exports.mapped import MappedSource
from features.exports.missions import Mission, read_missions
from features.exports.parts import ENDINGS, SEALED, Part, find_parts, inside, open_parts
from features.exports.program import Program, read_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from features.exports.mapping import Mapping

ROWS: Final = 250_000
"""Rows of a chunk: some hundred megabytes with the widest table's 33 columns."""
EVERYWHERE: Final = ("program_id", "known_at")
"""Columns that any table may carry."""
WITH_PROGRAM: Final = ("members", *EVENT_TABLES)
"""Tables in which the contract asks for ``program_id``."""


class Source(Protocol):
    """Where a table of the export comes from."""

    def header(self) -> list[str]:
        """Column names as they come, unknown ones included."""

    def rows(self) -> int | None:
        """Rows, where that is known without reading them."""

    def check(self) -> None:
        """Raise BadInput for what would break while reading."""

    def chunks(self, rows: int) -> Iterator[pd.DataFrame]:
        """Frames of raw cells with the contract's column names."""


@dataclass(frozen=True)
class ContractSource:
    """A table written as the contract says.

    Parts may differ in their optional columns; a column that a part lacks is unknown there.
    """

    table: Table
    parts: list[Part]

    def header(self) -> list[str]:
        """Column names of all parts, in the order they first come."""
        return list(dict.fromkeys(name for part in self.parts for name in part.header()))

    def rows(self) -> int | None:
        """Rows of all parts; None where one of them is text."""
        counts = [part.count() for part in self.parts]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def check(self) -> None:
        """Raise BadInput where a part breaks off, lacks a required column or holds no cells."""
        for part in self.parts:
            check_required(self.table, part.header(), part.name)
            part.check()
            for _ in self._frames(part, 1):
                break

    def chunks(self, rows: int) -> Iterator[pd.DataFrame]:
        """Frames of the contract's columns that the parts have."""
        for part in self.parts:
            yield from self._frames(part, rows)

    def _frames(self, part: Part, rows: int) -> Iterator[pd.DataFrame]:
        here = set(part.header())
        columns = [name for name in (*self.table.names, *EVERYWHERE) if name in here]
        for table in rechunk(part.batches(columns), rows):
            yield frame({name: table[name] for name in columns})


def check_required(table: Table, header: list[str], file: str) -> None:
    """Raise BadInput where a required column of the contract is not in the header."""
    required = [*table.required, *(["program_id"] if table.name in WITH_PROGRAM else [])]
    missing = [name for name in required if name not in header]
    if missing:
        raise BadInput(f"{file} with the columns {', '.join(required)}",
                       f"no {', '.join(missing)} (but {', '.join(header)})"[:500],
                       f"add {missing[0]}, or name its source in a mapping.yaml")


@dataclass(frozen=True)
class Export:
    """One program's tables and settings, readable from end to end.

    Parameters
    ----------
    folder : Path
        Where it lies.
    program : Program
        Its settings.
    missions : list of Mission or None
        What it can offer; None: it has no missions.yaml.
    sources : dict of str to Source
        Per table of the contract that is there, in the contract's order.
    ignored : tuple of str
        Files and folders that are no table of the contract.
    """

    folder: Path
    program: Program
    missions: list[Mission] | None
    sources: dict[str, Source] = field(repr=False)
    ignored: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that are there, in the contract's order."""
        return tuple(self.sources)

    def check_program(self, program_id: str | None) -> None:
        """Raise BadInput where another program than the export's own is asked for."""
        if program_id not in (None, self.program.program_id):
            raise BadInput(f"an export of the program {program_id}",
                           f"one of {self.program.program_id}",
                           "name that program, or the folder of the other's export")

    def header(self, table: str) -> list[str]:
        """Column names of a table as they come, unknown ones included."""
        return self.sources[table].header()

    def rows(self, table: str) -> int | None:
        """Rows of a table, or None where only reading it would tell."""
        return self.sources[table].rows()

    def chunks(self, table: str, rows: int = ROWS) -> Iterator[pd.DataFrame]:
        """Raw cells of a table in the files' order, at most ``rows`` rows at a time.

        Columns are those of the contract that the files have, ``program_id`` and ``known_at``
        included. Cells of text files are text, ``""`` where unknown; cells of Parquet keep
        their type, missing where unknown.

        Raises
        ------
        BadInput
            Where a file breaks while it is read.
        """
        return self.sources[table].chunks(rows)


def read_export(folder: Path | str, mapping: Mapping | None = None) -> Export:
    """Open an export and look at every file once, so that nothing breaks half-way.

    Parameters
    ----------
    folder : Path
        Tables as ``NAME.parquet``, ``NAME.csv`` or ``NAME/``, with program.yaml beside; with a
        mapping, the files it names.
    mapping : Mapping, optional
        How a foreign export becomes the contract's tables (`features.exports.mapping`).

    Raises
    ------
    BadConfig
        For program.yaml, missions.yaml and the mapping.
    BadInput
        Where the folder, a required table or a required column is missing, or a file is no
        table, is cut off or is written in another encoding.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BadInput("the folder of an export", f"{folder}, which is no folder",
                       "check the path")
    if mapping is None:
        program, missions = _program(folder), None
        sources = _contract_sources(folder)
    else:
        program, missions = mapping.program or _program(folder), mapping.missions
        sources = _mapped_sources(folder, mapping, program)
    if missions is None:
        missions = _missions(folder, program)
    check_tables(sources, folder)
    return Export(folder, program, missions, sources, () if mapping else _ignored(folder))


def _contract_sources(folder: Path) -> dict[str, Source]:
    parts = {name: find_parts(folder, name) for name in TABLES}
    return {name: ContractSource(TABLES[name], found) for name, found in parts.items() if found}


def _mapped_sources(folder: Path, mapping: Mapping, program: Program) -> dict[str, Source]:
    timezone = mapping.timezone or program.timezone
    return {
        name: MappedSource(TABLES[name], rule, open_parts(folder, rule.source, rule.form),
                           mapping.file, program.program_id, timezone)
        for name, rule in mapping.tables.items()
    }


def check_tables(sources: dict[str, Source], folder: Path) -> None:
    """Raise BadInput where a required table is missing or a table breaks the contract."""
    if "members" not in sources:
        raise BadInput("a table of members", f"none in {folder}",
                       "export members.parquet or members.csv, or map it in a mapping.yaml")
    if not any(name in sources for name in EVENT_TABLES):
        raise BadInput(f"one of {', '.join(EVENT_TABLES)}", f"none of them in {folder}",
                       "export the program's events, or map them in a mapping.yaml")
    for source in sources.values():
        source.check()


def _program(folder: Path) -> Program:
    path = folder / "program.yaml"
    if not path.exists():
        raise BadConfig(f"program.yaml in {folder}", "none",
                        "write one with at least program_id: NAME")
    return read_program(inside(folder, path))


def _missions(folder: Path, program: Program) -> list[Mission] | None:
    path = folder / "missions.yaml"
    return read_missions(inside(folder, path), program) if path.exists() else None


def _ignored(folder: Path) -> tuple[str, ...]:
    known = {"program.yaml", "missions.yaml", "mapping.yaml", SEALED}
    known |= {f"{name}{ending}" for name in TABLES for ending in ("", *ENDINGS)}
    return tuple(sorted(path.name for path in folder.iterdir()
                        if path.name not in known and not path.name.startswith(".")))
