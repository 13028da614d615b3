"""The page of the contract's tables, from their declaration."""

from __future__ import annotations

from features.contract import TABLES, Column, Table
from jaga.reference.markdown import code, plain, table

ROLES = {
    "event": "Judged: each row has one place in the program's order.",
    "log": "Appended once; a row never changes.",
    "version": "A changed row is a newer version; the older ones stay.",
}
TYPES = {
    "id": "id", "private": "text, kept apart from all else", "time": "RFC 3339 time with offset",
    "points": "whole number of points", "integer": "whole number",
    "money": "amount in the program's currency", "decimal": "number", "degrees": "degrees",
    "boolean": "true or false", "enum": "one of", "set": "some of, with `;` between",
}
_SCALES = {"decimal": 1_000_000, "degrees": 1_000_000, "money": 100}


def page() -> str:
    """Write each table with its columns, and what makes two rows the same."""
    parts = ["# Tables", "The files of an export and the rows of `POST /v1/records/{table}`, "
             "CSV, Parquet or NDJSON. Each may have `program_id` and `known_at` beside these."]
    parts += [_table(each) for each in TABLES.values()]
    return "\n\n".join(parts) + "\n"


def _table(one: Table) -> str:
    same = ", ".join(code(name) for name in one.identity) or "all columns"
    first = f" Known from {code(one.first_time)} on, where `known_at` is missing." \
        if one.first_time else " Known from the start, where `known_at` is missing."
    rows = [[code(each.name), "yes" if each.required else "", _type(each)] for each in one.columns]
    return "\n\n".join([
        f"## {one.name}", f"{ROLES[one.role]} Two rows are the same by {same}.{first}",
        table(["column", "needed", "holds"], rows)])


def _type(column: Column) -> str:
    """Say what a cell may hold, in the units in which it is written."""
    said = TYPES[column.type]
    if column.values:
        said += " " + ", ".join(code(value) for value in column.values)
    scale = _SCALES.get(column.type, 1)
    low, high = (None if bound is None else f"{bound / scale:,.15g}"
                 for bound in (column.low, column.high))
    if low is not None and high is not None:
        said += f", {low} to {high}"
    elif low is not None:
        said += f", from {low} on"
    return plain(said)
