"""Who is left alone, by a salted hash: the same draw again for the same cluster and mission.

A share of a program's clusters is held out of everything for a year (global), and of each mission
a share of those it would have gone to (mission). Without them no effect is ever measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

from models.draws import draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.exports.program import Program

Held = Literal["none", "mission", "global"]
Objects = npt.NDArray[np.object_]
FREE: Final[Held] = "none"


@dataclass(frozen=True)
class Holdouts:
    """The draws of one program and year.

    Parameters
    ----------
    program_id : str
        Part of the salt.
    year : int
        The holdouts are drawn anew each calendar year.
    everything, mission : float
        Shares held out of all missions, and of each mission.

    Examples
    --------
    >>> Holdouts("acme", 2026, 1.0, 0.1).of(["m-1"], ["streak"]).tolist()
    ['global']
    >>> round(Holdouts("acme", 2026, 0.05, 0.1).sent, 4)
    0.855
    """

    program_id: str
    year: int
    everything: float
    mission: float

    @classmethod
    def on(cls, program: Program, today: int) -> Holdouts:
        """The draws of a day (since 1970) with the program's shares."""
        year = int(np.datetime64(today, "D").astype("datetime64[Y]").astype(int)) + 1970
        return cls(program.program_id, year, program.holdout.global_, program.holdout.mission)

    @property
    def sent(self) -> float:
        """Chance that a mission that would go to a member does."""
        return (1 - self.everything) * (1 - self.mission)

    def of(self, clusters: Sequence[str] | Objects, missions: Sequence[str] | Objects) -> Objects:
        """Whether each cluster is held out of the mission that would have gone to it.

        Parameters
        ----------
        clusters, missions : shape (n,)

        Returns
        -------
        object array of "none", "mission" and "global", shape (n,)
        """
        salt = (self.program_id, str(self.year))
        pairs = (f"{mission}\x1f{cluster}"
                 for mission, cluster in zip(missions, clusters, strict=True))  # fmt: skip
        held = np.full(len(clusters), FREE, dtype=object)
        held[draws(pairs, "mission", *salt) < self.mission] = "mission"
        held[draws(clusters, "global", *salt) < self.everything] = "global"
        return held
