"""How far a journal is: how many transactions, which was the last, its last row and event.

Every transaction that adds to a program leaves a random mark. Numbers alone can't tell a journal
from one that lost its last commits (a failover, a restored backup) and went on with others under
the same numbers; a mark can.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final, NamedTuple

from features.errors import NotFound

if TYPE_CHECKING:
    from features.store.store import Store

KEPT: Final = 1_000_000
"""Marks kept, the newest; who is further behind starts anew."""
PRUNED: Final = 1_000
"""Old marks go once in so many transactions."""
MARK_BITS: Final = 62


class Head(NamedTuple):
    """Where a journal stands after a transaction.

    Parameters
    ----------
    number, mark : int
        Transactions so far, and the mark of the last one; 0 before the first.
    seq, place : int
        Arrival number of the last row, place of the last event.
    """

    number: int = 0
    mark: int = 0
    seq: int = 0
    place: int = 0


def read_head(store: Store, program: int) -> Head:
    """Read where a program's journal stands; NotFound where there is no such program."""
    found = store.rows(
        "SELECT commits, mark, last_seq, last_place FROM programs WHERE program = ?", (program,))
    if not found:
        raise NotFound("a program of this home", "one that is gone", "ingest its export first")
    return Head(*map(int, found[0]))


def move_head(
    store: Store, program: int, before: Head, seq: int, place: int, taught: bool
) -> Head:
    """Write down that a transaction is complete; the last statements of it.

    Parameters
    ----------
    before : Head
        Where the journal stood when its turn came.
    seq, place : int
        Of the last row and event now.
    taught : bool
        Whether it wrote anything but judged events.
    """
    head = Head(before.number + 1, secrets.randbits(MARK_BITS) + 1, seq, place)
    store.run("UPDATE programs SET commits = ?, mark = ?, last_seq = ?, last_place = ? "
              "WHERE program = ?", (*head, program))
    store.run("INSERT INTO commits (program, number, mark, taught) VALUES (?, ?, ?, ?)",
              (program, head.number, head.mark, int(taught)))
    if head.number % PRUNED == 0:
        store.run("DELETE FROM commits WHERE program = ? AND number <= ?",
                  (program, head.number - KEPT))
    return head


def taught_since(store: Store, program: int, head: Head) -> bool | None:
    """Say whether anything but judged events came after a head.

    None where the journal does not continue that head: it lost what came before, is another
    one, or has gone on for so long that it does not remember.
    """
    if not head.number:
        return True
    rows = store.rows("SELECT number, mark, taught FROM commits WHERE program = ? AND number = ?",
                      (program, head.number))
    if not rows or int(rows[0][1]) != head.mark:
        return None
    taught = store.rows("SELECT max(taught) FROM commits WHERE program = ? AND number > ?",
                        (program, head.number))[0][0]
    return bool(taught)
