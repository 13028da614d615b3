"""What was served live is what the journal says afterwards, whatever came late, twice or merged."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.errors import Conflict
from features.jobs import event_features
from features.store.ingest import ingest

if TYPE_CHECKING:
    from pathlib import Path

ACTS = 3_000 if os.environ.get("JAGA_PROVE") == "1" else 120


def served(bench: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Features of each event as they were served."""
    with bench.home.database.reading() as store:
        return {name: np.frombuffer(vector) for name, vector in store.rows(
            "SELECT name, vector FROM verdicts v JOIN entities e ON e.program = v.program "
            "AND e.kind = 'event' AND e.number = v.event_id")}


def batch(bench: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Features of each event by the whole journal."""
    journal = bench.home.journal()
    return {str(name): row for keys, matrix in event_features(journal)
            for name, row in zip(journal.names("event", keys["event"].to_numpy()), matrix,
                                 strict=True)}


def told(bench: Any, name: str, *features: str) -> list[float]:
    row = batch(bench)[name]
    return [row[bench.catalog.names.index(feature)] for feature in features]


def free_code(bench: Any) -> str:
    """A code that was dispatched and that nobody has scanned."""
    journal = bench.home.journal()
    codes = journal.frame("codes", until=journal.last_place, columns=["code_id"])["code_id"]
    tried = journal.frame("scans", columns=["code_id"])["code_id"]
    return str(journal.names("code", np.setdiff1d(codes, tried)[:1])[0])


def scan(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": "m-1", "points": 5, "proof": "qr",
            "occurred_at": "2025-01-20T00:00:00Z", "code_id": "C-1", "device_id": "d-9", **more}


@pytest.mark.parametrize("seed", [3, 4])
def test_live_equals_batch(bench: Any, more: Path, seed: int) -> None:
    """Verdicts, rows, decisions and merges, and an ingest in between: no bit differs."""
    bench.random = np.random.default_rng(seed)
    for act in range(ACTS):
        bench.act()
        if act == ACTS // 2:
            assert ingest(bench.home, more).tables["feedback"].new == 30
            bench.live.catch_up()
    live, later = served(bench), batch(bench)
    assert len(live) > ACTS / 2
    assert [name for name, row in live.items() if row.tobytes() != later[name].tobytes()] == []


def test_a_row_that_was_served_never_changes(bench: Any, more: Path) -> None:
    """Later labels, returns, merges and events leave the rows of the journal as they were."""
    for _ in range(40):
        bench.act()
    before = batch(bench)
    ingest(bench.home, more)
    bench.live.catch_up()
    for _ in range(80):
        bench.act()
    after = batch(bench)
    assert [name for name, row in before.items() if row.tobytes() != after[name].tobytes()] == []


def test_sent_again_or_with_another_body_counts_once(bench: Any) -> None:
    """The same bytes for the same body, a conflict for another; the state does not move."""
    first = bench.judge(scan("one"))
    before = bench.fresh()
    before.rebuild()
    bench.ms += 60_000
    assert bench.judge(scan("one")) == first
    other = scan("one", points=6)
    answer = bench.commit(lambda writing: bench.live.judge(writing, other, bench.now))
    assert isinstance(answer, Conflict)
    assert bench.judge(scan("one")) == first
    assert [name for name in bench.differing(bench.live, before) if name != "head"] == []
    bench.judge(scan("two", code_id="C-2"))
    assert told(bench, "two", "device_count_24h") == [2]


def test_a_declined_event_stays_as_an_attempt(bench: Any) -> None:
    """It counts for pace, tries and devices; its credit never does, its refusal once a code."""
    code = free_code(bench)
    bench.judge(scan("credited", member_id="m-2", device_id="d-8", code_id=code))
    for number in range(2):
        bench.ms += 1_000
        body = json.loads(bench.judge(scan(f"again-{number}", code_id=code)))
        assert (body["verdict"], body["hard_proof"]) == ("decline", ["code_credited_other"])
    bench.ms += 1_000
    bench.judge(scan("next", code_id=code))
    names = ("device_count_24h", "code_tries_before", "code_credited_other", "member_refused_24h")
    assert told(bench, "again-0", *names) == [1, 1, 1, 0]
    assert told(bench, "again-1", *names) == [2, 2, 1, 1]
    assert told(bench, "next", *names) == [3, 3, 1, 1]


def test_what_becomes_of_an_event_counts_from_when_it_was_known(bench: Any) -> None:
    """A claw-back, a label and a return act on events after them, not on those before."""
    code = free_code(bench)
    bench.judge(scan("first", member_id="m-2", outlet_id="o-9", code_id=code))
    bench.ms += 1_000
    bench.judge(scan("before", outlet_id="o-9", code_id=code))
    bench.ms += 1_000
    bench.commit(lambda writing: writing.decision(
        "first", 5, points_final=0, by="x", reason="", at_ms=bench.now), alone=True)
    for table, row in (
            ("feedback", {"event_id": "first", "label": "fraud",
                          "decided_at": "2025-01-01T00:00:00Z"}),
            ("returns", {"return_id": "r", "event_id": "first",
                         "returned_at": "2025-01-01T00:00:00Z"})):
        bench.commit(lambda writing, table=table, row=row: writing.rows(
            table, pd.DataFrame([row | {"program_id": "acme"}]), bench.now),
            alone=True)
    bench.ms += 1_000
    bench.judge(scan("after", outlet_id="o-9", code_id=code))
    names = ("code_credited_other", "outlet_fraud_7d", "code_returns")
    assert told(bench, "before", *names) == [1, 0, 0]
    assert told(bench, "after", *names) == [0, 1, 1]
