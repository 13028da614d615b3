"""What the others tell of a member: whether their season is over, and whether goods still flow.

A farmer who declared nothing is silent when the farmers around him are; and where a whole shop or
region stops at once, stock is missing and nobody has left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.members.seasons import AHEAD, pairs
from features.places import MISSING

if TYPE_CHECKING:
    import pandas as pd

    from features.members.cadence import Floats, Runs

FLOW_DAYS: Final = 14
"""Days in which goods flow or do not: short enough to see an empty shelf while it is empty."""
USUAL_DAYS: Final = 90
"""Days before them that say what is usual."""


def peer_season_features(members: pd.DataFrame, off: dict[str, Floats]) -> dict[str, Floats]:
    """Share of the others of persona and trade who declare an off season now, and ahead.

    Parameters
    ----------
    members : DataFrame
        ``persona, trade, off_season``; a season that was learnt has a number below 0 and does
        not speak for others.
    off : dict
        ``off_season_now`` and ``off_season_ahead`` of each member.

    Returns
    -------
    dict
        ``peers_off_season`` and ``peers_off_ahead``, 0..1; NaN where the persona is unknown or
        nobody shares it.
    """
    group, _ = pairs(members["persona"], members["trade"])
    declared = (members["off_season"] > 0).to_numpy()
    known = (members["persona"] != MISSING).to_numpy()
    ahead = np.round(off["off_season_ahead"] * AHEAD)
    return {
        "peers_off_season": _peers(group, off["off_season_now"] * declared, known),
        "peers_off_ahead": _peers(group, ahead * declared, known) / AHEAD,
    }


def flow_features(members: pd.DataFrame, runs: Runs, today: int) -> dict[str, Floats]:
    """Active days of the others at the outlet and in the region in two weeks, against usual.

    Usual are the ninety days before, times what became of the persona everywhere: a holiday is
    no empty shelf. One day is added to both sides, so that few others can't say much. Only whole
    days are summed, so that no order of members moves a digit.

    Returns
    -------
    dict
        ``outlet_flow`` and ``region_flow``; 1 is as usual, NaN where the place is unknown.

    Examples
    --------
    Two shops of two members who come daily; nobody came to the first in the last two weeks:

    >>> import pandas as pd
    >>> from features.members.cadence import Runs
    >>> rows = [(m, d) for m in (1, 2, 3, 4) for d in range(104) if m > 2 or d < 90]
    >>> runs = Runs.of(pd.DataFrame(rows, columns=["member", "day"]))
    >>> members = pd.DataFrame({"member_id": [1, 2, 3, 4], "persona": 0, "region": 0,
    ...                         "outlet_id": [7, 7, 8, 8]})
    >>> flow_features(members, runs, 104)["outlet_flow"].round(2)
    array([0.12, 0.12, 1.88, 1.88])
    """
    age = today - runs.day
    now, before = np.zeros(len(members)), np.zeros(len(members))
    number = members["member_id"].to_numpy()
    mine = np.isin(runs.members, number)
    place = np.searchsorted(number, runs.members[mine])
    now[place] = runs.sum(age <= FLOW_DAYS)[mine]
    before[place] = runs.sum((age > FLOW_DAYS) & (age <= FLOW_DAYS + USUAL_DAYS))[mine]
    columns = {}
    for name, column in (("outlet_flow", "outlet_id"), ("region_flow", "region")):
        found, group = np.unique(members[column].to_numpy(dtype=np.int64), return_inverse=True)
        usual = np.zeros(len(members))
        for persona in np.unique(members["persona"].to_numpy()).tolist():
            peers = (members["persona"] == persona).to_numpy()
            change = now[peers].sum() / max(before[peers].sum(), 1.0)
            usual += change * _sum_of_others(group, np.where(peers, before, 0.0))
        flow = (_sum_of_others(group, now) + 1) / (usual + 1)
        columns[name] = np.where(found[group] > 0, flow, np.nan)
    return columns


def mean_of_others(group: Any, values: Any, counted: Any) -> Floats:
    """Mean of the other counted rows of each row's group, shape (n,); NaN if none.

    Groups are numbered from 0.

    >>> mean_of_others(np.array([0, 0, 0]), np.array([1.0, 0.5, 0.0]), np.full(3, True))
    array([0.25, 0.5 , 0.75])
    """
    others = _sum_of_others(group, np.asarray(counted, dtype=np.float64))
    total = _sum_of_others(group, np.where(counted, values, 0.0))
    return np.asarray(total / np.where(others > 0, others, np.nan))


def _peers(group: Any, values: Floats, known: Any) -> Floats:
    return np.where(known, mean_of_others(group, values, known), np.nan)


def _sum_of_others(group: Any, values: Floats) -> Floats:
    """Sum over the other rows of each row's group; of whole numbers, whatever their order."""
    return np.asarray(np.bincount(group, weights=values)[group] - values)
