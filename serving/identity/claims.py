"""From what a provider says of somebody to the person he is here, and what he may do."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadInput
from features.store.chain import HOME, Chain
from serving.errors import Unauthorised
from serving.identity.users import Person, Role, Users, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from features.store.database import Database
    from features.store.store import Store
    from serving.provider import Granted, Provider

PROVIDER: Final = "provider"
"""Who gives roles in the audit log where no person does."""


def admit_claims(database: Database, provider: Provider, claims: Mapping[str, Any],
                 programs: Iterable[str], at_ms: int) -> Person:
    """Find, bind or make the person of a provider's claims.

    He is known by the provider's own name for him, else, the first time, by an address that the
    provider has verified, if he was added without a password. Where the provider's groups give
    roles, they are taken anew at every sign-in, and somebody new comes in by them; where they do
    not, only those whom ``jaga user add`` made come in.

    Raises
    ------
    Unauthorised
        Somebody who is nobody here, is disabled, or has no role.
    """
    openid = f"{claims['iss']} {claims['sub']}"
    roles = granted(claims.get(provider.claim), provider.grants, set(programs))
    with database.writing() as store:
        users = Users(store)
        person = users.of_provider(openid) or _by_address(users, claims, openid)
        if person is None and roles:
            person = _made(users, claims, openid, roles, at_ms)
            _note(store, "user_added", person, at_ms)
        if person is not None and provider.grants and roles != person.roles:
            users.set_roles(person.user_id, roles)
            person = users.numbered(person.user_id)
            _note(store, "roles_changed", person, at_ms)
    if person is None or person.is_disabled or not person.roles:
        raise Unauthorised("somebody who may come in", "another",
                           "ask an admin of the program for a role")
    return person


def _note(store: Store, act: str, person: Person | None, at_ms: int) -> None:
    if person is not None:
        Chain(store, HOME).add(act, PROVIDER, at_ms, {"user": person.user_id})


def granted(groups: object, grants: tuple[Granted, ...], programs: set[str]) -> frozenset[Role]:
    """Say which roles somebody's groups give him, in the programs that are here.

    >>> granted(["desk"], (("desk", "manager", "acme"), ("all", "admin", "acme")), {"acme"})
    frozenset({('acme', 'manager')})
    """
    mine = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    return frozenset((program, role) for group, role, program in grants
                     if group in mine and program in programs)


def verified_address(claims: Mapping[str, Any]) -> str | None:
    """Read the address that a provider vouches for; None where it does not.

    >>> verified_address({"email": "Rina@Acme.Example", "email_verified": True})
    'rina@acme.example'
    >>> verified_address({"email": "rina@acme.example"}) is None
    True
    """
    address = claims.get("email")
    if not isinstance(address, str) or claims.get("email_verified") is not True:
        return None
    try:
        return plain_name(address)
    except BadInput:
        return None


def _by_address(users: Users, claims: Mapping[str, Any], openid: str) -> Person | None:
    address = verified_address(claims)
    person = users.named(address) if address else None
    if person is None or person.openid is not None or person.password_hash is not None:
        return None  # who has a password was never left to the provider
    users.bind(person.user_id, openid)
    return person


def _made(users: Users, claims: Mapping[str, Any], openid: str, roles: frozenset[Role],
          at_ms: int) -> Person | None:
    name = verified_address(claims) or f"openid-{hashlib.sha256(openid.encode()).hexdigest()[:16]}"
    if users.named(name) is not None:
        return None  # that name is somebody else's
    return users.add(name, roles, at_ms, openid=openid)
