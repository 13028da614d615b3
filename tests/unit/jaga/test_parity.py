"""`jaga features --check-parity`: what it compares, and how it tells a difference."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from features.store.home import Home
from features.store.ingest import ingest
from jaga.command import main
from models.champion import NO_BUNDLE
from serving.champion import bare_bundle
from training.simulate import simulate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small simulated program, nothing of it judged yet."""
    folder = tmp_path_factory.mktemp("parity")
    simulate(folder / "export", members=40, days=60, seed=5)
    home = Home(folder / "home")
    ingest(home, folder / "export")
    home.close()
    return folder / "home"


def _asked(home: Path) -> tuple[int, dict[str, object]]:
    found = CliRunner().invoke(
        main, ["features", "--home", str(home), "--check-parity", "--json"])
    return found.exit_code, json.loads(found.stdout.splitlines()[-1])


def test_the_kernel_and_sql_agree_on_every_value_of_a_journal(home: Path) -> None:
    """Every feature of every event is the same through SQL; nothing was served, so nothing is."""
    status, told = _asked(home)
    opened = Home(home)
    journal = opened.journal()
    events = sum(journal.count(table) for table in ("scans", "referrals", "redemptions"))
    values = events * len(opened.catalog(journal.program.program_id).names)
    opened.close()
    assert (status, told["passed"], told["differing_values"]) == (0, True, 0)
    assert (told["sql"]["rows"], told["sql"]["values"]) == (events, values)
    assert told["served"]["events"] == 0


def test_a_served_value_that_batch_does_not_make_ends_with_status_1(home: Path) -> None:
    """A verdict stored with another value is found, and the command fails for a monitor to see."""
    opened = Home(home)
    journal = opened.journal()
    frame = journal.frame("scans", columns=["event_id"])
    vector = np.full(len(bare_bundle(journal).stored_names), 12345.678)
    with journal.begin() as writing:
        writing.store.run(
            "INSERT INTO verdicts (program, event_id, place, bundle_id, policy_version, verdict, "
            "points_held, body, vector, decided_ms) VALUES (?, ?, ?, ?, '1', 0, 0, ?, ?, 0)",
            (journal.key, int(frame["event_id"].iloc[0]), int(frame["place"].iloc[0]), NO_BUNDLE,
             b"{}", vector.tobytes()))
    opened.close()
    status, told = _asked(home)
    assert (status, told["passed"]) == (1, False)
    assert told["served"]["events"] == 1
    assert told["differing_values"] == told["served"]["differing_values"] == len(vector)
