"""The one shape of an error."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict


class ErrorBody(BaseModel):
    """What went wrong, where, and what was expected instead."""

    code: str
    field: str | None
    message: str
    expected: str


class ErrorAnswer(BaseModel):
    """The body of every answer that is not a success."""

    model_config = ConfigDict(json_schema_extra={"example": {"error": {
        "code": "bad_input", "field": "points",
        "message": "Wanted a whole number from 0 in points; came -5. To do: send the points.",
        "expected": "a whole number from 0 in points",
    }}})

    error: ErrorBody


MEANINGS: Final[dict[int, str]] = {
    400: "The body breaks the contract",
    401: "No key, or an unknown one",
    403: "Not with this key",
    404: "Not there",
    405: "Not with this method",
    409: "The same id with another body, or an act that no longer fits",
    413: "The body is too large",
    429: "Too many requests wait; see Retry-After",
    503: "Durability or the state can't be had now; see Retry-After",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the ``responses`` of a route: these errors, beside those every route has.

    The ``default`` answer keeps 422 out of the document: a bad body is a 400.

    >>> sorted(str(status) for status in errors(404))
    ['400', '401', '403', '404', '413', '429', '503', 'default']
    """
    every = (400, 401, 403, 413, 429, 503)
    documented: dict[int | str, dict[str, Any]] = {
        status: {"model": ErrorAnswer, "description": MEANINGS[status]}
        for status in sorted({*every, *statuses})
    }
    documented["default"] = {"model": ErrorAnswer, "description": "Any other error"}
    return documented


def answers(model: type[BaseModel], *statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the ``responses`` of a route that answers with a model, and its errors."""
    return {200: {"model": model, "description": "Done"}, **errors(*statuses)}
