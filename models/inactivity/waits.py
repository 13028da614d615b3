"""How far the expected day is off: factors on the waits, learnt from those who came back before.

The rhythm models know no second thoughts: who left and returns after months is nobody's gap. The
earlier snapshots say how long those who came back really took, the late ones apart from those on
time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    import pandas as pd

    from models.inactivity.rhythms import Rhythms

Floats = npt.NDArray[np.float64]
SHARES: Final = (0.1, 0.5, 0.9)
LATE: Final = (1.0, 3.0)
"""Silences, in own cadences, that part the groups: on time, late, very late."""
ENOUGH: Final = 100
"""Returns a group needs."""
FOLLOWED: Final = 2
"""Horizons that a snapshot must have been followed: later ones have seen the quick returns only."""
OWN_GAPS: Final = 8
"""Gaps from which a member's own rhythm says more than everybody's."""
HALF: Final = 0.5
"""Days are whole: half a day keeps a wait of none from having no factor."""


@dataclass(frozen=True)
class Waits:
    """Factors on the three waits by group of lateness; none: the rhythm's own waits.

    Examples
    --------
    >>> waits = Waits({0: (1.0, 1.0, 3.0)})
    >>> waits.stretched(np.array([9.5, 9.5]), np.array([0.5, 2.0]), 2).tolist()
    [29.5, 9.5]
    """

    factors: dict[int, tuple[float, ...]] = field(default_factory=dict)

    @classmethod
    def fit(cls, rhythms: Rhythms, table: pd.DataFrame, today: int) -> Waits:
        """Learn from labelled rows of started members.

        Parameters
        ----------
        rhythms : Rhythms
            The models whose waits are stretched.
        table : DataFrame
            Rows of all snapshots, with ``wait`` and ``horizon``.
        today : int
            Day of training.
        """
        followed = today - table["today"] >= FOLLOWED * table["horizon"]
        back = table[followed & table["wait"].notna() & (table["off_season_now"] == 0)]
        group, came = _group(back), back["wait"].to_numpy() + HALF
        ratios = [came / (rest_of_wait(rhythms, back, share) + HALF) for share in SHARES]
        return cls({
            one: tuple(float(np.quantile(ratio[group == one], share))
                       for ratio, share in zip(ratios, SHARES, strict=True))
            for one in np.unique(group).tolist() if (group == one).sum() >= ENOUGH
        })  # fmt: skip

    def stretched(self, wait: Any, lateness: Any, place: int) -> Floats:
        """Waits of shape (n,) times the factor of ``SHARES[place]``.

        Parameters
        ----------
        wait : shape (n,)
            Days.
        lateness : shape (n,)
            Silence in own cadences.
        place : int
            Index into `SHARES`.
        """
        group = np.digitize(np.asarray(lateness, dtype=np.float64), LATE)
        factor = np.ones(len(group))
        for one, factors in self.factors.items():
            factor[group == one] = factors[place]
        return np.maximum((np.asarray(wait) + HALF) * factor - HALF, 0.0)

    def to_json(self) -> dict[str, list[float]]:
        """Plain values for `from_json`."""
        return {str(group): list(factors) for group, factors in self.factors.items()}

    @classmethod
    def from_json(cls, raw: dict[str, list[float]]) -> Waits:
        """Build what `to_json` wrote."""
        return cls({int(group): tuple(factors) for group, factors in raw.items()})


def _group(table: pd.DataFrame) -> Any:
    return np.digitize(table["silence_to_cadence"].to_numpy(), LATE)


def rest_of_wait(rhythms: Rhythms, frame: pd.DataFrame, share: float) -> Floats:
    """Days from today within which ``share`` of those who come back are back, shape (n,)."""
    wait = rhythms.wait(frame, share)
    own = (frame["repeat_days"] >= OWN_GAPS).to_numpy() & (frame["gap_sd"] > 0).to_numpy()
    regular = _rest_of_gap(frame, share)
    return np.where(own & np.isfinite(regular), np.fmin(regular, wait), wait)


def _rest_of_gap(frame: pd.DataFrame, share: float) -> Floats:
    """Rest of a log-normal gap that has lasted as long as the silence, shape (n,).

    The log-normal with the member's own mean and spread of gaps, given that the gap is already
    longer than the silence; NaN where the silence is beyond anything it can explain.
    """
    mean, spread = frame["gap_mean"].to_numpy(), frame["gap_sd"].to_numpy()
    silence = frame["days_since_last"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.sqrt(np.log1p((spread / mean) ** 2))
        centre = np.log(mean) - scale**2 / 2
        past = ndtr((np.log(silence) - centre) / scale)
        gap = np.exp(centre + scale * ndtri(past + share * (1 - past)))
    rest = np.maximum(gap - silence, 0.0)
    return np.where((past < 1 - 1e-3) & np.isfinite(rest), rest, np.nan)
