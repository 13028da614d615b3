"""A service that sends, in a process that dies at a chosen step; run by `test_kill_while_sending`.

``python driver.py`` reads lines ``FAULT NTH HOME DATABASE WEBHOOK`` and answers each with the exit
status of a child of its own, which sends every decision of the home that nobody has sent yet, and
ends when the outbox is empty.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import serving.outbox.sender as senders
import serving.programs as serving_programs
from features.catalog import CATALOG
from features.engine.state import State
from features.store.projection import EMPTY
from features.store.writing import Writing
from serving.outbox.courier import Courier
from serving.outbox.jobs import counts_of
from serving.outbox.outbox import Outbox
from serving.outbox.relay import Relay
from serving.outbox.webhook import Webhook
from serving.settings import Settings
from serving.standing import Standing

SECRET = b"a secret of just enough bytes for it"
BATCH = 8
FAULTS: dict[str, tuple[Any, str, bool]] = {
    "outbox not written": (Outbox, "add", False),
    "sending not committed": (Outbox, "add", True),
    "sending not answered": (Standing, "send", True),
    "taken, not posted": (Webhook, "post", False),
    "posted, not noted": (Webhook, "post", True),
    "noted, not committed": (Outbox, "remove", True),
    "noted and committed": (senders.Sender, "_posted", False),
    "outcomes not committed": (Relay, "put", True),
    "any commit": (Writing, "finish", True),
}
"""Where a process dies: what is called, and whether it still finishes."""


def plant(fault: str, nth: int) -> None:
    """Make a function kill its process the n-th time."""
    if fault not in FAULTS:
        return
    owner, name, after = FAULTS[fault]
    whole, calls = getattr(owner, name), 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def dying(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        is_last = calls == nth
        if is_last and not after:
            die()
        result = whole(*args, **more)
        if not is_last:
            return result
        return _then(result, die) if asyncio.iscoroutine(result) else die()

    setattr(owner, name, dying)


async def _then(result: Any, die: Any) -> None:
    await result
    die()


def run(home: Path, database: str, webhook: str) -> None:
    """Serve until every decision is sent and nothing waits."""
    senders.BATCH = BATCH  # type: ignore[misc]
    serving_programs.Sender = partial(senders.Sender, lease_ms=300)  # type: ignore[misc, assignment]
    serving_programs.Courier = partial(Courier, every_s=0.02)  # type: ignore[misc, assignment]
    programs = serving_programs.Programs(Settings(
        home=home, url=database or None, webhook_url=webhook, webhook_secrets=(SECRET,)))
    programs.open(wait=True)
    asyncio.run(_send(programs))
    while any(counts_of(programs.home.journal()).values()):
        time.sleep(0.02)
    programs.close()


async def _send(programs: Any) -> None:
    """Ask for every decision in groups, also for those of which no answer is remembered."""
    engine = programs.engine("acme")
    with programs.home.database.reading() as store:
        names = [name for (name,) in store.rows(
            "SELECT decision_id FROM suggested ORDER BY decision_id")]
    for start in range(0, len(names), BATCH):
        group = names[start:start + BATCH]
        assert (await engine.standing.send(group))["sent"] == group


def child(fault: str, nth: int, *order: Any) -> int:
    """Run a service; its exit status, negative for a signal."""
    started = os.fork()
    if not started:
        status = 1
        try:
            plant(fault, nth)
            run(*order)
            status = 0
        finally:
            os._exit(status)
    if fault == "any moment":
        time.sleep(nth / 1000)
        os.kill(started, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(started, 0)[1])


def main() -> None:
    """Answer lines from stdin."""
    scan = EMPTY.copy()
    scan[:4] = 1 << 40, 1, 0, 1
    State(CATALOG, "Asia/Jakarta").observe(scan)  # compiled once, for all children
    for line in sys.stdin:
        fault, nth, home, database, webhook = line.rstrip("\n").split("\t")
        sys.stdout.write(f"{child(fault, int(nth), Path(home), database, webhook)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
