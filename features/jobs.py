"""Feature jobs: the rows of every event, or of every member, from the journal to a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalog import CATALOG
from features.engine.state import State
from features.members.member_catalog import MEMBER_CATALOG
from features.members.rhythm import member_features
from features.places import TIE_BITS
from features.progress import silent
from features.records import COLUMN, KINDS, SCORED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.progress import Progress
    from features.store.journal import Journal

Floats = npt.NDArray[np.float64]
KEYS: Final = ("event", "kind", "member", "place", "points")
"""Columns of a record that say whose feature row it is."""
SLICE: Final = 50_000
"""Records at a time: some 100 MB of features, whatever the journal's size."""


def event_features(
    journal: Journal, until: int | None = None, progress: Progress = silent
) -> Iterator[tuple[pd.DataFrame, Floats]]:
    """Yield slices of keys and features of every judged event, in place order.

    Parameters
    ----------
    journal : Journal
    until : int, optional
        Place before which to stop; None: the journal's end.
    progress : callable
        Told of the sequence numbers passed.

    Yields
    ------
    keys : DataFrame
        ``event, kind, member, place, points`` as integers, one row an event.
    matrix : float64, shape (n, features)
        In the order of ``CATALOG.names``, NaN where unknown.
    """
    state = State(CATALOG, journal.program.timezone)
    total, done = journal.last_seq, 0
    for records in journal.records(until=until, rows=SLICE):
        judged = records[records[:, COLUMN["kind"]] < SCORED]
        matrix = state.replay(records)
        done += len(records)
        progress("features", min(done, total), total)
        if len(judged):
            yield pd.DataFrame({name: judged[:, COLUMN[name]] for name in KEYS}), matrix
    progress("features", total, total)


def write_event_features(
    journal: Journal, out: Path, until: int | None = None, progress: Progress = silent
) -> int:
    """Write the feature row of every event as Parquet; return how many there are.

    The file carries the hash of each feature's definition under the metadata key ``features``.
    """
    schema = _schema()
    rows = 0
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(out.name + ".part")
    with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        for keys, matrix in event_features(journal, until, progress):
            columns = [
                pa.array(journal.names("event", keys["event"].to_numpy()), pa.string()),
                pa.array(np.array(KINDS[:SCORED])[keys["kind"]], pa.string()),
                pa.array(journal.names("member", keys["member"].to_numpy()), pa.string()),
                pa.array(keys["place"].to_numpy() >> TIE_BITS, pa.timestamp("ms", tz="UTC")),
                pa.array(keys["place"].to_numpy(), pa.int64()),
                *(pa.array(column, from_pandas=True) for column in np.ascontiguousarray(matrix.T)),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            rows += len(keys)
    partial.replace(out)
    return rows


def write_member_features(journal: Journal, out: Path, as_of_ms: int) -> int:
    """Write the feature row of every member as of a moment as Parquet; return how many."""
    frame = member_features(journal, as_of_ms)
    names = journal.names("member", frame.index.to_numpy())
    frame = frame.reset_index(drop=True)
    frame.insert(0, "member_id", names)
    frame.insert(1, "as_of", pd.Timestamp(as_of_ms, unit="ms", tz="UTC"))
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(out.name + ".part")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({"features": json.dumps(MEMBER_CATALOG.hashes)})
    pq.write_table(table, partial, compression="zstd")
    partial.replace(out)
    return len(frame)


def list_features() -> list[dict[str, str]]:
    """List every declared feature: ``of, name, family, unit, meaning, hash``."""
    return [
        {"of": of, "name": name, "family": catalog.families[name], "unit": catalog.units[name],
         "meaning": catalog.meanings[name], "hash": catalog.hashes[name]}
        for of, catalog in (("event", CATALOG), ("member", MEMBER_CATALOG))
        for name in catalog.names
    ]


def _schema() -> pa.Schema:
    keys = [
        pa.field("event_id", pa.string()), pa.field("kind", pa.string()),
        pa.field("member_id", pa.string()), pa.field("recorded_at", pa.timestamp("ms", tz="UTC")),
        pa.field("place", pa.int64()),
    ]
    fields = [pa.field(name, pa.float64()) for name in CATALOG.names]
    return pa.schema(keys + fields, metadata={"features": json.dumps(CATALOG.hashes)})
