"""What of a stored row is sealed: its leaf, over a salted digest of what may be redacted.

A leaf covers every stored column. What may have to go some day, such as a partner's words, goes
in through a digest of its own, salted so that it tells nothing once salt and words are gone: then
the digest takes their place, and the leaf still fits.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from features.store.store import Store

SALT_BYTES: Final = 16
NO_SALT: Final = bytes(SALT_BYTES)
"""Salt of a row whose words are gone."""
START: Final = -(1 << 62)
"""Before every key."""
PACKED: Final = struct.Struct(f">q{SALT_BYTES}s32s")


LENGTH: Final = struct.Struct(">?q")
ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Sort:
    """One sort of rows that are sealed.

    Parameters
    ----------
    table : str
    key : str
        Column that grows from row to row of a program.
    plain, words : tuple of str
        Columns that stay for ever, and those that may be redacted.
    """

    table: str
    key: str
    plain: tuple[str, ...]
    words: tuple[str, ...]

    def rows(self, store: Store, program: int, after: int, until: int, limit: int = -1
             ) -> list[Row]:
        """Read the rows with a key above ``after``, up to ``until``, in their order."""
        listed = ", ".join(f'"{name}"' for name in (self.key, *self.plain, *self.words))
        bound = f" LIMIT {limit}" if limit >= 0 else ""
        return [self._row(row) for row in store.rows(
            f"SELECT {listed} FROM {self.table} WHERE program = ? AND {self.key} > ? "
            f"AND {self.key} <= ? ORDER BY {self.key}{bound}", (program, after, until))]

    def last(self, store: Store, program: int) -> int:
        """Key of the newest row, `START` where there is none."""
        found = store.rows(f"SELECT max({self.key}) FROM {self.table} WHERE program = ?",
                           (program,))[0][0]
        return START if found is None else int(found)

    def count(self, store: Store, program: int, after: int, most: int) -> int:
        """Count the rows with a key above ``after``, up to ``most``."""
        return int(store.rows(
            f"SELECT count(*) FROM (SELECT 1 FROM {self.table} WHERE program = ? "
            f"AND {self.key} > ? LIMIT {most}) AS few", (program, after))[0][0])

    def _row(self, row: tuple[Any, ...]) -> Row:
        ends = 1 + len(self.plain)
        return Row(int(row[0]), row[1:ends], row[ends:])


class Row(NamedTuple):
    """A stored row: its key, what stays, what may be redacted."""

    key: int
    plain: tuple[Any, ...]
    words: tuple[Any, ...]

    def digest(self, salt: bytes) -> bytes:
        """Salted SHA-256 of the words."""
        parts = [salt]
        for cell in self.words:
            content = cell.encode("utf-8", "surrogatepass") if isinstance(cell, str) else (
                b"" if cell is None else bytes(cell))
            parts += [LENGTH.pack(cell is None, len(content)), content]
        return hashlib.sha256(b"".join(parts)).digest()

    def leaf(self, words: bytes) -> bytes:
        """SHA-256 of a digest of the words and of all other columns."""
        text = ENCODER.encode([self.key, *self.plain])
        return hashlib.sha256(words + text.encode("utf-8", "surrogatepass")).digest()


class Leaf(NamedTuple):
    """What is kept of a sealed row: its key, the salt of its words, its leaf."""

    key: int
    salt: bytes
    leaf: bytes


SORTS: Final = (
    Sort("verdicts", "place", ("event_id", "bundle_id", "policy_version", "verdict",
                               "points_held", "decided_ms", "release_chance", "released"),
         ("body", "vector")),
    Sort("decisions", "seq", ("place", "event_id", "status", "points_final", "by", "at_ms"),
         ("reason",)),
    Sort("replies", "reply", ("event_id", "kind", "at_ms"), ("body",)),
    Sort("lists", "entry", ("kind", "entity", "list", "valid_to_ms", "author", "at_ms"),
         ("note",)),
)
SORT: Final = {sort.table: sort for sort in SORTS}


def pack(leaves: Iterable[Leaf]) -> bytes:
    """Bytes of leaves, 56 each.

    >>> unpack(pack([Leaf(7, NO_SALT, bytes(32))]))[0].key
    7
    """
    return b"".join(PACKED.pack(*leaf) for leaf in leaves)


def unpack(content: bytes) -> list[Leaf]:
    """Leaves of their bytes; a rest that is no whole leaf is left out."""
    whole = len(content) - len(content) % PACKED.size
    return [Leaf(*each) for each in PACKED.iter_unpack(bytes(content[:whole]))]


def digest_of(leaves: Sequence[Leaf] | Iterator[Leaf]) -> str:
    """Hexadecimal SHA-256 of keys and leaves; salts may go later, so they are not in it."""
    found = hashlib.sha256()
    for each in leaves:
        found.update(struct.pack(">q", each.key) + each.leaf)
    return found.hexdigest()
