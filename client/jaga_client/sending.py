"""How a request is put to httpx, and what its errors mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from jaga_client.asks import Ask

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def headers_of(key: str) -> dict[str, str]:
    """Name the caller."""
    return {"Authorization": f"Bearer {key}", "User-Agent": "jaga-client/0.1.0"}


def sent_of(ask: Ask[Any]) -> dict[str, Any]:
    """Arguments of httpx for a request, but for its time-out."""
    media = {} if ask.body is None else {"Content-Type": ask.media}
    return {"method": ask.method, "url": ask.path, "params": dict(ask.params),
            "content": ask.body, "headers": media}


def was_sent(error: httpx.TransportError) -> bool:
    """Whether the service may have read the request.

    >>> was_sent(httpx.ConnectError("refused")), was_sent(httpx.ReadTimeout("late"))
    (False, True)
    """
    return not isinstance(error, NEVER_SENT)
