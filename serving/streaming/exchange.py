"""A response that reads its own request: each line is answered in its place."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec
from starlette.responses import Response

from features.errors import BadInput, JagaError
from serving.errors import TooLarge, TooMany, body_of
from serving.streaming.lines import TOO_LONG, Lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive, Scope, Send

AT_WORK: Final = 8
"""Lines of one body that are at work at once. They share a commit, and a live event waits for
that commit at the most: some 3 ms."""
ROOM: Final = 8_000_000
"""Bytes of answers that may wait for a slow reader before no more lines are read."""
AT_ONCE: Final = 4
"""Exchanges in one process; each may fill its `ROOM`."""
OF_ONE: Final = 2
"""Exchanges of one owner, so that another finds room at any time."""
CHUNK: Final = 32_768
"""Bytes of answers that are sent together where so many are there."""
PATIENCE_S: Final = 60.0
"""How long the other side may neither end a line nor take an answer. Single bytes of a line do not
count: they would hold a place among the few for ever."""
YIELD_S: Final = 0.05
"""How long a line lets others go first; then it takes its turn, so that it ends one day."""
GLANCE_S: Final = 0.002


class Exchange(Response):
    """Answers the lines of a request one by one while they come.

    The framework's own streaming response would read the request too, to see whether the caller
    went away, and lose what it reads.

    Parameters
    ----------
    answer : callable
        Awaited with a line; its answer, without an end of line. It raises nothing.
    limit : int
        Bytes of the longest line.
    media_type : str
    must_yield : callable
        Told how many lines are at work: whether others should go first now.
    owner : str
        Whose exchange it is: a program.

    Raises
    ------
    TooMany
        Where as many exchanges as there is room for are running, or as one owner may have.
    """

    running: ClassVar[int] = 0
    owned: ClassVar[Counter[str]] = Counter()

    def __init__(
        self, answer: Callable[[bytes], Awaitable[bytes]], limit: int, media_type: str,
        must_yield: Callable[[int], bool] = lambda at_work: False, owner: str = "",
    ) -> None:
        if Exchange.running >= AT_ONCE or Exchange.owned[owner] >= OF_ONE:
            raise TooMany(f"{AT_ONCE} batches at once at the most, {OF_ONE} of one program",
                          "one more", "send it when another one has ended")
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self._answer = answer
        self._limit = limit
        self._must_yield = must_yield
        self._owner = owner
        self._moved_s = 0.0
        self._at_work = 0
        self._unsent = 0
        self._due: deque[asyncio.Task[bytes]] = deque()
        self._grown, self._shrunk = asyncio.Event(), asyncio.Event()
        self._is_read = False
        self._is_gone = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read, answer and send until the body ends, or the caller goes away."""
        Exchange.running += 1
        Exchange.owned[self._owner] += 1
        self._moved()
        reading = asyncio.create_task(self._read(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code,
                        "headers": self.raw_headers})
            await self._send(send)
        except TimeoutError:
            return  # he takes nothing: the server cuts an answer that has no end
        except asyncio.CancelledError:
            if not self._is_gone:
                raise
        finally:
            Exchange.running -= 1
            Exchange.owned[self._owner] -= 1
            left = [reading, *self._due]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _read(self, receive: Receive) -> None:
        """Start every line in its turn; where the body stops coming, say so and end."""
        lines = Lines(self._limit)
        try:
            more = True
            while more:
                message = await self._message(receive)
                self._is_gone = message["type"] == "http.disconnect"
                more = bool(message.get("more_body", False)) and not self._is_gone
                for line in lines.feed(message.get("body", b"")):
                    await self._start(line)
                    self._moved()
            for line in () if self._is_gone else lines.end():
                await self._start(line)
        except TimeoutError:
            self._put(_refused(BadInput(f"the next line within {PATIENCE_S:.0f} s", "none",
                                        "send the rest again")))
        finally:
            self._is_read = True
            self._grown.set()
            for task in self._due if self._is_gone else ():
                task.cancel()

    async def _message(self, receive: Receive) -> Message:
        """Wait for the next part of the body; TimeoutError where nothing moves for too long."""
        coming = asyncio.ensure_future(receive())
        try:
            while not coming.done():
                left_s = self._moved_s + PATIENCE_S - asyncio.get_running_loop().time()
                if left_s <= 0:
                    raise TimeoutError
                await asyncio.wait({coming}, timeout=left_s)
            return coming.result()
        finally:
            coming.cancel()

    def _moved(self) -> None:
        self._moved_s = asyncio.get_running_loop().time()

    async def _start(self, line: bytes | None) -> None:
        """Begin with a line, as soon as there is room for it."""
        while self._at_work >= AT_WORK or self._unsent >= ROOM:
            self._shrunk.clear()
            await self._shrunk.wait()
        await self._yield()
        self._put(_too_long(self._limit) if line is TOO_LONG else self._answer(line))

    async def _yield(self) -> None:
        waited = 0.0
        while waited < YIELD_S and self._must_yield(self._at_work):
            await asyncio.sleep(GLANCE_S)
            waited += GLANCE_S

    def _put(self, coming: Awaitable[bytes]) -> None:
        self._at_work += 1
        self._due.append(asyncio.create_task(self._done(coming)))
        self._grown.set()

    async def _done(self, coming: Awaitable[bytes]) -> bytes:
        try:
            answer = await coming + b"\n"
            self._unsent += len(answer)
            return answer
        finally:
            self._at_work -= 1
            self._shrunk.set()

    async def _send(self, send: Send) -> None:
        """Send the answers in the order of their lines, until there are no more."""
        while not self._is_gone:
            if self._due:
                chunk = await self._next()
                await asyncio.wait_for(send(_body(chunk, more=True)), PATIENCE_S)
                self._unsent -= len(chunk)
                self._moved()
                self._shrunk.set()
            elif self._is_read:
                await send(_body(b"", more=False))
                return
            else:
                self._grown.clear()
                await self._grown.wait()

    async def _next(self) -> bytes:
        """Wait for the next answer, and take those with it that are there as well."""
        chunk = bytearray(await self._due[0])
        self._due.popleft()
        while self._due and self._due[0].done() and len(chunk) < CHUNK:
            chunk += self._due.popleft().result()
        return bytes(chunk)


def _body(chunk: bytes, *, more: bool) -> dict[str, object]:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


async def _refused(error: JagaError) -> bytes:
    return msgspec.json.encode(body_of(error))


def _too_long(limit: int) -> Awaitable[bytes]:
    return _refused(TooLarge(f"a line of {limit:,} bytes at the most", "a longer one",
                             "send less in it"))
