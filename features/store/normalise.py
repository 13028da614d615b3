"""Chunks of a raw table to clean rows and rejects; one live body to a clean row.

Clean rows are an Arrow table: ``row`` (its number in the file), the contract's columns that were
there (int64, or dictionary-encoded text), ``known_at``, and for scans ``invoice`` and ``claim``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.contract import EVENT_TABLES, Column
from features.errors import BadCell, BadInput
from features.places import MISSING
from features.store.cells import parse_cell
from features.store.columns import Fault, read_column
from features.store.decided import too_early
from features.store.derived import claim_name, invoice_name, with_invoices
from features.store.plain import plain_cell
from features.store.rejects import Reject, reject_frame

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import pandas as pd

    from features.contract import Table
    from features.exports.program import Program

PROGRAM_ID: Final = Column("program_id", "id", kind="program")
KNOWN_AT: Final = Column("known_at", "time")
ROW: Final = "row"
_OWNED: Final = ("members", *EVENT_TABLES)
"""Tables in which the contract requires ``program_id``."""


def check_header(table: Table, names: Iterable[str]) -> list[str]:
    """Columns that are none of the contract's, to be ignored and reported.

    Raises
    ------
    BadInput
        Where a required column is missing.

    Examples
    --------
    >>> from features.contract import OUTLETS
    >>> check_header(OUTLETS, ["outlet_id", "colour"])
    ['colour']
    """
    there = list(names)
    needed = (*table.required, *(("program_id",) if table.name in _OWNED else ()))
    missing = [name for name in needed if name not in there]
    if missing:
        raise BadInput(f"{table.name} with {', '.join(needed)}", f"a table without "
                       f"{', '.join(missing)}", "add the column or map it with --mapping")
    known = {*table.names, PROGRAM_ID.name, KNOWN_AT.name}
    return [name for name in there if name not in known]


def normalise(
    table: Table, frame: pd.DataFrame, program: Program, first_row: int = 1,
    arrival_ms: int | None = None,
) -> tuple[pa.Table, pd.DataFrame]:
    """Clean rows and rejects of a frame of raw cells.

    Parameters
    ----------
    table : Table
        What the frame holds.
    frame : DataFrame, shape (n, columns)
        Raw cells under the contract's names; other columns are ignored.
    program : Program
        Whose rows these must be.
    first_row : int
        Number of the first row in its file.
    arrival_ms : int or None
        When the rows came, where that is when they are known; see `features.store.decided`.

    Raises
    ------
    BadInput
        Where a required column is missing.
    """
    check_header(table, frame.columns)
    required = table.name in _OWNED
    columns = [*table.columns, KNOWN_AT]
    arrays: dict[str, pa.Array] = {
        ROW: pa.array(np.arange(first_row, first_row + len(frame), dtype=np.int64))
    }
    faults: list[Fault] = []
    if PROGRAM_ID.name in frame:
        faults += _check_program(frame[PROGRAM_ID.name], program, required)
    for column in columns:
        if column.name in frame:
            arrays[column.name], found = read_column(column, frame[column.name], program)
            faults += found
    if table.name == "feedback":
        faults += too_early(arrays, KNOWN_AT.name, arrival_ms)
    rows = _without(pa.table(arrays), faults)
    rejects = [Reject(table.name, first_row + fault.index, fault.column, fault.value,
                      fault.sentence) for fault in sorted(faults, key=lambda fault: fault.index)]
    clean = with_invoices(rows) if table.name == "scans" else rows
    return clean, reject_frame(rejects)


def _without(rows: pa.Table, faults: list[Fault]) -> pa.Table:
    if not faults:
        return rows
    good = np.ones(rows.num_rows, dtype=bool)
    good[[fault.index for fault in faults]] = False
    return rows.filter(pa.array(good))


def _check_program(cells: pd.Series, program: Program, required: bool) -> list[Fault]:
    column = Column("program_id", "id", required)
    texts, faults = read_column(column, cells, program)
    other = pc.fill_null(pc.not_equal(texts.cast(pa.large_string()), program.program_id), False)
    for index in np.flatnonzero(np.asarray(other)):
        error = _other_program(texts[int(index)].as_py(), program)
        faults.append(Fault(int(index), column.name, error.came, error.sentence))
    return faults


def _other_program(came: str, program: Program) -> BadCell:
    return BadCell("program_id", program.program_id, came)


def normalise_body(
    table: Table, body: Mapping[str, object], program: Program, without: Collection[str] = ()
) -> dict[str, int | str]:
    """Clean cells of one live body under the contract's names; unknown ones are left out.

    Columns named in ``without`` are not read.

    Raises
    ------
    BadCell
        At the first field that breaks the contract.

    Examples
    --------
    >>> from features.contract import OUTLETS
    >>> from features.exports.program import Program
    >>> normalise_body(OUTLETS, {"outlet_id": "o1", "lat": "-6.2"}, Program(program_id="acme"))
    {'outlet_id': 'o1', 'lat': -6200000}
    """
    if body.get("program_id") not in (None, program.program_id):
        owner = parse_cell(PROGRAM_ID, body["program_id"], program)
        if owner not in ("", program.program_id):
            raise _other_program(str(owner), program)
    cells: dict[str, int | str] = {}
    for column in table.columns:
        name = column.name
        raw = body.get(name)
        if (raw is None and not column.required) or name in without:
            continue
        value = plain_cell(column, raw)
        if value is None:
            value = parse_cell(column, raw, program)
        if value != "" and value != MISSING:
            cells[name] = value
    if table.name == "scans":
        _add_invoice(cells)
    return cells


def _add_invoice(cells: dict[str, Any]) -> None:
    invoice = invoice_name(cells.get("seller_id", ""), cells.get("invoice_no", ""))
    claim = claim_name(invoice, cells.get("amount", MISSING), cells.get("invoice_lines_hash", ""))
    cells |= {name: text for name, text in (("invoice", invoice), ("claim", claim)) if text}
