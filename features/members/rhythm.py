"""The member frame: every declared feature of every member as of a moment.

`member_frame` is a pure function of what was known; `member_features` reads a journal first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.members.cadence import Runs, cadence_features
from features.members.known import History, Known
from features.members.learnt_seasons import with_learnt_seasons
from features.members.member_catalog import MEMBER_CATALOG, MemberCatalog, MemberFeature
from features.members.peers import flow_features, peer_season_features
from features.members.seasons import (
    campaign_features,
    last_year,
    off_season_features,
    peers_last_year,
    season_clock,
)
from features.members.standing import (
    friction_features,
    offer_features,
    peer_features,
    reach_features,
    reward_features,
)
from features.places import MISSING, Ints

if TYPE_CHECKING:
    import numpy.typing as npt

    from features.members.cadence import Floats
    from features.store.journal import Journal

__all__ = ["CONTEXT", "MEMBER_CATALOG", "MemberCatalog", "MemberFeature", "bare_members",
           "member_features", "member_frame"]  # fmt: skip

CONTEXT: Final = ("today", "first_day", "last_day", "blocked", "open_holds", "opted_out",
                  "last_mission", "off_season_start", "season_learnt",
                  "trade", "region", "outlet", "rep", "language", "channels")  # fmt: skip
"""Columns beside the features: for states, holdouts and messages, never read by a model."""


def member_features(journal: Journal, as_of_ms: int) -> pd.DataFrame:
    """The member frame of a journal as of a moment, as `member_frame`."""
    return member_frame(History.read(journal, as_of_ms).known(as_of_ms))


def member_frame(known: Known) -> pd.DataFrame:
    """Every declared feature of every member, and the context a state needs.

    Parameters
    ----------
    known : Known
        What was known before the moment.

    Returns
    -------
    DataFrame
        Index ``member`` (numbers, increasing), columns ``MEMBER_CATALOG.names`` then
        ``CONTEXT``, float64; unknown is NaN. A member without activity has NaN for rhythm.
    """
    return frame_of(*ordered(known))


def ordered(known: Known) -> tuple[Known, npt.NDArray[np.bool_]]:
    """What was known, members in order and with learnt off seasons, and whose is learnt."""
    members = known.members.sort_values("member_id").reset_index(drop=True)
    return with_learnt_seasons(replace(known, members=members))


def clock_runs(known: Known) -> tuple[Runs, Ints]:
    """Active days of the members on their own clocks, and what day those say it is today."""
    runs = Runs.of(_of_members(known.days, known.members))
    clock, today = season_clock(known, known.members, runs)
    return replace(runs, day=clock), today


def frame_of(
    known: Known, learnt: npt.NDArray[np.bool_], typical: Floats | None = None
) -> pd.DataFrame:
    """The member frame of what `ordered` gave; ``typical`` as in `cadence_features`."""
    members = known.members
    index = pd.Index(members["member_id"].to_numpy(dtype=np.int64), name="member")
    days = _of_members(known.days, members)
    runs = Runs.of(days)
    clock, today = season_clock(known, members, runs)
    year = pd.DataFrame(last_year(runs, known.today), index=pd.Index(runs.members, name="member"))
    off = off_season_features(known, members)
    parts = [
        cadence_features(days.assign(day=clock), today, typical).reindex(index),
        _last_days(days, runs, clock, today).reindex(index),
        year.reindex(index),
        pd.DataFrame({
            "peers_last_year": peers_last_year(members, year),
            **campaign_features(known, members, runs),
            **off,
            **peer_season_features(members, off),
            **reward_features(known, members),
            **friction_features(known, members, runs),
            **offer_features(known, members),
            **reach_features(known, members),
            **peer_features(known, members, runs),
            **flow_features(members, runs, known.today),
            **_context(known, members),
            "season_learnt": learnt,
        }, index=index),
    ]  # fmt: skip
    frame = pd.concat(parts, axis=1)
    return frame[[*MEMBER_CATALOG.names, *CONTEXT]].astype(np.float64)


def bare_members(days: pd.DataFrame) -> pd.DataFrame:
    """Members of whom nothing is known but their activity: a purchase log without a program."""
    number = np.unique(days["member"].to_numpy(dtype=np.int64))
    unknown = {name: np.full(len(number), MISSING) for name in _UNKNOWN_VALUES}
    nobody = {name: np.zeros(len(number), dtype=np.int64) for name in _UNKNOWN_IDS}
    return pd.DataFrame({"member_id": number, **unknown, **nobody})


_UNKNOWN_VALUES: Final = ("persona", "tier", "joined", "joined_at", "expire", "points_expire_at",
                          "points_balance", "channels", "consent")  # fmt: skip
_UNKNOWN_IDS: Final = ("trade", "region", "language", "outlet_id", "enrolled_by", "off_season")


def _of_members(days: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Days of the members of a frame; all of them as they are where nobody else has any."""
    active = Runs.of(days)
    mine = np.isin(active.members, members["member_id"].to_numpy())
    return days if mine.all() else days[mine[active.row]]


def _last_days(days: pd.DataFrame, runs: Runs, clock: Ints, today: Ints) -> pd.DataFrame:
    """Days since the last scan, since the last login, order or visit; first and last day."""
    columns = {"first_day": runs.first, "last_day": runs.last}
    for name, column in (("days_since_scan", "scans"), ("days_since_visit", "visits")):
        last = np.full(len(runs.members), -1, dtype=np.int64)
        hit = days[column].to_numpy() > 0
        np.maximum.at(last, runs.row[hit], clock[hit])
        columns[name] = np.where(last >= 0, today - last, np.nan)
    return pd.DataFrame(columns, index=pd.Index(runs.members, name="member"))


def _context(known: Known, members: pd.DataFrame) -> dict[str, np.ndarray]:
    """Numbers of entities and settings of each member; 0 and NaN are unknown."""
    ids = {"trade": "trade", "region": "region", "outlet": "outlet_id", "rep": "enrolled_by",
           "language": "language"}  # fmt: skip
    channels = members["channels"].to_numpy(dtype=np.int64)
    return {
        "today": np.full(len(members), known.today),
        **{name: members[column].to_numpy(dtype=np.int64) for name, column in ids.items()},
        "channels": np.where(channels == MISSING, np.nan, channels),
    }
