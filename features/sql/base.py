"""The first stage: records as they came, unknown as NULL, and columns of the record alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.places import TIE_BITS
from features.records import ENTITIES, KINDS, SCORED
from features.sql.text import UNKNOWN, among, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.engine.plan import Ints
    from features.sql.versions import Version

JUDGED: Final = among(KINDS[:SCORED])
THEN: Final = "outcome_then"
"""The outcome as it is known once the event was scored."""
_IDS: Final = ("event", *ENTITIES)


def base(columns: Iterable[Version], zone: Ints, kinds: set[str], with_outcome: bool) -> str:
    """Select the columns that later stages read, of the records that matter.

    Parameters
    ----------
    columns : iterable of Version
        Columns before anything was filled.
    zone : shape (n, 2)
        From when which offset to UTC holds, in ms.
    kinds : set of str
        Kinds of records that matter.
    with_outcome : bool
        Whether a feature reads what was decided on earlier events.
    """
    named = sorted(columns, key=lambda v: v.sql)
    return "SELECT " + listed(
        f"pos, place, kind, place >> {TIE_BITS} AS now_ms",
        *(f"{_column(v.name, zone)} AS {v.sql}" for v in named),
        f"CASE WHEN {JUDGED} THEN COALESCE({_value('outcome')}, 0) ELSE {_value('outcome')} END"
        f" AS {THEN}" if with_outcome else "",
    ) + f"\nFROM {_records(named)}\nWHERE {among(kinds)}"


def _records(columns: list[Version]) -> str:
    if all(version.name != "local_ms" for version in columns):
        return "records"
    happened = f"COALESCE({_value('occurred_ms')}, place >> {TIE_BITS})"
    return f"(SELECT *, {happened} AS happened FROM records) AS timed"


def _column(name: str, zone: Ints) -> str:
    if name in _IDS:
        return f"CASE WHEN {name} > 0 THEN {name} END"
    if name == "program":
        return "CAST(1 AS BIGINT)"
    if name == "local_ms":
        return f"happened + {_offset(zone)}"
    if name == "outcome":
        return f"CASE WHEN NOT {JUDGED} THEN {_value(name)} END"
    return _value(name)


def _value(name: str) -> str:
    return f"NULLIF({name}, {UNKNOWN})"


def _offset(zone: Ints) -> str:
    """Halve the table of offsets, so that a record passes few of its rows."""
    if len(zone) == 1:
        return str(zone[0, 1])
    middle = len(zone) // 2
    return (f"CASE WHEN happened < {zone[middle, 0]} THEN {_offset(zone[:middle])}"
            f" ELSE {_offset(zone[middle:])} END")
