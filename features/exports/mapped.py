"""Tables of a foreign export, read through a mapping a chunk at a time."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from features.errors import BadConfig, BadInput
from features.exports.cellfunctions import evaluate
from features.exports.cellmath import Node
from features.exports.cellreading import Cells, Scope, numbers, text, times, truths
from features.exports.frames import frame, plain, rechunk
from features.exports.groups import Groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from features.contract import Column, Table
    from features.exports.mapping import MappedTable
    from features.exports.parts import Part

WHOLE: Final = ("points", "integer")
NUMERIC: Final = (*WHOLE, "money", "decimal", "degrees")
TRIED: Final = 1000
"""Rows that are computed once before anything is written."""
Chunk = tuple[dict[str | Node, Cells], Scope]
"""Columns of a source by name, or results by their node, and what computing needs beside."""


@dataclass(frozen=True)
class MappedSource:
    """One of our tables, from the parts of a source.

    Parameters
    ----------
    table : Table
        The contract's table.
    rule : MappedTable
        How it comes from the source.
    parts : list of Part
        The source's files.
    file, program_id, timezone : str
        The mapping's file name for errors; what is filled in; the zone of times without one.
    """

    table: Table
    rule: MappedTable
    parts: list[Part]
    file: str
    program_id: str
    timezone: str

    def header(self) -> list[str]:
        """Our columns that the mapping fills, ``program_id`` included."""
        return list(dict.fromkeys([*self.rule.columns, "program_id"]))

    def rows(self) -> int | None:
        """Rows of the source, where each becomes a row of ours and they are known."""
        if self.rule.keys or self.rule.where:
            return None
        counts = [part.count() for part in self.parts]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def check(self) -> None:
        """Raise BadConfig for what cannot be computed, BadInput for a file that breaks off."""
        for part in self.parts:
            header = part.header()
            for name in self.rule.reads:
                if name not in header:
                    raise BadConfig(
                        f"{self.file}: a column of {part.name} in tables.{self.rule.name}", name,
                        "take one of " + ", ".join(header),
                    )
            part.check()
        for _ in self._frames(islice(self._plain(TRIED), 1), TRIED):
            break

    def chunks(self, rows: int) -> Iterator[pd.DataFrame]:
        """Frames of our columns, typed: ids and words as text, times in UTC."""
        return self._frames(self._plain(rows), rows)

    def _frames(self, source: Iterator[Chunk], rows: int) -> Iterator[pd.DataFrame]:
        for columns, scope in self._groups(source, rows) if self.rule.keys else source:
            yield self._frame(columns, scope)

    def _plain(self, rows: int) -> Iterator[Chunk]:
        first = 0
        for part in self.parts:
            names = self.rule.reads or part.header()[:1]
            for table in rechunk(part.batches(names), rows):
                scope = Scope(table.num_rows, self.timezone, self.rule.decimal, first)
                first += table.num_rows
                yield {name: _source(table[name], name) for name in names}, scope

    def _groups(self, source: Iterator[Chunk], rows: int) -> Iterator[Chunk]:
        groups = Groups(self.rule.keys, self.rule.columns.values())
        for columns, scope in source:
            with self._blamed("distinct"):
                groups.add(columns, scope, self._taken(columns, scope))
        first = 0
        for size, columns in groups.results(rows):
            yield columns, Scope(size, self.timezone, self.rule.decimal, first)
            first += size

    def _taken(self, columns: dict[str | Node, Cells], scope: Scope) -> pa.Array | None:
        if self.rule.where is None:
            return None
        with self._blamed("where"):
            return pc.fill_null(truths(evaluate(self.rule.where, columns, scope)).values, False)

    def _frame(self, columns: dict[str | Node, Cells], scope: Scope) -> pd.DataFrame:
        ours: dict[str, pa.Array] = {}
        for name, node in self.rule.columns.items():
            with self._blamed(f"columns.{name}"):
                cells = evaluate(node, columns, scope)
                ours[name] = _finished(cells, _column(self.table, name), scope)
        if "program_id" not in ours:
            ours["program_id"] = pa.repeat(pa.scalar(self.program_id), scope.size)
        taken = None if self.rule.keys else self._taken(columns, scope)
        if taken is not None:
            ours = {name: values.filter(taken) for name, values in ours.items()}
        return frame({name: pa.chunked_array([values]) for name, values in ours.items()})

    @contextmanager
    def _blamed(self, key: str) -> Iterator[None]:
        """Name file, table and key in what goes wrong while computing."""
        at = f"{self.file}: tables.{self.rule.name}.{key}"
        try:
            yield
        except BadConfig as error:
            raise BadConfig(f"{at}: {error.wanted}", error.came, error.remedy) from error
        except (pa.ArrowException, ValueError, OverflowError) as error:
            raise BadInput(f"{at} to be computed from {self.rule.source}",
                           str(error)[:200],
                           "check the types of the columns it reads") from error


def _source(cells: pa.ChunkedArray, name: str) -> Cells:
    """One column of a source; an empty text and NaN are unknown."""
    dates = pa.types.is_date(cells.type)
    values = (cells if dates else plain(cells, name)).combine_chunks()
    if pa.types.is_string(values.type):
        values = pc.if_else(pc.equal(values, ""), None, values)
    elif pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    return Cells(values)


def _column(table: Table, name: str) -> Column | None:
    return None if name == "program_id" or name == "known_at" else table.column(name)


def _finished(cells: Cells, column: Column | None, scope: Scope) -> pa.Array:
    """Bring a result to what its column holds: text, a time in UTC, or a number."""
    kind = "time" if column is None else column.type
    if kind == "time":
        return times(cells, scope).joined()
    if kind == "boolean":
        return cells.joined()
    if kind not in NUMERIC:
        return text(cells).joined()
    if scope.decimal == "," and pa.types.is_string(cells.values.type):
        cells = numbers(cells, scope)
    values = cells.joined()
    if kind in WHOLE and pa.types.is_floating(values.type):
        whole = pc.equal(pc.floor(values), values)
        if pc.all(pc.fill_null(whole, True)).as_py() and _small(values):
            return values.cast(pa.int64())
    return values


def _small(values: pa.Array) -> bool:
    return bool((pc.max(pc.abs(values)).as_py() or 0) < 2**63)
