"""A client whose answers are awaited; tasks of one loop may share it."""

from __future__ import annotations

import asyncio
import random
import time
from itertools import islice
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx

from jaga_client import answers, asks
from jaga_client.batches import PART, Batch
from jaga_client.patience import USUAL, Patience
from jaga_client.sending import headers_of, sent_of, was_sent
from jaga_client.trying import Trying

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from jaga_client.asks import Ask
    from jaga_client.errors import JagaError

Read = TypeVar("Read")


class AsyncJaga:
    """One program at one address; each act is that of `Jaga`, awaited.

    Parameters
    ----------
    url : str
        Origin of the service, as ``http://127.0.0.1:3000``.
    key : str
        An API key; it names the program and what may be asked.
    patience : Patience
        Of each call.
    transport : httpx.AsyncBaseTransport or None
        How to reach the service, where the network is not the way.
    sleep, clock, draw : callable
        Of the pauses between two tries; seconds, and a number from 0 to 1.

    Examples
    --------
    >>> told = httpx.MockTransport(lambda request: httpx.Response(200, json={
    ...     "outcomes": [], "cursor": "1042"}))
    >>> async def cursor() -> str:
    ...     async with AsyncJaga("http://jaga.example", "a-key", transport=told) as jaga:
    ...         return (await jaga.outcomes()).cursor
    >>> asyncio.run(cursor())
    '1042'
    """

    def __init__(self, url: str, key: str, patience: Patience = USUAL,
                 transport: httpx.AsyncBaseTransport | None = None,
                 sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
                 clock: Callable[[], float] = time.monotonic,
                 draw: Callable[[], float] = random.random) -> None:
        self._patience = patience
        self._sleep = sleep
        self._clock = clock
        self._draw = draw
        self._http = httpx.AsyncClient(base_url=url, headers=headers_of(key), transport=transport)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        await self.close()

    async def verdict(self, event: Mapping[str, Any]) -> answers.Verdict:
        """Have an event judged; it is stored once, however often it is sent.

        Raises
        ------
        NoAnswer
            Keep the event and ask again: it may have been stored.
        BadRequest, Conflict, NotAllowed
            The same again is refused again.
        """
        return await self._ask(asks.verdict(event))

    async def verdicts(self, events: Iterable[Mapping[str, Any]]
                       ) -> AsyncIterator[answers.Verdict | JagaError]:
        """Have many events judged in their order; a line of its own error stands in its place.

        Read lazily, in parts of 100: a part that breaks off is asked for again from its first
        event without an answer.
        """
        rest = iter(events)
        while part := list(islice(rest, PART)):
            batch = Batch(part)
            while batch.ask is not None:
                batch.take(await self._ask(batch.ask))
            for answer in batch.answers:
                yield answer

    async def event(self, event_id: str, every_reason: bool = False) -> answers.Event:
        """Look at a stored event: its verdict, its status; NotFound where there is none."""
        return await self._ask(asks.event(event_id, every_reason))

    async def outcomes(self, after: str = "", limit: int = 1000) -> answers.Outcomes:
        """Ask for changes of status after a cursor; store the answer's cursor with what it did."""
        return await self._ask(asks.outcomes(after, limit))

    async def take(self, event: Mapping[str, Any]) -> answers.Stored:
        """Tell of an event that was decided elsewhere, as in an outage; it gets no verdict."""
        return await self._ask(asks.take(event))

    async def records(self, table: str, rows: Iterable[Mapping[str, Any]]) -> answers.Stored:
        """Send rows of a table: members, codes, returns; the same again change nothing."""
        return await self._ask(asks.records(table, rows))

    async def feedback(self, label: Mapping[str, Any]) -> answers.Heeded:
        """Tell what an event turned out to be."""
        return await self._ask(asks.feedback(label))

    async def appeal(self, event_id: str, text: str | None = None, link: str | None = None,
               digest: str | None = None) -> answers.Replied:
        """Pass on that the partner disagrees; at least one of the three."""
        return await self._ask(asks.reply("appeal", event_id, text, link, digest))

    async def evidence(self, event_id: str, text: str | None = None, link: str | None = None,
                 digest: str | None = None) -> answers.Replied:
        """Pass on what the partner shows; at least one of the three."""
        return await self._ask(asks.reply("evidence", event_id, text, link, digest))

    async def member(self, member_id: str) -> answers.Member:
        """Look at a member's standing."""
        return await self._ask(asks.member(member_id))

    async def inactivity(self, member_id: str) -> answers.Inactivity:
        """Ask how likely a member falls silent."""
        return await self._ask(asks.inactivity(member_id))

    async def suggestions(self, segment: Mapping[str, str] | None = None,
                    budget_points: int | None = None,
                    channel_capacity: Mapping[str, int] | None = None,
                    limit: int = 100) -> answers.Suggestions:
        """Ask for missions, best first; not sent twice, as each asking draws anew."""
        return await self._ask(asks.suggestions(segment, budget_points, channel_capacity, limit))

    async def send_missions(self, decision_ids: Sequence[str],
                            dry_run: bool = False) -> answers.Sent:
        """Have suggestions sent, those held out among them; asking twice changes nothing."""
        return await self._ask(asks.send_missions(decision_ids, dry_run))

    async def delivery(self, told: Mapping[str, Any]) -> answers.Delivered:
        """Tell what became of a message."""
        return await self._ask(asks.delivery(told))

    async def nudges(self) -> answers.Nudges:
        """Ask what the program should look at."""
        return await self._ask(asks.nudges())

    async def ask(self, method: str, path: str, body: Any = None,
            params: Mapping[str, str | int] | None = None) -> Any:
        """Ask for anything else of the API, as plain JSON; what writes is not sent twice."""
        return await self._ask(asks.other(method, path, body, params or {}))

    async def _ask(self, ask: Ask[Read]) -> Read:
        trying = Trying(ask, self._patience, self._clock, self._draw)
        while True:
            try:
                answer = await self._http.request(timeout=trying.timeout_s, **sent_of(ask))
            except httpx.TransportError as error:
                await self._sleep(trying.failed(type(error).__name__, was_sent(error)))
                continue
            pause = trying.answered(answer.status_code, answer.headers, answer.content)
            if pause is None:
                return ask.read(answer.content)
            await self._sleep(pause)
