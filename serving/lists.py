"""The deny and allow lists, the snoozes and the watches of one program, as they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from models.answers import rfc3339
from serving.codebatches import CodeBatches
from serving.listed import LISTS, NONE, SNOOZE, WATCH, WATCHABLE, Listed
from serving.within import WithinProgram

if TYPE_CHECKING:
    from features.places import Ints
    from serving.listed import Entry, ListEntry

SEEN_IN: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "member": (("members", "member_id"), ("scans", "member_id"), ("referrals", "member_id"),
               ("redemptions", "member_id")),
    "device": (("scans", "device_id"), ("referrals", "device_id"), ("redemptions", "device_id")),
    "payout": (("members", "payout_id"), ("redemptions", "payout_id")),
    "outlet": (("outlets", "outlet_id"), ("members", "outlet_id"), ("scans", "outlet_id")),
    "seller": (("scans", "seller_id"),),
    "agent": (("scans", "agent_id"), ("redemptions", "agent_id"), ("adjustments", "agent_id")),
    "ip": (("scans", "ip"), ("referrals", "ip"), ("redemptions", "ip")),
    "batch": (("codes", "batch_id"), ("scans", "batch_id")),
}
"""Tables and columns that name a subject of each kind."""
_STORED: Final = "kind, entity, list, valid_to_ms, at_ms, note, author"


class Lists(WithinProgram):
    """Reads and writes the lists of one program inside a transaction."""

    def add(self, entry: ListEntry, number: int, by: str) -> bool:
        """Write an entry; False where the subject's newest on that list says the same."""
        said = (entry.to_ms, entry.note, by)
        word = LISTS.index(entry.list)
        if self._newest(entry.kind, number, word) == (word, *said):
            return False
        self._store.run(
            "INSERT INTO lists (program, kind, entity, list, valid_to_ms, note, author, at_ms) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (self._program, entry.kind, number, word, *said, entry.from_ms))
        return True

    def _newest(self, kind: str, number: int, word: int) -> tuple[Any, ...] | None:
        """Find what last said whether a subject sleeps, or where it stands."""
        other = "list IN (0, 3)" if word == SNOOZE else "list <> 3" if word else "1 = 1"
        rows = self._store.rows(
            "SELECT list, valid_to_ms, note, author FROM lists WHERE program = ? AND kind = ? "
            f"AND entity = ? AND {other} ORDER BY at_ms DESC, entry DESC LIMIT 1",
            (self._program, kind, number))
        return tuple(rows[0]) if rows else None

    def entries(self) -> list[Entry]:
        """List all entries in the order they were written."""
        return [(row[0], int(row[1]), int(row[2]), row[3], int(row[4])) for row in self._rows()]

    def standing(self, before: Listed | None = None, records: Ints | None = None) -> Listed:
        """Read the lists as the judge needs them, with the codes of batches that are watched.

        Where the same batches are watched as ``before``, codes are not read again, but taken from
        there and from the ``records`` that came since.
        """
        listed = Listed(self.entries())
        if before is not None and records is not None and before.codes.batches == listed.watched:
            listed.codes = before.codes
            listed.codes.note(records)
        else:
            listed.codes = CodeBatches.read(self._store, self._program, listed.watched)
        return listed

    def in_force(self, now_ms: int) -> list[dict[str, Any]]:
        """Show the entries that act now, the newest first, each with its end and its reason."""
        standing: dict[tuple[str, int, bool], tuple[Any, ...]] = {}
        for row in self._rows():
            sleeps = (True, False) if row[2] == NONE else (row[2] == SNOOZE,)
            for each in sleeps:
                standing[row[0], int(row[1]), each] = row
        acting = [row for row in standing.values()
                  if row[2] != NONE and (row[3] is None or now_ms < row[3])]
        acting.sort(key=lambda row: -int(row[4]))
        return [self._shown(row) for row in acting]

    def watched(self, now_ms: int) -> dict[str, int]:
        """Find the batches that are watched now, by their ids, each with its end."""
        newest = {name: (int(word), end) for name, word, end in self._store.rows(
            "SELECT e.name, l.list, l.valid_to_ms FROM lists l JOIN entities e "
            "ON e.program = l.program AND e.kind = l.kind AND e.number = l.entity "
            "WHERE l.program = ? AND l.kind = ? AND l.at_ms <= ? ORDER BY l.at_ms, l.entry",
            (self._program, WATCHABLE, now_ms))}
        return {name: int(end) for name, (word, end) in newest.items()
                if word == WATCH and now_ms < end}

    def _rows(self) -> list[tuple[Any, ...]]:
        return self._store.rows(f"SELECT {_STORED} FROM lists WHERE program = ? "
                                "ORDER BY at_ms, entry", (self._program,))

    def _shown(self, row: tuple[Any, ...]) -> dict[str, Any]:
        kind, number, word, to_ms, from_ms, note, by = row
        names = self._store.rows(
            "SELECT name FROM entities WHERE program = ? AND kind = ? AND number = ?",
            (self._program, kind, number))
        return {"list": LISTS[word], "kind": kind, "subject_id": names[0][0] if names else "",
                "valid_from": rfc3339(from_ms), "valid_to": None if to_ms is None
                else rfc3339(to_ms), "note": note or None, "by": by}

    def is_known(self, kind: str, number: int) -> bool:
        """Whether the journal names a subject anywhere but on these lists.

        A number that no list has spoken of was given by a row of the journal. One that was first
        given for a list is looked for in the tables, from their ends.
        """
        if not number:
            return False
        listed = self._store.rows("SELECT 1 FROM lists WHERE program = ? AND kind = ? "
                                  "AND entity = ? LIMIT 1", (self._program, kind, number))
        return not listed or any(self._store.rows(
            f"SELECT 1 FROM {table} WHERE program = ? AND {column} = ? LIMIT 1",
            (self._program, number)) for table, column in SEEN_IN[kind])
