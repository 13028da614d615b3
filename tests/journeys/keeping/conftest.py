"""A small program that lives, on either store, and what it holds."""

from __future__ import annotations

import asyncio
import itertools
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from features.jobs import event_features
from features.places import first_place
from features.store.home import Home
from features.store.ingest import ingest
from models.champion import promote
from serving.champion import bare_bundle
from serving.keys import create_key
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

START = pd.Timestamp("2026-01-01T00:00:00Z")
NOW = round(START.timestamp() * 1000) + 90 * 86_400_000
PROGRAM = "program_id: acme\ntimezone: Asia/Jakarta\ncurrency: IDR\nenforcement: full\n"


def moment(minute: int) -> str:
    return (START + pd.Timedelta(minutes=minute)).isoformat()


def export(folder: Path) -> Path:
    folder.mkdir()
    random = np.random.default_rng(3)
    (folder / "program.yaml").write_text(PROGRAM)
    pd.DataFrame({"member_id": [f"m-{n}" for n in range(20)], "persona": "retailer",
                  "joined_at": moment(0), "display_name": [f"Name {n}" for n in range(20)],
                  }).to_csv(folder / "members.csv", index=False)
    who = random.integers(20, size=300)
    pd.DataFrame({"event_id": [f"h-{n}" for n in range(300)], "member_id": [f"m-{n}" for n in who],
                  "occurred_at": [moment(400 * n) for n in range(300)], "points": 40,
                  "proof": "qr", "code_id": [f"C-{n}" for n in range(300)],
                  "device_id": [f"d-{n}" for n in who]}).to_csv(folder / "scans.csv", index=False)
    for name in ("members", "scans"):
        frame = pd.read_csv(folder / f"{name}.csv")
        frame.insert(0, "program_id", "acme")
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def scan(n: int) -> dict[str, Any]:
    """A scan; every fourth is of a code that was scanned before."""
    return {"kind": "scan", "event_id": f"live-{n}", "member_id": f"m-{n % 20}", "points": 40,
            "proof": "qr", "occurred_at": moment(129_600 + n), "device_id": f"d-{n % 7}",
            "code_id": f"C-{n}" if n % 4 == 0 else f"L-{n}"}


class Lived:
    """A home and a database; what was acknowledged there."""

    opened: ClassVar[list[Home]] = []

    def __init__(self, path: Path, url: str | None) -> None:
        self.path, self.url = path, url
        self.said: dict[str, bytes] = {}

    @cached_property
    def home(self) -> Home:
        home = Home(self.path, self.url)
        self.opened.append(home)
        return home

    def during(self, steps: Callable[[Any], Any]) -> Any:
        ticks = itertools.count(NOW, 50)
        programs = Programs(Settings(home=self.path, url=self.url), lambda: next(ticks))
        programs.open(wait=True)

        async def run() -> Any:
            return await steps(programs.engine("acme"))

        try:
            return asyncio.run(run())
        finally:
            programs.close()

    async def judge(self, engine: Any, numbers: range) -> None:
        for n in numbers:
            self.said[f"live-{n}"] = await engine.verdict(scan(n))

    async def desk(self, engine: Any) -> None:
        """Decide, appeal and list some of what is held."""
        for case in engine.desk.cases(4, 0)["cases"]:
            await engine.desk.decide(case["case_id"], "keep", "no paper", "rina")
            await engine.desk.reply(case["event_id"], "appeal", {"text": "I have the paper"})
        await engine.acts.enlist({"list": "snooze", "kind": "device", "subject_id": "d-1",
                                  "note": "busy shop", "by": "rina",
                                  "valid_to": moment(129_600 + 10**5)})

    def features(self) -> pd.DataFrame:
        journal = self.home.journal()
        parts = event_features(journal, self.home.catalog("acme"),
                               first_place(journal.as_of_ms))
        keys, rows = zip(*parts, strict=True)
        return pd.concat([pd.concat(keys, ignore_index=True)[["event", "member", "place"]],
                          pd.DataFrame(np.concatenate(rows))], axis=1)

    def verdicts(self) -> dict[str, bytes]:
        """Every stored verdict's bytes by its event."""
        with self.home.database.reading() as store:
            return {row[0]: bytes(row[1]) for row in store.rows(
                "SELECT e.name, v.body FROM verdicts v JOIN entities e ON e.program = v.program "
                "AND e.kind = 'event' AND e.number = v.event_id")}


@pytest.fixture(params=["sqlite", "postgresql"])
def lived(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lived]:
    """A home with a history, a key, a bundle; its journal in a file or on a server."""
    url = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    one = Lived(tmp_path / "home", url)
    home = one.home
    ingest(home, export(tmp_path / "export"))
    promote(home.bundles("acme"), bare_bundle(home.journal()).save(home.bundles("acme")).name)
    create_key(home, "acme", "admin")
    yield one
    while Lived.opened:
        Lived.opened.pop().close()
