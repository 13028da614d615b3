"""Passwords: hashed by Argon2id, checked in the same time whether the name exists or not."""

from __future__ import annotations

import secrets
import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from features.errors import BadInput, Unavailable

SHORTEST: Final = 12
LONGEST: Final = 256
"""Characters of a password. NIST SP 800-63B-4 asks for 8 at the least where a second factor is
used and 15 where none is; 12 and a slow hash, slowed attempts and no reuse is our middle."""
FEWEST_DIFFERENT: Final = 5
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of made passwords: none that looks like another."""
GROUPS: Final = (4, 5)
"""Groups of a made password and letters of each: 4 x 5 x log2(31), 99 bits."""
AT_ONCE: Final = 2
"""Hashes computed at a time; each takes 64 MiB and four threads (RFC 9106, section 4)."""
PATIENCE_S: Final = 5.0

_turn: Final = threading.BoundedSemaphore(AT_ONCE)
_hasher: Final = PasswordHasher()
"""argon2-cffi's defaults: Argon2id with RFC 9106's second recommended parameters."""


def hash_password(password: str) -> str:
    """Hash a password; the text holds the parameters and a random salt."""
    with _Turn():
        return _hasher.hash(password)


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether a password is the one that was hashed.

    Where there is no hash, as much time is spent as where there is one, so that nobody learns
    from the time which names exist.

    Raises
    ------
    Unavailable
        Where too many others sign in at this moment.
    """
    if len(password) > LONGEST:
        return False
    with _Turn():
        try:
            _hasher.verify(password_hash or _nobody(), password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def needs_new_hash(password_hash: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def make_password() -> str:
    """Make a password that a person can type.

    >>> [len(group) for group in make_password().split("-")]
    [5, 5, 5, 5]
    """
    groups, letters = GROUPS
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(letters))
                    for _ in range(groups))


def check_strength(password: str, name: str) -> None:
    """Refuse a password that would be guessed; what came is never told.

    Raises
    ------
    BadInput

    Examples
    --------
    >>> check_strength("rina-at-the-desk", "rina")
    Traceback (most recent call last):
    features.errors.BadInput: Wanted a password without the name in it; came one with it. ...
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(f"a password of {SHORTEST} to {LONGEST} characters",
                       f"one of {len(password)}", "take a sentence, or let one be made")
    if len(set(password.casefold())) < FEWEST_DIFFERENT:
        raise BadInput(f"a password of {FEWEST_DIFFERENT} different characters", "fewer",
                       "take a sentence, or let one be made")
    if name.partition("@")[0].casefold() in password.casefold():
        raise BadInput("a password without the name in it", "one with it",
                       "take a sentence, or let one be made")


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe())


class _Turn:
    """Bounds how many hashes are computed at a time."""

    def __enter__(self) -> None:
        if not _turn.acquire(timeout=PATIENCE_S):
            raise Unavailable("a moment in which fewer people sign in", "too many at once",
                              "try again in a moment")

    def __exit__(self, *error: object) -> None:
        _turn.release()
