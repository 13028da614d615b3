"""A client and a service in processes that die at a chosen step; run by `test_kill`.

``python driver.py HISTORY MORE`` reads lines ``FAULT NTH HOME`` and answers each with the
exit status of a child of its own. A child ingests, hands rows over, serves, and notes what was
acknowledged; started again on the same home, it sends again whatever was not.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import runpy
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import features.store.inbox as inboxes
import features.store.ingest as ingests
import serving.chores as chores
import serving.programs as serving_programs
import serving.snapshots as snapshots
from features.catalog import CATALOG
from features.engine.state import State
from features.exports.export import read_export
from features.store.append import Appender
from features.store.home import Home
from features.store.ingest import clean_export, ingest
from features.store.projection import EMPTY
from features.store.writing import Writing
from serving.committer import Committer
from serving.keeper import Keeper
from serving.knowledge import Knowledge
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = 24
FAULTS: dict[str, tuple[Any, str, bool]] = {
    "rebuilding": (Knowledge, "_advance", False),
    "event not appended": (Writing, "insert", False),
    "verdict not stored": (Writing, "insert", True),
    "not committed": (Writing, "finish", True),
    "not answered": (Committer, "_answer", False),
    "snapshot not synced": (snapshots, "_sync", False),
    "snapshot not trimmed": (snapshots.Snapshots, "_trim", False),
    "ingest not written": (Appender, "_append_events", False),
    "ingest not committed": (Appender, "append", True),
    "ingest not told": (ingests, "write_rejects", False),
    "part not noted": (inboxes, "_write_json", False),
}
"""Where a process dies: what is called, and whether it still finishes."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def plant(fault: str, nth: int) -> None:
    """Make a function kill its process the n-th time."""
    if fault == "snapshot half written":
        owner, name, after = State, "save", True
    elif fault in FAULTS:
        owner, name, after = FAULTS[fault]
    else:
        return
    whole: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def dying(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and not after:
            die()
        result = whole(*args, **more)
        if calls == nth:
            if owner is State:
                os.truncate(args[1], args[1].stat().st_size // 2)
            die()
        return result

    setattr(owner, name, dying if not isinstance(owner.__dict__[name], staticmethod)
            else staticmethod(dying))


class Client:
    """Does the steps that are not noted as done, each with a clock of its own."""

    def __init__(self, home: Path, history: Path, more: Path) -> None:
        self.world = runpy.run_path(str(Path(__file__).with_name("conftest.py")))
        self.home, self.exports = home, (history, more)
        self.notes = home / "acknowledged"
        self.ms = 0

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def note(self, text: str) -> None:
        with self.notes.open("a") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())

    def run(self, only_prepare: bool = False) -> None:
        done = len(self.noted())
        for export in self.exports[done:1]:
            home = Home(self.home)
            ingest(home, export)
            home.close()
            self.note("ingested")
        chores.Keeper = partial(Keeper, worth=1, every=6)  # type: ignore[misc, assignment]
        serving_programs.Committer = partial(Committer, idle_seconds=0.01)  # type: ignore[misc, assignment]
        inboxes.PART_ROWS = 40  # type: ignore[misc]
        if done < 2:
            self.hand_over()
        settings = Settings(home=self.home, waiting_ms=60_000, answer_ms=60_000)
        programs = serving_programs.Programs(settings, lambda: self.ms)
        programs.open(wait=True)
        while inboxes.Inbox(Home(self.home)).waiting():
            time.sleep(0.01)
        if done < 2:
            self.note("handed over")
        if not only_prepare:
            asyncio.run(self.send(programs))
        programs.close()

    def hand_over(self) -> None:
        home = Home(self.home)
        export = read_export(self.exports[1])
        inboxes.Inbox(home).hand_over(export.program, [], clean_export(export).tables)
        home.close()

    async def send(self, programs: serving_programs.Programs) -> None:
        engine = programs.engine("acme")
        noted = self.noted()
        for step in range(STEPS):
            self.ms = round(self.world["START_AT"].timestamp() * 1000) + (
                25 * self.world["DAY"] + 60_000 * step)
            told = await self.step(engine, step)
            if step + 2 < len(noted):
                assert noted[step + 2] == told, (step, noted[step + 2], told)
            else:
                self.note(told)
            await asyncio.sleep(0.015)

    async def step(self, engine: Any, step: int) -> str:
        random = np.random.default_rng(step)
        ms = 25 * self.world["DAY"] + 60_000 * step
        if step % 4 == 3:
            table, row = self.world["rows"](random, str(step), ms)
            await engine.rows(table, [row])
            return f"row {step}"
        event = self.world["body"](random, f"e-{step}", ms)
        answer = await engine.verdict(event)
        return f"{event['event_id']} {hashlib.sha256(answer).hexdigest()}"


def child(fault: str, nth: int, client: Client) -> int:
    """Run a client; its exit status, negative for a signal. Where no fault fits, by the clock."""
    started = os.fork()
    if not started:
        status = 1
        try:
            plant(fault, nth)
            client.run(only_prepare=fault == "none before sending")
            status = 0
        finally:
            os._exit(status)
    if fault == "any moment":
        time.sleep(nth / 1000)
        os.kill(started, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(started, 0)[1])


def main(history: Path, more: Path) -> None:
    """Answer lines from stdin."""
    scan = EMPTY.copy()
    scan[:4] = 1 << 40, 1, 0, 1
    State(CATALOG, "Asia/Jakarta").observe(scan)  # compiled once, for all children
    for line in sys.stdin:
        fault, nth, home = line.rstrip("\n").split("\t")
        status = child(fault, int(nth), Client(Path(home), history, more))
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
