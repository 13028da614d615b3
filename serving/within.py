"""What reads and writes rows of one program has in common: the transaction and the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.store.store import Store


class WithinProgram:
    """Rows of one program inside a transaction.

    Parameters
    ----------
    store : Store
        The transaction.
    program : int
        Key of the program.
    """

    def __init__(self, store: Store, program: int) -> None:
        self._store = store
        self._program = program
