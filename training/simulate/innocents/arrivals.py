"""Look-alikes of new accounts: a dealer meet, a roll-out, a week of new shops, market stalls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from training.simulate.baskets import pick_products
from training.simulate.calendars import DAY, HOUR, MINUTE
from training.simulate.innocents.bill import BILL, declare
from training.simulate.personas import FIELD_REP, INFLUENCER, NEVER, PROMOTER, RETAILER
from training.simulate.sheet import AUTO, FRESH, REFERRAL, SCAN, Sheet

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Dice = np.random.Generator
Span = tuple[int, int]

Ints = npt.NDArray[np.int64]
REP_POINTS, FRIEND_POINTS, OUTLET_POINTS = 40, 100, 60


def _soon(stage: Stage, dice: Dice, time: int, region: int, most: int, days: int = 70) -> Ints:
    """Honest members of a region whom nobody brought and who would join within ``days``."""
    members = stage.members
    able = (members.joined > time) & (members.joined < time + days * DAY) & ~stage.reserved
    able &= np.isin(members.persona, [INFLUENCER, RETAILER]) & (members.region == region)
    able &= (members.referred_by < 0) & (members.enrolled_by < 0) & (members.rhythm != NEVER)
    return dice.permutation(np.flatnonzero(able))[:most]


@BILL.act("dealer_meet", size=14, share=0.0006)
def dealer_meet(stage: Stage, dice: Dice, span: Span) -> None:
    """One man with one phone signs up his colleagues at a dealer meet; each then goes his way."""
    members, outlets, time = stage.members, stage.world.outlets, int(dice.integers(*span))
    able = np.flatnonzero(np.isin(members.persona, [INFLUENCER, FIELD_REP])
                          & (members.joined < time) & ~stage.reserved)
    if not len(able):
        return
    host, first = int(dice.choice(able)), stage.local(time, dice.uniform(10, 17))
    new = _soon(stage, dice, first, int(members.region[host]), int(dice.integers(4, 9)))
    if not len(new):
        return
    shop, rep = int(members.source[host]), members.persona[host] == FIELD_REP
    members.joined[new] = first + np.sort(dice.integers(0, 90 * MINUTE, len(new)))
    (members.enrolled_by if rep else members.referred_by)[new] = host
    phone = int(members.device_at(np.array([host]), np.array([first]))[0])
    place = {"device": phone, "lat": outlets.lat[shop], "lon": outlets.lon[shop]}
    at = members.joined[new]
    brought = Sheet.of(len(new), kind=REFERRAL, member=host, referee=new, referee_kind=0,
                       time=at + dice.integers(90_000, 5 * MINUTE, len(new)),
                       points=REP_POINTS if rep else FRIEND_POINTS, **place)
    tried = Sheet.of(len(new), kind=SCAN, member=new, proof=AUTO, code_mode=FRESH, source=shop,
                     time=at + dice.integers(5 * MINUTE, 15 * MINUTE, len(new)),
                     sku=pick_products(stage.world, stage.world.calendar.day_of(at), dice), **place)
    stage.add(Sheet.joined([brought, tried]), look="dealer_meet")
    declare(stage, dice, "shared_device", phone, first - DAY, 0.25, first + 2 * DAY)


@BILL.act("mass_rollout", size=18, share=0.0008)
def mass_rollout(stage: Stage, dice: Dice, span: Span) -> None:
    """The brand signs up a whole town in three days; a small gift draws many, and they stay."""
    members, time = stage.members, int(dice.integers(*span))
    able = np.flatnonzero(np.isin(members.persona, [PROMOTER, FIELD_REP])
                          & (members.joined < time))
    if not len(able):
        return
    head = int(dice.choice(able))
    new = _soon(stage, dice, time, int(members.region[head]), int(dice.integers(25, 50)),
                150)
    if not len(new):
        return
    members.joined[new] = time + dice.integers(0, 3 * DAY, len(new))
    members.enrolled_by[new] = head
    gift = new[dice.random(len(new)) < 0.4]
    members.threshold[gift] = 100
    at = np.repeat(new, dice.integers(1, 3, len(new)))
    when = members.joined[at] + (dice.exponential(1.5, len(at)) * DAY).astype(np.int64) + HOUR
    day = stage.world.calendar.day_of(when)
    when = stage.world.calendar.midnights[day] + dice.integers(8 * HOUR, 20 * HOUR, len(at))
    when = np.maximum(when, members.joined[at] + 5 * MINUTE)
    stage.add(Sheet.of(len(at), kind=SCAN, member=at, time=when, proof=AUTO, code_mode=FRESH,
                       sku=pick_products(stage.world, day, dice)), look="mass_rollout")


@BILL.act("outlet_drive", size=15, share=0.0005)
def outlet_drive(stage: Stage, dice: Dice, span: Span) -> None:
    """A rep signs up the shops of a quarter within a week, and all of them sell."""
    members, outlets, time = stage.members, stage.world.outlets, int(dice.integers(*span))
    reps = np.flatnonzero((members.persona == FIELD_REP) & (members.joined < time))
    if not len(reps):
        return
    rep = int(dice.choice(reps))
    near = np.flatnonzero((outlets.region == members.region[rep]) & (outlets.pull > 0))
    count = min(int(dice.integers(10, 22)), len(near))
    day = stage.world.calendar.day_of(time + dice.integers(0, 6 * DAY, count))
    shop = dice.choice(near, count, replace=False)
    clock = np.clip(dice.normal(13, 2.6, count), 8, 19) * HOUR
    stage.add(Sheet.of(count, kind=REFERRAL, member=rep, referee=shop, referee_kind=1,
                       points=OUTLET_POINTS, lat=outlets.lat[shop], lon=outlets.lon[shop],
                       time=stage.world.calendar.midnights[day] + clock.astype(np.int64)),
              look="outlet_drive")


@BILL.act("market_stall", size=1, share=0, always=True)
def market_stall(stage: Stage, _dice: Dice, _span: Span) -> None:
    """A new outlet that is a stall: real, but without a street address or coordinates."""
    base = stage.base
    shop = np.where(base["referee_kind"] == 1, base["referee"], 0)
    stalls = (base["kind"] == REFERRAL) & (base["referee_kind"] == 1)
    stage.mark(stalls & (stage.world.outlets.kind[shop] == 2), "market_stall")
