"""Seals what was stored since the last time, in idle moments: nothing of it costs a verdict."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from features.store.chain import HOME, MACHINE, Chain
from serving.audit.heads import HOME_NAME, Heads
from serving.audit.leaves import SALT_BYTES, SORTS, START, Leaf, digest_of, pack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.store.journal import Journal
    from features.store.store import Store
    from serving.audit.leaves import Sort

MOST: Final = 1000
"""Rows of one seal: one commit more for so many verdicts."""
SLICE: Final = 64
"""Rows read and hashed between two pauses: about half a millisecond."""
EVERY_MS: Final = 10_000
"""How long fewer than `MOST` rows wait for more before they are sealed."""
COUNTED: Final = 1_000_000
"""More are told as so many."""


def sealed_until(store: Store, program: int, sort: Sort) -> int:
    """Key of the last sealed row of a sort, `START` before the first."""
    rows = store.rows("SELECT max(until_key) FROM seals WHERE program = ? AND what = ?",
                      (program, sort.table))
    return START if rows[0][0] is None else int(rows[0][0])


def unsealed(store: Store, program: int, most: int = COUNTED) -> dict[str, int]:
    """Count the rows of each sort that no seal holds yet, up to ``most``; none are left out."""
    counts = {sort.table: sort.count(store, program, sealed_until(store, program, sort), most)
              for sort in SORTS}
    return {table: count for table, count in counts.items() if count}


def leaves_of(store: Store, program: int, sort: Sort, after: int, most: int) -> list[Leaf]:
    """Leaves of the next rows of a sort behind a key, each with a salt of its own."""
    rows = sort.rows(store, program, after, sort.last(store, program), most)
    salts = secrets.token_bytes(SALT_BYTES * len(rows))
    found = []
    for index, row in enumerate(rows):
        salt = salts[SALT_BYTES * index: SALT_BYTES * (index + 1)]
        found.append(Leaf(row.key, salt, row.leaf(row.digest(salt))))
    return found


def write_seal(store: Store, program: int, sort: Sort, after: int, leaves: list[Leaf],
               at_ms: int) -> int:
    """Seal rows, inside a transaction that writes; how many, 0 where others did meanwhile."""
    store.take_turn(program)
    if not leaves or sealed_until(store, program, sort) != after:
        return 0
    until = leaves[-1].key
    entry = Chain(store, program).add("sealed", MACHINE, at_ms, {}, {
        "what": sort.table, "after": after, "until": until, "rows": len(leaves),
        "digest": digest_of(leaves)})
    store.run("INSERT INTO seals (program, what, until_key, entry, leaves) "
              "VALUES (?, ?, ?, ?, ?)", (program, sort.table, until, entry, pack(leaves)))
    return len(leaves)


def seal(store: Store, program: int, sort: Sort, at_ms: int, most: int = MOST) -> int:
    """Seal the next rows of a sort, inside a transaction that writes; how many there were."""
    store.take_turn(program)
    after = sealed_until(store, program, sort)
    return write_seal(store, program, sort, after, leaves_of(store, program, sort, after, most),
                      at_ms)


class Sealer:
    """Seals one program's rows, and keeps the head of its chain in a file of the home.

    Parameters
    ----------
    journal : Journal
    home : Path
        Folder of the home, for `serving.audit.heads`.
    """

    def __init__(self, journal: Journal, home: Path) -> None:
        self._journal = journal
        self._heads = Heads(home)
        self._sealed_ms = 0

    def rest(self, now_ms: int, pause: Callable[[], object] = lambda: None) -> int:
        """Seal a part of what is new, where enough is or long enough waits; how many rows.

        ``pause`` is called every millisecond or so, for the caller to answer who waits.
        """
        self._journal.heed()
        with self._journal.database.reading() as store:
            counts = unsealed(store, self._journal.key, MOST + 1)
        is_late = not 0 <= now_ms - self._sealed_ms < EVERY_MS
        due = [sort for sort in SORTS
               if counts.get(sort.table, 0) >= (1 if is_late else MOST)]
        count = sum(self._seal(sort, now_ms, pause) for sort in due)
        if due and sum(counts.values()) == count:
            self._sealed_ms = now_ms
            self.tell_head(now_ms)
        return count

    def _seal(self, sort: Sort, now_ms: int, pause: Callable[[], object]) -> int:
        """Read and hash in slices beside what is written; only the seal itself stops others."""
        key = self._journal.key
        with self._journal.database.reading() as store:
            last = after = sealed_until(store, key, sort)
        leaves: list[Leaf] = []
        while len(leaves) < MOST:
            with self._journal.database.reading() as store:
                some = leaves_of(store, key, sort, last, SLICE)
            leaves += some
            pause()
            if len(some) < SLICE:
                break
            last = some[-1].key
        with self._journal.database.writing() as store:
            return write_seal(store, key, sort, after, leaves, now_ms)

    def everything(self, now_ms: int) -> int:
        """Seal all there is, part after part; how many rows."""
        total = 0
        for sort in SORTS:
            while True:
                with self._journal.database.writing() as store:
                    count = seal(store, self._journal.key, sort, now_ms)
                if not count:
                    break
                total += count
        self.tell_head(now_ms)
        return total

    def tell_head(self, now_ms: int) -> None:
        """Write down where the chain stands, outside of the database."""
        with self._journal.database.reading() as store:
            chain = Chain(store, self._journal.key)
            self._heads.keep(self._journal.program.program_id, chain, now_ms)
            self._heads.keep(HOME_NAME, Chain(store, HOME), now_ms)
