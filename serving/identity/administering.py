"""What an admin does about people: ``jaga user``, act by act."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadInput, NotFound
from features.store.chain import HOME, Chain, operator
from serving.identity.passwords import check_strength, hash_password, make_password
from serving.identity.users import Person, Role, Users, known_person, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.store.home import Home
    from features.store.store import Store

ACTIONS: Final = ("add", "reset", "roles", "disable", "enable", "list")


def add_user(home: Home, name: str, roles: Iterable[str], program_id: str | None, at_ms: int, *,
             password: str | None = None, by_provider: bool = False) -> dict[str, Any]:
    """Add a person; a password that is not given is made, and returned once.

    Parameters
    ----------
    home : Home
    name : str
    roles : iterable of str
        ``ROLE``, or ``ROLE@PROGRAM`` where the home holds several programs.
    program_id : str or None
        The program of roles that name none.
    at_ms : int
        Milliseconds since 1970 UTC.
    password : str or None
    by_provider : bool
        He has no password and signs in by the provider of OpenID Connect alone.

    Raises
    ------
    BadInput
        A name, a role or a password that does not do.
    Conflict
        A name that somebody has.
    NotFound
        A program that is not in this home.
    """
    plain = plain_name(name)
    given = _roles(home, roles, program_id)
    if not given:
        raise BadInput("at least one role", "none", "name one with --role")
    chosen, made = _password(plain, password) if not by_provider else (None, {})
    hashed = hash_password(chosen) if chosen is not None else None
    with home.database.writing() as store:
        person = Users(store).add(plain, given, at_ms, hashed)
        _note(store, "user_added", person, at_ms)
    return _shown(person) | made


def reset_password(home: Home, name: str, password: str | None = None) -> dict[str, Any]:
    """Give a person another password and end all his sessions; one is made where none is given."""
    person = known_person(home.database, name)
    chosen, made = _password(person.name, password)
    hashed = hash_password(chosen)
    with home.database.writing() as store:
        Users(store).set_password(person.user_id, hashed)
        _note(store, "password_reset", person)
    return {"name": person.name} | made


def change_roles(home: Home, name: str, roles: Iterable[str], program_id: str | None
                 ) -> dict[str, Any]:
    """Give a person these roles in place of those he had; they act on his next page."""
    person = known_person(home.database, name)
    given = _roles(home, roles, program_id)
    with home.database.writing() as store:
        Users(store).set_roles(person.user_id, given)
        _note(store, "roles_changed", person)
    return _shown(known_person(home.database, name))


def disable_user(home: Home, name: str, at_ms: int | None) -> dict[str, Any]:
    """Let a person in no more and end all his sessions; None lets him in again."""
    person = known_person(home.database, name)
    with home.database.writing() as store:
        Users(store).disable(person.user_id, at_ms)
        _note(store, "user_enabled" if at_ms is None else "user_disabled", person, at_ms)
    return _shown(known_person(home.database, name))


def list_users(home: Home) -> dict[str, Any]:
    """List everybody by name; never a hash."""
    with home.database.reading() as store:
        found = [_shown(person) for person in Users(store).all()]
    return {"users": {row.pop("name"): row for row in found}}


def act(home: Home, action: str, name: str | None, roles: Iterable[str], program_id: str | None,
        at_ms: int, *, password: str | None = None, by_provider: bool = False) -> dict[str, Any]:
    """Do what ``jaga user`` was asked for."""
    if action == "list":
        return list_users(home)
    if name is None:
        raise BadInput("the name of a person", "none", f"jaga user {action} NAME")
    if action == "add":
        return add_user(home, name, roles, program_id, at_ms, password=password,
                        by_provider=by_provider)
    if action == "reset":
        return reset_password(home, name, password)
    if action == "roles":
        return change_roles(home, name, roles, program_id)
    return disable_user(home, name, at_ms if action == "disable" else None)


def _note(store: Store, act: str, person: Person, at_ms: int | None = None) -> None:
    """Write an act into the audit log of the home: people belong to no program alone."""
    Chain(store, HOME).add(act, operator(), time.time_ns() // 1_000_000 if at_ms is None else at_ms,
                           {"user": person.user_id})


def _password(name: str, password: str | None) -> tuple[str, dict[str, str]]:
    if password is not None:
        check_strength(password, name)
        return password, {}
    made = make_password()
    return made, {"password": made, "next": "hand it over now, it is not shown again"}


def _roles(home: Home, words: Iterable[str], program_id: str | None) -> list[Role]:
    return [(program or _only(home, program_id), role) for role, _, program in
            (word.partition("@") for word in words)]


def _only(home: Home, program_id: str | None) -> str:
    programs = home.programs()
    if program_id is None and len(programs) == 1:
        return programs[0]
    if program_id is None:
        raise NotFound("the name of a program",
                       f"a home that holds {', '.join(programs) or 'none'}",
                       "write ROLE@PROGRAM, or name one with --program")
    return program_id


def _shown(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "roles": ", ".join(f"{role}@{program}" for program, role in sorted(person.roles)),
        "signs_in_by": _ways(person), "status": "disabled" if person.is_disabled else "may come in",
    }


def _ways(person: Person) -> str:
    return "password" if person.password_hash is not None else "provider"
