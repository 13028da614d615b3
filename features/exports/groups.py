"""One row per distinct value: sums, extremes and firsts over a stream of chunks.

What is kept between chunks is one row per group and function, so that memory follows the number
of groups and not of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.exports.cellfunctions import evaluate
from features.exports.cellmath import Aggregate, Node, walk
from features.exports.cellreading import Cells, Scope, faults_of, numbers, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

KEY: Final = "key"
SEPARATOR: Final = "\x1f"
"""Between the texts of several key columns; a control character no export writes."""
MERGE_AT: Final = 1_000_000
"""Rows of partial results after which they are merged into one per group."""
MERGED: Final = {"count": "sum"}
"""How partial results become one, where not by the function's own name."""


class Groups:
    """Aggregates per distinct value of the key columns, in the order they first come.

    Parameters
    ----------
    keys : tuple of str
        Source columns; rows in which one is unknown belong to no group.
    nodes : iterable of Node
        Expressions whose aggregates are wanted.
    """

    def __init__(self, keys: tuple[str, ...], nodes: Iterable[Node]) -> None:
        self.keys = keys
        found = dict.fromkeys(each for node in nodes for each in walk(node))
        self.aggregates = [each for each in found if isinstance(each, Aggregate)]
        self._plan = [(f"k{i}", "first") for i in range(len(keys))]
        for i, each in enumerate(self.aggregates):
            if each.function != "nunique":
                self._plan.append((f"a{i}", each.function))
            self._plan.append((f"f{i}", "first"))
        self._partials: list[pa.Table] = []
        self._pairs: dict[int, list[pa.Table]] = {
            i: [] for i, each in enumerate(self.aggregates) if each.function == "nunique"
        }

    def add(self, columns: Mapping[str | Node, Cells], scope: Scope, taken: pa.Array | None
            ) -> None:
        """Take in a chunk; ``taken`` marks its rows that count, None all."""
        table = self._inputs(columns, scope)
        valid = pc.is_valid(table[KEY])
        table = table.filter(valid if taken is None else pc.and_(valid, taken))
        for i, pairs in self._pairs.items():
            pairs.append(_distinct(table.select([KEY, f"a{i}"]).drop_null()))
            if sum(map(len, pairs)) > MERGE_AT:
                self._pairs[i] = [_distinct(pa.concat_tables(pairs))]
        self._partials.append(_grouped(table, self._plan))
        if sum(map(len, self._partials)) > MERGE_AT:
            self._partials = [self._merged()]

    def results(self, rows: int) -> Iterator[tuple[int, dict[str | Node, Cells]]]:
        """Key columns and aggregates of all groups, at most ``rows`` groups at a time."""
        if not self._partials:
            return
        whole = self._merged()
        for i, pairs in self._pairs.items():
            counted = _counted(_distinct(pa.concat_tables(pairs)), whole[KEY])
            whole = whole.append_column(f"a{i}", counted)
        for start in range(0, len(whole), rows):
            part = whole.slice(start, rows).combine_chunks()
            yield len(part), self._named(part)

    def _inputs(self, columns: Mapping[str | Node, Cells], scope: Scope) -> pa.Table:
        cells = [columns[key] for key in self.keys]
        keys = [cell.values for cell in cells]
        key = keys[0] if len(keys) == 1 else pc.binary_join_element_wise(
            *(text(cell).values for cell in cells), SEPARATOR)
        inputs = {KEY: key} | {f"k{i}": values for i, values in enumerate(keys)}
        for i, each in enumerate(self.aggregates):
            arg = evaluate(each.arg, columns, scope)
            arg = numbers(arg, scope) if each.function == "sum" else arg
            inputs[f"a{i}"] = arg.values
            empty = pa.nulls(scope.size, pa.string())
            inputs[f"f{i}"] = empty if arg.faults is None else arg.faults
        return pa.table(inputs)

    def _merged(self) -> pa.Table:
        plan = [(name, MERGED.get(function, function)) for name, function in self._plan]
        return _grouped(pa.concat_tables(self._partials), plan)

    def _named(self, part: pa.Table) -> dict[str | Node, Cells]:
        named: dict[str | Node, Cells] = {
            key: Cells(part[f"k{i}"].combine_chunks()) for i, key in enumerate(self.keys)
        }
        for i, each in enumerate(self.aggregates):
            faults = Cells(part[f"a{i}"].combine_chunks(), part[f"f{i}"].combine_chunks())
            named[each] = Cells(faults.values, faults_of([faults]))
        return named


def _grouped(table: pa.Table, plan: list[tuple[str, str]]) -> pa.Table:
    """One row per key, columns named as the inputs, in the order keys first come."""
    found = table.group_by(KEY, use_threads=False).aggregate(plan)
    return found.select([KEY, *(f"{name}_{function}" for name, function in plan)]
                        ).rename_columns([KEY, *(name for name, _ in plan)])


def _distinct(pairs: pa.Table) -> pa.Table:
    return pairs.group_by(pairs.column_names, use_threads=False).aggregate([])


def _counted(pairs: pa.Table, keys: pa.ChunkedArray) -> pa.Array:
    """Count the pairs of each key, in the order of ``keys``."""
    index = pc.index_in(pairs[KEY], keys.combine_chunks()).to_numpy()
    return pa.array(np.bincount(index, minlength=len(keys)).astype(np.int64))
