"""Each request as data: method, path, bytes, what its answer is read as. It knows no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from jaga_client import answers
from jaga_client.errors import BadRequest

Read = TypeVar("Read")
JSON = "application/json"
NDJSON = "application/x-ndjson"


@dataclass(frozen=True)
class Ask(Generic[Read]):
    """One request.

    Parameters
    ----------
    method, path : str
    reads : type
        What a success is read as.
    body : bytes or None
        The same for every try.
    params : mapping
        Of the query.
    is_repeatable : bool
        Whether twice is the same as once.
    """

    method: str
    path: str
    reads: type[Read]
    body: bytes | None = None
    params: Mapping[str, str | int] = field(default_factory=dict)
    media: str = JSON
    is_repeatable: bool = True

    def read(self, body: bytes) -> Read:
        """Read a success; BadRequest where it is none of this API."""
        try:
            return msgspec.json.decode(body, type=self.reads)
        except msgspec.MsgspecError as error:
            raise BadRequest(f"Wanted an answer of this API; came another ({error}). To do: look "
                             "at the address, and at the versions of both sides.") from error


def written(value: Any) -> bytes:
    """Write a value as JSON; a time needs its offset.

    Raises
    ------
    BadRequest
        A time without an offset, a number that is none, or what JSON does not know.

    Examples
    --------
    >>> from datetime import UTC
    >>> written({"occurred_at": datetime(2025, 6, 1, 10, 15, tzinfo=UTC)})
    b'{"occurred_at":"2025-06-01T10:15:00Z"}'
    """
    try:
        return msgspec.json.encode(_checked(value))
    except (TypeError, ValueError, OverflowError) as error:
        raise BadRequest(f"Wanted what JSON can say; came {error}. To do: send texts, numbers, "
                         "booleans and times.") from error


def _checked(value: Any) -> Any:
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise ValueError("a time without an offset")
    if isinstance(value, float) and not -1e308 <= value <= 1e308:
        raise ValueError("a number that is none")
    if isinstance(value, Mapping):
        return {name: _checked(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_checked(each) for each in value]
    return value


def lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Write rows as NDJSON.

    >>> lines([{"a": 1}, {"a": 2}]).splitlines()
    [b'{"a":1}', b'{"a":2}']
    """
    return b"".join(written(row) + b"\n" for row in rows)


def _within(name: str) -> str:
    """An id as a part of a path; a slash stays, as the service reads ids that hold one."""
    return quote(name, safe="/")


def _given(**values: Any) -> bytes:
    return written({name: value for name, value in values.items() if value is not None})


def verdict(event: Mapping[str, Any]) -> Ask[answers.Verdict]:
    """Have an event judged."""
    return Ask("POST", "/v1/verdicts", answers.Verdict, written(event))


def event(event_id: str, every_reason: bool) -> Ask[answers.Event]:
    """Look at a stored event."""
    params: dict[str, str | int] = {"reasons": "all"} if every_reason else {}
    return Ask("GET", f"/v1/events/{_within(event_id)}", answers.Event, params=params)


def outcomes(after: str, limit: int) -> Ask[answers.Outcomes]:
    """Ask for changes of status after a cursor."""
    return Ask("GET", "/v1/outcomes", answers.Outcomes, params={"after": after, "limit": limit})


def take(event: Mapping[str, Any]) -> Ask[answers.Stored]:
    """Tell of an event that was decided elsewhere."""
    return Ask("POST", "/v1/events", answers.Stored, written(event))


def records(table: str, rows: Iterable[Mapping[str, Any]]) -> Ask[answers.Stored]:
    """Send rows of a table."""
    return Ask("POST", f"/v1/records/{quote(table, safe='')}", answers.Stored, lines(rows),
               media=NDJSON)


def feedback(label: Mapping[str, Any]) -> Ask[answers.Heeded]:
    """Tell what an event turned out to be."""
    return Ask("POST", "/v1/feedback", answers.Heeded, written(label))


def reply(kind: str, event_id: str, text: str | None, link: str | None,
          digest: str | None) -> Ask[answers.Replied]:
    """Pass on what the partner says or shows."""
    return Ask("POST", f"/v1/events/{_within(event_id)}/{kind}", answers.Replied,
               _given(text=text, link=link, hash=digest))


def member(member_id: str) -> Ask[answers.Member]:
    """Look at a member."""
    return Ask("GET", f"/v1/members/{_within(member_id)}", answers.Member)


def inactivity(member_id: str) -> Ask[answers.Inactivity]:
    """Ask how likely a member falls silent."""
    return Ask("GET", f"/v1/members/{_within(member_id)}/inactivity", answers.Inactivity)


def suggestions(segment: Mapping[str, str] | None, budget_points: int | None,
                channel_capacity: Mapping[str, int] | None,
                limit: int) -> Ask[answers.Suggestions]:
    """Ask for missions; each time draws anew who is held out."""
    return Ask("POST", "/v1/suggestions", answers.Suggestions,
               _given(segment=segment, budget_points=budget_points,
                      channel_capacity=channel_capacity, limit=limit), is_repeatable=False)


def send_missions(decision_ids: Sequence[str], dry_run: bool) -> Ask[answers.Sent]:
    """Have suggestions sent."""
    return Ask("POST", "/v1/missions", answers.Sent,
               written({"decision_ids": list(decision_ids), "dry_run": dry_run}))


def delivery(told: Mapping[str, Any]) -> Ask[answers.Delivered]:
    """Tell what became of a message."""
    return Ask("POST", "/v1/deliveries", answers.Delivered, written(told))


def nudges() -> Ask[answers.Nudges]:
    """Ask what the program should look at."""
    return Ask("GET", "/v1/nudges", answers.Nudges)


def other(method: str, path: str, body: Any, params: Mapping[str, str | int]) -> Ask[Any]:
    """Ask for anything else of the API, as plain JSON; what writes is not sent twice."""
    return Ask(method, path, object, None if body is None else written(body), params,
               is_repeatable=method == "GET")
