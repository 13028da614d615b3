"""Acts on the cause of alerts: lists and declarations, a batch made void, a campaign that ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from features.contract import CODE_STATUSES, SUBJECT_KINDS, TABLES, Column
from features.errors import BadCell, Conflict, NotFound
from features.places import LAST_MS, known_place, place_ms
from features.store.cells import MILLION, parse_cell
from features.store.head import read_head
from features.store.schema import fact_columns
from models.answers import rfc3339
from serving.archive import Archive
from serving.listentry import check_entry
from serving.lists import Lists
from serving.review.announced import Campaigns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.exports.program import Program
    from features.store.store import Store
    from features.store.writing import Writing
    from serving.listed import ListEntry

VOID: Final = CODE_STATUSES.index("void")
TO: Final = Column("valid_to", "time")
PART: Final = 200
"""Codes made void in one transaction: some milliseconds in which no verdict is given."""
_EVER: Final = known_place(LAST_MS)
_UNFOLLOWED: Final = (
    "NOT EXISTS (SELECT 1 FROM {table} n WHERE n.program = c.program "
    "AND n.{table_id} = c.{table_id} AND (n.place, n.seq) > (c.place, c.seq) "
    "AND (n.place <= ? OR n.place = c.place))")
"""Rows that hold at a place, and rows that are to hold after it."""
_IN_FORCE: Final = (
    "FROM codes c WHERE c.program = ? AND c.batch_id = ? AND COALESCE(c.status, -1) <> ? AND "
    + _UNFOLLOWED.format(table="codes", table_id="code_id"))
"""Those of them that say of a code that it is of a batch and not void."""
_CAMPAIGN: Final = (
    "FROM campaigns c WHERE c.program = ? AND c.campaign_id = ? AND "
    + _UNFOLLOWED.format(table="campaigns", table_id="campaign_id") + " ORDER BY c.place, c.seq")
SCANS_OF: Final = {"device": "device_id", "outlet": "outlet_id", "agent": "agent_id",
                   "seller": "seller_id", "ip": "ip", "batch": "batch_id"}
"""Columns of a scan that name a subject of each kind."""


class Reach(NamedTuple):
    """How far a cause reaches among the open cases, and in the file of codes."""

    events: int
    members: int
    points: int
    codes: int = 0
    code_points: int = 0


def check_list(asked: Mapping[str, Any], program: Program, now_ms: int) -> ListEntry:
    """Check an entry of a list; BadCell names what is wrong."""
    return check_entry(asked, program, now_ms)


def check_declaration(asked: Mapping[str, Any], program: Program, now_ms: int) -> dict[str, Any]:
    """Check a declaration and return its row; BadCell names what is wrong."""
    kind, subject = str(asked.get("kind")), str(asked.get("subject_id") or "").strip()
    if kind not in SUBJECT_KINDS:
        raise BadCell("kind", f"one of {', '.join(SUBJECT_KINDS)}", repr(kind)[:50])
    if not subject:
        raise BadCell("subject_id", "the id of a subject", "none")
    until = parse_cell(TO, asked.get("valid_to"), program)
    if asked.get("valid_to") and int(until) <= now_ms:
        raise BadCell("valid_to", "a moment that is still to come", str(asked["valid_to"])[:50])
    return {"kind": kind, "subject_id": subject, "valid_from": rfc3339(now_ms),
            "valid_to": asked.get("valid_to") or None, "note": asked.get("note") or None}


def put_on_list(writing: Writing, entry: ListEntry, by: str) -> int:
    """Write an entry of a list; the subject's number."""
    number = writing.entities.create(entry.kind, entry.subject_id)
    Lists(writing.store, writing.key).add(entry, number, by)
    return number


def declare(writing: Writing, row: dict[str, Any], now_ms: int) -> list[tuple[str, int]]:
    """Write a declaration, known from now on; the kinds and numbers of its subject."""
    _append(writing, "declarations", [{**row, "known_at": rfc3339(now_ms)}])
    archive = Archive(writing.store, writing.key)
    found = [(kind, archive.number(kind, row["subject_id"]))
             for kind in SUBJECT_KINDS[row["kind"]]]
    return [(kind, number) for kind, number in found if number]


def codes_in_force(store: Store, program: int, batch: int, now_ms: int) -> list[tuple[int, int]]:
    """Find place and arrival of rows by which codes of a batch are not void, now or later."""
    return [(int(place), int(seq)) for place, seq in store.rows(
        f"SELECT c.place, c.seq {_IN_FORCE}",
        (program, batch, VOID, _place(store, program, now_ms)))]


def void_codes(writing: Writing, batch: int, rows: Sequence[tuple[int, int]], now_ms: int) -> int:
    """Make the codes of some rows void, from now or from where the row holds; how many rows.

    What changed meanwhile stays.
    """
    listed = ", ".join(f"({place}, {seq})" for place, seq in rows)
    found = _rows_of(writing.store, writing.key, "codes",
                     f"{_IN_FORCE} AND (c.place, c.seq) IN (VALUES {listed})",
                     (writing.key, batch, VOID, _place(writing.store, writing.key, now_ms)), now_ms)
    return _append(writing, "codes", [{**row, "status": "void"} for row in found])


def check_pause(store: Store, program: Program, key: int, campaign: int, now_ms: int) -> None:
    """Raise Conflict where a campaign is over anyway, or never begins; NotFound for no campaign."""
    rows = _campaign(store, key, campaign, now_ms)
    if not _ended(rows, program, now_ms):
        ends = rows[-1]["ends_at"]
        is_over = int(parse_cell(TABLES["campaigns"].column("ends_at"), ends, program)) <= now_ms
        raise Conflict("a campaign that goes on",
                       f"one that ended at {ends}" if is_over else "one that never begins",
                       "leave it as it is")


def pause_campaign(writing: Writing, campaign: int, now_ms: int) -> None:
    """End a campaign now: its next version, known from now on; one to come never begins.

    A version that is known only later gets its own next one, known from the same moment.

    Raises
    ------
    Conflict
        The file of campaigns takes none of them.
    """
    rows = _ended(_campaign(writing.store, writing.key, campaign, now_ms), writing.program, now_ms)
    if _append(writing, "campaigns", rows) < len(rows):
        raise Conflict("a campaign that can be ended now", "one that has such a version already",
                       "send its row again, with the end that it is to have")


def check_resume(store: Store, key: int, campaign: int, now_ms: int) -> int:
    """Find when a campaign was to end that the desk ended; Conflict where there is none such."""
    until_ms = Campaigns(store, key).until(campaign, now_ms)
    if until_ms is None:
        raise Conflict("a campaign that was paused here and is not over yet", "another",
                       "send its row again, with the end that it is to have")
    return until_ms


def resume_campaign(writing: Writing, campaign: int, now_ms: int) -> None:
    """Let a campaign go on to the end that it had: its next version, known from now on.

    Raises
    ------
    Conflict
        It was not paused here, or would be over by now.
    """
    until_ms = check_resume(writing.store, writing.key, campaign, now_ms)
    row = _campaign(writing.store, writing.key, campaign, now_ms)[0]
    _append(writing, "campaigns", [{**row, "ends_at": rfc3339(until_ms)}])


def _campaign(store: Store, program: int, campaign: int, now_ms: int) -> list[dict[str, Any]]:
    rows = _rows_of(store, program, "campaigns", _CAMPAIGN,
                    (program, campaign, _place(store, program, now_ms)), now_ms)
    if not rows:
        raise NotFound("a campaign of the program", "an unknown campaign_id", "check it")
    return rows


def _ended(rows: Sequence[dict[str, Any]], program: Program, now_ms: int) -> list[dict[str, Any]]:
    """End each version of a campaign that goes on; one that has not begun, where it begins."""
    column = TABLES["campaigns"].column
    ended = []
    for row in rows:
        begins = int(parse_cell(column("starts_at"), row["starts_at"], program))
        end = max(now_ms, begins)
        if int(parse_cell(column("ends_at"), row["ends_at"], program)) > end:
            ended.append({**row, "ends_at": rfc3339(end)})
    return ended


def _place(store: Store, program: int, now_ms: int) -> int:
    """Place up to which rows hold now."""
    return max(known_place(now_ms), read_head(store, program).place)


def reach_of(store: Store, program: int, kind: str, number: int) -> Reach:
    """Say how many open cases name a subject, and how many codes a batch has that are not void."""
    if kind == "batch":
        codes, worth = store.rows(f"SELECT COUNT(*), COALESCE(SUM(c.points), 0) {_IN_FORCE}",
                                  (program, number, VOID, _EVER))[0]
        return _in_cases(store, program, kind, number)._replace(codes=int(codes),
                                                                code_points=int(worth))
    return _in_cases(store, program, kind, number)


def _in_cases(store: Store, program: int, kind: str, number: int) -> Reach:
    what = "COUNT(*), COUNT(DISTINCT c.member_id), COALESCE(SUM(c.points), 0)"
    if kind == "member":
        rows = store.rows(f"SELECT {what} FROM cases c WHERE c.program = ? AND c.is_open = 1 "
                          "AND c.member_id = ?", (program, number))
    elif kind == "payout":
        rows = store.rows(
            f"SELECT {what} FROM cases c WHERE c.program = ? AND c.is_open = 1 AND EXISTS ("
            "SELECT 1 FROM redemptions s WHERE s.program = c.program AND s.event_id = c.event_id "
            "AND s.payout_id = ?)", (program, number))
    elif kind in SCANS_OF:
        rows = store.rows(
            f"SELECT {what} FROM cases c JOIN scans s ON s.program = c.program "
            "AND s.event_id = c.event_id WHERE c.program = ? AND c.is_open = 1 "
            f"AND s.{SCANS_OF[kind]} = ?", (program, number))
    else:
        rows = [(0, 0, 0)]
    return Reach(*map(int, rows[0]))


def _append(writing: Writing, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Append rows, each known from its ``known_at``; how many; BadCell where one is rejected."""
    if not rows:
        return 0
    frame = pd.DataFrame([{"program_id": writing.program.program_id, **row} for row in rows])
    counts, rejects = writing.rows(table, frame)
    for reject in rejects.itertuples():
        wanted = str(reject.sentence).removeprefix("expected ").rsplit(", got ", 1)[0]
        raise BadCell(str(reject.column), wanted, str(reject.value)[:100])
    return counts.new + counts.versions


def _rows_of(store: Store, program: int, table: str, tail: str, values: Sequence[int],
             now_ms: int) -> list[dict[str, Any]]:
    """Read rows of a table of the contract as their sender would write them again.

    ``known_at`` is now, or where a row holds only later: a row written with it holds instead.
    """
    contract = TABLES[table]
    names = fact_columns(contract)
    columns = [contract.column(name) for name in names]
    rows = store.rows(f"SELECT {', '.join(f'c.{name}' for name in (*names, 'place'))} {tail}",
                      values)
    archive = Archive(store, program)
    words = {column.name: archive.names(column.kind, {row[index] or 0 for row in rows})
             for index, column in enumerate(columns) if column.type == "id"}
    return [{column.name: _cell(column, cell, words.get(column.name, {}))
             for column, cell in zip(columns, row[:-1], strict=True)}
            | {"known_at": rfc3339(max(now_ms, place_ms(int(row[-1]))))} for row in rows]


def _cell(column: Column, cell: int | None, words: Mapping[int, str]) -> Any:
    if cell is None:
        return None
    if column.type == "id":
        return words.get(int(cell))
    if column.type == "time":
        return rfc3339(int(cell))
    if column.type == "enum":
        return column.values[int(cell)]
    if column.type in ("degrees", "decimal"):
        return f"{cell / MILLION:.6f}"
    return str(int(cell))
