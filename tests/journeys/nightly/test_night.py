"""A night that is killed anywhere and started again leaves what one that ran through leaves."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import sqlalchemy as sql

from features.store.home import Home
from jaga.nightly.steps import STEPS

if TYPE_CHECKING:
    from tests.journeys.nightly.conftest import Driver, Made

ROOT = Path(__file__).parents[3]
FOLDERS = ("nightly", "rings", "insiders")
RANDOM = {"commits": ("mark", "number"), "programs": ("mark", "commits")}
"""Columns that no two runs share: random marks, and how many transactions it took."""
NAMES = [step.name for step in STEPS]
PROVES = os.environ.get("JAGA_PROVE") == "1"


def left(home: Path) -> dict[str, Any]:
    """Everything that a night leaves: bytes of its files, rows of all tables."""
    found: dict[str, Any] = {}
    for folder in FOLDERS:
        for path in sorted((home / folder).rglob("*")):
            if path.is_file() and path.name != "run.json" and path.suffix != ".lock":
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[str(path.relative_to(home))] = digest
    engine = sql.create_engine(f"sqlite:///{home / 'journal.sqlite'}")
    metadata = sql.MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        for name, table in metadata.tables.items():
            if name == "commits":
                continue
            columns = [c for c in table.columns if c.name not in RANDOM.get(name, ())]
            rows = connection.execute(sql.select(*columns)).fetchall()
            found[f"table {name}"] = sorted(map(repr, rows))
    engine.dispose()
    return found


def record_of(home: Path) -> dict[str, Any]:
    """The record, without how long each step took and where the journal stood at its last start."""
    (path,) = (home / "nightly").glob("*/*/run.json")
    record = json.loads(path.read_text())
    for entry in record["steps"].values():
        del entry["seconds"], entry["head"]
    return dict(record)


@pytest.fixture(scope="module")
def whole(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home after a night that nobody disturbed, run as cron runs it."""
    home = made.copy(tmp_path_factory.mktemp("whole") / "home")
    answer = subprocess.run(
        [sys.executable, "-m", "jaga", "run", "nightly", "--home", str(home), "--as-of",
         made.as_of, "--json"], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    told = json.loads(answer.stdout.splitlines()[-1])
    assert told["passed"], told
    return home


def test_every_step_does_its_work(made: Made, whole: Path) -> None:
    """Files where they are looked for, decisions handed over, holds ended, a digest that waits."""
    steps = record_of(whole)["steps"]
    assert [*steps] == NAMES
    assert {name for name, one in steps.items() if one["status"] != "done"} == {
        "monitor", "challenger", "gates"} & {
        name for name, one in steps.items() if one["status"] == "skipped"}
    (folder,) = (path.parent for path in (whole / "nightly").glob("*/*/run.json"))
    scores = pd.read_parquet(folder / "scores" / "members.parquet")
    assert len(scores) == steps["scores"]["figures"]["members"] > 200
    for entry in steps.values():
        for wrote in entry["wrote"]:
            assert "/" not in wrote or (whole / wrote).exists(), wrote
    home = Home(whole)
    with home.database.reading() as store:
        sent = store.rows("SELECT COUNT(*) FROM standing_decisions WHERE code = 'sent'")[0][0]
        due = store.rows("SELECT COUNT(*) FROM cases WHERE hold_until_ms IS NOT NULL")[0][0]
        nights = store.rows("SELECT at_ms FROM digests")
    home.close()
    assert sent == steps["campaigns"]["figures"]["handed_over"]["sent"] > 0
    assert due == 0
    assert nights == [(made.as_of_ms,)]


def test_the_same_night_again_does_nothing(made: Made, driver: Driver, whole: Path,
                                           tmp_path: Path) -> None:
    """No step is done twice: not a byte of the record changes."""
    before = left(whole), (next((whole / "nightly").glob("*/*/run.json"))).read_bytes()
    assert driver.night(whole, made.as_of) == "ended 0"
    assert (left(whole), next((whole / "nightly").glob("*/*/run.json")).read_bytes()) == before


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", [0.0, 0.4], ids=["after each step", "in the middle of each"])
def test_a_night_that_is_killed_again_and_again_leaves_the_same(
    made: Made, driver: Driver, whole: Path, tmp_path: Path, share: float
) -> None:
    """Killed as each step begins, or so far into it, and started again until it is through.

    ``make prove`` kills at both moments of every step, ``make test`` at one of them.
    """
    home = made.copy(tmp_path / "home")
    (path,) = (whole / "nightly").glob("*/*/run.json")
    seconds = {name: one["seconds"] for name, one in
               json.loads(path.read_text())["steps"].items()}
    killed, names = 0, NAMES if PROVES else NAMES[share > 0::2]
    for name in names:
        came = driver.night(home, made.as_of, name, share * seconds[name])
        assert came in ("killed -9", "ended 0"), (name, came)
        killed += came == "killed -9"
    late = NAMES[-4:]  # these may be through before the signal comes
    assert killed >= len(set(names).difference(late))
    assert driver.night(home, made.as_of) == "ended 0"
    assert left(home) == left(whole)
    assert record_of(home) == record_of(whole)
