"""What a model is fitted on: labelled rows of the snapshots, and which tell of this season."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.members.rhythm import MEMBER_CATALOG
from models.inactivity.btyd import sigmoid
from models.inactivity.calibration import expected_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.inactivity.ladder import Choice
    from models.inactivity.snapshots import Snapshot

Floats = npt.NDArray[np.float64]
SEASON_DAYS: Final = 45
"""How far from the same date last year a snapshot still tells of this season."""
YEAR: Final = 365
TOLD: Final = 0.1
"""Share of a persona with an off season from which the calendar speaks for it."""


def labelled(snapshots: Sequence[Snapshot]) -> pd.DataFrame:
    """Rows of all snapshots, without members the program had blocked."""
    if not snapshots:
        columns = [*MEMBER_CATALOG.names, "today", "blocked", "horizon", "silent", "wait",
                   "weight"]
        return pd.DataFrame({name: np.empty(0) for name in columns},
                            index=pd.Index(np.empty(0, dtype=np.int64), name="member"))  # fmt: skip
    table = pd.concat([snapshot.table for snapshot in snapshots])
    return table[table["blocked"] == 0]


def first_day(frame: pd.DataFrame) -> int:
    """First day with activity of anybody; today where nobody has come yet, 0 without members."""
    days = frame["first_day"].dropna()
    return int(days.min()) if len(days) else today(frame)


def today(frame: pd.DataFrame) -> int:
    """The day a member frame speaks of, days since 1970; 0 without members."""
    return int(frame["today"].iloc[0]) if len(frame) else 0


def same_season(chosen: pd.DataFrame, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows of this season last year, of personas whose season no calendar tells.

    Where an off season is declared or learnt the features know of it today, and mostly did not
    a year ago: last year's error is then not this year's.
    """
    if not len(frame):
        return np.zeros(len(chosen), dtype=bool)
    near = (chosen["today"] - (frame["today"].iloc[0] - YEAR)).abs() <= SEASON_DAYS
    told = frame["off_season_start"].notna().groupby(frame["persona"]).mean()
    return (near & ~chosen["persona"].isin(told.index[told > TOLD])).to_numpy()


def figures(choice: Choice, log_odds: Floats, silent: npt.NDArray[np.bool_]) -> dict[str, float]:
    """What the comparison saw on members left out: log-loss by rung, ``ece``, rows."""
    figures = {"rows": float(len(silent))}
    if len(silent):
        figures |= {f"log_loss_{rung}": loss for rung, loss in choice.losses.items()}
        figures["ece"] = expected_error(sigmoid(log_odds), silent)
    return figures
