"""The benchmark's log as a whole program's records: every column filled, every kind of record.

The events are those of `log`, with what the contract's tables know beside the twenty-five
features' columns. Between them come the rows that a program tells of: members, codes, outlets,
declarations, and later labels, decisions, returns and account changes that speak of earlier events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.engine.batch import records_from
from features.engine.clause import WORDS
from features.places import MISSING, TIE_BITS
from features.progress import Progress, silent
from features.records import COLUMN, COLUMNS
from training.benchmarks.features.draws import belonging, facts_of, maybe, some_of
from training.benchmarks.features.told import (
    AGENTS,
    CARRIERS,
    SELLERS,
    SKUS,
    payout_of,
    told_before,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.places import Ints
    from training.benchmarks.features.log import Log

    Columns = dict[str, Any]

DAY_MS: Final = 86_400_000
LABELLED, RETURNED, UPDATED, ACTIVE, BOOKED = 0.02, 0.005, 0.005, 0.01, 0.002
"""Records of these kinds for each event: label, return, account change, activity, adjustment."""
_OUTCOMES: Final = (0.93, 0.04, 0.03)
_PROOFS: Final = (0.7, 0.1, 0.1, 0.1)
_CLAWED_BACK: Final = 5
_SPOKEN: Final = (
    "event", "member", "device", "code", "batch", "outlet", "seller", "agent", "payout", "points",
)
"""Columns of an event that a record which speaks of it carries."""


def fact_slices(log: Log) -> Iterator[Ints]:
    """Yield the records of a log in the order of place, then seq.

    Yields
    ------
    int64, shape (n, len(COLUMNS))
        The events of one slice of the log, and what became known meanwhile.
    """
    waiting = np.empty((0, len(COLUMNS)), np.int64)
    seq = 0
    for part, events in enumerate(log.slices()):
        rng = np.random.default_rng([log.seed, 2, part])
        known = _known_events(log, rng, events)
        waiting = np.concatenate([
            waiting, told_before(log, rng, events, part == 0), *_spoken(rng, known),
            *_happened(log, rng, events)])
        due = waiting[:, 0] <= known[-1, 0]
        records = np.concatenate([known, waiting[due]])
        waiting = waiting[~due]
        records = records[np.argsort(records[:, 0], kind="stable")]
        records[:, COLUMN["seq"]] = np.arange(seq + 1, seq + 1 + len(records))
        seq += len(records)
        yield records


def write_facts(log: Log, out: Path, progress: Progress = silent) -> int:
    """Write the records as Parquet (zstd), one column each; return how many there are."""
    schema = pa.schema([(name, pa.int64()) for name in COLUMNS])
    count = done = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for records in fact_slices(log):
            columns = [pa.array(column) for column in np.ascontiguousarray(records.T)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            count += len(records)
            done = max(done, int(records[:, COLUMN["event"]].max()))
            progress("records", done, log.rows)
    return count


def _known_events(log: Log, rng: np.random.Generator, events: Columns) -> Ints:
    """Events with all that their tables say; what a table lacks is unknown."""
    count = len(events["place"])
    proof = np.where(events["kind"] == 0, rng.choice(4, count, p=_PROOFS), MISSING)
    invoiced = proof == WORDS["proof"].index("invoice")
    return records_from({
        "place": events["place"], "seq": events["event"], "kind": events["kind"], "proof": proof,
        "member": events["member"], **_parties(log, rng, events, invoiced),
        **_invoices(rng, events, invoiced), **_values(rng, events)})


def _parties(log: Log, rng: np.random.Generator, events: Columns, invoiced: Any) -> Columns:
    count = len(events["place"])
    scan, referral, paid = (events["kind"] == kind for kind in range(3))
    near = events["member"] + rng.integers(0, 2, count)
    other = rng.integers(1, log.members + 1, count)
    return {
        "device": some_of(rng, events["device"], 0.95),
        "code": events["code"] * (scan & ~invoiced),
        "outlet": scan * some_of(rng, events["outlet"], 0.9),
        "ip": some_of(rng, _addresses(rng, events["member"]), 0.9),
        "agent": some_of(rng, rng.integers(1, AGENTS + 1, count), 0.05),
        "mission": some_of(rng, rng.integers(1, 9, count), 0.03),
        "upload": scan * some_of(rng, 1 + events["event"] // 300, 0.02),
        "referee": referral * np.where(rng.random(count) < 0.3, near % log.members + 1, other),
        "reward": paid * rng.integers(1, 60, count),
        "payout": paid * some_of(rng, payout_of(log, near), 0.8),
    }


def _values(rng: np.random.Generator, events: Columns) -> Columns:
    count = len(events["place"])
    scan, referral, paid = (events["kind"] == kind for kind in range(3))
    placed = rng.random(count) < 0.9
    late = rng.exponential(60_000, count).astype(np.int64)
    return {
        **{name: np.where(placed, events[name], MISSING) for name in ("x", "y", "z", "lat", "lon")},
        "points": events["points"], "occurred_ms": events["ts_ms"] - late,
        "recorded_ms": events["ts_ms"],
        "amount": maybe(rng, rng.integers(100, 500_000, count), 0.5),
        "quantity": np.where(scan, 1_000_000 * rng.integers(1, 5, count), MISSING),
        "capture": np.where(scan, rng.integers(0, 4, count), MISSING),
        "mock_location": maybe(rng, rng.integers(0, 2, count), 0.1),
        "channel": rng.integers(0, 4, count), "outcome": rng.choice(3, count, p=_OUTCOMES),
        "reward_kind": np.where(paid, rng.integers(0, 4, count), MISSING),
        "referee_kind": np.where(referral, rng.integers(0, 2, count), MISSING),
    }


def _invoices(rng: np.random.Generator, events: Columns, invoiced: Any) -> Columns:
    """Invoices that mostly come once, and now and then a second time."""
    count, number = len(invoiced), events["code"]
    return {
        "invoice": number * invoiced, "claim": number * (invoiced & (rng.random(count) < 0.9)),
        "lines": (1 + number // 3) * invoiced,
        "seller": belonging(events["outlet"], 1, SELLERS) * invoiced,
        "end_customer": some_of(rng, belonging(number, 2, 50_000), 0.5) * invoiced,
        "sku": rng.integers(1, SKUS + 1, count) * invoiced,
    }


def _spoken(rng: np.random.Generator, known: Ints) -> Iterator[Ints]:
    """Labels, returns and decisions of these events, known days later."""
    draw = rng.random(len(known))
    held = known[known[:, COLUMN["outcome"]] == WORDS["outcome"].index("held")]
    taken = known[(draw > 1 - RETURNED) & (known[:, COLUMN["kind"]] == 0)]
    labelled = known[draw < LABELLED]
    yield _about(rng, "feedback", labelled, 7, label=rng.integers(0, 2, len(labelled)),
                 source=rng.integers(0, 4, len(labelled)))
    yield _about(rng, "decision", held, 2, status=rng.integers(2, 5, len(held)))
    yield _about(rng, "decision", taken, 9, status=np.full(len(taken), _CLAWED_BACK))
    yield _about(rng, "return", taken, 10, returned_quantity=np.full(len(taken), 1_000_000))


def _about(
    rng: np.random.Generator, kind: str, events: Ints, days: int, **columns: Ints
) -> Ints:
    """Records of events, known after some days in the mean."""
    later = rng.exponential(days * DAY_MS, len(events)).astype(np.int64)
    ms = (events[:, 0] >> TIE_BITS) + 1 + later
    spoken = {name: events[:, COLUMN[name]] for name in _SPOKEN}
    return facts_of(kind, ms, len(events), event_place=events[:, 0], **spoken, **columns)


def _happened(log: Log, rng: np.random.Generator, events: Columns) -> Iterator[Ints]:
    """What members and staff did beside the judged events, at random moments of the slice."""
    first, last = int(events["ts_ms"][0]), int(events["ts_ms"][-1])

    def some(kind: str, share: float, **of: int) -> Ints:
        count = int(len(events["place"]) * share)
        columns = {name: rng.integers(0, most, count) for name, most in of.items()}
        return facts_of(kind, rng.integers(first, last + 1, count), count, **columns,
                        member=rng.integers(1, log.members + 1, count))

    yield some("account_change", UPDATED, change=len(WORDS["change"]), agent=3)
    yield some("activity", ACTIVE, activity=len(WORDS["activity"]))
    yield some("adjustment", BOOKED, points=500, agent=AGENTS, status=2)
    yield some("merge", BOOKED / 10, referee=log.members)


def _addresses(rng: np.random.Generator, member: Ints) -> Ints:
    """A member's own address, or one of a few that a carrier gives to many."""
    own = CARRIERS + belonging(member, 18, 100_000)
    carrier = rng.integers(1, CARRIERS + 1, len(member))
    return np.where(rng.random(len(member)) < 0.2, carrier, own)
