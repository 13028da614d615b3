"""One request and its tries: when to ask again, when to give up. It knows no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaga_client.errors import NoAnswer, error_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from jaga_client.asks import Ask
    from jaga_client.patience import Patience

BUSY = frozenset({429, 503})
"""The service did nothing, and says when to come again."""
LOST = frozenset({500, 502, 504})
"""Something failed on the way: it may have been done."""


class Trying:
    """The tries of one request.

    Parameters
    ----------
    ask : Ask
    patience : Patience
    clock : callable
        Seconds that only go up.
    draw : callable
        A number from 0 to 1, so that many callers do not come back at once.

    Examples
    --------
    >>> from jaga_client.asks import member
    >>> from jaga_client.patience import Patience
    >>> trying = Trying(member("m-7"), Patience(within_s=1.0), clock=lambda: 0.0, draw=lambda: 1.0)
    >>> trying.timeout_s, trying.answered(503, {"retry-after": "0.2"}, b"")
    (1.0, 0.2)
    >>> trying.answered(503, {"retry-after": "9"}, b'{"error": {"code": "", "message": "Down."}}')
    Traceback (most recent call last):
    jaga_client.errors.NoAnswer: Down.
    """

    def __init__(self, ask: Ask[Any], patience: Patience, clock: Callable[[], float],
                 draw: Callable[[], float]) -> None:
        self._ask = ask
        self._patience = patience
        self._clock = clock
        self._draw = draw
        self._ends = clock() + patience.within_s
        self._pause = patience.pause_s

    @property
    def timeout_s(self) -> float:
        """Seconds that the next try may take."""
        return max(min(self._patience.try_s, self._ends - self._clock()), 0.001)

    def answered(self, status: int, headers: Mapping[str, str], body: bytes) -> float | None:
        """Judge an answer: none where it is one to give, else the seconds until the next try.

        Raises
        ------
        JagaError
            An answer that the same request would get again, or the last one.
        """
        if status < 300:
            return None
        error = error_of(status, body)
        if status in BUSY or (status in LOST and self._ask.is_repeatable):
            return self._again(error, _seconds(headers.get("retry-after")))
        raise error

    def failed(self, told: str, was_sent: bool) -> float:
        """Judge a try without an answer: the seconds until the next one.

        Parameters
        ----------
        told : str
            What happened.
        was_sent : bool
            Whether the service may have read the request.

        Raises
        ------
        NoAnswer
            Patience has ended, or the request can not be sent twice.
        """
        error = NoAnswer(f"Wanted an answer within {self._patience.within_s:g} s; came none "
                         f"({told}). To do: send the same again, it may have been stored.")
        if was_sent and not self._ask.is_repeatable:
            raise error
        return self._again(error, None)

    def _again(self, error: Exception, wanted: float | None) -> float:
        drawn = self._pause * (0.5 + 0.5 * self._draw())
        pause = drawn if wanted is None else max(wanted, drawn)
        self._pause = min(self._pause * 2, self._patience.most_pause_s)
        if self._clock() + pause >= self._ends:
            raise error
        return pause


def _seconds(told: str | None) -> float | None:
    """Read ``Retry-After`` in seconds; a date is none of Jaga's.

    >>> _seconds("2"), _seconds("Fri, 31 Dec 1999 23:59:59 GMT"), _seconds("-1"), _seconds(None)
    (2.0, None, None, None)
    """
    try:
        seconds = float(told or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < 3600 else None
