"""Codes of watched batches: of which batch a code was known to be when an event came."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Final

import numpy as np

from features.records import COLUMN, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.places import Ints
    from features.store.store import Store

_KIND, _PLACE, _CODE, _BATCH = (COLUMN[name] for name in ("kind", "place", "code", "batch"))
_OF_CODE: Final = KINDS.index("code")


class CodeBatches:
    """Versions of the codes of some batches; empty where no batch is watched.

    Parameters
    ----------
    batches : iterable of int
    versions : iterable of (int, int, int)
        Code, the place from which it is known, its batch; also those by which a code left.

    Examples
    --------
    >>> codes = CodeBatches([7], [(1, 100, 7), (1, 300, 8)])
    >>> [codes.of(1, place) for place in (100, 101, 301)], codes.of(2, 400)
    ([0, 7, 8], 0)
    """

    def __init__(self, batches: Iterable[int] = (),
                 versions: Iterable[tuple[int, int, int]] = ()) -> None:
        self.batches = frozenset(batches)
        self._known: dict[int, list[tuple[int, int]]] = {}
        for code, place, batch in versions:
            self._known.setdefault(code, []).append((place, batch))

    @classmethod
    def read(cls, store: Store, program: int, batches: Iterable[int]) -> CodeBatches:
        """Read all versions of the codes that ever were of some batches.

        Parameters
        ----------
        store : Store
            The transaction.
        program : int
            Key of the program.
        batches : iterable of int
        """
        wanted = ", ".join(str(int(batch)) for batch in sorted(batches))
        if not wanted:
            return cls()
        rows = store.ints(
            "SELECT code_id, place, batch_id FROM codes WHERE program = ? AND batch_id > 0 "
            "AND code_id IN (SELECT code_id FROM codes WHERE program = ? "
            f"AND batch_id IN ({wanted})) ORDER BY place, seq", (program, program), 3)
        return cls(batches, map(tuple, rows.tolist()))

    def note(self, records: Ints) -> None:
        """Take in codes that came since, of records of all kinds; the same again is harmless."""
        if not self.batches:
            return
        rows = records[(records[:, _KIND] == _OF_CODE) & (records[:, _BATCH] > 0)]
        for code, place, batch in rows[:, [_CODE, _PLACE, _BATCH]].tolist():
            known = self._known.get(code)
            if known is None and batch in self.batches:
                self._known[code] = [(place, batch)]
            elif known is not None and (place, batch) not in known:
                insort(known, (place, batch))

    def of(self, code: int, place: int) -> int:
        """Batch of a code by what was known before a place; 0 where none was, or of no interest."""
        found = 0
        for since, batch in self._known.get(code, ()):
            if since >= place:
                break
            found = batch
        return found

    def numbers(self) -> Ints:
        """Codes that ever were of these batches, shape (n,)."""
        return np.fromiter(self._known, dtype=np.int64, count=len(self._known))
