"""Whom a mission may be offered to, and a code for each member it may not.

The gates come before any score: a member who did not consent has no rank at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import CHANNELS, PERSONAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from features.exports.missions import Mission

MOST_IN_90: Final = 3
"""Missions within 90 days after which a member is left in peace."""
PEERS_SILENT: Final = 0.8
"""Share of peers silent together from which sales is asked about stock, not the member."""
IN_NEED: Final = ("slipping", "lapsed")


def member_exclusions(
    frame: pd.DataFrame, answers: pd.DataFrame, cool_off: dict[int, int]
) -> npt.NDArray[np.object_]:
    """Code of what keeps each member from any mission, "" where nothing does, shape (n,).

    Parameters
    ----------
    frame, answers : DataFrame
        Member frame of n members, and what the inactivity model says of them.
    cool_off : dict of int to int
        Days of rest after each mission, by its number in the journal.
    """
    state, segment = answers["state"].to_numpy(), answers["segment"].to_numpy()
    rest = np.array([cool_off.get(int(m), 0) if m == m else 0
                     for m in frame["last_mission"]])  # fmt: skip
    since = frame["days_since_mission"].fillna(np.inf).to_numpy()
    peers = frame[["outlet_silent", "region_silent"]].max(axis=1).fillna(0.0).to_numpy()
    needed = np.isin(state, IN_NEED) | (segment == "never_started")
    rules = (
        ((state == "blocked") | (frame["open_holds"] > 0).to_numpy(), "blocked"),
        ((frame["opted_out"] > 0).to_numpy(), "opted_out"),
        ((frame["consent"] != 1).to_numpy(), "no_consent"),
        (state == "off_season", "off_season"),
        (~needed, "not_needed"),
        (since < rest, "in_cool_off"),
        ((frame["missions_90"] >= MOST_IN_90).to_numpy(), "fatigue"),
        (peers >= PEERS_SILENT, "peers_silent"),
    )
    codes = np.full(len(frame), "", dtype=object)
    for hit, code in reversed(rules):
        codes[hit] = code
    return codes


def mission_exclusions(
    frame: pd.DataFrame, mission: Mission, done: dict[str, npt.NDArray[np.bool_]]
) -> npt.NDArray[np.object_]:
    """Code of what keeps each member from this mission, "" where nothing does, shape (n,).

    Parameters
    ----------
    frame : DataFrame
        Member frame of n members.
    mission : Mission
        The mission.
    done : dict of str to bool array of shape (n,)
        Whether each mission was offered to the member before.
    """
    codes = np.full(len(frame), "", dtype=object)
    for before in mission.prerequisites:
        codes[~done.get(before, np.zeros(len(frame), dtype=bool))] = "prerequisite"
    codes[~reachable(frame, mission.channels).any(axis=1)] = "no_channel"
    if mission.personas:
        meant = [PERSONAS.index(name) for name in mission.personas]
        codes[~np.isin(frame["persona"].to_numpy(), meant)] = "persona"
    return codes


def reachable(frame: pd.DataFrame, channels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether each member is reached on each channel of ``CHANNELS``, shape (n, channels).

    Parameters
    ----------
    channels : sequence of str
        Where the mission may be sent; empty: all.
    """
    mask = frame["channels"].fillna(0).to_numpy().astype(np.int64)
    columns = [((mask >> bit) & 1 > 0) & (not channels or name in channels)
               for bit, name in enumerate(CHANNELS)]  # fmt: skip
    return np.column_stack(columns)


def offered_before(frame: pd.DataFrame, offers: pd.DataFrame, numbers: dict[str, int]) -> Any:
    """Which missions each member was offered before, by mission id, bool of shape (n,) each."""
    return {
        mission: frame.index.isin(offers.loc[offers["mission_id"] == number, "member_id"])
        for mission, number in numbers.items()
    }
