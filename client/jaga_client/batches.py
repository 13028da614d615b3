"""Many events in one request; what got no answer is asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from jaga_client.answers import Verdict
from jaga_client.asks import NDJSON, Ask, lines
from jaga_client.errors import BadRequest, JagaError, NoAnswer, Told, error_in_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PART = 100
"""Events of one request: what is answered meanwhile fits into the buffers of a connection, so that
neither side waits for the other to read."""


class Batch:
    """The events of one request and their answers so far.

    Parameters
    ----------
    events : sequence of mapping

    Examples
    --------
    >>> batch = Batch([{"event_id": "s-1"}, {"event_id": "s-2"}])
    >>> refused = b'{"error": {"code": "bad_input", "message": "Wanted a kind."}}'
    >>> batch.take(msgspec.Raw(refused))
    >>> batch.ask.body.strip()
    b'{"event_id":"s-2"}'
    >>> batch.take(msgspec.Raw(refused))
    >>> batch.ask, batch.answers
    (None, [BadRequest('Wanted a kind.'), BadRequest('Wanted a kind.')])
    """

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        self._events = events
        self._answers: list[Verdict | JagaError] = []

    @property
    def answers(self) -> list[Verdict | JagaError]:
        """Answers so far, in the order of the events."""
        return self._answers

    @property
    def ask(self) -> Ask[msgspec.Raw] | None:
        """The next request; none where every event has its answer."""
        rest = self._events[len(self._answers):]
        if not rest:
            return None
        return LinesAsk("POST", "/v1/verdicts/batch", msgspec.Raw, lines(rest), media=NDJSON)

    def take(self, told: msgspec.Raw) -> None:
        """Take the lines of an answer; one that breaks off leaves the rest to be asked again.

        Raises
        ------
        NoAnswer
            Where not one line came.
        """
        found = [line for line in bytes(told).split(b"\n") if line.strip()]
        if not found:
            raise NoAnswer("Wanted a line for each event; came none. To do: send the same again.")
        for line in found[:len(self._events) - len(self._answers)]:
            self._answers.append(_line(line))


class LinesAsk(Ask[msgspec.Raw]):
    """A request whose answer is lines, read one by one."""

    def read(self, body: bytes) -> msgspec.Raw:
        """Give the lines as they came."""
        return msgspec.Raw(body)


def _line(line: bytes) -> Verdict | JagaError:
    try:
        return msgspec.json.decode(line, type=Verdict)
    except msgspec.MsgspecError:
        pass
    try:
        return error_in_line(msgspec.json.decode(line, type=Told).error)
    except msgspec.MsgspecError as error:
        return BadRequest(f"Wanted a verdict; came another line ({error}). To do: look at the "
                          "versions of both sides.")
