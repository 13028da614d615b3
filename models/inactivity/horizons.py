"""How far ahead silence is judged: one horizon per persona, from the persona's own gaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

SHORTEST, LONGEST, DEFAULT = 30, 120, 60
"""Days. Under a month a slow rhythm looks like leaving; past four months help comes too late."""
UNUSUAL: Final = 0.9
"""A silence longer than this share of the persona's gaps is unusual."""
ENOUGH: Final = 30
"""Members with a gap that a persona needs to have a horizon of its own."""


@dataclass(frozen=True)
class Horizons:
    """Days ahead by persona, and for members of any other persona.

    Examples
    --------
    >>> Horizons(60, {0: 45}).of(np.array([0.0, 3.0, np.nan])).tolist()
    [45, 60, 60]
    """

    overall: int
    by_persona: dict[int, int] = field(default_factory=dict)

    @property
    def longest(self) -> int:
        """Longest horizon in use."""
        return max([self.overall, *self.by_persona.values()])

    def of(self, persona: Any) -> npt.NDArray[np.int64]:
        """Horizon of each member by persona index, shape (n,); NaN is any other."""
        given = np.asarray(persona, dtype=np.float64)
        days = np.full(len(given), self.overall, dtype=np.int64)
        for index, own in self.by_persona.items():
            days[given == index] = own
        return days

    @classmethod
    def fit(cls, frame: pd.DataFrame) -> Horizons:
        """The 90 % quantile of a member's typical gap, by persona, within 30 to 120 days.

        Each member counts once, by mean plus one standard deviation of his gaps, so that the
        busiest do not set everybody's horizon.

        Parameters
        ----------
        frame : DataFrame
            Member frame with ``gap_mean, gap_sd, persona``.
        """
        reach = frame["gap_mean"] + frame["gap_sd"].fillna(0.0)
        known = reach[reach.notna()]
        if len(known) < ENOUGH:
            return cls(DEFAULT)
        own = known.groupby(frame["persona"])
        return cls(
            _days(known),
            {int(str(int(persona))): _days(gaps)
             for persona, gaps in own if len(gaps) >= ENOUGH},
        )  # fmt: skip


def _days(gaps: pd.Series) -> int:
    return int(np.clip(round(float(gaps.quantile(UNUSUAL))), SHORTEST, LONGEST))
