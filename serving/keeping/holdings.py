"""What the dictionary holds of one member alone: ids that no row of another member names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import TABLES

if TYPE_CHECKING:
    from features.contract import Table
    from features.store.store import Store

    Numbers = dict[str, set[int]]

OWN: Final = frozenset({"event", "decision", "change", "merge"})
"""Kinds of id that belong to one member by what they are."""
SHARED: Final = frozenset({"device", "ip", "payout", "phone", "address", "attachment",
                           "end_customer", "upload", "ref", "ticket", "reason", "change_value"})
"""Kinds of id that several members may have: of these go those that he alone had."""
ALSO: Final = {"referee": ("member",), "agent": ("member",),
               "subject": ("member", "device", "ip", "payout")}
"""Kinds in which the same person, or what he had, may stand under the same words again, each with
the kinds that it takes its words from: a number of his receipt may be the id of somebody else."""
ASKED: Final = 500


def _columns(table: Table) -> list[tuple[str, str]]:
    return [(column.name, column.kind) for column in table.columns
            if column.type == "id" and column.kind in OWN | SHARED]


HOLDING: Final = {name: _columns(table) for name, table in TABLES.items()
                  if "member_id" in table.names and _columns(table)}
"""Columns of ids in the tables that say whose a row is."""


def holdings(store: Store, program: int, member: int, after: int = -1) -> Numbers:
    """Find the ids of a member that are his alone.

    Parameters
    ----------
    store : Store
    program, member : int
    after : int
        Only rows behind this place.

    Returns
    -------
    dict of str to set of int
        Numbers by kind of id.
    """
    found: Numbers = {kind: set() for kind in OWN | SHARED}
    for table, columns in HOLDING.items():
        names = ", ".join(f'COALESCE("{name}", 0)' for name, _ in columns)
        rows = store.ints(f"SELECT {names} FROM {table} WHERE program = ? AND member_id = ? "
                          "AND place > ?", (program, member, after), len(columns))
        for index, (_, kind) in enumerate(columns):
            found[kind] |= set(np.unique(rows[:, index]).tolist()) - {0}
    for kind, others in _of_others(store, program, member, found).items():
        found[kind] -= others
    return found


def _of_others(store: Store, program: int, member: int, found: Numbers) -> Numbers:
    """Find which of some ids rows of other members name; each table is read once."""
    others: Numbers = {kind: set() for kind in SHARED}
    for table, columns in HOLDING.items():
        asked = [(name, kind) for name, kind in columns if kind in SHARED and found[kind]]
        if not asked:
            continue
        names = ", ".join(f'COALESCE("{name}", 0)' for name, _ in asked)
        where = " OR ".join(f'"{name}" IN ({_listed(found[kind])})' for name, kind in asked)
        rows = store.ints(f"SELECT DISTINCT {names} FROM {table} WHERE program = ? "
                          f"AND member_id <> ? AND ({where})", (program, member), len(asked))
        for index, (_, kind) in enumerate(asked):
            others[kind] |= set(rows[:, index].tolist()) & found[kind]
    return others


def names_of(store: Store, program: int, numbers: Numbers) -> dict[tuple[str, int], str]:
    """Look the names of ids up in the dictionary."""
    found: dict[tuple[str, int], str] = {}
    for kind, some in numbers.items():
        ordered = sorted(some)
        for start in range(0, len(ordered), ASKED):
            for number, name in store.rows(
                "SELECT number, name FROM entities WHERE program = ? AND kind = ? "
                f"AND number IN ({_listed(ordered[start:start + ASKED])})", (program, kind)):
                found[kind, int(number)] = str(name)
    return found


def same_words(
    store: Store, program: int, named: dict[tuple[str, int], str]
) -> dict[tuple[str, int], str]:
    """Find where names, as `names_of` gives them, stand in the kinds of `ALSO`."""
    found: dict[tuple[str, int], str] = {}
    for kind, sources in ALSO.items():
        for word in sorted({name for (source, _), name in named.items() if source in sources}):
            for number, name in store.rows(
                "SELECT number, name FROM entities WHERE program = ? AND kind = ? AND name = ?",
                (program, kind, word)):
                found[kind, int(number)] = str(name)
    return found


def _listed(numbers: set[int] | list[int]) -> str:
    return ", ".join(str(int(number)) for number in sorted(numbers))
