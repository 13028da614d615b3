"""Whom a campaign could be for: the values there are, and how many members each choice has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.contract import PERSONAS, TIERS
from models.answers import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

COLUMNS: Final = ("state", "persona", "region", "tier", "language")
"""Columns that a segment may name, the most telling first."""
_ORDER: Final = {"state": STATES, "persona": PERSONAS, "tier": TIERS}


def choices(members: pd.DataFrame) -> dict[str, list[tuple[str, int]]]:
    """Values of each column with how many members have it; those nobody has are left out.

    Vocabularies keep their order, others go by size.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"state": ["active", "new"], "persona": "retailer",
    ...                       "region": ["b", "b"], "tier": None, "language": "id"})
    >>> choices(table)["state"], choices(table)["region"], choices(table)["tier"]
    ([('new', 1), ('active', 1)], [('b', 2)], [])
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for column in COLUMNS:
        counts = members.loc[members[column] != "", column].value_counts()
        order = _ORDER.get(column, tuple(counts.index))
        found[column] = [(str(value), int(counts[value])) for value in order
                         if value in counts.index]
    return found


def size(members: pd.DataFrame, segment: Mapping[str, str]) -> int:
    """How many members a segment has today; an empty segment is everybody.

    >>> import pandas as pd
    >>> size(pd.DataFrame({"tier": ["gold", "silver", "gold"]}), {"tier": "gold"})
    2
    """
    table = members
    for column, value in segment.items():
        table = table[table[column] == value]
    return len(table)
