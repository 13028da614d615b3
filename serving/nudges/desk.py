"""Putting a nudge to sleep, by a named person, in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.concurrency import run_in_threadpool

from features.errors import NotFound
from models.answers import rfc3339
from serving.audit.who import Act
from serving.commits import Work
from serving.nudges.snoozes import Snoozes

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.writing import Writing
    from serving.nudges.feed import Nudges
    from serving.served import Do



class NudgeDesk:
    """Acts on the nudges of one program.

    Parameters
    ----------
    nudges : Nudges
    do : callable
        Has a work done by the writing thread.
    clock : callable
        Milliseconds since 1970 UTC.
    """

    def __init__(self, nudges: Nudges, do: Do, clock: Callable[[], int]) -> None:
        self._nudges = nudges
        self._do = do
        self._clock = clock

    async def snooze(self, key: str, until_ms: int, by: str) -> dict[str, Any]:
        """Put a nudge to sleep until a moment; it wakes before where it grows by half.

        Raises
        ------
        BadInput
            As `serving.nudges.snoozes.Snoozes.put`.
        NotFound
            Where there is no such nudge now.
        """
        found = await run_in_threadpool(self._nudges.find, key)
        if found is None:
            raise NotFound("a nudge of the feed", "one that is not there", "look at the feed again")
        size = found.size

        def act(writing: Writing) -> dict[str, Any]:
            now_ms = self._clock()
            made = Snoozes(writing.store, writing.key).put(key, until_ms, size, by, now_ms)
            Act("nudge_snoozed", by).write(writing, now_ms, {"snooze": made.number},
                                           {"until_ms": until_ms})
            return {"key": key, "until": rfc3339(until_ms), "by": by}

        return dict(await self._do(Work(act, alone=True)))
