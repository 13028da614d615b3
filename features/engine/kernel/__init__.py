"""The kernel: one table-driven loop that updates and reads every aggregate of a record.

One event costs the same whatever its entities' sizes: a record enters each total once and leaves
each window once, when a tail that follows the log in place order reaches it. Distinct counts are
exact: a pair of entity and value is counted when its last record is absent from the window, and
uncounted when a record leaves that no later record of the pair has superseded.
"""

from features.engine.kernel.loop import BOTH, QUIET, SCORE, SETTLE, run
from features.engine.kernel.memory import (
    FIRST_CELL,
    GIVEN,
    LAST_PLACE,
    LAST_SEQ,
    NEXT,
    PAGE,
    PAIRS,
    PENDING,
    ROW,
    SCALARS,
    START,
    USED,
    Memory,
)
from features.engine.kernel.pairs import rehash

__all__ = [
    "BOTH", "FIRST_CELL", "GIVEN", "LAST_PLACE", "LAST_SEQ", "NEXT", "PAGE", "PAIRS", "PENDING",
    "QUIET", "ROW", "SCALARS", "SCORE", "SETTLE", "START", "USED", "Memory", "rehash", "run",
]
