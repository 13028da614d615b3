"""Parity: what is served live is what training sees in batch, to the bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from training.gates.finding import Finding

NAME: Final = "parity"


@dataclass(frozen=True)
class Compared:
    """Rows compared and rows that differ, of one sort.

    Examples
    --------
    >>> Compared("served features", 10, 0).told
    '10 served features'
    """

    what: str
    rows: int
    differing: int

    @property
    def told(self) -> str:
        """How many were compared, and how many differ."""
        more = f" ({self.differing} differ)" if self.differing else ""
        return f"{self.rows} {self.what}{more}"


def parity(*compared: Compared) -> Finding:
    """Refuse where anything differs: figures made in batch would not speak of what serves."""
    figures = {one.what: {"compared": one.rows, "differing": one.differing} for one in compared}
    if not sum(one.rows for one in compared):
        return Finding(NAME, None, "No verdict was given live yet.", figures)
    told = ", ".join(one.told for one in compared if one.rows)
    if any(one.differing for one in compared):
        return Finding(NAME, False, f"Live and batch differ: {told}.", figures)
    return Finding(NAME, True, f"Live and batch are the same: {told}.", figures)
