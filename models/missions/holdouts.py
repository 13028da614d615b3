"""Who is left alone, by a salted hash: the same draw again for the same member and mission.

A share of a program's members is held out of everything for a year (global), and of each mission
a share of those it would have gone to (mission). Without them no effect is ever measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from models.draws import draw

if TYPE_CHECKING:
    from features.exports.program import Program

Held = Literal["none", "mission", "global"]


@dataclass(frozen=True)
class Holdouts:
    """The draws of one program and year.

    Parameters
    ----------
    program_id : str
        Part of the salt.
    year : int
        The global holdout is drawn anew each calendar year.
    everything, mission : float
        Shares held out of all missions, and of each mission.

    Examples
    --------
    >>> Holdouts("acme", 2026, 1.0, 0.1).of("m-1", "streak")
    'global'
    >>> round(Holdouts("acme", 2026, 0.05, 0.1).propensity("none"), 4)
    0.855
    """

    program_id: str
    year: int
    everything: float
    mission: float

    @classmethod
    def at(cls, program: Program, year: int) -> Holdouts:
        """The draws with the program's shares."""
        return cls(program.program_id, year, program.holdout.global_, program.holdout.mission)

    def of(self, member_id: str, mission_id: str) -> Held:
        """Whether a member is held out of a mission that would have gone to him."""
        salt = (self.program_id, str(self.year))
        if draw("global", *salt, member_id) < self.everything:
            return "global"
        held = draw("mission", *salt, mission_id, member_id) < self.mission
        return "mission" if held else "none"

    def propensity(self, held: Held) -> float:
        """Chance of what was done, the draws included: sent, or left alone."""
        sent = (1 - self.everything) * (1 - self.mission)
        return sent if held == "none" else 1 - sent
