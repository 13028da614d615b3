"""Training snapshots: the member frame as it stood, and who stayed silent afterwards.

A snapshot at T_s is used only where its horizon ended by T, so that no label is cut short.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.members.calendar_days import as_of_day, day_start
from features.members.rhythm import member_frame
from models.inactivity.rhythms import Rhythms

if TYPE_CHECKING:
    import pandas as pd

    from features.members.known import History
    from models.inactivity.horizons import Horizons

STEP: Final = 30
MOST: Final = 6
"""Snapshots a month apart: half a year of them sees most moods of a program."""
YEAR: Final = 365
WARM_UP: Final = 28
"""Days of history before a first snapshot; earlier, nobody has a rhythm."""


@dataclass(frozen=True)
class Snapshot:
    """Members as of a moment, and whether each stayed silent through his horizon.

    Parameters
    ----------
    table : DataFrame
        Member frame joined with the rhythm terms fitted on what was known then, and columns
        ``horizon`` (days), ``silent`` (bool), ``wait`` (days until he came back, NaN where he has
        not) and ``weight``.
    """

    table: pd.DataFrame

    @classmethod
    def of(
        cls, frame: pd.DataFrame, later: pd.DataFrame, horizon: Any, seed: int,
        weight: float = 1.0,
    ) -> Snapshot:  # fmt: skip
        """Label a member frame.

        Parameters
        ----------
        frame : DataFrame
            Member frame of n members as of the snapshot.
        later : DataFrame
            ``member, day`` of activity; only days from the snapshot on matter.
        horizon : int or shape (n,)
            Days ahead of each member.
        seed : int
            Of the histories sampled in a large program.
        weight : float
            How much each row counts, see `season_weight`.
        """
        ahead = np.broadcast_to(np.asarray(horizon, dtype=np.int64), len(frame))
        today = int(frame["today"].iloc[0]) if len(frame) else 0
        coming = later[later["day"] >= today].groupby("member")["day"].min()
        wait = coming.reindex(frame.index).to_numpy() - today
        terms = Rhythms.fit(frame, seed).terms(frame, ahead)
        return cls(frame.join(terms).assign(horizon=ahead, silent=~(wait < ahead), wait=wait,
                                            weight=weight))


def snapshot_days(first_day: int, today: int, horizon: int) -> list[int]:
    """Days of the snapshots a history allows, latest first.

    Half a year of months, each with its whole horizon before ``today``; then the same season
    last year, where the history reaches back.

    Examples
    --------
    >>> snapshot_days(0, 200, 60)
    [140, 110, 80, 50]
    >>> snapshot_days(0, 600, 60)
    [540, 510, 480, 450, 420, 390, 265, 235]
    """
    last, earliest = today - horizon, first_day + WARM_UP
    months = [last - STEP * i for i in range(MOST)]
    season = [today - YEAR + STEP, today - YEAR]
    return [day for day in [*months, *season] if earliest <= day <= last]


def season_weight(day: int, today: int) -> float:
    """How much a snapshot counts: the season that is scored next four times as much.

    >>> [round(season_weight(today, 1000), 2) for today in (1000 - 365, 1000 - 335, 1000 - 90)]
    [4.0, 2.1, 1.0]
    """
    away = abs((today - day + YEAR / 2) % YEAR - YEAR / 2)
    return 1.0 + 3.0 * math.exp(-((away / STEP) ** 2))


def renumbered(frame: pd.DataFrame, ranks: dict[int, int] | None) -> pd.DataFrame:
    """Give the members of a frame their ranks and put them into that order.

    A journal's numbers follow the order in which names came, later ones too: folds and sums of
    floats that follow them would differ between a journal and its past.
    """
    return frame if ranks is None else frame.rename(index=ranks).sort_index()


def take_snapshots(
    history: History, as_of_ms: int, horizons: Horizons, seed: int,
    ranks: dict[int, int] | None = None,
) -> list[Snapshot]:  # fmt: skip
    """All snapshots of a history whose horizon ended before ``as_of_ms``, latest first.

    Features see what was known at each snapshot, late events included only once they came;
    labels see what is known at ``as_of_ms``. ``ranks`` numbers the members anew, see `renumbered`.
    """
    timezone = history.timezone
    today = as_of_day(as_of_ms, timezone)
    first = as_of_day(history.first_ms + 1, timezone)
    later = history.log.days(as_of_ms)
    if ranks is not None:
        later = later.assign(member=later["member"].map(ranks))
    snapshots = []
    for day in snapshot_days(first, today, horizons.longest):
        frame = renumbered(member_frame(history.known(day_start(day, timezone))), ranks)
        if len(frame):
            snapshots.append(Snapshot.of(frame, later, horizons.of(frame["persona"]), seed,
                                         season_weight(day, today)))  # fmt: skip
    return snapshots
