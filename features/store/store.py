"""One transaction of the journal's database, whichever of the two it is."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.errors import StoreAway

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import sqlalchemy as sql

    from features.places import Ints

AWAKE: Final = "SELECT 1"
"""After a pipeline, PostgreSQL 15 does not count how long a transaction stands still until it is
asked something outside of one."""
LOCK_CLASS: Final = 0x6A616761
"""First key of our advisory locks in PostgreSQL, "jaga" in ASCII; the second is a program's."""
EVERYTHING: Final = 0
"""In place of a program's key, which are above 0: the tables themselves."""


class Store:
    """One connection inside one transaction; statements are written with ``?``."""

    def __init__(self, connection: sql.Connection) -> None:
        self._connection = connection
        self._later: dict[str, list[Sequence[object]]] = {}
        self._cursor: Any = connection.connection.cursor()
        self._marks = connection.dialect.name != "sqlite"
        self._driver = connection.dialect.loaded_dbapi

    @property
    def connection(self) -> sql.Connection:
        """What lies below; everything put off is there."""
        self.flush()
        return self._connection

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, not PostgreSQL."""
        return not self._marks

    def _text(self, statement: str) -> str:
        return statement.replace("?", "%s") if self._marks else statement

    def take_turn(self, program: int) -> None:
        """Wait until no other transaction writes to a program, and let none until this one ends.

        A statement of its own: what the statement that waits reads may be older than its turn.
        SQLite lets one writer through by itself.
        """
        if not self.is_sqlite:
            self.run("SELECT pg_advisory_xact_lock(?, ?)", (LOCK_CLASS, program))

    def later(self, statement: str, row: Sequence[object]) -> None:
        """Put a row's statement off until any other statement, or the commit, needs it done.

        Many rows of one statement go to the database in one go, which costs a fraction. An error
        of such a row comes from what made it be done.
        """
        self._later.setdefault(statement, []).append(row)

    def flush(self) -> None:
        """Do what was put off."""
        while self._later:
            statement = next(iter(self._later))
            self._many(statement, self._later.pop(statement))

    def run(self, statement: str, values: Sequence[object] = ()) -> None:
        """Run one statement; Unavailable where the database can't."""
        self.flush()
        with self._guarded():
            self._cursor.execute(self._text(statement), values)

    def many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for every row."""
        self.flush()
        self._many(statement, rows)

    def _many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        with self._guarded():
            if self.is_sqlite:
                self._cursor.executemany(statement, rows)
                return
            found = list(rows)
            if len(found) == 1:
                self._cursor.execute(self._text(statement), found[0])
            else:
                self._cursor.executemany(self._text(statement), found)
                self._cursor.execute(AWAKE)

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        self.flush()
        with self._guarded():
            self._cursor.execute(self._text(statement), values)
            return self._cursor.fetchall()

    def ints(self, statement: str, values: Sequence[object], width: int) -> Ints:
        """All rows of a query of integers as a matrix of shape (n, width)."""
        self.flush()
        with self._guarded():
            self._cursor.execute(self._text(statement), values)
            flat = np.fromiter(itertools.chain.from_iterable(self._cursor), dtype=np.int64)
        return flat.reshape(-1, width)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except self._driver.DatabaseError as error:
            ours = ("IntegrityError", "ProgrammingError", "DataError")
            if isinstance(error, tuple(getattr(self._driver, name) for name in ours)):
                raise
            raise unavailable("the journal's database", error) from error


def unavailable(wanted: str, error: BaseException | None) -> StoreAway:
    """Tell what a database said; that of a file which is none is not mended by waiting."""
    said = (str(error).splitlines() or ["no answer"])[0]
    damaged = "not a database" in said or "malformed" in said
    return StoreAway(wanted, said, "restore it from a backup" if damaged else
                     "start it, free its lock or disk, or correct its address")
