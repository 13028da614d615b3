"""The rows a replay writes: one an event, in the journal's order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import EVENT_KINDS
from features.errors import NotFound
from features.places import place_ms
from features.records import COLUMN
from serving.archive import Archive
from serving.champion import as_of_ms

if TYPE_CHECKING:
    from pathlib import Path

    from features.places import Ints
    from features.store.home import Home
    from features.store.journal import Journal
    from models.answers import Verdict
    from models.bundle import Bundle

KINDS: Final = tuple(EVENT_KINDS)
ASKED: Final = 500
"""Stored events read at a time."""
SCHEMA: Final = pa.schema([
    ("event_id", pa.string()), ("member_id", pa.string()), ("kind", pa.string()),
    ("recorded_at", pa.timestamp("ms", "UTC")), ("points", pa.int64()), ("verdict", pa.string()),
    ("points_held", pa.int64()), ("score", pa.float64()), ("anomaly", pa.float64()),
    ("hard_proof", pa.list_(pa.string())), ("reasons", pa.string()), ("in_sample", pa.bool_()),
])


@dataclass(frozen=True)
class _Row:
    place: int
    event_id: str
    member: int
    kind: str
    points: int
    verdict: str
    points_held: int
    score: float | None
    anomaly: float | None
    hard_proof: list[str]
    reasons: str
    bundle_id: str


class Replayed:
    """Collects the rows of a replay.

    Parameters
    ----------
    home : Home
        For the bundles of stored verdicts.
    journal : Journal
    bundle : Bundle
        The champion that judges.
    """

    def __init__(self, home: Home, journal: Journal, bundle: Bundle) -> None:
        self._home = home
        self._journal = journal
        self._trained_ms = {bundle.bundle_id: bundle.as_of_ms}
        self._rows: list[_Row] = []

    def add(self, record: Ints, verdict: Verdict) -> None:
        """Add an event that was judged now."""
        reasons = [reason.to_json() for reason in verdict.reasons]
        self._rows.append(_Row(
            int(record[COLUMN["place"]]), verdict.event_id, int(record[COLUMN["member"]]),
            KINDS[int(record[COLUMN["kind"]])], int(record[COLUMN["points"]]),
            verdict.verdict.value, verdict.points_held, verdict.score, verdict.anomaly,
            list(verdict.hard_proof), _text(reasons) if reasons else "[]", verdict.bundle_id))

    def add_stored(self, numbers: Ints) -> Ints:
        """Add events that have a stored verdict, as it is; the numbers of those."""
        added = [np.empty(0, dtype=np.int64)]
        with self._journal.database.reading() as store:
            archive = Archive(store, self._journal.key)
            for start in range(0, len(numbers), ASKED):
                events = archive.events(numbers[start : start + ASKED].tolist())
                stored = [event for event in events if event.body is not None]
                self._rows += [_stored(event, event.body) for event in stored if event.body]
                added.append(np.array([event.number for event in stored], dtype=np.int64))
        return np.concatenate(added)

    def write(self, out: Path) -> dict[str, int]:
        """Write the file, whole or not at all; how many rows have which verdict."""
        self._rows.sort(key=lambda row: row.place)
        members = np.array([row.member for row in self._rows], dtype=np.int64)
        names = self._journal.names("member", members)
        columns: dict[str, list[Any]] = {
            name: [getattr(row, name) for row in self._rows] for name in (
                "event_id", "kind", "points", "verdict", "points_held", "score", "anomaly",
                "hard_proof", "reasons")}
        columns["member_id"] = [str(name) for name in names]
        columns["recorded_at"] = [place_ms(row.place) for row in self._rows]
        columns["in_sample"] = [place_ms(row.place) < self._trained(row.bundle_id)
                                for row in self._rows]
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = out.with_name(f".{out.name}.part")
        pq.write_table(pa.table({field.name: pa.array(columns[field.name], field.type)
                                 for field in SCHEMA}, schema=SCHEMA), scratch)
        scratch.replace(out)
        words, counts = np.unique(np.array(columns["verdict"], dtype=str), return_counts=True)
        return {str(word): int(count) for word, count in zip(words, counts, strict=True)}

    def _trained(self, bundle_id: str) -> int:
        """Moment up to which a bundle knows; a bundle that is gone knew nothing of it."""
        if bundle_id not in self._trained_ms:
            try:
                known = as_of_ms(self._home, self._journal, bundle_id)
            except NotFound:
                known = 0
            self._trained_ms[bundle_id] = known
        return self._trained_ms[bundle_id]


def _stored(event: Any, body: dict[str, Any]) -> _Row:
    return _Row(event.place, event.event_id, event.member, event.kind, event.points,
                body["verdict"], body["points_held"], body["score"], body["anomaly"],
                body["hard_proof"], _text(body["reasons"]), body["bundle_id"])


def _text(reasons: list[dict[str, Any]]) -> str:
    return json.dumps(reasons, ensure_ascii=False)
