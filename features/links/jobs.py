"""The daily job: the rings of a program as of a moment, and the file that tells of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.links.kinds import midnight
from features.links.links import Links
from features.places import first_place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.links.rings import Rings
    from features.places import Ints
    from features.store.home import Home
    from features.store.journal import Journal

SCHEMA = pa.schema([
    ("member_id", pa.string()), ("ring", pa.string()), ("size", pa.int64()),
    ("score", pa.float64()), ("known_at", pa.timestamp("ms", tz="UTC")),
    ("kinds", pa.list_(pa.string())),
])
"""Columns of the file; ``ring`` is the id of its member with the smallest number."""
LIKELY: Final = 0.5
"""Score of a ring that is one hand as likely as not."""


@dataclass(frozen=True)
class Published:
    """What was published: where, known since when, how many rings and members.

    Parameters
    ----------
    path : Path
    known_at : str
        The midnight, RFC 3339.
    rings, members, largest : int
        Rings, members in one, members of the largest.
    likely : int
        Rings with a score of `LIKELY` or more.
    """

    path: Path
    known_at: str
    rings: int
    members: int
    largest: int
    likely: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "path": str(self.path)}


def read_rings(journal: Journal, as_of_ms: int) -> Rings:
    """Rings of the last UTC midnight at or before a moment, from the journal alone."""
    links = Links()
    for records in journal.records(until=first_place(midnight(as_of_ms))):
        links.learn(records)
    return links.publish(as_of_ms)


def write_rings(rings: Rings, path: Path, names: Callable[[Ints], object]) -> int:
    """Write everybody in a ring as Parquet, highest score first; return how many.

    Parameters
    ----------
    rings : Rings
    path : Path
        Appears only when it is whole.
    names : callable
        From numbers of members to their ids.
    """
    _, size, score = rings.table(rings.members)
    order = np.lexsort((rings.members, rings.ring, -score))
    ring = rings.ring[order]
    count = len(order)
    kinds = {int(number): list(rings.kinds(int(number))) for number in rings.rings}
    table = pa.Table.from_arrays([
        pa.array(names(rings.members[order]), pa.string()), pa.array(names(ring), pa.string()),
        pa.array(size[order]), pa.array(score[order]),
        pa.array(np.full(count, rings.known_at_ms), pa.timestamp("ms", tz="UTC")),
        pa.array([kinds[number] for number in ring.tolist()], pa.list_(pa.string())),
    ], schema=SCHEMA)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    pq.write_table(table, partial, compression="zstd")
    partial.replace(path)
    return count


def publish(
    home: Home, program_id: str | None = None, as_of_ms: int | None = None,
    out: Path | None = None,
) -> Published:
    """Write the rings of the last midnight to ``rings/PROGRAM/DATE.parquet`` of a home.

    The date is the UTC day that the midnight begins. The same journal gives the same file.

    Parameters
    ----------
    as_of_ms : int, optional
        UTC milliseconds; None: just after the journal's last event.
    out : Path, optional
        Another file to write.
    """
    journal = home.journal(program_id)
    rings = read_rings(journal, journal.as_of_ms if as_of_ms is None else as_of_ms)
    return publish_rings(home, journal, rings, out)


def publish_rings(home: Home, journal: Journal, rings: Rings, out: Path | None = None
                  ) -> Published:
    """Write rings that are made already, as `publish` does."""
    known_at = datetime.fromtimestamp(rings.known_at_ms / 1000, UTC)
    if out is None:
        folder = home.path / "rings" / journal.program.program_id
        out = folder / f"{known_at.date()}.parquet"
    count = write_rings(rings, out, lambda numbers: journal.names("member", numbers))
    return Published(out, known_at.isoformat(), len(rings.rings), count,
                     int(rings.size.max(initial=0)), int((rings.score >= LIKELY).sum()))
