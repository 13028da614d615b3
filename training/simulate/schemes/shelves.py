"""Schemes with goods: a shop takes the installer's points, diversion, returns (5-7, 11, 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.baskets import SERIAL
from training.simulate.calendars import DAY, HOUR
from training.simulate.personas import INFLUENCER, RETAILER
from training.simulate.schemes.adapting import blows
from training.simulate.schemes.bill import (
    BILL,
    Dice,
    Span,
    burst,
    daytime,
    products,
    scans,
    spell,
    visits,
)
from training.simulate.sheet import HERE, IN_ORDER

if TYPE_CHECKING:
    from training.simulate.stage import Stage


def _at_shop(stage: Stage, dice: Dice, shop: int, count: int) -> dict[str, np.ndarray]:
    """Coordinates at a counter, as phones there give them: within some metres."""
    shake = dice.normal(0, 12e-5, (2, count))
    outlets = stage.world.outlets
    return {"lat": outlets.lat[shop] + shake[0], "lon": outlets.lon[shop] + shake[1]}


@BILL.act("counter_bulk", size=62, share=0.0008, review=0.35, until=0.5)
def counter_bulk(stage: Stage, dice: Dice, span: Span) -> None:
    """A shop opens its cartons at the counter and claims them for a friendly installer."""
    when = spell(dice, span, 12)
    actor = stage.cheats(dice, 1, INFLUENCER, before=when[0])
    if not len(actor):
        return
    shop, lot = int(stage.members.source[actor[0]]), int(stage.world.new("lot", 1)[0]) + 1
    for _ in range(int(dice.integers(1, 4))):
        count = int(dice.integers(16, 56))
        day = int(dice.integers(*when))
        time = burst(dice, stage.local(day, dice.uniform(9, 18.5)), count, 4.5, 0.5)
        sku = np.repeat(products(stage, dice, 3, 1.8), -(-count // 3))[:count]
        stage.add(scans(count, member=actor[0], time=time, visit=stage.visit(), lot=lot, sku=sku,
                        source=shop, code_mode=IN_ORDER, **_at_shop(stage, dice, shop, count)),
                  "counter_bulk")


@BILL.act("counter_bulk", size=62, share=0.0008, review=0.3, since=0.5)
def trickled_bulk(stage: Stage, dice: Dice, span: Span) -> None:
    """The shop has learnt where holds begin: a few units a day for several names, no place."""
    when = spell(dice, span, 26)
    crew = stage.cheats(dice, int(dice.integers(2, 4)), INFLUENCER, before=when[0])
    if not len(crew):
        return
    shop, lot = int(stage.members.source[crew[0]]), int(stage.world.new("lot", 1)[0]) + 1
    times = daytime(stage, dice, when, int(dice.integers(16, 26)), 13.5, 2.8)
    at, time, visit = visits(stage, dice, times, 5)
    sku = products(stage, dice, 4, 1.8)[dice.integers(0, 4, len(times))][at]
    dark = dice.random(len(times))[at] < 0.7
    place = _at_shop(stage, dice, shop, len(at))
    stage.add(scans(len(at), member=dice.choice(crew, len(times))[at], time=time, visit=visit,
                    lot=lot, sku=sku, source=shop, code_mode=IN_ORDER,
                    lat=np.where(dark, np.nan, place["lat"]),
                    lon=np.where(dark, np.nan, place["lon"])), "counter_bulk")


@BILL.act("role_misuse", size=38, share=0.0008, review=0.2)
def role_misuse(stage: Stage, dice: Dice, span: Span) -> None:
    """A shopkeeper registered as a tradesman: shop hours, one place, the whole range."""
    when = spell(dice, span, 80)
    actor = stage.cheats(dice, 1, INFLUENCER, before=when[0])
    if not len(actor):
        return
    shop = int(stage.members.source[actor[0]])
    times = daytime(stage, dice, when, int(dice.integers(14, 26)), 12.5, 2.2)
    at, time, visit = visits(stage, dice, times, 3)
    sku = dice.choice(np.flatnonzero(stage.world.shelf.launch < 0), len(at))
    stage.add(scans(len(at), member=actor[0], time=time, visit=visit, sku=sku, source=shop,
                    **_at_shop(stage, dice, shop, len(at))), "role_misuse")


@BILL.act("territory_leak", size=25, share=0.0008, review=0.2)
def territory_leak(stage: Stage, dice: Dice, span: Span) -> None:
    """Goods sent to one region are sold, and scanned, in another."""
    when = spell(dice, span, 45)
    crew = stage.cheats(dice, int(dice.integers(1, 4)), INFLUENCER, RETAILER, before=when[0])
    if not len(crew):
        return
    outlets, home = stage.world.outlets, stage.members.region[crew[0]]
    far = np.flatnonzero((outlets.region != home) & (outlets.pull > 0))
    if not len(far):
        return
    source = int(dice.choice(far))
    at, time, visit = visits(stage, dice, daytime(stage, dice, when, int(dice.integers(7, 14))), 4)
    who = dice.choice(crew, len(visit))
    outcome, after = blows(dice, len(at))  # After a hold their phones no longer say where.
    place = np.where(after & (dice.random() < 0.6), np.nan, HERE)
    stage.add(scans(len(at), member=who[at], time=time, visit=visit, source=source,
                    outcome=outcome, lat=place, lon=place,
                    sku=dice.choice(products(stage, dice, 4, 1.8), len(at))), "territory_leak")


@BILL.act("uninstalled_serials", size=22, share=0.0005, review=0.3)
def uninstalled_serials(stage: Stage, dice: Dice, span: Span) -> None:
    """Serials of units still in the store, registered at the month's end on one customer."""
    when = spell(dice, span, 20)
    actor = stage.cheats(dice, 1, INFLUENCER, before=when[0])
    if not len(actor):
        return
    count = int(dice.integers(14, 31))
    first = stage.local(_month_end(stage, when[1]), dice.uniform(18, 21.5))
    same = stage.world.new("customer", int(dice.integers(1, 3)))
    stage.add(scans(count, member=actor[0], time=burst(dice, first, count, 35, 0.5),
                    visit=stage.visit(), proof=SERIAL, sku=products(stage, dice, count, 2.0),
                    customer=dice.choice(same, count)), "uninstalled_serials")


def _month_end(stage: Stage, time: int) -> int:
    """The last day of the month of a time, or the run's last day."""
    calendar = stage.world.calendar
    day = int(calendar.day_of(np.array([time]))[0])
    while day + 1 < calendar.days and calendar.dates[day + 1].month == calendar.dates[day].month:
        day += 1
    return int(calendar.midnights[day]) + HOUR


@BILL.act("scan_and_return", size=14, share=0.0005, review=0.3)
def scan_and_return(stage: Stage, dice: Dice, span: Span) -> None:
    """Buy, scan, redeem, bring the goods back."""
    when = spell(dice, span, 4)
    actor = stage.cheats(dice, 1, INFLUENCER, RETAILER, before=when[0])
    if not len(actor):
        return
    at, time, visit = visits(stage, dice, daytime(stage, dice, when, int(dice.integers(3, 7))), 6)
    keys = stage.add(scans(len(at), member=actor[0], time=time, visit=visit,
                           sku=products(stage, dice, len(at), 2.4)), "scan_and_return")
    back = dice.random(len(at)) < 0.75
    late = (dice.uniform(4, 24) + dice.normal(0, 1, int(back.sum()))) * DAY
    stage.log("returns", event=keys[back], time=time[back] + np.maximum(late, DAY).astype(np.int64),
              quantity=1)
