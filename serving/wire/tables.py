"""JSON Schemas of the contract's tables, drawn from their declaration."""

from __future__ import annotations

from typing import Any, Final

from features.contract import EVENT_KINDS, TABLES, Column, Table

_TYPES: Final[dict[str, dict[str, Any]]] = {
    "id": {"type": "string", "minLength": 1},
    "private": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "points": {"type": "integer"},
    "integer": {"type": "integer"},
    "money": {"type": "number"},
    "decimal": {"type": "number"},
    "degrees": {"type": "number"},
    "boolean": {"type": "boolean"},
    "enum": {"type": "string"},
    "set": {"type": "string"},
}
_SCALES: Final = {"decimal": 1_000_000, "degrees": 1_000_000, "money": 100}
SCAN: Final[dict[str, Any]] = {
    "kind": "scan", "event_id": "s-1001", "member_id": "m-7", "code_id": "C-88213",
    "occurred_at": "2025-06-01T10:15:00+05:30", "points": 40, "proof": "qr",
    "outlet_id": "o-12", "device_id": "d-5", "lat": -6.2, "lon": 106.8, "capture": "camera",
    "channel": "app",
}
REFERRAL: Final[dict[str, Any]] = {
    "kind": "referral", "event_id": "r-2001", "member_id": "m-7", "points": 100,
    "occurred_at": "2025-06-01T10:20:00+05:30", "referee_id": "m-8", "referee_kind": "member",
}
REDEMPTION: Final[dict[str, Any]] = {
    "kind": "redemption", "event_id": "x-3001", "member_id": "m-7", "points": 500,
    "occurred_at": "2025-06-01T11:00:00+05:30", "reward_id": "voucher-5",
    "reward_kind": "voucher", "payout_id": "p-42",
}
EXAMPLES: Final = {"scan": SCAN, "referral": REFERRAL, "redemption": REDEMPTION}
LINES: Final = ("application/x-ndjson", "text/plain")
"""Media types of lines; the second for clients that know no other."""
ROWS: Final[dict[str, dict[str, Any]]] = {
    "members": {"member_id": "m-7", "persona": "retailer", "joined_at": "2024-03-01T00:00:00Z",
                "language": "id", "consent": True},
    "codes": {"code_id": "C-88213", "sku": "wire-2.5", "points": 40, "status": "dispatched",
              "dispatched_at": "2025-05-20T08:00:00Z"},
    "returns": {"return_id": "t-1", "event_id": "s-1001", "quantity": 2,
                "returned_at": "2025-06-04T09:00:00Z"},
}
"""One example row of the tables most often sent live."""


def column_schema(column: Column) -> dict[str, Any]:
    """Draw the JSON Schema of one column, bounds in the units of the wire.

    >>> from features.contract import SCANS
    >>> column_schema(SCANS.column("lat"))
    {'type': 'number', 'minimum': -90.0, 'maximum': 90.0}
    """
    schema = dict(_TYPES[column.type])
    if column.type == "enum":
        schema["enum"] = list(column.values)
    if column.type == "set":
        schema["description"] = f"`;`-separated from {', '.join(column.values)}"
    scale = _SCALES.get(column.type)
    for key, bound in (("minimum", column.low), ("maximum", column.high)):
        if bound is not None:
            schema[key] = bound / scale if scale else bound
    return schema


def table_schema(table: Table) -> dict[str, Any]:
    """Draw the JSON Schema of a row; columns that are not named in it are ignored."""
    return {
        "type": "object",
        "title": table.name,
        "required": list(table.required),
        "properties": {column.name: column_schema(column) for column in table.columns},
        "additionalProperties": True,
    }


def event_schema(kind: str) -> dict[str, Any]:
    """Draw the JSON Schema of a body of ``POST /v1/verdicts`` of one kind.

    >>> event_schema("referral")["required"]
    ['kind', 'event_id', 'member_id', 'occurred_at', 'points', 'referee_id']
    """
    schema = table_schema(TABLES[EVENT_KINDS[kind]])
    schema["title"] = kind
    schema["required"] = ["kind", *schema["required"]]
    schema["properties"] = {"kind": {"type": "string", "enum": [kind]}, **schema["properties"]}
    return schema


def event_body() -> dict[str, Any]:
    """Document the ``requestBody`` of a judged event: an alternative and an example a kind."""
    examples = {kind: {"summary": f"a {kind}", "value": body} for kind, body in EXAMPLES.items()}
    schema = {"oneOf": [event_schema(kind) for kind in EVENT_KINDS]}
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }


def lines_body(description: str, example: str) -> dict[str, Any]:
    """Document the ``requestBody`` of an NDJSON route: one JSON object a line."""
    schema = {"type": "string", "description": description}
    return {
        "required": True,
        "content": {kind: {"schema": schema, "example": example} for kind in LINES},
    }
