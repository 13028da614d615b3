"""The dictionary of a program: every string has a number in its kind, and keeps it.

Numbers start at 1 and leave no gap, so that the numbers of a kind are positions in an array of
its names. 0 stands for unknown.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from features.places import Ints
    from features.store.store import Store

T = TypeVar("T")
BATCH: Final = 50_000
ASKED: Final = 500
"""Names in one query; below the 999 variables that any SQLite allows."""
EXPECTED: Final = 50
"""Names in one query of several kinds. Above some hundred, SQLite (3.38 and later) reads the whole
table first to make a Bloom filter of it, which takes a fifth of a second at 3 M names."""
FEW: Final = 20
"""Below one in so many, names are asked for; above, the whole kind is read: a query by name costs
about so many times a row of a scan."""
CACHED: Final = 1_000_000
_INSERT: Final = "INSERT INTO entities (program, kind, number, name) VALUES (?, ?, ?, ?)"
_INSERT_JSON: Final = (
    "INSERT INTO entities (program, kind, number, name) "
    "SELECT ?, ?, ? + key, value FROM json_each(?)"
)
"""Four times as fast as a statement per name: the loop is the database's."""
_INSERT_ARRAY: Final = (
    "INSERT INTO entities (program, kind, number, name) "
    "SELECT ?, ?, ? + place - 1, name FROM unnest(?::text[]) WITH ORDINALITY AS t (name, place)"
)


ONCE: Final = frozenset({"event", "code", "invoice", "claim", "attachment", "invoice_no",
                         "invoice_hash", "invoice_lines_hash", "end_customer"})
"""Kinds whose names hardly ever come again: remembering them would be memory that only grows."""
_EXPECTED: Final = (
    "WITH asked (kind, name) AS (VALUES {marks}) SELECT e.kind, e.name, e.number "
    "FROM asked CROSS JOIN entities e "
    "WHERE e.program = ? AND e.kind = asked.kind AND e.name = asked.name"
)
_HIGHEST: Final = (
    "WITH asked (kind) AS (VALUES {marks}) SELECT asked.kind, "
    "(SELECT max(e.number) FROM entities e WHERE e.program = ? AND e.kind = asked.kind) FROM asked"
)


class Names:
    """Numbers looked up before, shared by the transactions of one journal.

    Only committed numbers get in, of names that come again; past `CACHED` it starts afresh.
    """

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str], int] = {}
        self.arrays: dict[str, pa.Array] = {}

    def keep(self, found: dict[tuple[str, str], int], arrays: dict[str, pa.Array]) -> None:
        """Add numbers, and first names of whole kinds, that are in the database for good."""
        if len(self.numbers) + len(found) > CACHED:
            self.numbers.clear()
        self.numbers.update((key, number) for key, number in found.items() if key[0] not in ONCE)
        self.arrays |= arrays
        if sum(map(len, self.arrays.values())) > CACHED:
            self.arrays.clear()


class Entities:
    """The dictionary inside one transaction.

    Parameters
    ----------
    store : Store
        The transaction.
    program : int
        Key of the program.
    names : Names
        What earlier transactions found.
    """

    def __init__(self, store: Store, program: int, names: Names) -> None:
        self.store = store
        self.program = program
        self.names = names
        self._fresh: dict[tuple[str, str], int] = {}
        self._absent: set[tuple[str, str]] = set()
        self._counts: dict[str, int] = {}
        self._before: dict[str, int] = {}
        self._arrays: dict[str, pa.Array] = {}

    def number(self, kind: str, name: str) -> int:
        """Find the number of a name, 0 where it has none."""
        if not name:
            return 0
        key = (kind, name)
        number = self.names.numbers.get(key) or self._fresh.get(key)
        if number is None and key in self._absent:
            return 0
        if number is None:
            rows = self.store.rows(
                "SELECT number FROM entities WHERE program = ? AND kind = ? AND name = ?",
                (self.program, kind, name))
            number = int(rows[0][0]) if rows else 0
            if number:
                self._fresh[key] = number
        return number

    def expect(self, keys: Iterable[tuple[str, str]]) -> None:
        """Look up kinds and names that will be asked for, all in one query.

        Nobody else gives numbers inside this transaction, so one that has none now has none until
        it is created here.
        """
        known, fresh = self.names.numbers, self._fresh
        asked = [key for key in dict.fromkeys(keys)
                 if key[1] and key not in known and key not in fresh]
        for some in _batches(asked, EXPECTED):
            found = {(kind, name): int(number) for kind, name, number in self.store.rows(
                _EXPECTED.format(marks=", ".join(["(?, ?)"] * len(some))),
                (*chain.from_iterable(some), self.program))}
            fresh.update(found)
            self._absent.update(key for key in some if key not in found)
        new = list({kind for kind, _ in self._absent if kind not in self._counts})
        if new:
            for kind, highest in self.store.rows(
                _HIGHEST.format(marks=", ".join(["(?)"] * len(new))), (*new, self.program)):
                self._counts[kind] = self._before[kind] = int(highest or 0)

    def create(self, kind: str, name: str) -> int:
        """Find or give the number of a name; 0 for the empty name."""
        number = self.number(kind, name)
        if number or not name:
            return number
        number = self._count(kind) + 1
        self.store.later(_INSERT, (self.program, kind, number, name))
        self._counts[kind] = number
        self._arrays.pop(kind, None)
        self._fresh[kind, name] = number
        return number

    def is_new(self, kind: str, numbers: Ints) -> npt.NDArray[np.bool_]:
        """Which numbers were given inside this transaction."""
        self._count(kind)
        return numbers > self._before[kind]

    def settle(self) -> None:
        """Hand what was found to the shared names, once it is committed."""
        self.names.keep(self._fresh, self._arrays)

    def intern(self, kind: str, texts: pa.ChunkedArray, *, create: bool = True) -> Ints:
        """Numbers of a column of texts, 0 where unknown.

        Parameters
        ----------
        kind : str
            The dictionary.
        texts : ChunkedArray, shape (n,)
            Text, dictionary-encoded or plain; null is unknown.
        create : bool
            Whether names that have no number get one, in the order of the names; else 0.
        """
        encoded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
        encoded = encoded.unify_dictionaries()
        if encoded.num_chunks == 0 or encoded.length() == encoded.null_count:
            return np.zeros(len(texts), dtype=np.int64)
        names = encoded.chunk(0).dictionary.cast(pa.large_string())
        by_code = np.append(self._intern(kind, names, create), 0)
        unknown = len(names)
        return np.concatenate([
            by_code[np.asarray(chunk.indices.fill_null(unknown))] for chunk in encoded.chunks])

    def _intern(self, kind: str, names: pa.Array, create: bool) -> Ints:
        numbers = self._find(kind, names)
        missing = np.flatnonzero(numbers == 0)
        if not create or not len(missing):
            return numbers
        new = names.take(pa.array(missing))
        order = np.asarray(pc.sort_indices(new)).astype(np.int64)
        start = self._count(kind) + 1
        numbers[missing[order]] = np.arange(start, start + len(missing))
        ordered = new.take(pa.array(order))
        self._absent.clear()
        self._insert(kind, start, ordered)
        self._grow(kind, ordered)
        return numbers

    def _insert(self, kind: str, start: int, names: pa.Array) -> None:
        for begin in range(0, len(names), BATCH):
            some = names.slice(begin, BATCH).to_pylist()
            values = (self.program, kind, start + begin)
            if self.store.is_sqlite:
                self.store.run(_INSERT_JSON, (*values, json.dumps(some)))
            else:
                self.store.run(_INSERT_ARRAY, (*values, some))

    def _grow(self, kind: str, names: pa.Array) -> None:
        self._counts[kind] = self._count(kind) + len(names)
        if kind in self._arrays:
            self._arrays[kind] = pa.concat_arrays([self._arrays[kind], names])
        elif self._before[kind] == 0 and len(names) == self._counts[kind]:
            self._arrays[kind] = names

    def _count(self, kind: str) -> int:
        if kind not in self._counts:
            rows = self.store.rows(
                "SELECT max(number) FROM entities WHERE program = ? AND kind = ?",
                (self.program, kind))
            self._counts[kind] = self._before[kind] = int(rows[0][0] or 0)
        return self._counts[kind]

    def _find(self, kind: str, names: pa.Array) -> Ints:
        count = self._count(kind)
        if count == 0:
            return np.zeros(len(names), dtype=np.int64)
        if kind not in self._arrays and len(names) * FEW < count:
            return self._ask(kind, names)
        found = pc.index_in(names, self._all(kind))
        return np.asarray(found.fill_null(-1)).astype(np.int64) + 1

    def _ask(self, kind: str, names: pa.Array) -> Ints:
        found: dict[str, int] = {}
        texts = names.to_pylist()
        for some in _batches(texts, ASKED):
            found.update(self.store.rows(
                "SELECT name, number FROM entities WHERE program = ? AND kind = ? "
                f"AND name IN ({_marks(some)})", (self.program, kind, *some)))
        return np.array([found.get(text, 0) for text in texts], dtype=np.int64)

    def _all(self, kind: str) -> pa.Array:
        """All names of a kind in the order of their numbers."""
        if kind not in self._arrays:
            known = self.names.arrays.get(kind, pa.array([], pa.large_string()))
            rows = self.store.rows(
                "SELECT name FROM entities WHERE program = ? AND kind = ? AND number > ? "
                "ORDER BY number", (self.program, kind, len(known)))
            new = pa.array([row[0] for row in rows], pa.large_string())
            self._arrays[kind] = pa.concat_arrays([known, new])
        return self._arrays[kind]

    def name(self, kind: str, numbers: Ints) -> npt.NDArray[np.object_]:
        """Names of numbers, the empty name where there is none.

        Parameters
        ----------
        kind : str
            The dictionary.
        numbers : shape (n,)
            Numbers; 0 and numbers never given have the empty name.
        """
        distinct, places = np.unique(np.asarray(numbers, dtype=np.int64), return_inverse=True)
        names = np.full(len(distinct), "", dtype=object)
        count = self._count(kind)
        if len(distinct) * FEW > count:
            known = (distinct > 0) & (distinct <= count)
            chosen = self._all(kind).take(pa.array(distinct[known] - 1))
            names[known] = chosen.to_numpy(zero_copy_only=False)
            return names[places]
        positions = {int(number): index for index, number in enumerate(distinct)}
        for some in _batches(list(positions), ASKED):
            for number, name in self.store.rows(
                "SELECT number, name FROM entities WHERE program = ? AND kind = ? "
                f"AND number IN ({_marks(some)})", (self.program, kind, *some)):
                names[positions[number]] = name
        return names[places]


def ranks(entities: Entities, kind: str, numbers: Ints) -> Ints:
    """Positions of numbers in the order of their names.

    Parameters
    ----------
    numbers : shape (n,)
        Numbers of one kind; equal numbers have equal ranks.
    """
    distinct, places = np.unique(numbers, return_inverse=True)
    names = pa.array(entities.name(kind, distinct), pa.large_string())
    rank = np.empty(len(distinct), dtype=np.int64)
    rank[np.asarray(pc.sort_indices(names)).astype(np.int64)] = np.arange(len(distinct))
    return rank[places]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[start : start + size] for start in range(0, len(values), size))
