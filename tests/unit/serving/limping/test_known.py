"""What is known without the state, against the features themselves."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.catalog import CATALOG
from features.engine.state import State
from features.exports.program import Caps, Program
from features.places import LAST_MS, first_place, place_ms
from features.records import COLUMN, SCORED
from features.store.home import Home
from features.store.schema import DECISIONS
from serving.limping.known import Known

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.journal import Journal

NAMES = ("event_proof", "code_known", "code_status", "code_dispatched_hours",
         "code_credited_other", "code_credited_self", "claim_credited", "invoice_before")
SUMS = ("member_points_24h", "member_scans_24h", "member_redeemed_24h")
START_MS = 1_735_700_000_000
HOUR_MS = 3_600_000
PROGRAM = Program(program_id="acme", caps=Caps(points_per_day=500, scans_per_day=9,
                                               redemption_points_per_day=300))


def rows(journal: Journal, table: str, now_ms: int, *cells: dict[str, Any]) -> None:
    with journal.begin() as writing:
        counts, rejects = writing.rows(table, pd.DataFrame(list(cells)), arrival_ms=now_ms)
        assert not len(rejects), rejects
        assert counts.new + counts.versions


def event(random: np.random.Generator, number: int) -> dict[str, Any]:
    """Few members, codes and invoices, so that each comes again and again."""
    kind = str(random.choice(["scan", "scan", "scan", "scan", "referral", "redemption"]))
    body: dict[str, Any] = {
        "kind": kind, "event_id": f"e-{number}", "member_id": f"m-{random.integers(4)}",
        "points": int(random.integers(1, 90)), "occurred_at": "2025-01-01T00:00:00Z"}
    if kind == "scan":
        body["proof"] = str(random.choice(["qr", "invoice"]))
        if body["proof"] == "qr":
            body["code_id"] = f"c-{random.integers(9)}"
        if body["proof"] == "invoice" or random.random() < 0.2:
            body |= {"invoice_no": f"I-{random.integers(5)}", "seller_id": "s-1",
                     "amount": float(random.integers(1, 3))}
    if kind == "referral":
        body["referee_id"] = f"r-{number}"
    if kind == "redemption":
        body["reward_id"] = "fan"
    return body


def decide(journal: Journal, random: np.random.Generator, number: int, now_ms: int) -> None:
    with journal.begin() as writing:
        status = str(random.choice(["released", "kept", "clawed_back", "partial", "credited"]))
        writing.decision(f"e-{random.integers(number)}", DECISIONS.index(status), points_final=0,
                         by="ana", reason="", at_ms=now_ms)
        writing.is_taught = True


def grow(journal: Journal, random: np.random.Generator, count: int, first: int = 0) -> None:
    """Add events among everything that changes what they prove, seldom in step with the clock."""
    for number in range(first, first + count):
        now_ms = START_MS + number * HOUR_MS * 2
        dice = random.random()
        if dice < 0.2 and number:
            decide(journal, random, number, now_ms - int(random.integers(2) * HOUR_MS * 3))
        elif dice < 0.3:
            rows(journal, "codes", now_ms, {
                "code_id": f"c-{random.integers(9)}", "batch_id": f"b-{number}",
                "status": str(random.choice(["printed", "dispatched", "void"])),
                "dispatched_at": pd.Timestamp(now_ms, unit="ms", tz="UTC").isoformat()})
        elif dice < 0.33:
            member, into = random.choice(4, 2, replace=False)
            rows(journal, "merges", now_ms, {
                "merge_id": f"g-{number}", "member_id": f"m-{member}",
                "into_member_id": f"m-{into}", "merged_at": "2025-01-01T00:00:00Z"})
        with journal.begin() as writing:
            body = event(random, number)
            prepared = writing.event(body["kind"], body, now_ms)
            writing.insert(prepared, int(random.choice([0, 0, 1, 2])))


def served(journal: Journal) -> tuple[Any, dict[str, Any]]:
    """Events, and their features by the engine."""
    state = State(CATALOG, journal.program.timezone)
    parts = [(part[part[:, COLUMN["kind"]] < SCORED], state.replay(part))
             for part in journal.records()]
    matrix = np.concatenate([part[1] for part in parts])
    return np.concatenate([part[0] for part in parts]), {
        name: matrix[:, CATALOG.names.index(name)] for name in (*NAMES, *SUMS)}


@pytest.mark.parametrize("seed", range(4))
def test_it_says_what_the_features_say(tmp_path: Path, seed: int) -> None:
    """Credits, claw-backs, merges, voided codes, invoices and caps: bit by bit, at each place."""
    home = Home(tmp_path)
    journal = home.create(PROGRAM)
    random = np.random.default_rng(seed)
    grow(journal, random, 150)
    early = Known(PROGRAM, journal.key, first_place(LAST_MS))
    with journal.database.reading() as store:
        early.read(store, journal.last_place)
    grow(journal, random, 100, first=150)
    events, wanted = served(journal)
    seen = 0
    with journal.database.reading() as store:
        early.open(store)
        late = Known(PROGRAM, journal.key, first_place(LAST_MS))
        late.read(store, journal.last_place)
        for index, record in enumerate(events):
            found = early.facts(store, record)
            recent = place_ms(journal.last_place) - place_ms(int(record[COLUMN["place"]])) < 12e6
            names = (*NAMES, *SUMS) if index >= 165 or recent else NAMES
            for name in names:
                value = wanted[name][index]
                assert np.array_equal(found.get(name, np.nan), value, equal_nan=True), (
                    name, index, found.get(name), value)
                seen += bool(value > 0)
            assert late.facts(store, record).items() >= {
                name: value for name, value in found.items()
                if name in NAMES and value == value}.items()
    assert seen > 500
    home.close()


def test_an_open_transaction_sees_its_own_events_and_leaves_none(tmp_path: Path) -> None:
    """The second claim of a code in one commit is proof; undone, the code is free again."""
    home = Home(tmp_path)
    journal = home.create(PROGRAM)
    known = Known(PROGRAM, journal.key, first_place(LAST_MS))
    rows(journal, "codes", START_MS, {"code_id": "c-1", "status": "activated"})
    with journal.database.reading() as store:
        known.read(store, 0)

    def claim(name: str, member: str) -> dict[str, float]:
        prepared = writing.event("scan", {
            "event_id": name, "member_id": member, "points": 5, "proof": "qr", "code_id": "c-1",
            "occurred_at": "2025-01-01T00:00:00Z"}, START_MS + 1000)
        found = known.facts(writing.store, prepared.record)
        known.note(prepared.record, 0)
        return found

    with suppress(ZeroDivisionError), journal.begin() as writing:
        known.open(writing.store)
        assert claim("e-1", "m-1")["code_credited_other"] == 0
        assert claim("e-2", "m-2")["code_credited_other"] == 1
        assert claim("e-3", "m-1")["code_credited_self"] == 1
        raise ZeroDivisionError
    with journal.begin() as writing:
        known.open(writing.store)
        assert claim("e-4", "m-2")["code_credited_other"] == 0
    home.close()
