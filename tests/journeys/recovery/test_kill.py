"""kill -9 between any two steps: what was acknowledged is there, once, and nothing half."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.store.home import Home
from features.store.schema import STORED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[[str, int, Path], int]

ROOT = Path(__file__).parents[3]
PROVES = os.environ.get("JAGA_PROVE") == "1"
BEFORE_SENDING = ("ingest not written", "ingest not committed", "ingest not told",
                  "part not noted", "rebuilding")
FAULTS = [
    *((fault, 1) for fault in BEFORE_SENDING), ("event not appended", 3),
    ("verdict not stored", 7), ("not committed", 9), ("not answered", 8),
    ("snapshot half written", 2), ("snapshot not synced", 1), ("snapshot not synced", 2),
    ("snapshot not trimmed", 2),
]
"""Where the process dies, and the how many-th time it comes there."""
MOMENTS = [*range(50, 3_000, 50)] if PROVES else [400, 900, 1400]
TABLES = (*STORED, "verdicts", "decisions", "entities", "cases", "people")

@pytest.fixture(scope="module")
def run(past: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run a client on a home until it ends, or dies of a fault; its exit status."""
    more = tmp_path_factory.mktemp("more") / "export"
    shutil.copytree(past, more)
    for table in ("scans", "referrals", "redemptions"):
        frame = pd.read_parquet(more / f"{table}.parquet").tail(20)
        frame.assign(event_id="n-" + frame["event_id"]).to_parquet(more / f"{table}.parquet")
    command = [sys.executable, str(Path(__file__).with_name("driver.py")), str(past), str(more)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as driver:

        def ask(fault: str, nth: int, home: Path) -> int:
            assert driver.stdin is not None
            assert driver.stdout is not None
            driver.stdin.write(f"{fault}\t{nth}\t{home}\n")
            driver.stdin.flush()
            return int(driver.stdout.readline())

        yield ask
        assert driver.stdin is not None
        driver.stdin.close()


@pytest.fixture(scope="module")
def undisturbed(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything that is stored after the same steps without a fault."""
    path = tmp_path_factory.mktemp("undisturbed") / "home"
    path.mkdir()
    assert run("none", 0, path) == 0
    return contents(path)


def contents(path: Path) -> dict[str, Any]:
    home = Home(path)
    with home.database.reading() as store:
        found = {table: sorted(store.rows(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
    home.close()
    return found | {"acknowledged": (path / "acknowledged").read_text()}


def check_state(make_bench: Any, path: Path) -> None:
    """A state by the snapshots that are there equals one by the whole journal."""
    home = Home(path)
    if home.programs():
        bench = make_bench(home)
        live, _ = bench.recovered(bench.snapshots("states/acme"))
        assert bench.differing(live, bench.live) == []
    home.close()


@pytest.fixture(scope="module")
def prepared(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose rows are all taken in, and to which no event was sent yet."""
    path = tmp_path_factory.mktemp("prepared") / "home"
    path.mkdir()
    assert run("none before sending", 0, path) == 0
    return path


@pytest.mark.parametrize(("fault", "nth"), FAULTS)
def test_a_killed_service_goes_on_as_if_nothing_had_happened(
    fault: str, nth: int, run: Run, undisturbed: dict[str, Any], prepared: Path, make_bench: Any,
    tmp_path: Path,
) -> None:
    """Every acknowledged answer is the same bytes again; journal and state end the same."""
    home = tmp_path / "home"
    if fault in BEFORE_SENDING:
        home.mkdir()
    else:
        shutil.copytree(prepared, home)
    assert run(fault, nth, home) == -signal.SIGKILL
    check_state(make_bench, home)
    assert run("none", 0, home) == 0
    check_state(make_bench, home)
    assert contents(home) == undisturbed
    assert len(list((home / "states" / "acme").glob("*"))) <= 3


def test_a_service_killed_again_and_again_gets_there(
    run: Run, undisturbed: dict[str, Any], make_bench: Any, tmp_path: Path
) -> None:
    """At moments nobody chose; each start goes on where the last one died."""
    home = tmp_path / "home"
    home.mkdir()
    for moment in MOMENTS:
        assert run("any moment", moment, home) in (0, -signal.SIGKILL)
        check_state(make_bench, home)
    assert run("none", 0, home) == 0
    assert contents(home) == undisturbed
