"""A points engine in one file: it credits by Jaga's answers, and follows what becomes of them.

    JAGA_KEY=... python examples/points_engine.py ledger.sqlite events.ndjson [--url URL] [--once]

Each line of the file is an event as the contract has it. An event is entered into the ledger
before Jaga is asked; nothing is credited without an answer, and an event without one is asked for
again, with the same bytes, until there is one. Then the feed of outcomes is followed: releases add
points, claw-backs take them away. Kill it, or Jaga, at any moment and start it again: the ledger
goes on where it was. It runs until it is stopped; ``--once`` ends it when nothing waits.

It needs ``pip install jaga-client``, or `client/` on the path.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from jaga_client import Jaga, JagaError, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jaga_client import Outcome

TABLES = """
CREATE TABLE IF NOT EXISTS ledger (
    event_id TEXT PRIMARY KEY, body BLOB NOT NULL, status TEXT NOT NULL DEFAULT 'waiting',
    points INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL DEFAULT -1);
CREATE TABLE IF NOT EXISTS feed (cursor TEXT NOT NULL);
"""
ENTER = "INSERT INTO ledger (event_id, body) VALUES (?, ?) ON CONFLICT DO NOTHING"
JUDGED = "UPDATE ledger SET status = ?, points = ?, seq = 0 WHERE event_id = ? AND seq < 0"
"""A verdict is older than every outcome, also than one that was here first."""
CHANGED = "UPDATE ledger SET status = ?, points = ?, seq = ? WHERE event_id = ? AND seq < ?"
"""Of two outcomes the one with the higher number counts, in whatever order they come."""
FIRST = {"approve": "credited", "review": "held", "decline": "kept"}
AT_ONCE = 4


class Ledger:
    """The points of each event, on durable storage when a call returns."""

    def __init__(self, path: Path) -> None:
        self._store = sqlite3.connect(path)
        self._store.execute("PRAGMA journal_mode = WAL")
        self._store.execute("PRAGMA synchronous = FULL")
        self._store.executescript(TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def enter(self, lines: Iterable[bytes]) -> None:
        """Keep events that are not there yet, in the bytes in which they came."""
        with self._store:
            for line in lines:
                if line.strip():
                    self._store.execute(ENTER, (msgspec.json.decode(line)["event_id"], line))

    def waiting(self) -> list[bytes]:
        """Events without a verdict, in the order in which they came."""
        return [body for (body,) in self._store.execute(
            "SELECT body FROM ledger WHERE status = 'waiting' ORDER BY rowid")]

    def judge(self, event_id: str, status: str, points: int) -> None:
        """Credit what the verdict gives at once."""
        with self._store:
            self._store.execute(JUDGED, (status, points, event_id))

    @property
    def cursor(self) -> str:
        """Up to where the feed was followed."""
        return str(next(self._store.execute("SELECT cursor FROM feed"), ("",))[0])

    def follow(self, outcomes: Iterable[Outcome], cursor: str) -> int:
        """Apply outcomes and move the cursor in one transaction; how many rows changed."""
        changed = 0
        with self._store:
            for each in outcomes:
                changed += self._store.execute(CHANGED, (
                    each.status, each.points_final, each.seq, each.event_id, each.seq)).rowcount
            self._store.execute("DELETE FROM feed")
            self._store.execute("INSERT INTO feed VALUES (?)", (cursor,))
        return changed

    def totals(self) -> dict[str, tuple[int, int]]:
        """Events and points by status."""
        return {status: (events, points) for status, events, points in self._store.execute(
            "SELECT status, COUNT(*), SUM(points) FROM ledger GROUP BY status ORDER BY status")}


def judge(jaga: Jaga, ledger: Ledger, pool: ThreadPoolExecutor) -> None:
    """Ask for a verdict on whatever waits; what gets no answer goes on waiting."""

    def ask(body: bytes) -> tuple[str, str, int] | None:
        event = msgspec.json.decode(body)
        try:
            verdict = jaga.verdict(event)
        except NoAnswer:
            return None
        except JagaError as error:  # the same again would be refused again: a person mends it
            print(f"refused: {error.message}", file=sys.stderr)
            return event["event_id"], "refused", 0
        status, points = FIRST[verdict.verdict], verdict.credited_of(event["points"])
        return event["event_id"], status, points

    for judged in pool.map(ask, ledger.waiting()):
        if judged is not None:
            ledger.judge(*judged)


def follow(jaga: Jaga, ledger: Ledger) -> bool:
    """Read one page of the feed; whether there may be more."""
    try:
        page = jaga.outcomes(ledger.cursor)
    except NoAnswer:
        return True
    ledger.follow(page.outcomes, page.cursor)
    return bool(page.outcomes)


def main() -> None:
    """Run until stopped, or once."""
    told = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    told.add_argument("ledger", type=Path)
    told.add_argument("events", type=Path)
    told.add_argument("--url", default="http://127.0.0.1:3000")
    told.add_argument("--once", action="store_true")
    asked = told.parse_args()
    with (closing(Ledger(asked.ledger)) as ledger, Jaga(asked.url, os.environ["JAGA_KEY"]) as jaga,
          ThreadPoolExecutor(AT_ONCE) as pool):
        ledger.enter(asked.events.read_bytes().splitlines())
        while True:
            judge(jaga, ledger, pool)
            has_more = follow(jaga, ledger)
            if not has_more and not ledger.waiting():
                if asked.once:
                    break
                time.sleep(1)
        for status, (events, points) in ledger.totals().items():
            print(f"{status}: {events:,} events, {points:,} points")


if __name__ == "__main__":
    main()
