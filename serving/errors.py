"""Domain errors on the wire: each with its HTTP status, all in one shape.

The shape is ``{"error": {code, field, message, expected}}``. Statuses appear in this file and
nowhere else.
"""

from __future__ import annotations

from typing import Any, Final

from features.errors import BadInput, Conflict, JagaError, NotFound, StoreAway, Unavailable


class Unauthorised(JagaError):
    """No key came, or one that is not known."""

    code = "unauthorised"


class Forbidden(JagaError):
    """The key is known, and its role may not do this."""

    code = "forbidden"


class TooLarge(JagaError):
    """The body is larger than the service takes."""

    code = "too_large"


class TooMany(JagaError):
    """More requests wait than can be answered in time."""

    code = "too_many"


class NoSuchMethod(JagaError):
    """The route exists, and not for this method."""

    code = "method_not_allowed"


STATUSES: Final[tuple[tuple[type[JagaError], int], ...]] = (
    (BadInput, 400),
    (Unauthorised, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (NoSuchMethod, 405),
    (Conflict, 409),
    (TooLarge, 413),
    (TooMany, 429),
    (Unavailable, 503),
)
"""HTTP status of each error; subclasses share their parent's."""
RETRY_AFTER: Final[dict[int, str]] = {429: "1", 503: "2"}
"""Seconds a caller should wait before he tries again."""
LONGEST: Final = 300
"""Characters of a message; what came may be long, and nobody reads more."""


def status_of(error: JagaError) -> int:
    """Look up the HTTP status of an error; 500 for one that has none.

    >>> status_of(Conflict("the first body", "another body", "send a new event_id"))
    409
    """
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return status
    return 500


def headers_of(status: int) -> dict[str, str]:
    """List the headers that belong to a status: when to retry, how to sign in.

    >>> headers_of(429)
    {'Retry-After': '1'}
    """
    headers = {"Retry-After": RETRY_AFTER[status]} if status in RETRY_AFTER else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def shown(error: JagaError) -> JagaError:
    """Choose what the outside may read of an error: nothing of where the store is.

    >>> shown(StoreAway("the database at 10.0.0.7", "no answer", "start it")).wanted
    'durable storage'
    """
    if isinstance(error, StoreAway):
        return Unavailable("durable storage", "a store that can not be reached or written now",
                           "send the same again in a moment")
    return error


def body_of(error: JagaError) -> dict[str, Any]:
    """Shape the error as the contract's body.

    >>> body_of(BadInput("a time with an offset", "'yesterday'", "add the offset"))["error"]["code"]
    'bad_input'
    >>> body_of(StoreAway("the database at 10.0.0.7", "no answer", "start it"))["error"]["expected"]
    'durable storage'
    """
    error = shown(error)
    return {
        "error": {
            "code": error.code,
            "field": getattr(error, "field", None) or None,
            "message": str(error)[:LONGEST],
            "expected": error.wanted[:LONGEST],
        }
    }


def internal() -> dict[str, Any]:
    """Shape an error nobody foresaw; it tells nothing of the inside."""
    return {
        "error": {
            "code": "internal",
            "field": None,
            "message": "Jaga failed on this request; nothing of it was stored.",
            "expected": "an answer",
        }
    }
