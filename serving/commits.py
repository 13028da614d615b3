"""Works inside transactions of one program, each failing for itself alone."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.errors import JagaError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from features.store.writing import Writing
    from serving.live import Live

log = logging.getLogger("jaga.commits")


@dataclass(frozen=True)
class Work:
    """Something to do inside a transaction.

    Parameters
    ----------
    do : callable
    alone : bool
        In a transaction of its own.
    event : dict or None
        Body of the live event it is about, so that names are looked up for a group at once.
    """

    do: Callable[[Writing], Any]
    alone: bool = False
    event: dict[str, Any] | None = None


class Commits:
    """Does works on one program; the committing thread's target.

    Parameters
    ----------
    live : Live
        Rebuilt where it observed an event that was not committed.
    """

    def __init__(self, live: Live) -> None:
        self._live = live

    def commit(self, works: Sequence[Work]) -> list[Any]:
        """Do works in order in one transaction; each result is a value or an error.

        A work that is ``alone`` gets a transaction of its own, as it writes rows that the next
        event must see. Where a transaction fails as a whole for no reason of the store, each of
        its works is tried alone, so that one request nobody foresaw does not fail the others.
        """
        results: list[Any] = []
        group: list[Work] = []
        for work in works:
            if work.alone:
                results += self._together(group) + self._together([work])
                group = []
            else:
                group.append(work)
        return results + self._together(group)

    def _together(self, works: list[Work]) -> list[Any]:
        if not works:
            return []
        tally, started = self._live.tally, time.perf_counter()
        try:
            with self._live.begin() as writing:
                writing.foresee([work.event for work in works if work.event is not None])
                results = [self._one(work, writing) for work in works]
        except JagaError as error:
            tally.dropped()
            self._mend()
            return [error for _ in works]
        except Exception as error:  # noqa: BLE001 - answered by type, and the state made anew
            log.error("a transaction failed: %s", type(error).__name__)
            tally.dropped()
            self._mend()
            if len(works) == 1:
                return [error]
            return [result for work in works for result in self._together([work])]
        tally.committed(len(works), time.perf_counter() - started)
        return results

    def _one(self, work: Work, writing: Writing) -> Any:
        """Do a work; a domain error is its result where nothing was observed or written yet."""
        before = self._live.observed
        writing.is_taught |= work.alone
        try:
            return work.do(writing)
        except Unavailable:
            raise
        except JagaError as error:
            if work.alone or self._live.observed != before:
                raise
            return error

    def _mend(self) -> None:
        """Make the state anew at once where it holds what was not committed."""
        if self._live.is_whole:
            return
        try:
            self._live.mend()
        except JagaError as error:  # the next transaction tries again
            log.warning("a state could not be made anew: %s", error.code)
