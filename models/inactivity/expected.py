"""The day of the next activity, with a range: from the member's own gaps, else from the rhythm.

It answers "if he comes back, when": half of such members are back by the day named, eight in ten
between low and high. Whether he comes back is the chance of silence, said beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from models.inactivity.states import learnt_off_season
from models.inactivity.waits import SHARES, Waits, rest_of_wait

if TYPE_CHECKING:
    import pandas as pd

    from models.inactivity.rhythms import Rhythms

Floats = npt.NDArray[np.float64]
UNEXPECTED: Final = ("blocked", "lapsed")
FARTHEST: Final = 730
"""Days; nobody is expected later than in two years."""


def expected_days(
    rhythms: Rhythms, waits: Waits, frame: pd.DataFrame, state: Any
) -> tuple[Floats, ...]:
    """Day, low and high of the next activity, days since 1970, shape (n,) each.

    NaN for members who are blocked, lapsed, or never started. In an off season nobody is
    expected before it ends, or before the day he came back last year.

    Parameters
    ----------
    rhythms : Rhythms
        Label-free models.
    waits : Waits
        How much longer than their rhythm members take.
    frame : DataFrame
        Member frame of n members.
    state : shape (n,)
        Words of `models.answers.STATES`.
    """
    started = frame["days_since_last"].notna().to_numpy()
    nobody = ~started | np.isin(state, UNEXPECTED)
    known = frame[started]
    first = _season_start(frame, state)
    days = []
    for place, share in enumerate(SHARES):
        wait = np.full(len(frame), np.nan)
        wait[started] = waits.stretched(rest_of_wait(rhythms, known, share),
                                        known["silence_to_cadence"], place)
        day = frame["today"].to_numpy() + np.minimum(np.floor(first + wait), FARTHEST)
        days.append(np.where(nobody, np.nan, day))
    low, middle, high = np.sort(days, axis=0)
    return middle, low, high


def _season_start(frame: pd.DataFrame, state: Any) -> Floats:
    """Days until the season that an off-season member waits for, 0 for everybody else."""
    off = np.asarray(state) == "off_season"
    learnt = learnt_off_season(frame) & (frame["off_season_now"] == 0).to_numpy()
    left = np.where(learnt, frame["gap_last_year_left"], frame["off_season_left"])
    return np.where(off, np.nan_to_num(left), 0.0)
