"""Members who are quiet until they are paid: they learnt that missions go to the silent.

Such a member comes after a mission and hardly ever else, so that a mission to him buys activity
that he put off. Two stories of what he did since his first offer are weighed. Under the plain one
his returns fall after an offer as often as chance has it, and he answers offers as often as his
program does; under the other both are the rule. Returns are first days after a silence: the days
that follow are no news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.contract import HOLDOUTS
from features.places import MISSING

if TYPE_CHECKING:
    from features.places import Ints

Bools = npt.NDArray[np.bool_]
ANSWER_DAYS: Final = 14
"""Days in which a return counts as an answer to an offer."""
SILENCE: Final = 7
"""Days without activity after which the next day is a return."""
OFFERS: Final = 3
"""Offers before which nobody is judged."""
PAID: Final = 0.9
ANSWERED: Final = 0.6
"""Share of returns that are paid, and of offers answered, under the story of farming."""
CHANCE: Final = (0.1, 0.8)
"""Bounds of the share of returns that fall after an offer by chance."""
ODDS: Final = 20.0
"""How many times likelier the story of farming must be. A judgement: at one farmer in a hundred
members some of those named are innocent, and lose no more than an offer."""
_TREATED: Final = (HOLDOUTS.index("none"), MISSING)


def farmers(offers: pd.DataFrame, days: pd.DataFrame, today: int) -> Ints:
    """Numbers of the members who come only when a mission pays, increasing.

    Parameters
    ----------
    offers : DataFrame
        ``member_id, day, holdout`` of past decisions.
    days : DataFrame
        ``member, day`` of qualifying activity.
    today : int
        First day that is not known; both frames end before it.

    Examples
    --------
    >>> offers = pd.DataFrame({"member_id": 1, "day": [100, 150, 200, 250], "holdout": 0})
    >>> farmers(offers, pd.DataFrame({"member": 1, "day": [90, 103, 155, 202, 254]}), 300)
    array([1])
    >>> farmers(offers, pd.DataFrame({"member": 1, "day": range(90, 300, 9)}), 300)
    array([], dtype=int64)
    """
    table = evidence(offers, days, today)
    judged = table[table["offers"] >= OFFERS]
    usual = table["answered"].sum() / max(table["offers"].sum(), 1)
    odds = _log_odds(judged["paid"], judged["returns"], PAID, judged["covered"].clip(*CHANCE))
    odds += _log_odds(judged["answered"], judged["offers"], ANSWERED, np.clip(usual, *CHANCE))
    return judged.index[odds >= np.log(ODDS)].to_numpy(dtype=np.int64)


def evidence(offers: pd.DataFrame, days: pd.DataFrame, today: int) -> pd.DataFrame:
    """Count offers, answers and returns of each member since his first offer.

    Returns
    -------
    DataFrame
        By member: ``offers`` whose answer time is over, ``answered`` of them, ``returns`` and
        those ``paid`` (soon after an offer), and ``covered``: the share of the time since the
        first offer that lies soon after one.
    """
    sent = treated(offers, today)
    member, day = sent["member_id"].to_numpy(), sent["day"].to_numpy()
    by_member = sent.groupby("member_id")["day"]
    table = pd.DataFrame({"offers": by_member.size(), "first": by_member.min()})
    table["answered"] = pd.Series(answered(sent, days), index=member).groupby(level=0).sum()
    back = _returns(days)
    back = back[back["day"] > back["member"].map(table["first"])]
    paid = _any(_key(member, day), back["member"], back["day"] - ANSWER_DAYS, back["day"])
    counts = pd.DataFrame({"paid": paid, "returns": 1}, index=back["member"]).groupby(level=0).sum()
    table[["paid", "returns"]] = counts.reindex(table.index).fillna(0)
    since = today - table["first"]
    return table.assign(covered=np.minimum(table["offers"] * ANSWER_DAYS / since, 1.0))


def treated(offers: pd.DataFrame, today: int) -> pd.DataFrame:
    """``member_id, day`` of the offers that were made and whose answer time is over, in order."""
    is_over = offers["day"] + ANSWER_DAYS < today
    rows = offers.loc[offers["holdout"].isin(_TREATED) & is_over, ["member_id", "day"]]
    return rows.sort_values(["member_id", "day"], kind="stable")


def answered(sent: pd.DataFrame, days: pd.DataFrame) -> Bools:
    """Whether each offer was followed by activity within `ANSWER_DAYS`, shape (n,)."""
    came = _key(days["member"], days["day"])
    came.sort()
    return _any(came, sent["member_id"], sent["day"] + 1, sent["day"] + 1 + ANSWER_DAYS)


def _log_odds(hits: pd.Series, tries: pd.Series, wanted: float, chance: Any) -> pd.Series:
    """How much likelier so many hits are at the share ``wanted`` than by chance, in logs."""
    won, lost = np.log(wanted / chance), np.log((1 - wanted) / (1 - chance))
    return hits * won + (tries - hits) * lost


def _returns(days: pd.DataFrame) -> pd.DataFrame:
    """Rows of days that follow a silence, first days included."""
    rows = days[["member", "day"]].sort_values(["member", "day"])
    gap = rows.groupby("member")["day"].diff()
    return rows[gap.isna() | (gap > SILENCE)]


def _key(member: Any, day: Any) -> Ints:
    """One number that sorts by member, then day."""
    return np.asarray(member, dtype=np.int64) * (1 << 20) + np.asarray(day, dtype=np.int64)


def _any(keys: Ints, member: Any, first: Any, end: Any) -> Bools:
    """Whether a key lies in each stretch of days from ``first`` until before ``end``."""
    found = np.searchsorted(keys, _key(member, end)) > np.searchsorted(keys, _key(member, first))
    return np.asarray(found, dtype=bool)
