"""Parity of what was served with what batch makes of the same journal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from models.parity import served_parity
from serving.replay import replay

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.home import Home
    from models.parity import Parity

OWN = """
- name: member_scans_3d
  entity: member
  aggregate: count
  kinds: [scan]
  window: 3d
  family: velocity
  meaning: Scans of the member in 3 days
"""


@pytest.fixture
def home(world: Any, tmp_path: Path) -> Home:
    """A home in which 60 events were judged by the champion."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "program.yaml").write_text("program_id: acme\n")
    start = pd.Timestamp("2025-03-03T08:00:00Z")
    pd.DataFrame({
        "event_id": [f"n-{n:03}" for n in range(60)], "program_id": "acme", "proof": "qr",
        "member_id": [f"m-{n % 7}" for n in range(60)], "points": 20,
        "occurred_at": [(start + pd.Timedelta(minutes=7 * n)).isoformat() for n in range(60)],
        "code_id": [f"C-{900 + n % 50}" for n in range(60)],
    }).to_csv(folder / "scans.csv", index=False)
    pd.DataFrame({"member_id": ["m-0"], "program_id": "acme", "persona": "retailer",
                  "joined_at": "2024-06-01T00:00:00Z"}).to_csv(folder / "members.csv", index=False)
    replay(world.home, folder, tmp_path / "out.parquet")
    return world.home


def parity(home: Home) -> Parity:
    journal = home.journal()
    return served_parity(home, journal, home.catalog(journal.program.program_id))


def test_what_was_served_is_what_batch_makes(home: Home) -> None:
    """Every stored value equals the batch value of its event, bit by bit."""
    found = parity(home)
    width = len(home.catalog("acme").names)
    assert (found.events, found.values) == (60, 60 * width)
    assert (found.differing.total(), found.unread, found.changed) == (0, 0, set())


def test_labels_and_returns_handed_over_with_their_events_are_served_as_in_batch(
    world: Any, tmp_path: Path
) -> None:
    """A replayed export's labels know their events though they were read before them."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "program.yaml").write_text("program_id: acme\n")
    start = pd.Timestamp("2025-03-03T08:00:00Z")

    def at(hours: float) -> str:
        return (start + pd.Timedelta(hours=hours)).isoformat()

    pd.DataFrame({
        "event_id": [f"n-{n:03}" for n in range(40)], "program_id": "acme", "proof": "qr",
        "member_id": [f"m-{n % 3}" for n in range(40)], "points": 20, "outlet_id": "o-1",
        "batch_id": "b-1", "occurred_at": [at(n) for n in range(40)],
        "code_id": [f"C-{900 + n}" for n in range(40)],
    }).to_csv(folder / "scans.csv", index=False)
    pd.DataFrame({"member_id": ["m-0"], "program_id": "acme", "persona": "retailer",
                  "joined_at": "2024-06-01T00:00:00Z"}).to_csv(folder / "members.csv", index=False)
    pd.DataFrame({
        "event_id": [f"n-{n:03}" for n in (2, 5, 2, 9)], "label": ["fraud", "legit"] * 2,
        "decided_at": [at(hours) for hours in (3.5, 9, 12, 38.5)], "source": "review",
    }).to_csv(folder / "feedback.csv", index=False)
    pd.DataFrame({"return_id": ["r-1"], "event_id": ["n-004"], "returned_at": [at(7)],
                  "quantity": [1]}).to_csv(folder / "returns.csv", index=False)
    replay(world.home, folder, tmp_path / "out.parquet")
    found = parity(world.home)
    assert (found.events, found.differing.total()) == (40, 0)
    vector = np.frombuffer(world.home.journal().verdict_row("n-030")["vector"])
    names = world.home.catalog("acme").names
    assert [vector[names.index(name)] for name in ("batch_fraud_7d", "outlet_returns_90d")] == [
        2.0, 1.0]


def test_one_wrong_value_is_found_and_named(home: Home) -> None:
    """A stored value that is off by one bit is told by its feature and its place."""
    journal = home.journal()
    names = home.catalog("acme").names
    stored = journal.verdict_row("n-030")
    vector = np.frombuffer(stored["vector"]).copy()
    at = names.index("member_count_24h")
    vector[at] = np.nextafter(vector[at], np.inf)
    with journal.begin() as writing:
        writing.store.run("UPDATE verdicts SET vector = ? WHERE program = ? AND place = ?",
                          (vector.tobytes(), journal.key, stored["place"]))
    found = parity(home)
    assert found.differing == {"member_count_24h": 1}
    assert found.first == [(stored["place"], "member_count_24h")]
    assert found.as_dict()["differing_values"] == 1


def test_a_feature_declared_since_is_no_difference(home: Home) -> None:
    """Verdicts given before a declaration was added are compared in what they have."""
    before = parity(home)
    (home.path / "features").mkdir()
    (home.path / "features" / "own.yaml").write_text(OWN)
    after = parity(home)
    assert "member_scans_3d" in home.catalog("acme").names
    assert after == before


def test_verdicts_of_a_bundle_that_is_gone_are_counted(home: Home) -> None:
    """Without the bundle nobody knows which features a vector holds; that is said, not guessed."""
    shutil.rmtree(home.bundles("acme"))
    found = parity(home)
    assert (found.events, found.unread) == (0, 60)
