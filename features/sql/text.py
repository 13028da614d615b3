"""Words of the SQL that DuckDB and Spark share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.engine.clause import OPERATORS
from features.places import MISSING
from features.records import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from features.engine.clause import Clause

NULL: Final = "CAST(NULL AS BIGINT)"
UNKNOWN: Final = f"CAST({MISSING} AS BIGINT)"
"""Stands for an unknown value where NULL already says that there is no record."""
NEVER: Final = (1 << 63) - 1
"""A time or position that never comes."""
_SQL: Final = dict(zip(OPERATORS, ("=", "<>", "<", "<=", ">", ">="), strict=False))


def among(kinds: Iterable[str]) -> str:
    """Say that a record is of one of these kinds.

    Examples
    --------
    >>> among(["merge", "scan"])
    'kind IN (0, 7)'
    """
    return f"kind IN ({', '.join(str(n) for n in sorted(KINDS.index(k) for k in kinds))})"


def matches(
    kinds: Sequence[str], clauses: Iterable[Clause], column_of: Callable[[str], str]
) -> str:
    """Say that a record is of these kinds and meets these conditions; unknown compares false.

    Examples
    --------
    >>> from features.engine.clause import parse_clause
    >>> matches(("scan",), [parse_clause("points > 3", "here:1")], "c_{}".format)
    'kind IN (0) AND c_points > 3'
    """
    said = [among(kinds)] if set(kinds) != set(KINDS) else []
    for clause in sorted(clauses, key=lambda c: (c.column, c.operator, c.value, c.other)):
        left, word = column_of(clause.column), OPERATORS[clause.operator]
        if word in ("known", "unknown"):
            said.append(f"{left} IS {'NOT ' * (word == 'known')}NULL")
        else:
            right = column_of(clause.other) if clause.other else str(clause.value)
            said.append(f"{left} {_SQL[word]} {right}")
    return " AND ".join(said) or "TRUE"


def where(test: str, value: str) -> str:
    """Give a value where a test holds, else NULL."""
    return value if test == "TRUE" else f"CASE WHEN {test} THEN {value} END"


def coalesce(*values: str) -> str:
    """Give the first value that is known.

    Examples
    --------
    >>> coalesce(NULL, "a"), coalesce("a", "b")
    ('a', 'COALESCE(a, b)')
    """
    known = [value for value in values if value != NULL]
    return NULL if not known else known[0] if len(known) == 1 else f"COALESCE({', '.join(known)})"


def known(columns: Iterable[str]) -> str:
    """Say that all these columns are known."""
    return " AND ".join(f"{column} IS NOT NULL" for column in columns)


def listed(*parts: str) -> str:
    """Join the parts of a select list, one a line, empty ones left out."""
    return ",\n  ".join(part for part in parts if part)
