"""Takes words out of sealed rows: the digest stays where the words were, and the chain fits on."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from serving.audit.leaves import NO_SALT, SALT_BYTES, SORT, Leaf, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from features.store.store import Store


class Redacted(NamedTuple):
    """One row whose words were replaced: which, and the digests before and after."""

    what: str
    key: int
    was: bytes
    became: bytes


def digest_of(rows: Iterable[Redacted]) -> str:
    """Hexadecimal SHA-256 of redacted rows, whatever their order.

    >>> rows = [Redacted("lists", 1, b"a", b"b"), Redacted("lists", 2, b"c", b"d")]
    >>> digest_of(rows) == digest_of(rows[::-1])
    True
    """
    found = hashlib.sha256()
    for row in sorted(rows):
        for cell in (row.what.encode(), str(row.key).encode(), row.was, row.became):
            found.update(len(cell).to_bytes(8, "big") + cell)
    return found.hexdigest()


class Redactions:
    """Replaces words of one program's rows, inside a transaction that writes.

    What was not sealed yet must be sealed first, or what is replaced leaves no trace.

    Parameters
    ----------
    store : Store
    program : int
        Key of the program.
    entry : int
        Number that the audit entry of the act will have.
    """

    def __init__(self, store: Store, program: int, entry: int) -> None:
        self._store = store
        self._program = program
        self._entry = entry
        self._seals: dict[tuple[str, int], list[Leaf]] = {}
        self.done: list[Redacted] = []

    def replace(self, what: str, key: int, words: Sequence[Any]) -> None:
        """Replace the words of a row; the same words again change nothing.

        Parameters
        ----------
        what : str
            Table of `serving.audit.leaves.SORTS`.
        key : int
            The row's key; one that is not there is passed over.
        words : sequence
            Columns that take the place of the sort's words, in their order.
        """
        sort = SORT[what]
        found = sort.rows(self._store, self._program, key - 1, key)
        for row in found:
            after = row._replace(words=tuple(words))
            if after.digest(NO_SALT) == row.digest(NO_SALT):
                continue
            was = row.digest(self._take_salt(what, key))
            salt = secrets.token_bytes(SALT_BYTES)
            became = after.digest(salt)
            setting = ", ".join(f'"{name}" = ?' for name in sort.words)
            self._store.run(f"UPDATE {what} SET {setting} WHERE program = ? AND {sort.key} = ?",
                            (*words, self._program, key))
            self._store.run(
                "INSERT INTO redactions (program, what, row_key, entry, was, salt, became) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._program, what, key, self._entry, was, salt, became))
            self.done.append(Redacted(what, key, was, became))

    def finish(self) -> dict[str, int | str]:
        """Write the seals without the salts that are gone; what the entry has to tell of this."""
        for (what, until), leaves in self._seals.items():
            self._store.run(
                "UPDATE seals SET leaves = ? WHERE program = ? AND what = ? AND until_key = ?",
                (pack(leaves), self._program, what, until))
        return {"redacted": len(self.done), "digest": digest_of(self.done)}

    def _take_salt(self, what: str, key: int) -> bytes:
        """Salt of a row's words as they are now, which is forgotten with this."""
        earlier = self._store.rows(
            "SELECT entry, salt FROM redactions WHERE program = ? AND what = ? AND row_key = ? "
            "ORDER BY entry DESC LIMIT 1", (self._program, what, key))
        if earlier:
            self._store.run(
                "UPDATE redactions SET salt = ? WHERE program = ? AND what = ? AND row_key = ? "
                "AND entry = ?", (NO_SALT, self._program, what, key, earlier[0][0]))
            return bytes(earlier[0][1])
        leaves = self._seal_of(what, key)
        for index, leaf in enumerate(leaves):
            if leaf.key == key:
                leaves[index] = leaf._replace(salt=NO_SALT)
                return leaf.salt
        return NO_SALT

    def _seal_of(self, what: str, key: int) -> list[Leaf]:
        rows = self._store.rows(
            "SELECT until_key, leaves FROM seals WHERE program = ? AND what = ? "
            "AND until_key >= ? ORDER BY until_key LIMIT 1", (self._program, what, key))
        if not rows:
            return []
        place = (what, int(rows[0][0]))
        if place not in self._seals:
            self._seals[place] = unpack(rows[0][1])
        return self._seals[place]
