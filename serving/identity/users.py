"""People: their names, what they may do in which program, and whether they still may."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadInput, Conflict, NotFound
from serving.roles import PEOPLE, may_see

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.store.database import Database
    from features.store.store import Store

EVERYTHING: Final = 0
"""Whose turn it is where no program is concerned; see `features.store.database`."""
LONGEST: Final = 200
Role = tuple[str, str]
"""A program's id and a role in it."""


@dataclass(frozen=True)
class Person:
    """Somebody who is known: his number, his name, and his roles in each program."""

    user_id: int
    name: str
    roles: frozenset[Role] = frozenset()
    password_hash: str | None = field(default=None, repr=False)
    openid: str | None = field(default=None, repr=False)
    is_disabled: bool = False

    def programs(self, desk: str | None = None) -> list[str]:
        """List the programs he sees, at a desk or at any, in alphabetical order.

        >>> rina = Person(1, "rina", frozenset({("acme", "marketer"), ("globex", "admin")}))
        >>> rina.programs(), rina.programs("/review")
        (['acme', 'globex'], ['globex'])
        """
        return sorted({program for program, role in self.roles
                       if desk is None or may_see(role, desk)})

    def may_see(self, desk: str) -> bool:
        """Whether a desk is his, in one program at least."""
        return bool(self.programs(desk))

    def has_role(self, program_id: str, role: str) -> bool:
        """Whether he has a role in a program."""
        return (program_id, role) in self.roles


def plain_name(name: str) -> str:
    """Write a name the one way it is stored, so that two that look alike are one.

    Raises
    ------
    BadInput
        An empty name, one that is too long, or one with spaces or control characters.

    Examples
    --------
    >>> plain_name("Rina@Acme.Example")
    'rina@acme.example'
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    if not plain.isprintable() or not 1 <= len(plain) <= LONGEST or " " in plain:
        raise BadInput(f"a name of 1 to {LONGEST} characters without spaces", "another text",
                       "take an e-mail address or a short name")
    return plain


class Users:
    """The people of a home.

    Parameters
    ----------
    store : Store
        Inside a transaction; one that writes for what changes something.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def named(self, name: str) -> Person | None:
        """Find a person by name."""
        return next(iter(self._people("users.name = ?", (name,))), None)

    def numbered(self, user_id: int) -> Person | None:
        """Find a person by number."""
        return next(iter(self._people("users.user_id = ?", (user_id,))), None)

    def of_provider(self, openid: str) -> Person | None:
        """Find a person by what a provider calls him."""
        return next(iter(self._people("users.openid = ?", (openid,))), None)

    def all(self) -> list[Person]:
        """List everybody by name."""
        return sorted(self._people("users.user_id > ?", (0,)), key=lambda person: person.name)

    def add(self, name: str, roles: Iterable[Role], at_ms: int,
            password_hash: str | None = None, openid: str | None = None) -> Person:
        """Add a person; hash his password before the transaction, which others wait for.

        Raises
        ------
        Conflict
            Somebody has that name already.
        NotFound
            A program that is not in this home.
        """
        self._store.take_turn(EVERYTHING)
        if self.named(name) is not None:
            raise Conflict("a name that is free", "one that somebody has",
                           "take another, or give him roles with jaga user roles")
        self._store.run("INSERT INTO users (name, password_hash, openid, created_ms) "
                        "VALUES (?, ?, ?, ?)", (name, password_hash, openid, at_ms))
        made = self.named(name)
        assert made is not None
        self.set_roles(made.user_id, roles)
        return self._sure(made.user_id)

    def set_roles(self, user_id: int, roles: Iterable[Role]) -> None:
        """Give a person these roles in place of those he had."""
        wanted = sorted(set(roles))
        for _, role in wanted:
            if role not in PEOPLE:
                raise BadInput(f"a role of {', '.join(PEOPLE)}", repr(role)[:50],
                               "name one of them; the points engine has a key")
        self._store.run("DELETE FROM user_roles WHERE user_id = ?", (user_id,))
        self._store.many("INSERT INTO user_roles (user_id, program, role) VALUES (?, ?, ?)",
                         [(user_id, self._program(program), role) for program, role in wanted])

    def set_password(self, user_id: int, password_hash: str) -> None:
        """Give a person another password, and end all his sessions."""
        self._store.run("UPDATE users SET password_hash = ? WHERE user_id = ?",
                        (password_hash, user_id))
        self.sign_out(user_id)

    def bind(self, user_id: int, openid: str) -> None:
        """Keep what a provider calls a person; it stays the same when his address changes."""
        self._store.run("UPDATE users SET openid = ? WHERE user_id = ?", (openid, user_id))

    def disable(self, user_id: int, at_ms: int | None) -> None:
        """Let a person in no more, from this moment on; None lets him in again."""
        self._store.run("UPDATE users SET disabled_ms = ? WHERE user_id = ?", (at_ms, user_id))
        self.sign_out(user_id)

    def sign_out(self, user_id: int) -> None:
        """End all sessions of a person."""
        self._store.run("DELETE FROM sessions WHERE user_id = ?", (user_id,))

    def _people(self, where: str, values: tuple[Any, ...]) -> list[Person]:
        rows = self._store.rows(
            "SELECT user_id, name, password_hash, openid, disabled_ms FROM users "
            f"WHERE {where}", values)
        return [Person(int(number), str(name), self._roles(number), hashed, openid,
                       disabled is not None)
                for number, name, hashed, openid, disabled in rows]

    def _roles(self, user_id: int) -> frozenset[Role]:
        return frozenset((str(program), str(role)) for program, role in self._store.rows(
            "SELECT programs.program_id, user_roles.role FROM user_roles JOIN programs "
            "ON programs.program = user_roles.program WHERE user_roles.user_id = ?", (user_id,)))

    def _program(self, program_id: str) -> int:
        rows = self._store.rows("SELECT program FROM programs WHERE program_id = ?", (program_id,))
        if not rows:
            raise NotFound(f"the program {program_id} in this home", "none of that id",
                           "jaga ingest DIR makes it")
        return int(rows[0][0])

    def _sure(self, user_id: int) -> Person:
        person = self.numbered(user_id)
        assert person is not None
        return person


def known_person(database: Database, name: str) -> Person:
    """Find a person by name; NotFound where nobody has it."""
    with database.reading() as store:
        person = Users(store).named(plain_name(name))
    if person is None:
        raise NotFound("the name of a person", "one that nobody has", "see jaga user list")
    return person
