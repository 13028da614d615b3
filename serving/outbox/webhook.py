"""The program's webhook: one signed POST, and what came of it."""

from __future__ import annotations

import http.client
import re
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from serving.outbox.signature import headers_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving.outbox.message import Message

TIMEOUT_S: Final = 10.0
"""For each step of a try: to connect, to send, to be answered."""
MOST_READ: Final = 4_096
"""Bytes of an answer that are read so that the connection can be used again."""
OVERLOADED: Final = (429, 502, 503, 504)
"""Statuses by which a receiver asks for rest, whatever the message was."""


@dataclass(frozen=True)
class Answer:
    """What came of a try.

    Parameters
    ----------
    code : str
        ``http_`` and the status, ``timeout``, ``tls`` or ``unreachable``.
    taken : bool
        A status from 200 to 299: the receiver has the message.
    retry_after_ms : int
        For how long it asks to be left in peace; 0: it did not ask.
    is_down : bool
        It speaks of the receiver, not of this message: others would fail as well.
    """

    code: str
    taken: bool = False
    retry_after_ms: int = 0
    is_down: bool = False


class Webhook:
    """Hands messages over, from any thread; connections are kept and used again.

    A redirect is not followed: it counts as a failure, so that nothing signed ever goes to
    another host. Certificates are checked against those that the system trusts.

    Parameters
    ----------
    url : str
        http or https, as `serving.settings` checked it.
    secrets : tuple of bytes
        Each signs every message.
    clock : callable
        Seconds since 1970 UTC by the wall's clock: the receiver compares it with its own.
    timeout_s : float
    """

    def __init__(
        self, url: str, secrets: tuple[bytes, ...], clock: Callable[[], float] = time.time,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        parts = urlsplit(url)
        self._is_https = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secrets = secrets
        self._clock = clock
        self._timeout_s = timeout_s
        self._context = ssl.create_default_context() if self._is_https else None
        self._idle: list[http.client.HTTPConnection] = []

    def post(self, message: Message) -> Answer:
        """Hand a message over once; failures are answers, never raised."""
        try:
            return self._tried(message)
        except TimeoutError:
            return Answer("timeout", is_down=True)
        except ssl.SSLError:
            return Answer("tls", is_down=True)
        except (OSError, http.client.HTTPException):
            return Answer("unreachable", is_down=True)

    def close(self) -> None:
        """Close the connections that are open."""
        while self._idle:
            self._idle.pop().close()

    def _tried(self, message: Message) -> Answer:
        """Try on a connection that is open; where the receiver has closed it, on a new one."""
        if self._idle:
            with suppress(ConnectionError, IndexError):
                return self._asked(self._idle.pop(), message)
        return self._asked(self._connection(), message)

    def _asked(self, connection: http.client.HTTPConnection, message: Message) -> Answer:
        body, now = message.body.encode(), self._clock()
        signed = headers_of(self._secrets, message.message_id, int(now), body)
        is_whole = False
        try:
            connection.request("POST", self._path, body, signed | {
                "Content-Type": "application/json", "User-Agent": "Jaga"})
            response = connection.getresponse()
            if response.length is not None and response.length <= MOST_READ:
                response.read()
                is_whole = True
        finally:
            if is_whole:
                self._idle.append(connection)
            else:
                connection.close()
        asked = _retry_after_ms(response.getheader("Retry-After", ""), now)
        return Answer(f"http_{response.status}", 200 <= response.status < 300, asked,
                      response.status in OVERLOADED)

    def _connection(self) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout_s, context=self._context)


def webhook_of(url: str | None, secrets: tuple[bytes, ...]) -> Webhook | None:
    """Make the webhook that the settings name; None where they name none."""
    return Webhook(url, secrets) if url else None


def _retry_after_ms(text: str, now_s: float) -> int:
    """Read ``Retry-After``, seconds or a date (RFC 9110, 10.2.3), 0 where it is neither.

    >>> _retry_after_ms("120", 0.0), _retry_after_ms("Thu, 01 Jan 1970 00:01:00 GMT", 50.0)
    (120000, 10000)
    >>> _retry_after_ms("soon", 0.0)
    0
    """
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return int(text) * 1000
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0
    return max(round((date.timestamp() - now_s) * 1000), 0)
