"""One program's engine as the routes see it: awaitable acts around the synchronous heart."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.contract import TABLES
from features.errors import BadCell, BadInput, Unavailable
from serving.acts import Acts
from serving.campaigns.showing import Showing
from serving.commits import Commits, Work
from serving.desk import Desk
from serving.nudges import Nudges
from serving.nudges.desk import NudgeDesk
from serving.nudges.health import model_health
from serving.policydesk import PolicyDesk
from serving.retention.desk import RetentionDesk
from serving.retention.keeping import Keeping
from serving.retention.leaving import Leaving
from serving.review.acting import DeskActs
from serving.served import Served
from serving.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.store.writing import Writing
    from serving.audit.who import Act
    from serving.committer import Committer
    from serving.live import Live

COMMON = ("program_id", "known_at")
"""Columns that every table may have."""
PART = 500
"""Rows that are one work of the writing thread: some tens of milliseconds, after which verdicts
that came meanwhile have their turn."""
PART_S = 5.0
"""Seconds after which a part is given up: the store does not answer."""
MOST_REJECTS = 100
"""Rejected rows named in one answer; more of the same helps nobody."""


class Engine:
    """Verdicts, rows, the desk and the members of one program.

    Parameters
    ----------
    live : Live
        Used by the committing thread only, but for reads of the journal.
    committer : Committer
        The writing thread.
    clock : callable
        Milliseconds since 1970 UTC.
    insiders : Path or None
        Where the daily look at people inside writes; None: nowhere.
    within_s : float or None
        Seconds within which a verdict is given or refused; None: however long it takes.
    retention : Path or None
        Where what the retention desk shows is kept; None: nowhere.
    nights : Path or None
        Where the program's nights write; None: nowhere.
    monitored : Path or None
        Where the monitor of the model writes; None: nowhere.
    """

    def __init__(self, live: Live, committer: Committer, clock: Callable[[], int],
                 insiders: Path | None = None, within_s: float | None = None,
                 retention: Path | None = None, nights: Path | None = None,
                 monitored: Path | None = None) -> None:
        self.within_s = within_s
        self._live = live
        self._commits = Commits(live)
        self._committer = committer
        self._clock = clock
        served = Served(live, self._do, clock)
        self.desk = Desk(served)
        self.review = DeskActs(served, insiders)
        self.acts = Acts(served, self.row)
        self.standing = Standing(served, Keeping(retention, live.journal) if retention else None)
        self.retention = RetentionDesk(served, lambda: self.standing.snapshot().members)
        self.leaving = Leaving(retention, live.journal)
        self.nudges = Nudges(live.journal, clock, insiders, nights, live, () if monitored is None
                             else (model_health(monitored, lambda: live.bundle.bundle_id),))
        self.nudge_desk = NudgeDesk(self.nudges, self._do, clock)
        self.policy = PolicyDesk(served)
        self.campaigns = Showing(live, clock)

    @property
    def waiting(self) -> int:
        """Works that wait for the writing thread now."""
        return self._committer.waiting

    async def _do(self, work: Work) -> Any:
        return await self._committer.do(self._commits, work)

    async def verdict(self, body: dict[str, Any]) -> bytes:
        """Judge an event; bytes that are on durable storage.

        Raises
        ------
        BadInput, Conflict
            As `Live.judge`.
        Unavailable, TooMany
            As `Committer.do`.
        """

        def judge(writing: Writing) -> bytes:
            return self._live.judge(writing, body, self._clock())

        return bytes(await self._committer.do(
            self._commits, Work(judge, event=body), self.within_s))

    async def take(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take an event decided elsewhere: it gets a place and no verdict."""

        def take(writing: Writing) -> bool:
            return self._live.take(writing, body, self._clock())

        is_new = bool(await self._do(Work(take)))
        return {"new": int(is_new), "same": int(not is_new)}

    async def rows(
        self, table: str, rows: list[dict[str, Any]], told: Act | None = None,
        begun: asyncio.Event | None = None,
    ) -> dict[str, Any]:
        """Take rows of a table that is not judged, known from now on; an act is written down.

        Many rows are stored in parts, so that verdicts are given in between. Where one part can
        not be stored, those before it are: the same rows again change nothing. ``begun`` is set
        once the first part is stored.
        """
        if not rows:
            raise BadInput("at least one row", "none", "send one JSON object a line")
        columns = _columns(table, rows)
        stored: dict[str, Any] = {"new": 0, "same": 0, "versions": 0, "rejects": []}
        for before in range(0, len(rows), PART):
            part = await self._part(table, rows[before:before + PART], columns, told)
            if begun is not None:
                begun.set()
            for count in ("new", "same", "versions"):
                stored[count] += part[count]
            for reject in part["rejects"][:MOST_REJECTS - len(stored["rejects"])]:
                stored["rejects"].append({**reject, "line": before + reject["line"]})
        return stored

    async def _part(
        self, table: str, rows: list[dict[str, Any]], columns: list[str], told: Act | None
    ) -> dict[str, Any]:
        """Take some rows in one work; ``columns`` are those of all rows, missing here or not."""

        def append(writing: Writing) -> dict[str, Any]:
            owner = {"program_id": writing.program.program_id}
            frame = pd.DataFrame([owner | row for row in rows],
                                 columns=sorted({*owner, *columns}))
            counts, rejects = writing.rows(table, frame, arrival_ms=self._clock())
            stored = counts.new + counts.versions
            if told is not None and stored:
                told.write(writing, self._clock(), {"seq": writing.appender.last_seq},
                           {} if stored == 1 else {"rows": stored})
            return {"new": counts.new, "same": counts.same, "versions": counts.versions,
                    "rejects": [_reject(row) for row in rejects.head(MOST_REJECTS).itertuples()]}

        try:
            async with asyncio.timeout(PART_S):
                return dict(await self._do(Work(append, alone=True)))
        except TimeoutError:
            raise Unavailable(f"{len(rows)} rows stored within {PART_S:g} s",
                              "a store that does not answer", "send them again") from None

    async def row(
        self, table: str, row: dict[str, Any], told: Act | None = None
    ) -> dict[str, Any]:
        """Take one row; BadInput where it is rejected."""
        stored = await self.rows(table, [row], told)
        for reject in stored["rejects"]:
            raise BadCell(reject["column"], reject["expected"], reject["value"])
        return stored


def _columns(table: str, rows: list[dict[str, Any]]) -> list[str]:
    """Columns of all rows that may mean something, so that parts are judged as the whole is."""
    known = {*TABLES[table].names, *COMMON} if table in TABLES else set()
    return sorted(known & {name for row in rows for name in row})


def _reject(row: Any) -> dict[str, Any]:
    wanted = str(row.sentence).removeprefix("expected ").rsplit(", got ", 1)[0]
    return {"line": int(row.row), "column": str(row.column), "value": str(row.value)[:100],
            "expected": wanted}
