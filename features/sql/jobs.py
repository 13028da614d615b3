"""The job of event features at scale: from the journal to a file, through SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.catalog import CATALOG
from features.jobs import SLICE, write_rows_of
from features.progress import silent
from features.sql.rows import sql_features

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.engine.declarations import Catalog
    from features.places import Ints
    from features.progress import Progress
    from features.store.journal import Journal


def write_event_features(
    journal: Journal, out: Path, engine: str, catalog: Catalog = CATALOG,
    until: int | None = None, progress: Progress = silent, **settings: Any,
) -> int:
    """Write the feature row of every event as `features.jobs.write_event_features` does.

    Parameters
    ----------
    journal, out, catalog, until, progress
        As there; the rows and the file are the same.
    engine : str
        ``duckdb`` or ``spark``.
    settings
        As of the engine.
    """
    total, done = journal.last_seq, 0

    def slices() -> Iterator[Ints]:
        nonlocal done
        for records in journal.records(until=until, rows=SLICE):
            done += len(records)
            progress("records", min(done, total), total)
            yield records

    rows = sql_features(slices(), catalog, journal.program.timezone, engine, **settings)
    written = write_rows_of(journal, out, catalog, rows)
    progress("records", total, total)
    return written
