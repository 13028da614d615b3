"""What a program has declared innocent, as of a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.contract import DECLARATIONS

if TYPE_CHECKING:
    from features.store.store import Store


@dataclass(frozen=True)
class Declaration:
    """A subject that is innocent in one way, from a moment to another; None is open."""

    kind: str
    subject_id: str
    from_ms: int | None
    to_ms: int | None
    note: str


def declared_in_force(store: Store, program: int, now_ms: int, limit: int = 2000
                      ) -> list[Declaration]:
    """List the declarations that act now, the newest first.

    The newest version of each counts; one that began and ended before is none.
    """
    rows = store.rows(
        "SELECT d.kind, d.subject_id, d.valid_from, d.valid_to, "
        "(SELECT name FROM entities e WHERE e.program = d.program AND e.kind = 'subject' "
        "AND e.number = d.subject_id), "
        "(SELECT name FROM entities e WHERE e.program = d.program AND e.kind = 'note' "
        "AND e.number = d.note) "
        "FROM declarations d WHERE d.program = ? ORDER BY d.place, d.seq", (program,))
    newest = {(int(row[0]), int(row[1])): row for row in rows}
    found = [Declaration(DECLARATIONS[int(kind)], name or "", start, end, note or "")
             for kind, _, start, end, name, note in newest.values()
             if (start is None or start <= now_ms) and (end is None or now_ms < end)]
    return sorted(found, key=lambda one: -(one.from_ms or 0))[:limit]
