"""Replicas for the tests of the shared store: a process that forks one for each line it reads.

Importing everything once and forking is far quicker than starting each replica anew. An order is a
JSON object; the replica tells by files in ``folder`` how far it is, and waits for others there.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.catalog import CATALOG
from features.engine.state import State
from features.errors import JagaError
from features.records import COLUMN
from features.store.home import Home
from features.store.projection import EMPTY
from serving.champion import bare_bundle
from serving.commits import Commits, Work
from serving.live import Live
from serving.shared.tail import RedisTail, connect


class Watched:
    """A tail that counts what it gives, and kills its process at its n-th entry if it should."""

    def __init__(self, tail: RedisTail, moment: str, at: int) -> None:
        self._tail = tail
        self._moment = moment
        self._left = at
        self.asked, self.led = 0, 0

    def leading(self, before: Any, until: Any) -> Any:
        found = self._tail.leading(before, until)
        self.asked, self.led = self.asked + 1, self.led + (found is not None)
        return found

    def push(self, entry: Any) -> None:
        self._left -= 1
        if self._moment == "before publish" and not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        self._tail.push(entry)
        if self._moment == "after publish" and not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def fingerprint(state: State, folder: Path) -> str:
    """Digest of all a state knows; how long its arrays are, and where in a table, is left out."""
    path = folder / f"{os.getpid()}.npz"
    state.save(path)
    digest = hashlib.sha256()
    with np.load(path, allow_pickle=False) as saved:
        for name in saved.files:
            array = saved[name]
            if name == "table":
                array = array[np.lexsort(array.T[::-1])]
            if name == "pages":
                array = array[:, :np.flatnonzero((array >= 0).any(axis=0)).max(initial=-1) + 1]
            if name not in ("wide", "matched"):
                digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
    path.unlink()
    return digest.hexdigest()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 120
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(path.name)
        time.sleep(0.005)


class Replica:
    """One replica that works through its groups of bodies, a transaction for each."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.folder = Path(order["folder"])
        self.home = Home(order["home"], order["url"])
        journal = self.home.journal()
        tail = RedisTail(connect(order["redis"]), journal.program.program_id)
        self.tail = Watched(tail, order.get("dies", ""), order.get("at", 0))
        self.live = Live(journal, bare_bundle(journal), CATALOG, "model", tail=self.tail)
        self.program = journal.program.program_id
        self.live.rebuild()
        self.commits = Commits(self.live)

    def tell(self, what: str, text: str = "") -> None:
        draft = self.folder / f".{self.order['name']}"
        draft.write_text(text)
        draft.replace(self.folder / f"{self.order['name']}.{what}")

    def run(self) -> None:
        self.tell("ready")
        wait_for(self.folder / "go")
        groups = json.loads(Path(self.order["groups"]).read_text())
        with (self.folder / f"{self.order['name']}.answers").open("a") as answers:
            for number, group in enumerate(groups, 1):
                for answer in self.commit(group, number):
                    answers.write(json.dumps(answer) + "\n")
                answers.flush()
                time.sleep(self.order.get("pause_s", 0))
        self.tell("done", json.dumps([self.tail.asked, self.tail.led]))
        wait_for(self.folder / "finish")
        self.live.catch_up()
        probe = EMPTY.copy()
        for name, value in {"place": self.live.head.place + 1, "seq": self.live.head.seq + 1,
                            "kind": 0, "event": 10**6, "member": 1, "device": 1, "code": 1,
                            "outlet": 1, "points": 5}.items():
            probe[COLUMN[name]] = value
        known = fingerprint(self.live.state, self.folder)
        self.tell("state", json.dumps({
            "state": known, "probe": self.live.state.observe(probe).tobytes().hex()}))

    def commit(self, group: list[dict[str, Any]], number: int) -> list[Any]:
        works = [self.work(body) for body in group]
        if self.order.get("dies") == "before commit" and number == self.order["at"]:
            works.append(Work(lambda _: os.kill(os.getpid(), signal.SIGKILL)))
        results = self.commits.commit(works)
        return [[body.get("event_id", ""), result.decode() if isinstance(result, bytes) else
                 result.code if isinstance(result, JagaError) else repr(result)]
                for body, result in zip(group, results, strict=False)]

    @staticmethod
    def rows(writing: Any, table: str, frame: pd.DataFrame, now_ms: int) -> None:
        _, rejects = writing.rows(table, frame, arrival_ms=now_ms)
        assert not len(rejects), rejects

    def work(self, body: dict[str, Any]) -> Work:
        now_ms = time.time_ns() // 1_000_000 + self.order.get("skew_ms", 0)
        if "table" in body:
            frame = pd.DataFrame([body["row"] | {"program_id": self.program}])
            return Work(lambda writing: self.rows(writing, body["table"], frame, now_ms),
                        alone=True)
        return Work(lambda writing: self.live.judge(writing, body, now_ms))


def load_kernel() -> None:
    """Have the compiled kernel in memory, for all that are forked."""
    record = EMPTY.copy()
    record[[COLUMN["place"], COLUMN["seq"], COLUMN["kind"], COLUMN["event"]]] = 1, 1, 0, 1
    State(CATALOG, "UTC").replay(record[None, :])


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    load_kernel()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    say("listening")
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            order = json.loads(line)
            try:
                Replica(order).run()
            except BaseException as error:
                Path(order["folder"], f"{order['name']}.failed").write_text(repr(error))
                raise
            finally:
                os._exit(0)
        say(str(pid))


if __name__ == "__main__":
    main()
