"""The state of a member: new, active, off season, slipping, lapsed or blocked.

A chance of silence is a number; a state says what to do. The rules are few, and each spares
somebody: who is blocked did not leave, who is off season or between two projects is not slipping,
who came last month has no rhythm yet, and an empty shelf is no wish to leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

SLIPPING_AT: Final = 0.5
"""More likely silent than not through the horizon."""
NEW_DAYS: Final = 30
LAPSED_HORIZONS: Final = 2
LAPSED_CADENCES: Final = 4
"""Lapsed is a second, longer threshold: twice the horizon and four times the own cadence."""
LATE_CADENCES: Final = 1.0
"""Nobody slips before his own usual gap is over, nor in a silence he came back from twice: the
pause between two projects is rhythm."""
SEASON_GAP: Final = 45
"""A silence over this date last year of at least so many days was a season."""
SEASON_CADENCES: Final = 3
SEASON_LATE: Final = 21
"""How much later than last year a season may begin again before silence counts."""
PEERS_OFF: Final = 1 / 3
"""Share of the others of persona and trade whose declared off season also speaks for those who
declared nothing. A judgement: far above the few odd ones, far below a whole trade."""
NO_STOCK: Final = 0.2
"""A shop or region with less of its usual activity has no stock; then nobody is leaving. With one
day added to both sides it takes four usual days and none that came."""
SEGMENTS: Final = ("", "never_started", "declared", "learnt", "peers", "supply")
"""Finer words beside a state: of new, of off season, and of slipping."""


def silent_days(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Days of the calendar since the last activity, shape (n,); off season ones too."""
    return np.asarray(frame["today"] - frame["last_day"], dtype=np.float64)


def learnt_off_season(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether the same silence was there last year, shape (n,).

    Last year's gap over this date was long, at least three times the own median gap, and today
    is not later in it than three weeks past last year's return. Silence must have begun in it:
    it is no longer than last year's gap up to this date, give or take those weeks.
    """
    gap, left = frame["gap_last_year"], frame["gap_last_year_left"]
    seasonal = (gap >= SEASON_GAP) & (gap >= SEASON_CADENCES * frame["gap_median"])
    elapsed = gap - left
    silence = silent_days(frame)
    within = silence <= elapsed + SEASON_LATE
    return np.asarray(seasonal & within & (silence > frame["gap_median"]))


def states(frame: pd.DataFrame, p_inactive: Any, horizon: Any) -> tuple[Any, Any]:
    """State and segment of each member of a member frame.

    Parameters
    ----------
    frame : DataFrame
        n members.
    p_inactive, horizon : shape (n,)
        Chance of silence, and the days it speaks of.

    Returns
    -------
    states, segments : object arrays of str, shape (n,)
        Words of `models.answers.STATES` and of `SEGMENTS`.
    """
    silence = frame["days_since_last"].to_numpy()
    started = frame["days_since_last"].notna().to_numpy()
    usual = np.maximum(frame["cadence"].to_numpy(), 1.0)
    declared = (frame["off_season_now"] > 0).to_numpy() & (silent_days(frame) > usual)
    learnt = learnt_off_season(frame) & ~declared
    peers = peers_off_season(frame) & (silence > usual) & ~declared & ~learnt
    off = started & (declared | learnt | peers)
    late = np.fmax(LATE_CADENCES * usual, frame["gap_second"].to_numpy())
    slipping = started & (np.asarray(p_inactive) >= SLIPPING_AT) & (silence >= late)
    lapsed = slipping & (silence > LAPSED_HORIZONS * np.asarray(horizon)) & (
        silence > LAPSED_CADENCES * usual)
    age = np.fmax(frame["days_since_joined"].to_numpy(), frame["tenure"].to_numpy())
    new = ~started | (age <= NEW_DAYS)
    blocked = (frame["blocked"] > 0).to_numpy()
    rules = [(blocked, "blocked"), (new, "new"), (lapsed & ~learnt, "lapsed"),
             (off, "off_season"), (slipping, "slipping")]  # fmt: skip
    state = np.full(len(frame), "active", dtype=object)
    for hit, word in reversed(rules):
        state[hit] = word
    segment = np.full(len(frame), "", dtype=object)
    segment[(state == "new") & ~started] = "never_started"
    segment[state == "off_season"] = "learnt"
    segment[(state == "off_season") & declared & (frame["season_learnt"] == 0)] = "declared"
    segment[(state == "off_season") & peers] = "peers"
    segment[(state == "slipping") & short_of_stock(frame)] = "supply"
    return state, segment


def peers_off_season(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Who declared nothing while many of his persona and trade are off season, shape (n,)."""
    mute = frame["off_season_start"].isna().to_numpy() | (frame["season_learnt"] > 0).to_numpy()
    return np.asarray(mute & (frame["peers_off_season"] >= PEERS_OFF).to_numpy())


def short_of_stock(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whose outlet or whole region all but stopped in the last two weeks, shape (n,)."""
    return np.asarray((frame["outlet_flow"] <= NO_STOCK) | (frame["region_flow"] <= NO_STOCK))

