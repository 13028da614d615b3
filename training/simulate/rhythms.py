"""Rhythms: on which days each member comes, month after month, with missions in between.

The pace of a member on a day is a product: own rate, season, weekday, whether he is there at all,
whether a project is on, whether his shop has stock, whether a campaign runs. Days are drawn from
it in blocks of members, so that memory stays flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.simulate.calendars import DAY
from training.simulate.missions import (
    ANNOYED_DAYS,
    GLOBAL_HOLDOUT,
    Decisions,
    draw_offers,
    joined_decisions,
)
from training.simulate.personas import CAMPAIGN, HABITS, NEVER, PROJECT, SEASONAL

if TYPE_CHECKING:
    from features.progress import Progress
    from training.simulate.people import Members
    from training.simulate.program import World

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

BLOCK: Final = 4096
"""Members at a time."""
WEEK: Final = 7
QUIET_DAYS: Final = 14
"""The random policy looks at members who were silent that long."""
OFFERED: Final = 0.30
OFFERED_ANYWAY: Final = 0.03
"""Shares of the quiet, and of all others, whom it draws in a week."""
COOL_OFF: Final = 28
FARMED_PACE: Final = 0.02
"""What is left of the pace of those who wait for missions."""
PROJECT_DAYS: Final = (22.0, 34.0)
"""Mean days of a project and of the gap after it."""
CAMPAIGN_PACE: Final = (0.35, 4.0)
"""Pace of campaign-driven members outside and inside a campaign, against their own rate."""


@dataclass(frozen=True)
class Sessions:
    """One row per session: member, local day, mission that brought it or -1."""

    member: Ints
    day: Ints
    mission: Ints

    def __len__(self) -> int:
        return len(self.member)


def draw_sessions(
    world: World, members: Members, effect: Floats, progress: Progress
) -> tuple[Sessions, Decisions]:
    """Draw every session of the run and the log of missions, block by block."""
    held_out = world.dice("holdout").random(len(members)) < GLOBAL_HOLDOUT
    parts, log = [], []
    for first in range(0, len(members), BLOCK):
        rows = np.arange(first, min(first + BLOCK, len(members)))
        dice = world.dice("rhythm", first)
        counts = dice.poisson(pace(world, members, rows, dice)).astype(np.int16)
        block = _offer_weekly(world, members, rows, counts, held_out, effect, dice)
        log += block
        parts.append(_sessions_of(rows, counts, block))
        progress("rhythms", len(rows) + first, len(members))
    whole = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Sessions(*whole), joined_decisions(log)


def pace(world: World, members: Members, rows: Ints, dice: np.random.Generator) -> Floats:
    """Expected sessions of each member on each day, shape (rows, days)."""
    calendar = world.calendar
    days = np.arange(calendar.days)
    rhythm = members.rhythm[rows]
    demand = np.where((rhythm == SEASONAL)[:, None], calendar.farm / calendar.farm.mean(),
                      calendar.demand)
    week = np.array([habits.week for habits in HABITS])[members.persona[rows]]
    expected = members.rate[rows, None] * demand * week[:, calendar.weekday]
    expected *= _present(world, members, rows, days)
    expected *= _projects(rhythm == PROJECT, len(days), dice)
    expected *= _campaigns(world, members, rows)
    dry = (days >= world.outlets.dry_from[members.source[rows], None])
    dry &= days < world.outlets.dry_to[members.source[rows], None]
    expected[dry] *= 0.06
    expected[rhythm == NEVER] = 0
    expected[days >= members.farms[rows, None]] *= FARMED_PACE
    return expected


def _present(world: World, members: Members, rows: Ints, days: Ints) -> Floats:
    """0 before joining and while away; otherwise how much of the first pace is left."""
    first = (members.joined[rows] - world.calendar.start) // DAY
    age = days - first[:, None]
    there = (age >= 0) & ((days < members.left[rows, None]) | (days >= members.back[rows, None]))
    fresh = 1 + 0.8 * np.exp(-np.maximum(age, 0) / 25)
    return there * fresh * 0.5 ** (np.maximum(age, 0) / members.slow[rows, None])


def _projects(wanted: npt.NDArray[np.bool_], days: int, dice: np.random.Generator) -> Floats:
    """1 for all but members who live from projects: bursts, and nothing in between."""
    factor = np.ones((len(wanted), days))
    rows = np.flatnonzero(wanted)
    on, off = PROJECT_DAYS
    turns = 8 + int(3 * days / (on + off))
    lengths = np.stack([dice.gamma(3, on / 3, (len(rows), turns)),
                        dice.gamma(1.2, off / 1.2, (len(rows), turns))], axis=2)
    edges = np.cumsum(lengths.reshape(len(rows), 2 * turns), axis=1)
    edges -= dice.uniform(0, on + off, (len(rows), 1))
    for row, edge in zip(rows, edges, strict=True):
        running = np.searchsorted(edge, np.arange(days)) % 2 == 0
        factor[row] = np.where(running, (on + off) / on, 0.02)
    return factor


def _campaigns(world: World, members: Members, rows: Ints) -> Floats:
    """A campaign lifts everybody whom it means a little, and campaign-driven members a lot."""
    driven = members.rhythm[rows] == CAMPAIGN
    factor = np.where(driven[:, None], CAMPAIGN_PACE[0], np.ones((1, world.calendar.days)))
    for campaign in world.campaigns:
        if campaign.kind == "season":
            continue
        meant = (campaign.persona < 0) | (members.persona[rows] == campaign.persona)
        meant &= (campaign.region < 0) | (members.region[rows] == campaign.region)
        days = slice(campaign.first, campaign.last)
        factor[np.flatnonzero(meant & driven), days] = CAMPAIGN_PACE[1]
        plain = np.flatnonzero(meant & ~driven)
        factor[plain, days] = np.maximum(factor[plain, days], 1.12)
    return factor


def _offer_weekly(
    world: World, members: Members, rows: Ints, counts: Array, held_out: Array, effect: Floats,
    dice: np.random.Generator,
) -> list[dict[str, Array]]:
    """Let the random policy offer missions week by week; annoyance thins ``counts`` in place."""
    joined = (members.joined[rows] - world.calendar.start) // DAY
    last = np.maximum(joined, -60)
    free_from = np.zeros(len(rows), dtype=np.int64)
    consent = members.consent[rows].copy()
    seasonal = members.rhythm[rows] == SEASONAL
    log = []
    for day in range(WEEK, world.calendar.days, WEEK):
        last = np.where(counts[:, day - WEEK : day].any(axis=1), day - 1, last)
        able = consent & (joined < day - 3) & (free_from <= day)
        able &= ~(seasonal & (world.calendar.farm[day] < 0.1))
        chance = np.where(day - last > QUIET_DAYS, OFFERED, OFFERED_ANYWAY)
        drawn = np.flatnonzero(able & (dice.random(len(rows)) < chance))
        part = draw_offers(rows[drawn], day, members.persona[rows[drawn]],
                           held_out[rows[drawn]], effect[rows[drawn]], dice)
        free_from[drawn] = day + COOL_OFF
        consent[drawn[part["opted_out"]]] = False
        answered = part["responds"] >= 0
        last[drawn[answered]] = part["responds"][answered]
        for row in drawn[part["annoys"]]:
            counts[row, day : day + ANNOYED_DAYS] = 0
        log.append(part)
    return log


def _sessions_of(rows: Ints, counts: Array, log: list[dict[str, Array]]) -> tuple[Ints, Ints, Ints]:
    row, day = np.nonzero(counts)
    times = counts[row, day]
    member, day = np.repeat(rows[row], times), np.repeat(day, times)
    parts = [(member, day, np.full(len(day), -1))]
    for part in log:
        works = (part["responds"] >= 0) & (part["responds"] < counts.shape[1])
        parts.append((part["member"][works], part["responds"][works], part["mission"][works]))
    whole = [np.concatenate(column).astype(np.int64) for column in zip(*parts, strict=True)]
    return whole[0], whole[1], whole[2]
