"""A generated program of any size: members, what they did, and a calendar, as a history.

Rates are heavy-tailed: most members come a few days, some come weekly for years. A member has a
rate of his own, a day he joined and often a day he left; farmers rest in a declared season.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.contract import DELIVERY_STATUSES, EVENT_TABLES, HOLDOUTS, OUTCOMES, PERSONAS
from features.members.activity import ActivityLog
from features.members.calendar_days import DAY_MS
from features.members.known import History
from features.members.seasons import off_days
from features.places import LAST_TIE, MISSING, TIE_BITS
from features.store.schema import DECISIONS

if TYPE_CHECKING:
    from features.places import Ints

TODAY: Final = 20_400
"""A November day of 2025: the first day of the horizon."""
PROGRAM_DAYS: Final = 730
ACTIVE_DAYS: Final = 12.0
"""Active days of a member on average, those before the season's rest is taken out."""
EVENTS_A_DAY: Final = 1.3
SEASONS: Final = {1: "06-15/09-10", 2: "12-01/02-28", 3: "03-15/05-05;10-20/11-10"}
REGIONS, TRADES, LANGUAGES, SKUS = 34, 12, 3, 400
MEMBERS_A_SHOP, MEMBERS_A_REP = 3, 150
CAMPAIGNS: Final = 60
KINDS: Final = len(EVENT_TABLES) + 1
"""Scans, referrals, redemptions, activities: what the log counts."""
_Rng = np.random.Generator


def crowd(members: int, seed: int) -> tuple[History, int]:
    """A program's history as `features.members.known.History.read` gives it, and its moment.

    Parameters
    ----------
    members : int
        How many; about fourteen events each.
    seed : int
        Of everything drawn.

    Returns
    -------
    history : History
    as_of_ms : int
        UTC milliseconds: the morning of `TODAY`.

    Examples
    --------
    >>> history, moment = crowd(500, seed=0)
    >>> len(history.members), 2_000 < len(history.log.events) < 15_000
    (500, True)
    """
    rng = np.random.default_rng(seed)
    people = _people(rng, members)
    events = _events(rng, people)
    merges = pd.DataFrame({"place": [], "member_id": [], "into_member_id": []}, dtype=np.int64)
    log = ActivityLog(events, _decisions(rng, events), _labels(rng, events), merges)
    return History("UTC", log, people, _campaigns(rng), *_missions(rng, people), dict(SEASONS),
                   (TODAY - PROGRAM_DAYS) * DAY_MS), TODAY * DAY_MS


def _people(rng: _Rng, count: int) -> pd.DataFrame:
    """Members as the journal keeps them, all known from the day they joined."""
    joined = (TODAY - rng.integers(1, PROGRAM_DAYS, count)) * DAY_MS
    persona = rng.choice(len(PERSONAS), count, p=[0.55, 0.1, 0.15, 0.15, 0.05])
    farmer = persona == PERSONAS.index("influencer")
    expires = rng.random(count) < 0.3
    table = pd.DataFrame({
        "place": _after(joined), "seq": np.arange(count),
        "member_id": 1 + np.arange(count), "persona": persona, "joined_at": joined,
        "trade": rng.integers(0, TRADES, count), "tier": rng.integers(0, 4, count),
        "region": 1 + rng.integers(0, REGIONS, count),
        "language": 1 + rng.integers(0, LANGUAGES, count),
        "outlet_id": 1 + rng.integers(0, max(count // MEMBERS_A_SHOP, 1), count),
        "enrolled_by": 1 + rng.integers(0, max(count // MEMBERS_A_REP, 1), count),
        "channels": rng.integers(1, 16, count), "consent": rng.integers(0, 2, count),
        "off_season": np.where(farmer, rng.integers(0, len(SEASONS) + 1, count), 0),
        "points_balance": rng.integers(0, 5_000, count),
        "points_expire_at": np.where(
            expires, (TODAY + rng.integers(1, 200, count)) * DAY_MS, MISSING),
    }).astype(np.int64)
    return table.sort_values(["place", "seq"]).reset_index(drop=True)


def _events(rng: _Rng, people: pd.DataFrame) -> pd.DataFrame:
    """Poisson visits at a rate of one's own, from joining to leaving, none while one rests."""
    count = len(people)
    joined = people["joined_at"].to_numpy() // DAY_MS
    stays = np.minimum(rng.exponential(500.0, count), TODAY - joined)
    rate = rng.lognormal(-0.75, 1.1, count)
    visits = rng.poisson(ACTIVE_DAYS * EVENTS_A_DAY * rate / rate.mean() * stays / stays.mean())
    row = np.repeat(np.arange(count), visits)
    day = joined[row] + np.floor(rng.random(len(row)) * stays[row]).astype(np.int64)
    kept = ~_resting(people["off_season"].to_numpy()[row], day)
    row, day = row[kept], day[kept]
    ms = day * DAY_MS + rng.integers(0, DAY_MS, len(row))
    order = np.argsort(ms, kind="stable")
    return _rows(rng, people["member_id"].to_numpy()[row[order]], ms[order])


def _resting(season: Ints, day: Ints) -> Ints:
    resting = np.zeros(len(day), dtype=bool)
    calendar = np.arange(TODAY - PROGRAM_DAYS, TODAY + 1)
    for number, text in SEASONS.items():
        mine = season == number
        resting[mine] = off_days(text, calendar)[day[mine] - calendar[0]]
    return resting


def _rows(rng: _Rng, member: Ints, ms: Ints) -> pd.DataFrame:
    """Events in place order, with points, products and what became of them."""
    count = len(ms)
    kind = rng.choice(KINDS, count, p=[0.78, 0.02, 0.06, 0.14]).astype(np.int64)
    judged, reward = kind < len(EVENT_TABLES), kind == EVENT_TABLES.index("redemptions")
    held = judged & (rng.random(count) < 0.01)
    refused = judged & ~held & (rng.random(count) < 0.005)
    arrives = np.where(rng.random(count) < 0.9, ms + rng.integers(0, 30, count) * DAY_MS, MISSING)
    return pd.DataFrame({
        "place": (ms << TIE_BITS) + (np.arange(count) & LAST_TIE), "kind": kind,
        "event_id": 1 + np.arange(count), "member_id": member, "day": ms // DAY_MS,
        "points": np.where(judged, rng.integers(1, 60, count) * 10, 0),
        "amount": np.where(judged, rng.integers(1, 500, count) * 1000, 0),
        "quantity": np.where(kind == 0, rng.integers(1, 20, count), 0).astype(np.float64),
        "sku": np.where(kind == 0, 1 + rng.integers(0, SKUS, count), 0),
        "outcome": np.where(held, OUTCOMES.index("held"),
                            np.where(refused, OUTCOMES.index("refused"), 0)),
        "fulfilled_at": np.where(reward, arrives, MISSING),
    })


def _decisions(rng: _Rng, events: pd.DataFrame) -> pd.DataFrame:
    """Most holds end two days later, in the member's favour as a rule."""
    held = events[(events["outcome"] == OUTCOMES.index("held")) & (rng.random(len(events)) < 0.9)]
    ends = rng.choice([DECISIONS.index("released"), DECISIONS.index("kept")], len(held),
                      p=[0.8, 0.2])
    return pd.DataFrame({"place": held["place"] + (2 * DAY_MS << TIE_BITS),
                         "event_id": held["event_id"], "status": ends}).reset_index(drop=True)


def _labels(rng: _Rng, events: pd.DataFrame) -> pd.DataFrame:
    """One event in five hundred was looked at; half of those were fraud."""
    seen = events[rng.random(len(events)) < 0.002]
    return pd.DataFrame({
        "place": seen["place"] + (5 * DAY_MS << TIE_BITS), "event_id": seen["event_id"],
        "fraud": rng.random(len(seen)) < 0.5,
    }).reset_index(drop=True)


def _campaigns(rng: _Rng) -> pd.DataFrame:
    """Two weeks each, some for one persona or one region, announced a month ahead."""
    start = TODAY - PROGRAM_DAYS + np.sort(rng.integers(0, PROGRAM_DAYS + 30, CAMPAIGNS))
    persona = rng.integers(-2, len(PERSONAS), CAMPAIGNS)
    return pd.DataFrame({
        "place": _after((start - 30) * DAY_MS), "seq": np.arange(CAMPAIGNS),
        "campaign_id": 1 + np.arange(CAMPAIGNS), "starts_at": start * DAY_MS,
        "ends_at": (start + 14) * DAY_MS, "persona": np.where(persona < 0, MISSING, persona),
        "region": np.maximum(rng.integers(-REGIONS, REGIONS + 1, CAMPAIGNS), 0),
    }).astype(np.int64)


def _missions(rng: _Rng, people: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One member in five was offered something this quarter, and a message for each offer."""
    asked = people["member_id"].to_numpy()[rng.random(len(people)) < 0.2]
    at = (TODAY - rng.integers(1, 90, len(asked))) * DAY_MS
    offers = pd.DataFrame({
        "place": _after(at), "seq": np.arange(len(asked)),
        "decision_id": 1 + np.arange(len(asked)), "member_id": asked, "decided_at": at,
        "mission_id": 1 + rng.integers(0, 10, len(asked)), "propensity": 900_000,
        "holdout": rng.choice(len(HOLDOUTS), len(asked), p=[0.85, 0.1, 0.05]), "cost_points": 50,
    }).astype(np.int64).sort_values(["place", "seq"]).reset_index(drop=True)
    sent = pd.DataFrame({
        "place": offers["place"], "seq": np.arange(len(asked)),
        "decision_id": offers["decision_id"],
        "status": rng.integers(0, len(DELIVERY_STATUSES), len(asked)), "at": offers["decided_at"],
    })
    return offers, sent


def _after(ms: Ints) -> Ints:
    """Places after which rows learnt of at these moments are known."""
    return ms << TIE_BITS | LAST_TIE
