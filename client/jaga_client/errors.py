"""What can go wrong, by what the caller can do about it."""

from __future__ import annotations

import msgspec


class JagaError(Exception):
    """An answer that is no success.

    Parameters
    ----------
    message : str
        What was wanted, what came, what to do; as the service said it.
    status : int or None
        Of HTTP; None where there was no answer.
    code, field, expected : str or None
        As the service said them.
    """

    def __init__(self, message: str, status: int | None = None, code: str | None = None,
                 field: str | None = None, expected: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.field = field
        self.expected = expected


class BadRequest(JagaError):
    """The body breaks the contract: mend what sends it, the same again is refused again."""


class NotAllowed(JagaError):
    """No key, an unknown or ended one, or one whose role may not do this."""


class NotFound(JagaError):
    """There is no such event, member, case or table."""


class Conflict(JagaError):
    """The same id with another body, or an act that does not fit any more."""


class NoAnswer(JagaError):
    """Patience ended without an answer; it may have been stored all the same, so send it again."""


class Problem(msgspec.Struct, frozen=True):
    """What the service says of an error."""

    code: str
    message: str
    field: str | None = None
    expected: str | None = None


class Told(msgspec.Struct, frozen=True):
    """The body of an answer that is no success, or the line of one in a batch."""

    error: Problem


_KINDS: dict[int, type[JagaError]] = {
    400: BadRequest, 401: NotAllowed, 403: NotAllowed, 404: NotFound, 405: BadRequest,
    409: Conflict, 413: BadRequest, 422: BadRequest}
_CODES: dict[str, type[JagaError]] = {
    "bad_input": BadRequest, "forbidden": NotAllowed, "unauthorised": NotAllowed,
    "not_found": NotFound, "conflict": Conflict, "too_large": BadRequest}


def error_of(status: int, body: bytes) -> JagaError:
    """Make the error that an answer tells of.

    >>> told = b'{"error": {"code": "conflict", "message": "Wanted the same body."}}'
    >>> error_of(409, told)
    Conflict('Wanted the same body.')
    >>> error_of(502, b"<html>").message
    'Wanted an answer of Jaga; came status 502 with another body. ...'
    """
    kind = _KINDS.get(status, NoAnswer if status >= 500 or status == 429 else JagaError)
    try:
        told = msgspec.json.decode(body, type=Told).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return kind(f"Wanted an answer of Jaga; came status {status} with another body. To do: "
                    "look at what stands in between.", status)
    return kind(told.message, status, told.code, told.field, told.expected)


def error_in_line(told: Problem) -> JagaError:
    """Make the error of one line of a batch; a line has no status of its own.

    >>> error_in_line(Problem("too_many", "Wanted fewer requests."))
    NoAnswer('Wanted fewer requests.')
    """
    kind = _CODES.get(told.code, NoAnswer)
    return kind(told.message, None, told.code, told.field, told.expected)
