"""The lines of one body that are tried again, and those behind them, which wait meanwhile."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from features.errors import JagaError, Unavailable
from serving.errors import TooMany, body_of, internal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger("jaga.batch")
PAUSE_S: Final = 0.2
"""Between two tries of a line that the service is too busy for."""
PATIENCE_S: Final = 10.0
"""How long a line is tried: a store that restarts is back by then."""


class Turns:
    """Answers lines in their turn: none is begun while one before it waits to be tried again.

    Lines that were being done already when one before them failed go on.

    Parameters
    ----------
    judge : callable
        Awaited with a line; its answer, or an error of ours.
    pause_s, patience_s : float
        Seconds between two tries of a line, and after which it gets its error.

    Examples
    --------
    >>> async def judge(line: bytes) -> bytes:
    ...     return line.upper()
    >>> asyncio.run(Turns(judge).answer(b"a"))
    b'A'
    """

    def __init__(self, judge: Callable[[bytes], Awaitable[bytes]], pause_s: float = PAUSE_S,
                 patience_s: float = PATIENCE_S) -> None:
        self._judge = judge
        self._pause_s = pause_s
        self._patience_s = patience_s
        self._lines = 0
        self._begun = 0
        self._again: set[int] = set()
        self._freed = asyncio.Event()

    def answer(self, line: bytes) -> Awaitable[bytes]:
        """Give the line the next place; awaited, it is its answer, and raises nothing."""
        self._lines += 1
        return self._answered(self._lines, line)

    async def _answered(self, place: int, line: bytes) -> bytes:
        try:
            return await self._tried(place, line)
        except JagaError as error:
            return msgspec.json.encode(body_of(error))
        except Exception as error:  # noqa: BLE001 - one line nobody foresaw does not end the others
            log.error("a line failed: %s", type(error).__name__)
            return msgspec.json.encode(internal())
        finally:
            self._again.discard(place)
            self._freed.set()

    async def _tried(self, place: int, line: bytes) -> bytes:
        """Try a line until it is answered; the time it waits for others counts, too."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._patience_s
        while True:
            await self._turn_of(place)
            try:
                return await self._judge(line)
            except (TooMany, Unavailable):
                if loop.time() >= ends:
                    raise
                self._again.add(place)
                await asyncio.sleep(self._pause_s)

    async def _turn_of(self, place: int) -> None:
        """Wait until every line before this one has begun, and none waits to be tried again."""
        while self._begun < place - 1 or any(other < place for other in self._again):
            self._freed.clear()
            await self._freed.wait()
        self._begun = max(self._begun, place)
        self._freed.set()
