"""Whom a mission may be offered to, and a code for each member it may not.

The gates come before any score: a member who did not consent has no rank at all. Every code has
its words under ``suggest.`` in the catalogues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import CHANNELS, PERSONAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from features.exports.messages import Messages
    from features.exports.missions import Mission

Codes = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]
Masks = npt.NDArray[np.uint8]
CODES: Final = (
    "", "blocked", "open_case", "opted_out", "no_consent", "off_season", "not_needed", "farmer",
    "in_cool_off", "fatigue", "ignored", "peers_silent", "quiet_hours",
    "persona", "state", "no_channel", "balance", "prerequisite",
    "no_mission", "no_gain", "budget", "limit", "explored",
)  # fmt: skip
"""What keeps a member from missions; what keeps a mission from a member; why there was none."""
PEERS_SILENT: Final = 0.8
"""Share of peers silent together from which sales is asked about stock, not the member."""
IN_NEED: Final = ("slipping", "lapsed")
NEVER_STARTED: Final = "never_started"
SUPPLY: Final = "supply"


def code(word: str) -> int:
    """Number of a code.

    >>> CODES[code("fatigue")]
    'fatigue'
    """
    return CODES.index(word)


def words_of(codes: Codes) -> npt.NDArray[np.object_]:
    """Codes in words, of the same shape."""
    return np.array(CODES, dtype=object)[codes]


def member_exclusions(
    frame: pd.DataFrame, answers: pd.DataFrame, people: pd.DataFrame, cool_off: dict[int, int],
    messages: Messages, quiet: Bools,
) -> Codes:  # fmt: skip
    """Code of what keeps each member from any mission, 0 where nothing does, shape (n,).

    Parameters
    ----------
    frame, answers : DataFrame
        Member frame of n members, and what the inactivity model says of them.
    people : DataFrame
        As `models.missions.people.people_of`.
    cool_off : dict of int to int
        Days of rest after each mission, by its number in the journal.
    messages : Messages
        How often the program writes to a member.
    quiet : shape (n,)
        Whether a message would fall into hours in which the program skips a mission.
    """
    state = answers["state"].to_numpy()
    rest = frame["last_mission"].map(cool_off).fillna(0).to_numpy()
    since = frame["days_since_mission"].fillna(np.inf).to_numpy()
    peers = frame[["outlet_silent", "region_silent"]].max(axis=1).fillna(0.0).to_numpy()
    needed = np.isin(state, IN_NEED) | (answers["segment"] == NEVER_STARTED).to_numpy()
    paused = (people["ignored"] >= messages.pause_after_ignored) & (
        people["ignored_days"] <= messages.pause_days)
    held = people["open_case"].to_numpy() | (frame["open_holds"] > 0).to_numpy()
    rules = (
        (state == "blocked", "blocked"),
        (held, "open_case"),
        ((frame["opted_out"] > 0).to_numpy(), "opted_out"),
        ((frame["consent"] != 1).to_numpy(), "no_consent"),
        (state == "off_season", "off_season"),
        (~needed, "not_needed"),
        (people["farmer"].to_numpy(), "farmer"),
        (since < rest, "in_cool_off"),
        ((frame["missions_90"] >= messages.most_in_90_days).to_numpy(), "fatigue"),
        (paused.to_numpy(), "ignored"),
        ((peers >= PEERS_SILENT) | (answers["segment"] == SUPPLY).to_numpy(), "peers_silent"),
        (quiet, "quiet_hours"),
    )
    return _first(rules, len(frame))


def mission_exclusions(
    frame: pd.DataFrame, answers: pd.DataFrame, mission: Mission, done: dict[str, Bools]
) -> Codes:
    """Code of what keeps each member from this mission, 0 where nothing does, shape (n,).

    Parameters
    ----------
    frame, answers : DataFrame
        Member frame of n members, and what the inactivity model says of them.
    mission : Mission
        The mission.
    done : dict of str to bool array of shape (n,)
        Whether each mission was offered to the member before.
    """
    never = np.zeros(len(frame), dtype=bool)
    meant = [PERSONAS.index(name) for name in mission.personas]
    state = np.where(answers["segment"] == NEVER_STARTED, NEVER_STARTED, answers["state"])
    before = [done.get(name, never) for name in mission.prerequisites]
    rules = (
        (~np.isin(frame["persona"].to_numpy(), meant) if meant else never, "persona"),
        (~np.isin(state, mission.states) if mission.states else never, "state"),
        (reach(frame, mission.channels) == 0, "no_channel"),
        (~(frame["balance"] >= mission.least_balance).to_numpy()
         if mission.least_balance else never, "balance"),
        (~np.all(before, axis=0) if before else never, "prerequisite"),
    )
    return _first(rules, len(frame))


def reach(frame: pd.DataFrame, channels: Sequence[str]) -> Masks:
    """Channels on which each member is reached, one bit each in the order of ``CHANNELS``.

    Parameters
    ----------
    frame : DataFrame
        Member frame of n members.
    channels : sequence of str
        Where the mission may be sent; empty: all.
    """
    own = frame["channels"].fillna(0).to_numpy().astype(np.uint8)
    allowed = sum(1 << CHANNELS.index(name) for name in channels or CHANNELS)
    return np.asarray(own & np.uint8(allowed))


def offered_before(
    frame: pd.DataFrame, offers: pd.DataFrame, numbers: dict[str, int]
) -> dict[str, Bools]:
    """Which missions each member was offered before, by mission id, bool of shape (n,) each."""
    return {
        mission: frame.index.isin(offers.loc[offers["mission_id"] == number, "member_id"])
        for mission, number in numbers.items()
    }


def _first(rules: Sequence[tuple[Any, str]], count: int) -> Codes:
    """Code of the first rule that hits each member."""
    codes = np.zeros(count, dtype=np.int8)
    for hit, word in reversed(rules):
        codes[hit] = code(word)
    return codes
