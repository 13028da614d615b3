"""Nudges in simulated years: how many of the drops and leaks put in are found, how often in vain.

Each world is another country, trade and calendar, with festivals, campaigns, empty shelves and
fraud of its own. Every night of its last months is watched as it stands, and what is told is held
against what was wrong by the run itself. Then drops and leaks are planted in segments of all
sizes, several months' worth at a time, and each is watched for a week from its first day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy import stats

from features.errors import BadInput
from features.progress import Progress, silent
from features.segments import Past
from features.segments.past import SCAN, daily_members
from features.store.home import Home
from features.store.ingest import ingest
from models.nudges import Watch
from models.nudges.finding import DROP, FAMILIES
from training.benchmarks.rooms import Room, rooms
from training.simulate import simulate
from training.simulate.plants import LEAK, SORTS, Plant, plant
from training.simulate.program import build_world

if TYPE_CHECKING:
    from pathlib import Path

    from features.places import Ints
    from models.nudges import Finding, Night
    from training.simulate.program import World

WARM: Final = 200
"""Days before the first night: half a year of errors, and the month before them."""
WATCHED: Final = 7
LASTS: Final = 10
APART: Final = 24
"""Days from one plant of a run to the next, so that one is over and forgotten before."""
SIZES: Final = (0.2, 0.6)
"""Least and most of a plant, as shares; drawn evenly."""
ROUNDS: Final = 3
"""Runs of plants in a world."""
USEFUL: Final = {"drop": 1000, "leak": 30, "again": 30}
"""Members' days a week (drop), or scans a week, from which a segment is of useful size: below a
thousand days, a fifth less is within what chance and its members' own weeks make of it."""
LEAST: Final = {"drop": 100, "leak": 10, "again": 10}
"""Smaller segments are not planted."""
PLACES: Final = {"drop": ("region", "trade", "rep", "sku"),
                 "leak": ("region", "trade", "rep", "sku", "batch"),
                 "again": ("region", "sku", "batch")}
BANDS: Final = ((0.2, 0.3), (0.3, 0.4), (0.4, 0.6))
AGAIN_DAYS: Final = 14
"""A nudge is new again after so many days without it."""
QUICK: Final = (2500, 300, 1)
"""Members, days and rounds."""


def benchmark(
    data: Path | None = None, seed: int = 0, progress: Progress = silent, worlds: int = 5,
    members: int = 16_000, days: int = 420, quick: bool = False,
) -> dict[str, Any]:
    """Watch worlds of seeds ``seed``, ``seed + 1`` and so on.

    Parameters
    ----------
    data : Path, optional
        Folder for worlds and homes; a temporary one if left out.
    worlds, members, days : int
        How many worlds, and their size.
    quick : bool
        Small worlds and few plants, to see that all works.

    Returns
    -------
    dict
        ``found``: share of the plants in segments of useful size that were found within a week,
        with a 95 % interval over plants (Clopper and Pearson); ``by_sort``, ``by_kind``,
        ``by_size``;
        ``small``: the same of smaller segments; ``false_a_week``: new nudges a week and 100
        segments for which nothing was wrong, over worlds, ``false_a_program`` the same of a whole
        program; ``segments``; ``table``: Markdown.

    Raises
    ------
    BadInput
        Where the run is too short to plant anything.
    """
    members, days, rounds = QUICK if quick else (members, days, ROUNDS)
    if days < WARM + APART + WATCHED:
        raise BadInput(f"--days of {WARM + APART + WATCHED} or more", str(days),
                       "half a year must be known before the first plant")
    return figures([
        watch_world(_past(room, members, days),
                    build_world(room.story, members, days, room.seed, None), room.seed, rounds,
                    progress)
        for room in rooms(data, seed, worlds, progress, first=seed)])


def _past(room: Room, members: int, days: int) -> Past:
    export, home = room.folder, Home(room.folder.with_name(f"{room.folder.name}-home"))
    simulate(export, members, days, room.seed, room.story)
    ingest(home, export)
    journal = home.journal()
    return Past.read(journal, journal.as_of_ms)


@dataclass(frozen=True)
class Seen:
    """What one world showed: a row a plant, a row a nudge of the plain run, and its size."""

    plants: pd.DataFrame
    nudges: pd.DataFrame
    weeks: float
    segments: float


def watch_world(
    past: Past, world: World, seed: int, rounds: int, progress: Progress = silent
) -> Seen:
    """Watch a world as it is, then with plants."""
    watch = Watch(past, 1.0)
    nights = np.arange(watch.first + WARM, past.today + 1)
    nudges, segments = _plain(watch, nights, _Wrong(past, world), progress)
    rows: list[dict[str, Any]] = []
    for turn in range(rounds):
        plants = draw_plants(past, watch.first, seed * 100 + turn)
        planted = Watch(plant(past, plants, seed * 100 + turn), 1.0)
        for done, one in enumerate(plants, 1):
            rows.append(_watched(planted, watch, one, past))
            progress(f"plants {turn + 1}", done, len(plants))
    return Seen(pd.DataFrame(rows), nudges, len(nights) / 7, segments)


def draw_plants(past: Past, first: int, seed: int) -> list[Plant]:
    """Draw plants of every sort in turn, one after the other, no segment of a kind twice.

    Seven of ten are in segments of useful size, where there are any.
    """
    dice, out = np.random.default_rng([seed, 77]), list[Plant]()
    sorts = dice.permutation(len(SORTS))
    for number, day in enumerate(range(first + WARM, past.today - WATCHED - 1, APART)):
        kind = str(dice.choice(PLACES[sort := SORTS[sorts[number % len(SORTS)]]]))
        able = weekly(past, sort, kind, day)
        told = [one.segment for one in out if one.segment_kind == kind]
        able = able[(able >= LEAST[sort]) & ~able.index.isin(told)]
        useful = able[able >= USEFUL[sort]]
        able = useful if len(useful) and dice.random() < 0.7 else able
        if not len(able):
            continue
        segment = int(dice.choice(able.index.to_numpy()))
        out.append(Plant(sort, kind, segment, day + int(dice.integers(0, 7)), LASTS,
                         float(dice.uniform(*SIZES))))
    return out


def weekly(past: Past, sort: str, kind: str, day: int) -> pd.Series:
    """Members' days (or scans) a week of each known segment in the four weeks before a day."""
    events = past.events
    rows = events[(events["day"] >= day - 28) & (events["day"] < day)]
    if sort != DROP:
        rows = rows[rows["kind"] == SCAN]
    elif kind == "sku":
        rows = rows.drop_duplicates(["member", "day", "sku"])
    else:
        rows = rows.iloc[daily_members(rows)]
    known = rows[rows[kind] >= (0 if kind in ("tier", "persona") else 1)]
    return known.groupby(kind).size() / 4


def _watched(planted: Watch, plain: Watch, one: Plant, past: Past) -> dict[str, Any]:
    """Whether a plant was told within a week, and at its own place."""
    before = {each.key for each in plain.night(one.day).findings}
    row: dict[str, Any] = {
        "sort": one.sort, "kind": one.segment_kind, "size": one.size,
        "found": False, "named": False, "after": np.nan,
        "weekly": float(weekly(past, one.sort, one.segment_kind, one.day)[one.segment])}
    for night in range(one.day + 1, one.day + WATCHED + 1):
        for each in planted.night(night).findings:
            place = (each.segment_kind, each.segment) == (one.segment_kind, one.segment)
            if each.key in before or not _fits(each, one):
                continue
            if not row["found"] and (place or (one.segment_kind, one.segment) in each.also):
                row |= {"found": True, "after": night - one.day}
            row["named"] |= place
        if row["named"]:
            break
    return row


def _fits(found: Finding, one: Plant) -> bool:
    """Whether a nudge says what was planted: of codes credited again, more scans also does."""
    if one.sort == DROP:
        return found.kind == DROP
    return FAMILIES.get(found.kind) == "points" or (one.sort != LEAK and found.kind == "surge")


class _Wrong:
    """What is wrong in a run by its own making: a region without stock, a mistyped multiplier."""

    def __init__(self, past: Past, world: World) -> None:
        start, dry = int(past.events["day"].min()), world.outlets
        self._dry: list[tuple[int, int]] = []
        for region in np.unique(dry.region).tolist():
            spans = np.stack([dry.dry_from, dry.dry_to])[:, dry.region == region]
            if len(np.unique(spans, axis=1).T) == 1 and spans[1, 0] > spans[0, 0]:
                self._dry.append((start + int(spans[0, 0]), start + int(spans[1, 0])))
        self._typed = [start + each.first for each in world.campaigns if each.mistyped]

    def explains(self, found: Finding) -> bool:
        """Whether a nudge tells of it."""
        since, until = found.since_day, found.until_day
        if found.kind == DROP:
            return any(since < last and until > first for first, last in self._dry)
        return FAMILIES.get(found.kind) == "points" and any(
            since <= day < until for day in self._typed)


def _plain(
    watch: Watch, nights: Ints, wrong: _Wrong, progress: Progress
) -> tuple[pd.DataFrame, float]:
    """Every new nudge of a world without plants, and how many segments were tested a night."""
    last: dict[str, int] = {}
    rows, segments = [], []
    for done, night in enumerate(nights.tolist(), 1):
        told: Night = watch.night(night)
        segments.append(told.segments)
        for each in told.findings:
            if night - last.get(each.key, -AGAIN_DAYS - 1) > AGAIN_DAYS:
                rows.append({"kind": each.kind, "segment_kind": each.segment_kind, "key": each.key,
                             "night": night - watch.first, "size": each.size, "q": each.q_value,
                             "expected": each.expected, "true": wrong.explains(each)})
            last[each.key] = night
        progress("nights", done, len(nights))
    return pd.DataFrame(rows, columns=["kind", "segment_kind", "key", "night", "size", "q",
                                       "expected", "true"]), float(np.mean(segments))


def figures(seen: list[Seen]) -> dict[str, Any]:
    """Shares found and false nudges over worlds, with intervals and a table."""
    plants = pd.concat([each.plants for each in seen], ignore_index=True)
    useful = plants["weekly"] >= plants["sort"].map(USEFUL)
    false = [each.nudges[~each.nudges["true"].astype(bool)] for each in seen]
    rates = np.array([len(wrong) / each.weeks / each.segments * 100
                      for each, wrong in zip(seen, false, strict=True)])
    told: dict[str, Any] = {
        "found": _share(plants[useful]), "small": _share(plants[~useful]),
        "named": _share(plants[useful & plants["found"]], "named"),
        "by_sort": {sort: _share(part) for sort, part in plants[useful].groupby("sort")},
        "by_kind": {f"{sort} {kind}": _share(part) for (sort, kind), part in
                    plants[useful].groupby(["sort", "kind"])},
        "by_size": {f"{sort} {low:.0%}-{high:.0%}": _share(band)
                    for sort, part in plants[useful].groupby("sort") for low, high in BANDS
                    if len(band := part[part["size"].between(low, high)])},
        "false_a_week": {"value": float(rates.mean()), **_over_worlds(rates)},
        "false_a_program": float(np.mean([each.segments / 100 for each in seen] * rates)),
        "false": {str(kind): int(count) for kind, count in
                  pd.concat(false)["kind"].value_counts().items()},
        "segments": float(np.mean([each.segments for each in seen])), "worlds": len(seen)}
    return {**told, "table": _table(told)}


def _share(part: pd.DataFrame, name: str = "found") -> dict[str, Any]:
    """Share with its exact interval; NaN of none."""
    count, hits = len(part), int(part[name].sum())
    if not count:
        return {"value": float("nan"), "low": 0.0, "high": 1.0, "plants": 0}
    ends = stats.binomtest(hits, count).proportion_ci(method="exact")
    return {"value": hits / count, "low": float(ends.low), "high": float(ends.high),
            "plants": count}


def _over_worlds(rates: Any) -> dict[str, float]:
    if len(rates) < 2:
        return {"low": 0.0, "high": float("inf")}
    low, high = stats.t.interval(0.95, len(rates) - 1, rates.mean(), stats.sem(rates) + 1e-12)
    return {"low": max(float(low), 0.0), "high": float(high)}


def _table(told: dict[str, Any]) -> str:
    lines = ["| plants | number | found within 7 days | 95 % interval |", "|---|---|---|---|"]
    rows = {"useful size, all": told["found"], "smaller": told["small"],
            "found, at their own place": told["named"], **told["by_sort"], **told["by_kind"],
            **told["by_size"]}
    lines += [f"| {name} | {one['plants']} | {one['value']:.2f} | {one['low']:.2f} to "
              f"{one['high']:.2f} |" for name, one in rows.items()]
    false = told["false_a_week"]
    lines += ["", f"False nudges a week and 100 segments: {false['value']:.2f} "
                  f"({false['low']:.2f} to {false['high']:.2f} over {told['worlds']} worlds), "
                  f"{told['segments']:.0f} segments tested a night: "
                  f"{told['false_a_program']:.2f} a program and week."]
    return "\n" + "\n".join(lines)
