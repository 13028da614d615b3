"""Conditions on the wide row: what is known, and what compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.engine.kernel.compiled import inner
from features.places import MISSING

if TYPE_CHECKING:
    from features.engine.plan import Ints

EQ, NE, LT, LE, GT, GE, IS_KNOWN, IS_UNKNOWN = range(8)
"""Operators, in the order of `features.engine.clause.OPERATORS`."""


@inner
def is_known(blank: Ints, wide: Ints, column: int) -> bool:  # pragma: no cover
    """Whether a column of the wide row holds an entity, or a value."""
    if blank[column, 0] == 0:
        return wide[column] > 0
    return wide[column] != MISSING


@inner
def _compares(clauses: Ints, blank: Ints, wide: Ints, c: int) -> bool:  # pragma: no cover
    column, operator, right = clauses[c, 0], clauses[c, 1], clauses[c, 3]
    known = is_known(blank, wide, column)
    if operator >= IS_KNOWN:
        return known == (operator == IS_KNOWN)
    if not known:
        return False
    if clauses[c, 2] == 1:
        if not is_known(blank, wide, right):
            return False
        right = wide[right]
    left = wide[column]
    if operator == EQ:
        return left == right
    if operator == NE:
        return left != right
    if operator == LT:
        return left < right
    if operator == LE:
        return left <= right
    if operator == GT:
        return left > right
    return left >= right


@inner
def holds(
    filters: Ints, clauses: Ints, blank: Ints, wide: Ints, rule: int
) -> bool:  # pragma: no cover
    """Whether every condition of a filter holds."""
    for c in range(filters[rule, 0], filters[rule, 1]):
        if not _compares(clauses, blank, wide, c):
            return False
    return True
