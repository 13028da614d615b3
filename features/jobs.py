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
from features.engine.batch import replay_slices
from features.members.member_catalog import MEMBER_CATALOG
from features.members.rhythm import member_features
from features.places import TIE_BITS
from features.progress import silent
from features.records import COLUMN, KINDS, SCORED
from features.rowfile import write_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from features.engine.declarations import Catalog
    from features.places import Ints
    from features.progress import Progress
    from features.store.journal import Journal

Floats = npt.NDArray[np.float64]
KEYS: Final = ("event", "kind", "member", "place", "points")
"""Columns of a record that say whose feature row it is."""
_KEY_FIELDS: Final = (
    pa.field("event_id", pa.string()), pa.field("kind", pa.string()),
    pa.field("member_id", pa.string()), pa.field("recorded_at", pa.timestamp("ms", tz="UTC")),
    pa.field("place", pa.int64()),
)
SLICE: Final = 50_000
"""Records at a time: some 100 MB of features, whatever the journal's size."""


def event_features(
    journal: Journal, catalog: Catalog = CATALOG, until: int | None = None,
    progress: Progress = silent, heard: Callable[[Ints], object] = len,
) -> Iterator[tuple[pd.DataFrame, Floats]]:
    """Yield slices of keys and features of every judged event, in place order.

    Parameters
    ----------
    journal : Journal
    catalog : Catalog
        What is computed: `Home.catalog`, where the program declares features of its own.
    until : int, optional
        Place before which to stop; None: the journal's end.
    progress : callable
        Told of the sequence numbers passed.
    heard : callable
        Given every slice of records once, in order, for who derives something else from them.

    Yields
    ------
    keys : DataFrame
        ``event, kind, member, place, points`` as integers, one row an event.
    matrix : float64, shape (n, features)
        In the order of ``catalog.names``, NaN where unknown.
    """
    total, done = journal.last_seq, 0

    def slices() -> Iterator[Ints]:
        nonlocal done
        for records in journal.records(until=until, rows=SLICE):
            done += len(records)
            heard(records)
            yield records

    for judged, matrix in replay_slices(catalog, journal.program.timezone, slices()):
        progress("features", min(done, total), total)
        if len(judged):
            keys = pd.DataFrame({name: judged[:, COLUMN[name]] for name in KEYS})
            yield keys, np.ascontiguousarray(matrix)
    progress("features", total, total)


def write_event_features(
    journal: Journal, out: Path, catalog: Catalog = CATALOG, until: int | None = None,
    progress: Progress = silent,
) -> int:
    """Write the feature row of every event as Parquet; return how many there are.

    The file carries the hash of each feature's definition under the metadata key ``features``.
    """
    return write_rows_of(journal, out, catalog, event_features(journal, catalog, until, progress))


def write_rows_of(
    journal: Journal, out: Path, catalog: Catalog, slices: Iterable[tuple[pd.DataFrame, Floats]]
) -> int:
    """Write slices of keys and features, as `event_features` yields them; return how many rows."""
    def rows() -> Iterator[tuple[list[pa.Array], Floats]]:
        for keys, matrix in slices:
            place = keys["place"].to_numpy()
            yield [
                pa.array(journal.names("event", keys["event"].to_numpy()), pa.string()),
                pa.array(np.array(KINDS[:SCORED])[keys["kind"]], pa.string()),
                pa.array(journal.names("member", keys["member"].to_numpy()), pa.string()),
                pa.array(place >> TIE_BITS, pa.timestamp("ms", tz="UTC")),
                pa.array(place, pa.int64()),
            ], matrix

    return write_rows(out, _KEY_FIELDS, catalog, rows())


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


def list_features(catalog: Catalog = CATALOG) -> list[dict[str, str]]:
    """List declared features: ``of, name, family, unit, meaning, hash, declared``.

    ``declared`` is the file and line of a program's own feature, empty for everybody's.
    """
    own = {feature.name: feature.origin for feature in catalog.own}
    return [
        {"of": of, "name": name, "family": each.families[name], "unit": each.units[name],
         "meaning": each.meanings[name], "hash": each.hashes[name],
         "declared": own.get(name, "") if of == "event" else ""}
        for of, each in (("event", catalog), ("member", MEMBER_CATALOG))
        for name in each.names
    ]
