"""Signing in: slowed down, without telling which names exist, into a session of its own."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from features.errors import BadInput
from serving.errors import TooMany, Unauthorised
from serving.identity.bucket import Throttle
from serving.identity.passwords import hash_password, is_password, needs_new_hash
from serving.identity.users import Person, Users, plain_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.database import Database
    from serving.identity.sessions import Sessions

BY_NAME: Final = (1 / 60, 10.0)
"""Attempts a second for one name, and at once: 1,440 a day, hopeless against 12 characters."""
BY_ADDRESS: Final = (1 / 6, 30.0)
"""The same of one address: many people may share one, and each may mistype."""
SITE: Final = 64
"""Bits of an IPv6 address that belong to one site."""


class TooManyAttempts(TooMany):
    """Somebody tried too often to sign in.

    Parameters
    ----------
    wait_s : int
        Seconds until the next attempt is heard.
    """

    def __init__(self, wait_s: int) -> None:
        super().__init__("fewer attempts to sign in", "too many", f"try again in {wait_s} seconds")
        self.wait_s = wait_s


class SignIn:
    """Lets people in by name and password.

    Parameters
    ----------
    database : Database
    sessions : Sessions
    seconds : callable
        Seconds that never go back, for the throttles.
    """

    def __init__(self, database: Database, sessions: Sessions,
                 seconds: Callable[[], float]) -> None:
        self._database = database
        self._sessions = sessions
        self._names = Throttle(*BY_NAME, seconds)
        self._addresses = Throttle(*BY_ADDRESS, seconds)

    def enter(self, name: str, password: str, address: str, at_ms: int, before: str = "") -> str:
        """Open a session for who gave his password; returns its token.

        Parameters
        ----------
        name, password : str
        address : str
            Where the attempt comes from.
        at_ms : int
            Milliseconds since 1970 UTC.
        before : str
            Token of the session that this browser had; it ends.

        Raises
        ------
        Unauthorised
            Whatever is wrong: the name, the password, or that he may come in no more.
        TooManyAttempts
        """
        subject, site = _known_form(name), site_of(address)
        self.slow_down(address, subject)
        person = self._find(subject)
        is_right = is_password(person.password_hash if person else None, password)
        if person is None or person.is_disabled or not is_right:
            raise Unauthorised("a name and its password", "others", "try again, or ask an admin")
        self._names.give_back(subject)
        self._addresses.give_back(site)
        self._renew_hash(person, password)
        return self._sessions.open(person.user_id, at_ms, before)

    def confirm(self, person: Person, password: str, address: str) -> None:
        """Make sure that who has a session knows the password too; raises as `enter`."""
        self.slow_down(address, person.name)
        if not is_password(person.password_hash, password):
            raise Unauthorised("the password until now", "another", "try again")
        self._names.give_back(person.name)
        self._addresses.give_back(site_of(address))

    def slow_down(self, address: str, subject: str | None = None) -> None:
        """Count an attempt of an address, and for a name; TooManyAttempts where it is too soon."""
        wait_s = self._addresses.take(site_of(address))
        if not wait_s and subject is not None:
            wait_s = self._names.take(subject)
        if wait_s:
            raise TooManyAttempts(wait_s)

    def _find(self, subject: str) -> Person | None:
        with self._database.reading() as store:
            return Users(store).named(subject)

    def _renew_hash(self, person: Person, password: str) -> None:
        if person.password_hash is None or not needs_new_hash(person.password_hash):
            return
        hashed = hash_password(password)
        with self._database.writing() as store:
            store.run("UPDATE users SET password_hash = ? WHERE user_id = ? AND password_hash = ?",
                      (hashed, person.user_id, person.password_hash))


def site_of(address: str) -> str:
    """Say whose address it is: one of IPv4, or the network of one of IPv6.

    >>> site_of("192.0.2.7"), site_of("2001:db8:1:2:aaaa::1"), site_of("?")
    ('192.0.2.7', '2001:db8:1:2::/64', '?')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network(f"{parsed}/{SITE}", strict=False))


def _known_form(name: str) -> str:
    """Write a name as it is stored; one that nobody can have becomes one that is not found."""
    try:
        return plain_name(name[:1000])
    except BadInput:
        return f" {name[:200]!a}"
