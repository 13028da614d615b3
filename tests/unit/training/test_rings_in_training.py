"""Rings in training: each event's ring is that of its day, and where a ring holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from features.exports.program import Program
from features.links.jobs import read_rings
from features.links.kinds import midnight
from features.places import first_place
from features.progress import silent
from features.store.home import Home
from features.store.ingest import ingest
from training.events import read_events
from training.thresholds import RING_LEAST, Slice, ring_limit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.journal import Journal

START = pd.Timestamp("2026-01-05T08:00:00Z")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    """Five accounts on one wallet join day by day; everybody scans every second day."""
    folder = tmp_path_factory.mktemp("rings")
    members = [{"member_id": f"m{n}", "program_id": "acme", "persona": "retailer",
                "joined_at": START + pd.Timedelta(days=n), "payout_id": "w1" if n < 5 else f"v{n}"}
               for n in range(8)]
    scans = [{"event_id": f"e{n}-{day}", "program_id": "acme", "member_id": f"m{n}",
              "occurred_at": START + pd.Timedelta(days=day, hours=n), "points": 5, "proof": "qr",
              "code_id": f"c{n}-{day}"} for n in range(8) for day in range(n, 20, 2)]
    export = folder / "export"
    export.mkdir()
    pd.DataFrame(members).to_parquet(export / "members.parquet")
    pd.DataFrame(scans).to_parquet(export / "scans.parquet")
    (export / "program.yaml").write_text("program_id: acme\n")
    home = Home(folder / "home")
    home.create(Program(program_id="acme"))
    ingest(home, export)
    yield home.journal()
    home.close()


def test_an_event_s_ring_is_that_of_its_day(journal: Journal) -> None:
    """As the daily job publishes it from the journal cut at the event's midnight."""
    events = read_events(journal, journal.as_of_ms, silent)
    assert len(events.ring) == len(events.ring_size) == len(events) == 68
    published = {day: read_rings(journal, day) for day in {midnight(ms) for ms in
                                                           events.ms.tolist()}}
    for member, ms, ring, size in zip(events.member, events.ms, events.ring, events.ring_size,
                                      strict=True):
        standing = published[midnight(int(ms))].of(int(member))
        assert (standing.score, standing.size) == (ring, size)
    assert sorted(set(events.ring_size.tolist())) == [1, 2, 3, 4, 5]
    assert (events.ring[events.ring_size == 1] == 0).all()
    early = events.take(events.place < first_place(midnight(int(events.ms[-1]))))
    assert len(early.ring) == len(early) < 68


def slice_of(fraud: np.ndarray) -> Slice:
    return Slice(fraud, np.full(len(fraud), 10), days=10.0, capacity=0.0)


def test_a_ring_below_one_half_is_never_enough() -> None:
    """Also where nothing above it came, and where no event came at all."""
    for count in (0, 1000):
        found = ring_limit(np.full(count, 0.4), slice_of(np.zeros(count)), 0.9)
        assert found.threshold == RING_LEAST
    assert ring_limit(np.zeros(5), slice_of(np.zeros(5)), 0.001).bound_by == "least"


def test_honest_rings_push_the_threshold_up() -> None:
    """No more of the honest events than allowed wait; what is surely fraud does not count."""
    ring = np.r_[np.zeros(1000), np.full(10, 0.7), np.full(30, 0.9)]
    fraud = (ring == 0.9).astype(float)
    found = ring_limit(ring, slice_of(fraud), 0.001)
    assert found.bound_by == "honest"
    assert 0.7 < (found.threshold or 0) <= 0.9
    assert found.precision == 1.0
    assert ring_limit(ring, slice_of(fraud), 0.01).threshold == RING_LEAST
