"""Conditions of a filter: one column, one operator, one constant or other column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from features import contract
from features.errors import BadConfig

OPERATORS: Final = ("==", "!=", "<", "<=", ">", ">=", "known", "unknown")
"""In the order of their integers in the plan."""
DECISIONS: Final = ("credited", "held", "released", "kept", "partial", "clawed_back")
"""What may become of an event, in the order of the integers of a decision's ``status``."""
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "proof": contract.PROOFS, "capture": contract.CAPTURES, "channel": contract.ENTRY_CHANNELS,
    "reward_kind": contract.REWARD_KINDS, "referee_kind": contract.REFEREE_KINDS,
    "outcome": contract.OUTCOMES, "label": contract.LABELS, "source": contract.SOURCES,
    "change": contract.CHANGES, "persona": contract.PERSONAS, "tier": contract.TIERS,
    "declaration": contract.DECLARATIONS, "activity": contract.ACTIVITIES,
}
"""Words a column's integers stand for."""
LARGEST: Final = (1 << 63) - 1
"""Largest constant: the columns are 64-bit integers, and the smallest of those means unknown."""
_UNITS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PATTERN: Final = re.compile(
    r"([A-Za-z_]\w*) (?:(known|unknown)|(==|!=|<=|>=|<|>) (-?[\w.]+))", re.ASCII)


@dataclass(frozen=True)
class Clause:
    """One condition, its words turned into integers.

    Parameters
    ----------
    column : str
        The column that is tested.
    operator : int
        Index in `OPERATORS`.
    other : str
        Column compared with; empty where ``value`` is.
    value : int
        Constant compared with.
    """

    column: str
    operator: int
    other: str = ""
    value: int = 0


def parse_clause(text: str, origin: str) -> Clause:
    """Read a condition such as ``"label == fraud"``; BadConfig where it is none.

    Examples
    --------
    >>> parse_clause("label == fraud", "here:1")
    Clause(column='label', operator=0, other='', value=1)
    >>> parse_clause("device known", "here:1").operator
    6
    """
    match = _PATTERN.fullmatch(text)
    if not match:
        raise BadConfig(
            "a condition 'column operator constant'", f"'{text}' at {origin}",
            f"use one of {', '.join(OPERATORS)}",
        )
    column, state, operator, right = match.groups()
    if state:
        return Clause(column, OPERATORS.index(state))
    code = OPERATORS.index(operator)
    words = WORDS.get(column, ())
    if right in words:
        return Clause(column, code, value=words.index(right))
    if re.fullmatch(r"-?[0-9]{1,19}", right) and abs(int(right)) <= LARGEST:
        return Clause(column, code, value=int(right))
    if "." in right or right[0].isdigit() or right[0] == "-":
        raise BadConfig("an integer of at most 63 bits", f"'{right}' in '{text}' at {origin}",
                        "write an integer")
    return Clause(column, code, other=right)


def window_ms(window: str | int, origin: str) -> int:
    """Milliseconds of a window, 0 for all time; BadConfig where it is no whole number.

    Examples
    --------
    >>> window_ms("10m", "here:1"), window_ms("", "here:1"), window_ms("90d", "here:1")
    (600000, 0, 7776000000)
    """
    if isinstance(window, int) and not isinstance(window, bool) and window > 0:
        return window
    if isinstance(window, str):
        if window == "":
            return 0
        if re.fullmatch(r"[1-9][0-9]{0,6}[mhd]", window):
            return int(window[:-1]) * _UNITS[window[-1]]
    raise BadConfig(
        "a window as a whole number of m, h or d", f"{window!r} at {origin}",
        "write for example 10m, 24h or 30d",
    )
