"""The playbill of the schemes, and the few tools they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.simulate.calendars import DAY, HOUR
from training.simulate.sheet import AUTO, FRESH, Sheet

if TYPE_CHECKING:
    from training.simulate.stage import Stage
from training.simulate.dress import first_free_address
from training.simulate.playbill import Playbill

Ints = npt.NDArray[np.int64]
Span = tuple[int, int]
Dice = np.random.Generator

BILL: Final = Playbill()


def spell(dice: Dice, span: Span, days: float) -> Span:
    """A spell of about ``days`` somewhere within a span.

    >>> first, last = spell(np.random.default_rng(1), (0, 100 * DAY), 10)
    >>> 0 <= first < last <= 100 * DAY
    True
    """
    length = min(days * dice.uniform(0.6, 1.5) * DAY, 0.9 * (span[1] - span[0]))
    first = dice.uniform(span[0], span[1] - length)
    return int(first), int(first + length)


def daytime(stage: Stage, dice: Dice, spell: Span, count: int, hour: float = 13.5,
            sigma: float = 3.2) -> Ints:
    """Times on random days of a spell, around an hour of the local day, in order."""
    calendar = stage.world.calendar
    day = calendar.day_of(dice.integers(spell[0], max(spell[1], spell[0] + 1), count))
    clock = (np.clip(dice.normal(hour, sigma, count), 0.2, 23.7) * HOUR).astype(np.int64)
    return np.sort(calendar.midnights[day] + clock)


def visits(stage: Stage, dice: Dice, times: Ints, most: int) -> tuple[Ints, Ints, Ints]:
    """Several scans a visit: positions of the visits, times and visit numbers of the scans."""
    size = dice.integers(1, most + 1, len(times))
    at = np.repeat(np.arange(len(times)), size)
    gap = np.cumsum(dice.lognormal(3.1, 0.9, len(at)) * 1000)
    gap -= np.repeat(gap[np.cumsum(size) - size], size)
    return at, times[at] + gap.astype(np.int64), stage.world.new("visit", len(times))[at]


def burst(dice: Dice, first: int, count: int, gap_s: float, spread: float) -> Ints:
    """Times one after the other with lognormal gaps of median ``gap_s`` seconds."""
    gaps = dice.lognormal(np.log(gap_s), spread, count) * 1000
    return first + np.cumsum(gaps).astype(np.int64)


def products(stage: Stage, dice: Dice, count: int, rich: float = 1.0) -> Ints:
    """Products as they sell; ``rich`` above 1 leans to those with more points."""
    shelf = stage.world.shelf
    weight = shelf.weight * np.where(shelf.launch < 0, 1.0, 0.0) * shelf.points ** (rich - 1)
    return dice.choice(len(weight), count, p=weight / weight.sum())


def scans(rows: int, **given: Any) -> Sheet:
    """A sheet of code scans: usual labels from the member's shelf unless told otherwise."""
    return Sheet.of(rows, **({"proof": AUTO, "code_mode": FRESH} | given))


def new_phone(stage: Stage, dice: Dice, member: int, time: int, told: float) -> int:
    """A phone nobody had before; with chance ``told`` the app reports the change."""
    device = int(stage.world.new("device", 1)[0])
    if dice.random() < told:
        stage.log("account_changes", member=member, time=time, what=3, value=device, agent=-1,
                  device=device)
    return device


def foreign_line(stage: Stage, dice: Dice) -> int:
    """A network address nobody here used; or the usual ones."""
    fresh = first_free_address(stage.world) + int(stage.world.new("address line", 1)[0]) + 10_000
    return fresh if dice.random() < 0.5 else AUTO
