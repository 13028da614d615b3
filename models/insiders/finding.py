"""What is said of one person inside, and what would explain it innocently."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Role = Literal["agent", "member"]
KINDS: Final = ("few_accounts", "ghost_enrolments", "no_ticket", "rubber_stamp")
"""Every kind of finding; each has the words ``insider.<kind>`` and ``insider.<kind>.innocent``."""


@dataclass(frozen=True)
class Suspicion:
    """One person weighed by one test, remarkable or not: all of them count for discoveries.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    role : str
        ``agent``: a staff account; ``member``: a field rep.
    staff : int
        Number of the staff account or rep.
    p : float
        Chance of figures at least as odd if he were like his peers.
    statistics : dict of str to float
        The figures behind it.
    members : tuple of int
        Members involved, the most involved first.
    """

    kind: str
    role: Role
    staff: int
    p: float
    statistics: dict[str, float] = field(default_factory=dict)
    members: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A suspicion that outlasts the count of everybody tested.

    Parameters
    ----------
    kind, role, staff
        As in `Suspicion`.
    staff_id : str
        Id of the staff account or rep.
    score : float
        0 to 1: one less the share of false ones among findings at least as strong.
    p : float
        Before the others tested are counted.
    as_of_ms : int
    statistics : dict of str to float
    members : tuple of str
        Ids of the members involved, the most involved first.
    text, innocent : dict of language to str
        What was seen, and what would explain it.
    """

    kind: str
    role: Role
    staff: int
    staff_id: str
    score: float
    p: float
    as_of_ms: int
    statistics: dict[str, float]
    members: tuple[str, ...]
    text: dict[str, str]
    innocent: dict[str, str]
