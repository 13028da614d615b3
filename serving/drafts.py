"""Drafts of what a program does, each drafted by one person and put in force by another.

Nothing is overwritten: a draft that gives way to a newer one of the same subject stays as it was,
and what came to nothing stays to be read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from features.errors import BadInput, Conflict, NotFound
from serving.within import WithinProgram

_FATE: Final = ("author", "at_ms", "status", "second", "second_ms")


class Draft(Protocol):
    """What every draft has, beside what it says."""

    @property
    def number(self) -> int:
        """From 1 on."""

    @property
    def author(self) -> str:
        """Who drafted it."""

    @property
    def status(self) -> str:
        """Waiting, withdrawn, replaced by a newer one of its subject, or in force."""

    @property
    def second(self) -> str:
        """Who put it in force or withdrew it; empty for nobody."""


Kept = TypeVar("Kept", bound=Draft)


class Drafts(WithinProgram, ABC, Generic[Kept]):
    """Reads and writes of one kind of a program's drafts inside a transaction.

    A kind names its table, the columns of what a draft says, and the status of one in force. Of
    each value of the first column, its subject, at most one draft waits.
    """

    table: ClassVar[str]
    says: ClassVar[tuple[str, ...]]
    in_force: ClassVar[str]

    @abstractmethod
    def _read(self, row: tuple[Any, ...]) -> Kept:
        """Make a draft of its row: its number, what it says, and the columns of its fate."""

    def withdraw(self, number: int, by: str, ms: int) -> None:
        """Drop a draft that waits, by whomever.

        Raises
        ------
        Conflict
            Where it does not wait any more.
        NotFound
            No such draft.
        """
        self._store.take_turn(self._program)
        self._end(self._waiting(number), "withdrawn", by, ms)

    def find(self, number: int) -> Kept:
        """Find a draft by its number; NotFound where there is none."""
        found = self._rows("AND draft = ?", (number,))
        if not found:
            raise NotFound("a draft of the program", "another", "go back to the list")
        return found[0]

    def waiting(self) -> list[Kept]:
        """Drafts that wait for a second person, the newest first."""
        return self._rows("AND status = 'waiting' ORDER BY draft DESC")

    def _keep(self, said: tuple[Any, ...], by: str, ms: int) -> Kept:
        """Keep a draft; the one of the same subject that waits gives way.

        Raises
        ------
        BadInput
            Where nobody is named.
        """
        if not by.strip():
            raise BadInput("the name of who drafts", "an empty one", "name yourself")
        self._store.run(f"UPDATE {self.table} SET status = 'replaced' WHERE program = ? "
                        f"AND {self.says[0]} = ? AND status = 'waiting'", (self._program, said[0]))
        number = int(self._store.rows(
            f"SELECT COALESCE(MAX(draft), 0) + 1 FROM {self.table} WHERE program = ?",
            (self._program,))[0][0])
        row = (number, *said, by.strip(), ms, "waiting", "", None)
        self._store.run(f"INSERT INTO {self.table} (program, {self._columns}) "
                        f"VALUES (?, {', '.join('?' * len(row))})", (self._program, *row))
        return self._read(row)

    def _for_second(self, number: int, by: str) -> Kept:
        """Find a draft that waits for somebody who did not write it; errors as of `withdraw`."""
        self._store.take_turn(self._program)
        found = self._waiting(number)
        if found.author.casefold() == by.strip().casefold():
            raise Conflict("a second person to put a draft in force", "who drafted it",
                           "ask somebody else whose role may do so")
        return found

    def _put_in_force(self, draft: Kept, by: str, ms: int) -> None:
        self._end(draft, self.in_force, by, ms)

    def _waiting(self, number: int) -> Kept:
        found = self.find(number)
        if found.status != "waiting":
            ended = found.status.replace("in_force", "put in force")
            raise Conflict("a draft that waits",
                           f"one that was {ended} by {found.second or 'a newer one'}",
                           "look at it again")
        return found

    def _end(self, draft: Kept, status: str, by: str, ms: int) -> None:
        self._store.run(f"UPDATE {self.table} SET status = ?, second = ?, second_ms = ? "
                        "WHERE program = ? AND draft = ?",
                        (status, by.strip(), ms, self._program, draft.number))

    @property
    def _columns(self) -> str:
        return ", ".join(("draft", *self.says, *_FATE))

    def _rows(self, where: str, values: tuple[Any, ...] = ()) -> list[Kept]:
        return [self._read(row) for row in self._store.rows(
            f"SELECT {self._columns} FROM {self.table} WHERE program = ? {where}",
            (self._program, *values))]
