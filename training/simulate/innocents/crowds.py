"""Look-alikes of many scans at once: sites, month ends, fairs, drives, worn labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.contract import CAPTURES
from training.simulate.baskets import SERIAL, bill_totals, pick_products
from training.simulate.calendars import DAY, HOUR, MINUTE
from training.simulate.innocents.bill import BILL, declare
from training.simulate.outcomes import REFUSED
from training.simulate.personas import FIELD_REP, INFLUENCER, RETAILER
from training.simulate.program import scatter
from training.simulate.sheet import AUTO, FRESH, GUESSED, NO_CODE, SAME_NUMBER, SCAN, Sheet

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Dice = np.random.Generator
Span = tuple[int, int]
MANUAL = CAPTURES.index("manual")


def _someone(stage: Stage, dice: Dice, time: int, *personas: int) -> int | None:
    """An honest member active before ``time``, busier ones more often."""
    members = stage.members
    able = np.isin(members.persona, personas) & (members.joined < time) & (members.ring < 0)
    weight = np.where(able, members.rate, 0.0)
    return int(dice.choice(len(members), p=weight / weight.sum())) if weight.sum() else None


@BILL.act("site_installation", size=42, share=0.0035)
def site_installation(stage: Stage, dice: Dice, span: Span) -> None:
    """A contractor fits out a building: dozens of scans at one new place over hours."""
    time = int(dice.integers(*span))
    member = _someone(stage, dice, time, INFLUENCER)
    if member is None:
        return
    count = int(dice.integers(20, 66))
    lat, lon = scatter(dice, stage.members.lat[member], stage.members.lon[member], 12.0)
    first = stage.local(time, dice.uniform(7.5, 11))
    when = first + np.sort(dice.uniform(0, dice.uniform(2, 8) * HOUR, count)).astype(np.int64)
    day = stage.world.calendar.day_of(when)
    shake = dice.normal(0, 25e-5, (2, count))
    seen = dice.random() < 0.8
    place = {"lat": lat + shake[0], "lon": lon + shake[1]} if seen else {
        "lat": np.nan, "lon": np.nan}
    stage.add(Sheet.of(count, kind=SCAN, member=member, time=when, visit=stage.visit(), proof=AUTO,
                       code_mode=FRESH, sku=pick_products(stage.world, day, dice), **place),
              look="site_installation")


@BILL.act("month_end_registration", size=18, share=0.0016)
def month_end_registration(stage: Stage, dice: Dice, span: Span) -> None:
    """An installer keeps his papers and registers a month of serials in one evening."""
    time = int(dice.integers(*span))
    member = _someone(stage, dice, time, INFLUENCER)
    if member is None:
        return
    count = int(dice.integers(10, 28))
    first = stage.local(time, dice.uniform(18, 21.5))
    when = first + np.cumsum(dice.lognormal(3.6, 0.6, count) * 1000).astype(np.int64)
    customer = stage.world.new("customer", count)
    stage.add(Sheet.of(count, kind=SCAN, member=member, time=when, visit=stage.visit(),
                       proof=SERIAL, code_mode=FRESH, customer=customer,
                       sku=pick_products(stage.world, stage.world.calendar.day_of(when), dice)),
              look="month_end_registration")


@BILL.act("event_day", size=36, share=0.0016)
def event_day(stage: Stage, dice: Dice, span: Span) -> None:
    """A fair or dealer meet: one place, one hour or two, many people."""
    time = int(dice.integers(*span))
    members, outlets = stage.members, stage.world.outlets
    host = _someone(stage, dice, time, RETAILER)
    if host is None:
        return
    shop = int(members.source[host])
    able = np.flatnonzero((members.region == members.region[host]) & (members.joined < time)
                          & (members.ring < 0) & (members.rate > 0))
    guests = dice.choice(able, min(len(able), int(dice.integers(14, 34))), replace=False)
    size = dice.integers(1, 3, len(guests))
    at = np.repeat(guests, size)
    start = stage.local(time, dice.uniform(9.5, 16))
    when = start + dice.integers(0, 100 * MINUTE, len(at))
    shake = dice.normal(0, 3e-4, (2, len(at)))
    stage.add(Sheet.of(len(at), kind=SCAN, member=at, time=when, proof=AUTO, code_mode=FRESH,
                       source=shop, outlet=shop, lat=outlets.lat[shop] + shake[0],
                       lon=outlets.lon[shop] + shake[1],
                       sku=pick_products(stage.world, stage.world.calendar.day_of(when), dice)),
              look="event_day")
    declare(stage, dice, "event_place", shop, start - DAY, 0.75, start + DAY)


@BILL.act("enrolment_drive", size=18, share=0.0009)
def enrolment_drive(stage: Stage, dice: Dice, span: Span) -> None:
    """A rep enrols a whole quarter in a week; the people stay."""
    members, base = stage.members, stage.base
    reps = np.flatnonzero(members.persona == FIELD_REP)
    if not len(reps):
        return
    rep, first = int(dice.choice(reps)), int(dice.integers(*span))
    brought = stage.referrals
    pays = base["member"][brought] != rep
    new = base["referee"][brought]
    soon = pays & (members.joined[new] > first) & (members.joined[rep] < first)
    soon &= members.joined[new] < first + 70 * DAY
    soon &= (members.region[new] == members.region[rep]) & (base["look"][brought] < 0)
    chosen = np.flatnonzero(soon)[: int(dice.integers(14, 36))]
    rows, new = brought[chosen], new[chosen]
    joined = np.minimum(first + dice.integers(0, 6 * DAY, len(rows)), members.joined[new])
    members.joined[new] = joined
    members.referred_by[new] = -1
    members.enrolled_by[new] = rep
    base["member"][rows] = rep
    base["points"][rows] = 40
    base["time"][rows] = joined + dice.integers(2 * MINUTE, 3 * HOUR, len(rows))
    stage.mark(rows, "enrolment_drive")


@BILL.act("mistyped_label", size=3, share=0.0022)
def mistyped_label(stage: Stage, dice: Dice, span: Span) -> None:
    """A worn label, typed wrong once to three times, then read.

    A number with wrong check digits is sent without a code: the app knows it is none.
    """
    first = int(dice.integers(*span))
    rows = stage.scans_of(first, first + 2 * DAY)
    rows = rows[(stage.base["code_mode"][rows] == FRESH) & (stage.base["look"][rows] < 0)]
    if not len(rows):
        return
    hit = int(dice.choice(rows))
    count = int(dice.integers(1, 4))
    misses = stage.base.take(np.full(count, hit))
    misses["time"] = stage.base["time"][hit] - np.sort(dice.integers(8, 90, count))[::-1] * 1000
    known = dice.random(count) < 0.3
    late = misses["time"] > stage.world.codes_complete_until + DAY
    misses["code_mode"] = np.where(known & late, GUESSED, NO_CODE)
    misses["capture"], misses["outcome"], misses["mission"] = MANUAL, REFUSED, -1
    misses["lot"] = int(stage.world.new("lot", 1)[0]) + 1
    stage.add(misses, look="mistyped_label")
    stage.base["capture"][hit] = MANUAL if dice.random() < 0.7 else AUTO
    stage.mark(np.array([hit]), "mistyped_label")


@BILL.act("corrected_invoice", size=2, share=0.0009)
def corrected_invoice(stage: Stage, dice: Dice, span: Span) -> None:
    """The seller corrects an invoice and the member hands in the new one under the old number."""
    first, base = int(dice.integers(*span)), stage.base
    rows = stage.bills_of(first, first + 12 * DAY)
    rows = rows[base["look"][rows] < 0]
    if not len(rows):
        return
    old = int(dice.choice(rows))
    again = base.take(np.array([old]))
    if np.isnan(base["amount"][old]):
        base["amount"][old] = bill_totals(stage.world, dice, 1)[0]
    again["amount"] = base["amount"][old] * dice.choice([0.85, 0.93, 0.97, 1.04, 1.1])
    again["invoice_mode"], again["invoice_ref"] = SAME_NUMBER, base["key"][old]
    again["visit"], again["mission"] = stage.visit(), -1
    again["time"] = base["time"][old] + int(dice.exponential(4) * DAY) + 5 * HOUR
    stage.add(again, look="corrected_invoice")
    stage.mark(np.array([old]), "corrected_invoice")
    if dice.random() < 0.7:
        stage.log("returns", event=base["key"][old], time=again["time"] - HOUR, quantity=1)
