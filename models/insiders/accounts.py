"""Clerks whose entries go to a few accounts, in ways that loyal regulars do not explain.

A clerk who knows his regulars enters for few, too. So concentration alone is no finding: the same
few accounts must also stand out by something that regulars have no reason for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy import stats

from models.insiders.finding import Suspicion
from models.insiders.tails import beta_tail, together

if TYPE_CHECKING:
    from models.insiders.past import Past

FEWEST: Final = 20
"""Visits a clerk entered below which nothing is said."""
SPELL_DAYS: Final = 60
"""A favour lasts weeks; within so many days visits are counted against chance."""
PAIR_P: Final = 1e-3
"""Accounts less likely than that by chance are a clerk's few accounts."""
MOST_ACCOUNTS: Final = 25
DOUBT: Final = 5.0
"""Events of doubt about an account's own hours."""
SPREAD: Final = 0.02
WEAK: Final = 0.05
SIGNS: Final = ("late", "points", "bare", "extra")


def few_accounts(past: Past) -> list[Suspicion]:
    """Weigh each clerk's entries: are they concentrated, and are the few accounts odd besides."""
    events = past.events[past.events["kind"] < 2]
    entered = events[events["agent_id"] > 0]
    if entered.empty:
        return []
    entered = entered.assign(late=past.is_late(entered["ms"]))
    region = past.members["region"]
    weight = _activity(events, region)
    found = []
    for agent, own in entered.groupby("agent_id"):
        visits = _visits(own)
        if len(visits) < FEWEST:
            continue
        pairs = _pairs(visits, weight, region)
        few = pairs[pairs["p"] < PAIR_P].nsmallest(MOST_ACCOUNTS, "p")
        found.append(_weigh(past, int(agent), events, visits, pairs, few))
    return found


def _visits(own: pd.DataFrame) -> pd.DataFrame:
    """One row for each member and day that a clerk entered something."""
    by = own.groupby(["member_id", "day"])
    return by.agg(late=("late", "max"), points=("points", "mean"), events=("ms", "size"),
                  ).reset_index()


def _activity(events: pd.DataFrame, region: pd.Series) -> pd.DataFrame:
    """Active days of each member, and their share of his region's."""
    days = events.groupby("member_id")["day"].nunique().rename("days").to_frame()
    days["region"] = region.reindex(days.index).fillna(0).astype("int64")
    days["share"] = days["days"] / days.groupby("region")["days"].transform("sum")
    return days


def _pairs(visits: pd.DataFrame, weight: pd.DataFrame, region: pd.Series) -> pd.DataFrame:
    """Chance of each account's busiest spell with this clerk, if he served the region evenly."""
    where = region.reindex(visits["member_id"]).fillna(0).astype("int64").to_numpy()
    served = pd.Series(where).value_counts()
    pairs = visits.groupby("member_id").agg(visits=("day", "size"), events=("events", "sum"))
    mine = weight.reindex(pairs.index)
    expected = mine["share"].to_numpy() * served.reindex(mine["region"]).to_numpy(float)
    length = max(int(visits["day"].max() - visits["day"].min()) + 1, SPELL_DAYS)
    spells = {member: _busiest(np.sort(days.to_numpy()))
              for member, days in visits.groupby("member_id")["day"]}
    pairs["peak"] = [spells[member][0] for member in pairs.index]
    pairs["first"] = [spells[member][1] for member in pairs.index]
    short = stats.poisson.sf(pairs["peak"] - 1, expected * SPELL_DAYS / length)
    whole = stats.poisson.sf(pairs["visits"] - 1, expected)
    # Overlapping spells: about twice as many chances as there are spells side by side.
    pairs["p"] = np.minimum(1.0, 2 * np.minimum(whole, short * 2 * length / SPELL_DAYS))
    return pairs


def _busiest(days: np.ndarray) -> tuple[int, int]:
    """Most days within `SPELL_DAYS`, and the first of them."""
    last = np.searchsorted(days, days + SPELL_DAYS)
    counts = last - np.arange(len(days))
    best = int(np.argmax(counts))
    return int(counts[best]), int(days[best])


def _weigh(past: Past, agent: int, events: pd.DataFrame, visits: pd.DataFrame,
           pairs: pd.DataFrame, few: pd.DataFrame) -> Suspicion:
    chance = min(float(pairs["p"].min()) * len(pairs), 1.0)
    share = float(few["visits"].sum() / len(visits))
    signs = _signs(past, agent, events, visits, few) if len(few) else dict.fromkeys(SIGNS, 1.0)
    # Both must hold, so the weaker of the two counts.
    p = max(chance, together(list(signs.values())))
    return Suspicion("few_accounts", "agent", agent, p, {
        "visits": float(len(visits)), "accounts": float(len(pairs)), "few": float(len(few)),
        "few_share": share, "herfindahl": float(((pairs["visits"] / len(visits)) ** 2).sum()),
        "chance_p": chance, **{f"{name}_p": value for name, value in signs.items()},
    }, tuple(np.asarray(few.index).tolist()))


def _signs(past: Past, agent: int, events: pd.DataFrame, visits: pd.DataFrame,
           few: pd.DataFrame) -> dict[str, float]:
    """What regulars have no reason for, each as a chance: `SIGNS`."""
    inside = visits["member_id"].isin(few.index)
    own, rest = visits[inside], visits[~inside]
    points = float(stats.mannwhitneyu(own["points"], rest["points"], alternative="greater").pvalue
                   ) if len(rest) else 1.0
    return {"late": _late(past, agent, events, own, rest), "points": points,
            "bare": _bare(past, agent, events, few), "extra": _extra(events, few)}


def _late(past: Past, agent: int, events: pd.DataFrame, own: pd.DataFrame,
          rest: pd.DataFrame) -> float:
    """Chance of so many entries outside the desk's day, by each account's own habit."""
    habit = (rest["late"].sum() + 1) / (len(rest) + 2)
    alone = events[events["member_id"].isin(own["member_id"]) & (events["agent_id"] != agent)]
    late = pd.Series(past.is_late(alone["ms"]), index=alone["member_id"], dtype=float)
    by = late.groupby(level=0).agg(["sum", "size"]).reindex(own["member_id"]).fillna(0.0)
    expected = (by["sum"] + DOUBT * habit) / (by["size"] + DOUBT)
    return beta_tail(float(own["late"].sum()), float(len(own)), float(expected.mean()), SPREAD)


def _bare(past: Past, agent: int, events: pd.DataFrame, few: pd.DataFrame) -> float:
    """Chance that so many of his credits without a ticket meet the same few accounts."""
    bare = past.adjustments
    bare = bare[(bare["agent_id"] == agent) & (bare["ticket"] == 0) & (bare["points"] > 0)]
    if bare.empty:
        return 1.0
    days = events.groupby("member_id")["day"].nunique()
    share = float(days.reindex(few.index).sum() / days.sum())
    hits = int(bare["member_id"].isin(few.index).sum())
    return float(stats.binom.sf(hits - 1, len(bare), share))


def _extra(events: pd.DataFrame, few: pd.DataFrame) -> float:
    """Chance that the accounts are so much busier in their spells than at other times.

    Regulars are entered for instead of scanning, all year: their days stay as many. Days that come
    on top are somebody else's purchases. As the spell was chosen because it is busy, this is never
    more than a weak sign.
    """
    mine = events[events["member_id"].isin(few.index)]
    days = mine.drop_duplicates(["member_id", "day"])
    first = few["first"].reindex(days["member_id"]).to_numpy()
    inside = int(((days["day"] >= first) & (days["day"] < first + SPELL_DAYS)).sum())
    last = int(events["day"].max()) + 1
    joined = days.groupby("member_id")["day"].min()
    seen = float((last - joined).sum())
    share = min(SPELL_DAYS * len(few) / max(seen, 1.0), 1.0)
    return max(float(stats.binom.sf(inside - 1, len(days), share)), WEAK)
