"""The world a run plays in: story, calendar, shops, products, campaigns, numbers and dice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from features.errors import BadInput
from training.simulate.calendars import build_calendar
from training.simulate.ids import chance
from training.simulate.personas import DISTRIBUTOR, RETAILER
from training.simulate.stories import story_of

if TYPE_CHECKING:
    from training.simulate.calendars import Calendar
    from training.simulate.stories import Story

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FIRST_DAY: Final = "2025-01-01"
"""Where a run starts unless told: its year holds every festival of the three calendars once."""
SHELF: Final = 24
"""Products of a program."""
KM_PER_DEGREE: Final = 111.195
"""Length of a degree of latitude on the sphere of 6,371,008.8 m."""
POINTS_SHARE: Final = 0.02
"""Points are worth this share of the goods' price (usual for trade programs: 1-3 %)."""
OUTLET_KINDS: Final = ("shop", "wholesaler", "market_stall", "cooperative")


@dataclass(frozen=True)
class Outlets:
    """Shops and warehouses, one row each; ``owner`` is a member or -1.

    ``pull`` is how many customers a shop draws, heavy-tailed, 0 where nobody
    is known to buy. ``dry_from`` and ``dry_to`` are the
    days between which its shelf was empty (equal where it never was).
    """

    kind: Ints
    region: Ints
    lat: Floats
    lon: Floats
    pull: Floats
    owner: Ints
    dry_from: Ints
    dry_to: Ints


@dataclass(frozen=True)
class Shelf:
    """Products: points of a unit, weight in sales, units in a carton, day of launch."""

    points: Ints
    weight: Floats
    carton: Ints
    launch: Ints


@dataclass(frozen=True)
class Campaign:
    """A time in which a product, persona or region earns more."""

    kind: str
    first: int
    last: int
    multiplier: float
    persona: int = -1
    region: int = -1
    sku: int = -1
    typed: float = 0.0
    repaired: int = 0

    @property
    def mistyped(self) -> bool:
        """Whether somebody typed another multiplier, and it held until ``repaired`` (UTC ms)."""
        return self.typed > 0


@dataclass
class World:
    """Everything that stands before the first event, and the counters for new identities.

    Examples
    --------
    >>> world = build_world("electricians", 200, 30, 1, None)
    >>> world.calendar.days, len(world.shelf.points)
    (30, 24)
    >>> world.new("device", 2).tolist(), world.new("device", 1).tolist()
    ([0, 1], [2])
    """

    story: Story
    seed: int
    size: int
    calendar: Calendar
    personas: Ints
    outlets: Outlets
    shelf: Shelf
    campaigns: tuple[Campaign, ...]
    counters: dict[str, int] = field(default_factory=dict)

    @property
    def codes_complete_until(self) -> int:
        """When the dispatch lists were last complete; then the brand moved to a new system.

        Before it a code that nobody knows is a forgery, after it perhaps only late paperwork.
        """
        days = self.calendar.days
        return int(self.calendar.midnights[round(0.7 * days)])

    def dice(self, *name: object) -> np.random.Generator:
        """Random numbers of one stage, so that a new stage leaves the others as they were."""
        return dice(self.seed, *name)

    def chance(self, numbers: npt.NDArray[np.integer[Any]], salt: int) -> Floats:
        """A number in [0, 1) for each number, always the same for one run and ``salt``."""
        return chance(np.asarray(numbers, dtype=np.int64), self.seed * 1009 + salt)

    def new(self, kind: str, count: int) -> Ints:
        """The next ``count`` unused numbers of a kind of entity."""
        first = self.counters.get(kind, 0)
        self.counters[kind] = first + count
        return np.arange(first, first + count, dtype=np.int64)


def dice(seed: int, *name: object) -> np.random.Generator:
    """A generator for the stage ``name`` of the run ``seed``."""
    return np.random.default_rng([seed, *(crc32(str(part).encode()) for part in name)])


def build_world(story: str, size: int, days: int, seed: int, start: str | None) -> World:
    """Set up country, shops, shelf and campaigns for ``size`` members.

    Raises
    ------
    BadInput
        Fewer than one member or day, an unknown story, a start that is no date.
    """
    chosen = story_of(story)
    for word, number in (("members", size), ("days", days)):
        if number < 1:
            raise BadInput(f"at least 1 for {word}", str(number), "ask for more")
    if seed < 0:
        raise BadInput("a seed of 0 or more", str(seed), "take a positive number")
    calendar = build_calendar(chosen, _first_day(start), days)
    personas = dice(seed, "personas").choice(5, size, p=chosen.personas)
    outlets = _outlets(chosen, personas, days, dice(seed, "outlets"))
    shelf = _shelf(days, dice(seed, "shelf"))
    campaigns = _campaigns(chosen, calendar, shelf, dice(seed, "campaigns"))
    return World(chosen, seed, size, calendar, personas, outlets, shelf, campaigns)


def _first_day(start: str | None) -> date:
    try:
        return date.fromisoformat(start or FIRST_DAY)
    except ValueError as error:
        raise BadInput("a start such as 2025-01-01", str(start), "write year-month-day") from error


def scatter(dice: np.random.Generator, lat: Any, lon: Any, km: float) -> tuple[Floats, Floats]:
    """Places around places, about ``km`` away, further ones rare."""
    lat, lon = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    far = dice.exponential(km, lat.shape) / KM_PER_DEGREE
    turn = dice.uniform(0, 2 * np.pi, lat.shape)
    return lat + far * np.sin(turn), lon + far * np.cos(turn) / np.cos(np.radians(lat))


def _outlets(story: Story, personas: Ints, days: int, dice: np.random.Generator) -> Outlets:
    owners = np.flatnonzero((personas == RETAILER) | (personas == DISTRIBUTOR))
    free = 4 + len(personas) // 50
    quiet = 30 + len(personas) // 60
    owner = np.concatenate([owners, np.full(free + quiet, -1)])
    count = len(owner)
    shares = np.array([region.share for region in story.regions])
    region = dice.choice(len(shares), count, p=shares / shares.sum())
    lat, lon = scatter(dice, np.array([r.lat for r in story.regions])[region],
                       np.array([r.lon for r in story.regions])[region], 16.0)
    kind = dice.choice(4, count, p=(0.80, 0.04, 0.11, 0.05))
    kind[: len(owners)][personas[owners] == DISTRIBUTOR] = 1
    first, last = _dry_spells(region, days, dice)
    pull = np.where(np.arange(count) < count - quiet, dice.pareto(1.6, count) + 0.3, 0.0)
    return Outlets(kind, region, lat, lon, pull, owner, first, last)


def _dry_spells(region: Ints, days: int, dice: np.random.Generator) -> tuple[Ints, Ints]:
    """One shop in sixteen runs empty for weeks; in a long run so does one whole region."""
    count = len(region)
    first = dice.integers(0, days, count)
    length = np.where(dice.random(count) < 0.06, dice.integers(12, 36, count), 0)
    if days > 180:
        whole = region == dice.integers(region.max() + 1)
        first = np.where(whole, dice.integers(days // 3, days - 40), first)
        length = np.where(whole, 24, length)
    return first, first + length


def _shelf(days: int, dice: np.random.Generator) -> Shelf:
    points = np.sort(np.maximum(5, np.round(dice.lognormal(3.1, 0.75, SHELF) / 5) * 5))
    weight = dice.pareto(1.3, SHELF) + 0.25
    launch = np.where(np.arange(SHELF) % 8 == 7, dice.integers(0, max(days, 2), SHELF), -1)
    return Shelf(points.astype(np.int64), weight, dice.choice([10, 12, 20, 24, 50], SHELF), launch)


def _campaigns(story: Story, calendar: Calendar, shelf: Shelf,
               dice: np.random.Generator) -> tuple[Campaign, ...]:
    """A drive for each new product, a regional or persona drive every ten weeks, festivals."""
    made = [Campaign("campaign", int(day), int(day) + 28, 2.0, sku=sku)
            for sku, day in enumerate(shelf.launch.tolist()) if day >= 0]
    for first in range(20, calendar.days, 70):
        region = int(dice.integers(-1, len(story.regions)))
        made.append(Campaign("campaign", first, first + int(dice.integers(10, 22)),
                             float(dice.choice([1.5, 2.0])), int(dice.choice([-1, 0, 3])), region))
    rush = np.flatnonzero(np.diff(np.concatenate([[0], calendar.peak.astype(int), [0]])))
    for first, last in zip(rush[::2].tolist(), rush[1::2].tolist(), strict=True):
        made.append(Campaign("festival", first, last, 1.25))
    sowing = np.flatnonzero(np.diff(np.concatenate([[0], (calendar.farm > 1).astype(int), [0]])))
    made += _mistyped(story, calendar, shelf, dice)
    if story.calendar == "sowing":
        made += [Campaign("season", int(first), int(last), 1.0)
                 for first, last in zip(sowing[::2], sowing[1::2], strict=True)]
    return tuple(made)


def _mistyped(story: Story, calendar: Calendar, shelf: Shelf,
              dice: np.random.Generator) -> list[Campaign]:
    """Double points for a product or a region, typed as twentyfold and mended by the afternoon."""
    made = []
    for first in range(9 if calendar.days < 45 else 30, calendar.days - 8, 110):
        day = first + int(dice.integers(0, 7))
        whole = dice.random() < 0.5
        sku = int(dice.choice(np.argsort(shelf.weight * (shelf.launch < 0))[-3:]))
        made.append(Campaign("campaign", day, day + 10, 2.0, typed=20.0,
                             region=-1 if whole else int(dice.integers(len(story.regions))),
                             sku=sku if whole else -1,
                             repaired=int(calendar.midnights[day] + dice.integers(11, 18)
                                          * 3_600_000)))
    return made


def window(world: World, first: float, last: float) -> tuple[int, int]:
    """UTC milliseconds of two shares of the run.

    >>> world = build_world("farmers", 50, 10, 1, None)
    >>> (window(world, 0, 1)[1] - window(world, 0, 1)[0]) // 86_400_000
    10
    """
    span = world.calendar.end - world.calendar.start
    return (world.calendar.start + round(first * span), world.calendar.start + round(last * span))
