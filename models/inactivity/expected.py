"""The day of the next activity, with a range: from the member's own gaps, else from the rhythm.

It answers "if he comes back, when": half of such members are back by the day named, eight in ten
between low and high. Whether he comes back is the chance of silence, said beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from models.inactivity.states import learnt_off_season

if TYPE_CHECKING:
    import pandas as pd

    from models.inactivity.rhythms import Rhythms

Floats = npt.NDArray[np.float64]
SHARES: Final = (0.1, 0.5, 0.9)
OWN_GAPS: Final = 8
"""Gaps from which a member's own rhythm says more than everybody's."""
UNEXPECTED: Final = ("blocked", "lapsed")
FARTHEST: Final = 730
"""Days; nobody is expected later than in two years."""


def expected_days(rhythms: Rhythms, frame: pd.DataFrame, state: Any) -> tuple[Floats, ...]:
    """Day, low and high of the next activity, days since 1970, shape (n,) each.

    NaN for members who are blocked, lapsed, or never started. In an off season nobody is
    expected before it ends, or before the day he came back last year.

    Parameters
    ----------
    rhythms : Rhythms
        Label-free models.
    frame : DataFrame
        Member frame of n members.
    state : shape (n,)
        Words of `models.answers.STATES`.
    """
    started = frame["days_since_last"].notna().to_numpy()
    nobody = ~started | np.isin(state, UNEXPECTED)
    known = frame[started]
    first = _season_start(frame, state)
    waits = {}
    for share in SHARES:
        wait = np.full(len(frame), np.nan)
        wait[started] = _wait(rhythms, known, share)
        day = frame["today"].to_numpy() + np.minimum(np.floor(first + wait), FARTHEST)
        waits[share] = np.where(nobody, np.nan, day)
    return waits[0.5], waits[0.1], waits[0.9]


def _wait(rhythms: Rhythms, frame: pd.DataFrame, share: float) -> Floats:
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


def _season_start(frame: pd.DataFrame, state: Any) -> Floats:
    """Days until the season that an off-season member waits for, 0 for everybody else."""
    off = np.asarray(state) == "off_season"
    learnt = learnt_off_season(frame) & (frame["off_season_now"] == 0).to_numpy()
    left = np.where(learnt, frame["gap_last_year_left"], frame["off_season_left"])
    return np.where(off, np.nan_to_num(left), 0.0)
