"""All that is kept of one member, as one document: for who asks what is known of him.

Rows of the contract's tables in the contract's own words, then what Jaga made of them: verdicts,
what became of points, cases, what the desk wrote. Vectors of features and sums in the engine's
memory are not in it; they are made of the same rows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from features.contract import TABLES
from features.places import MISSING
from features.store.schema import DECISIONS, fact_columns
from models.answers import rfc3339
from serving.archive import Archive
from serving.keeping.erasing import member_number
from serving.review.second import Seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from features.contract import Column, Table
    from features.exports.program import Program
    from features.store.journal import Journal
    from features.store.store import Store

Json = dict[str, Any]
ASKED: Final = 500
"""Ids in one query; below the 999 variables that any SQLite allows."""
BY_EVENT: Final = ("feedback", "returns")
BY_DECISION: Final = ("deliveries",)
MILLION: Final = 1_000_000


def read_dossier(journal: Journal, member_id: str, *, with_contact: bool = False,
                 person: str = "") -> Json:
    """Read all that is kept of a member.

    Parameters
    ----------
    journal : Journal
    member_id : str
    with_contact : bool
        Put in his name and how to reach him.
    person : str
        Who reads: events that wait for his silent second look are shown without what was decided.

    Returns
    -------
    dict
        ``member_id``, ``contact``, ``tables`` (rows by table of the contract), ``verdicts``,
        ``outcomes``, ``cases``, ``replies``, ``notes``, ``lists``.

    Raises
    ------
    NotFound
        No such member, or one who was erased.
    """
    with journal.database.reading() as store:
        member = member_number(store, journal.key, member_id)
        reader = _Reader(store, journal.key, journal.program)
        tables = reader.tables(member)
        events = reader.events(member)
        found = {"member_id": member_id, "program_id": journal.program.program_id,
                 "as_of": rfc3339(journal.as_of_ms), "contact": None, "tables": tables,
                 **reader.made(member, events, Seconds(store, journal.key).among(events, person))}
    if with_contact:
        name, url = journal.people([member]).get(member, ("", ""))
        found["contact"] = {"display_name": name or None, "contact_url": url or None}
    return found


class _Reader:
    """Reads within one transaction."""

    def __init__(self, store: Store, key: int, program: Program) -> None:
        self._store = store
        self._key = key
        self._program = program
        self._archive = Archive(store, key)

    def tables(self, member: int) -> dict[str, list[Json]]:
        """Rows of every table of the contract that are his."""
        found = {name: self._rows(table, "member_id", [member])
                 for name, table in TABLES.items() if "member_id" in table.names}
        events = self.events(member)
        found |= {name: self._rows(TABLES[name], "event_id", events) for name in BY_EVENT}
        decisions = [int(row[0]) for row in self._store.rows(
            "SELECT decision_id FROM missions WHERE program = ? AND member_id = ?",
            (self._key, member))]
        found |= {name: self._rows(TABLES[name], "decision_id", decisions) for name in BY_DECISION}
        return {name: rows for name, rows in found.items() if rows}

    def events(self, member: int) -> list[int]:
        """Numbers of his judged events."""
        return [int(row[0]) for table in ("scans", "referrals", "redemptions")
                for row in self._store.rows(
                    f"SELECT event_id FROM {table} WHERE program = ? AND member_id = ?",
                    (self._key, member))]

    def made(self, member: int, events: list[int], hidden: frozenset[int]) -> Json:
        """What was made of his events, and written about them."""
        told = sorted(set(events) - hidden)
        names: dict[int, str] = {}
        for part in _parts(events):
            names |= self._archive.names("event", part)
        return {
            "verdicts": [json.loads(row[1]) for row in self._of(
                events, "SELECT place, body FROM verdicts", "place")],
            "outcomes": [{"event_id": names.get(int(row[0]), ""), "status": DECISIONS[row[1]],
                          "points_final": row[2], "by": row[3], "reason": row[4] or None,
                          "at": rfc3339(row[5])} for row in self._of(
                told, "SELECT event_id, status, points_final, \"by\", reason, at_ms "
                "FROM decisions", "seq")],
            "cases": [{"event_id": names.get(int(row[0]), ""), "points": row[1],
                       "opened_at": rfc3339(row[2]), "open": bool(row[3])}
                      for row in self._store.rows(
                          "SELECT event_id, points, opened_ms, is_open FROM cases "
                          "WHERE program = ? AND member_id = ? ORDER BY opened_ms",
                          (self._key, member)) if int(row[0]) not in hidden],
            "replies": [{"event_id": names.get(int(row[0]), ""), "kind": row[1],
                         "body": json.loads(row[2]), "at": rfc3339(row[3])} for row in self._of(
                events, "SELECT event_id, kind, body, at_ms FROM replies", "reply")],
            "notes": [{"event_id": names.get(int(row[0]), ""), "author": row[1], "text": row[2],
                       "at": rfc3339(row[3])} for row in self._of(
                told, "SELECT event_id, author, text, at_ms FROM desk_notes", "note")],
            "lists": [{"note": row[0], "author": row[1], "at": rfc3339(row[2])}
                      for row in self._store.rows(
                          "SELECT note, author, at_ms FROM lists WHERE program = ? "
                          "AND kind = 'member' AND entity = ? ORDER BY at_ms",
                          (self._key, member))],
        }

    def _rows(self, table: Table, column: str, numbers: Sequence[int]) -> list[Json]:
        """Rows of a table by an id, each cell as the contract writes it; empty ones left out."""
        kept = set(fact_columns(table)) - {"program_id"}
        columns = [one for one in table.columns if one.name in kept]
        names = ", ".join(f'"{one.name}"' for one in columns)
        rows = self._of(numbers, f"SELECT {names} FROM {table.name}", "place, seq", column)
        words = {kind: self._names(kind, rows, columns)
                 for kind in {one.kind for one in columns if one.type == "id"}}
        return [{one.name: told for one, value in zip(columns, row, strict=True)
                 if (told := self._told(one, value, words)) is not None} for row in rows]

    def _names(self, kind: str, rows: list[tuple[Any, ...]], columns: list[Column]
               ) -> dict[int, str]:
        at = [i for i, one in enumerate(columns) if one.type == "id" and one.kind == kind]
        numbers = sorted({int(row[i]) for row in rows for i in at if row[i]})
        found: dict[int, str] = {}
        for part in _parts(numbers):
            found |= self._archive.names(kind, part)
        return found

    def _told(self, column: Column, value: int | None, words: dict[str, dict[int, str]]) -> Any:
        if value is None or value == MISSING:
            return None
        match column.type:
            case "id":
                return words[column.kind].get(int(value))
            case "time":
                return rfc3339(value)
            case "money":
                return value / self._program.minor_units
            case "decimal" | "degrees":
                return value / MILLION
            case "boolean":
                return bool(value)
            case "enum":
                return column.values[int(value)]
            case "set":
                return [word for bit, word in enumerate(column.values) if int(value) >> bit & 1]
        return int(value)

    def _of(self, numbers: Sequence[int], select: str, order: str, column: str = "event_id"
            ) -> list[tuple[Any, ...]]:
        """Rows of some ids, in parts that any store takes."""
        found: list[tuple[Any, ...]] = []
        for part in _parts(numbers):
            listed = ", ".join(str(int(number)) for number in part)
            found += self._store.rows(f"{select} WHERE program = ? AND {column} IN ({listed}) "
                                      f"ORDER BY {order}", (self._key,))
        return found


def _parts(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    return (numbers[start:start + ASKED] for start in range(0, len(numbers), ASKED))
