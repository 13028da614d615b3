"""Baskets: what a session brings. Scans of what was bought, or only a login, a visit, a demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import ACTIVITIES, ENTRY_CHANNELS
from training.simulate.calendars import DAY, HOUR
from training.simulate.personas import (
    DISTRIBUTOR,
    FIELD_REP,
    HABITS,
    MONTHLY_UPLOADS,
    PROMOTER,
    UPLOAD_LINES,
)
from training.simulate.program import POINTS_SHARE
from training.simulate.sheet import FRESH, IN_ORDER, NO_CODE, NONE, NUMBERED, REFERRAL, SCAN, Sheet

if TYPE_CHECKING:
    from training.simulate.people import Members
    from training.simulate.program import World
    from training.simulate.rhythms import Sessions

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

QR, BARCODE, SERIAL, INVOICE = range(4)
"""Numbers of the proofs, in the contract's order."""
NIGHT_SHIFT: Final = 0.02
"""Share of the members who work by night as often as by day: markets, plants, roads."""
LONGEST: Final = 40
"""Most scans in an ordinary session."""
# Shares of qr, barcode and serial among the code scans of each persona.
_PROOF_SHARES: Final = np.array([[0.45, 0.45, 0.10], [0.2, 0.4, 0.4], [0.8, 0.15, 0.05],
                                 [0.74, 0.12, 0.14], [0.7, 0.2, 0.1]])
# What a session without a scan is, by persona, in the order of the contract's activities:
# login, order, training, visit, demo, display.
_TALK_SHARES: Final = np.array([[0.40, 0.40, 0.08, 0.00, 0.00, 0.12],
                                [0.30, 0.60, 0.10, 0.00, 0.00, 0.00],
                                [0.30, 0.00, 0.10, 0.00, 0.50, 0.10],
                                [0.78, 0.04, 0.18, 0.00, 0.00, 0.00],
                                [0.10, 0.00, 0.05, 0.75, 0.10, 0.00]])


def moments(world: World, persona: Ints, member: Ints, day: Ints,
            dice: np.random.Generator) -> Ints:
    """UTC milliseconds within each local day, at the hours of the persona and of the member."""
    hour = np.empty(len(day))
    for number, habits in enumerate(HABITS):
        rows = np.flatnonzero(persona == number)
        centre, sigma, share = np.array(habits.hours).T
        part = dice.choice(len(share), len(rows), p=share)
        hour[rows] = dice.normal(centre[part], sigma[part])
    hour += world.dice("hours").normal(0, 0.8, world.size)[member]
    shift = world.chance(member, 113) < NIGHT_SHIFT
    hour = np.where(shift & (dice.random(len(day)) < 0.6), (hour + 11) % 24, hour)
    late = dice.random(len(day)) < world.calendar.night[day]
    hour = np.where(late, dice.normal(21.0, 0.9, len(day)), hour)
    return world.calendar.midnights[day] + (np.clip(hour, 0.2, 23.6) * HOUR).astype(np.int64)


def pick_products(world: World, day: Ints, dice: np.random.Generator) -> Ints:
    """Products by their weight in sales; one not launched yet gives way to its neighbour."""
    weight = world.shelf.weight / world.shelf.weight.sum()
    sku = dice.choice(len(weight), len(day), p=weight)
    return np.where(world.shelf.launch[sku] > day, (sku + 1) % len(weight), sku)


def fill_baskets(
    world: World, members: Members, sessions: Sessions
) -> tuple[Sheet, dict[str, npt.NDArray[Any]]]:
    """Turn sessions into scans, and into activities (columns member, time, kind, sku)."""
    dice = world.dice("baskets")
    persona = members.persona[sessions.member]
    time = moments(world, persona, sessions.member, sessions.day, dice)
    habits = np.array([[h.more, h.invoices, h.talk] for h in HABITS])[persona]
    talks = (dice.random(len(time)) < habits[:, 2]) & (sessions.mission < 0)
    buys = np.flatnonzero(~talks)
    bill = dice.random(len(buys)) < habits[buys, 1]
    further = dice.geometric(1 / (1 + habits[buys, 0])) - 1
    burst = dice.random(len(buys)) < 0.06
    size = np.where(bill, 1, 1 + further * np.where(burst, 4, 1))
    size = np.minimum(size, LONGEST)
    at = buys[np.repeat(np.arange(len(buys)), size)]
    sheet = _scans(world, sessions, persona, time, at, np.repeat(bill, size), dice)
    return sheet, _activities(world, sessions, persona, time, talks, dice)


def _scans(world: World, sessions: Sessions, persona: Ints, time: Ints, at: Ints,
           bill: npt.NDArray[np.bool_], dice: np.random.Generator) -> Sheet:
    count = len(at)
    first = np.r_[True, at[1:] != at[:-1]] if count else np.empty(0, dtype=bool)
    gaps = np.where(first, 0, dice.lognormal(3.1, 0.9, count) * 1000)
    run = np.cumsum(gaps)
    run -= np.maximum.accumulate(np.where(first, run, 0))
    sku = pick_products(world, sessions.day[at], dice)
    proof = usual_proofs(persona[at], dice)
    visit = world.new("visit", len(sessions))
    return Sheet.of(
        count, visit=visit[at], kind=SCAN, member=sessions.member[at],
        time=time[at] + run.astype(np.int64), proof=np.where(bill, INVOICE, proof),
        sku=np.where(bill & (dice.random(count) < 0.6), NONE, sku),
        quantity=usual_quantities(count, dice),
        code_mode=np.where(bill, NO_CODE, FRESH), invoice_mode=np.where(bill, NUMBERED, 0),
        mission=sessions.mission[at],
    )


def usual_quantities(count: int, dice: np.random.Generator) -> Ints:
    """Units of a scan: one, rarely a few under one label."""
    return np.where(dice.random(count) < 0.06, dice.integers(2, 6, count), 1)


def usual_proofs(persona: Ints, dice: np.random.Generator) -> Ints:
    """Labels as each persona finds them on its goods: qr, barcode or serial."""
    edges = np.cumsum(_PROOF_SHARES, axis=1)[:, :2]
    return (dice.random(len(persona))[:, None] > edges[persona]).sum(axis=1)


def _activities(world: World, sessions: Sessions, persona: Ints, time: Ints,
                talks: npt.NDArray[np.bool_],
                dice: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """One activity for each session without a scan, and a login before one scan in six."""
    also = ~talks & (dice.random(len(time)) < 0.16)
    rows = np.flatnonzero(talks | also)
    edges = np.cumsum(_TALK_SHARES, axis=1)[:, :-1]
    kind = (dice.random(len(rows))[:, None] > edges[persona[rows]]).sum(axis=1)
    kind = np.where(talks[rows], kind, ACTIVITIES.index("login"))
    shown = np.isin(kind, [1, 4, 5])
    return {"member": sessions.member[rows], "time": time[rows] - np.where(talks[rows], 0, 90_000),
            "kind": kind, "sku": np.where(shown, pick_products(
                world, sessions.day[rows], dice), NONE)}


def bill_totals(world: World, dice: np.random.Generator, count: int) -> Floats:
    """Totals of invoices as they usually are, in the program's currency."""
    return dice.lognormal(4.35, 0.75, count) * world.story.point_value / POINTS_SHARE


def distributor_uploads(world: World, members: Members) -> Sheet:
    """Monthly files of the distributors: hundreds of lines, one minute, one upload id."""
    dice, calendar = world.dice("uploads"), world.calendar
    firms = np.flatnonzero(members.persona == DISTRIBUTOR)
    months = np.array([day.year * 12 + day.month for day in calendar.dates])
    ends = np.flatnonzero(np.r_[months[1:] != months[:-1], True])
    member, end = (grid.ravel() for grid in np.meshgrid(firms, ends, indexing="ij"))
    sends = dice.random(len(member)) < 0.9 * MONTHLY_UPLOADS
    member, day = member[sends], np.minimum(end[sends] + dice.integers(-2, 5, int(sends.sum())),
                                            calendar.days - 1)
    median, sigma, cap = UPLOAD_LINES
    usual = median * world.dice("upload sizes").lognormal(0, sigma, world.size)[member]
    lines = np.clip(usual * dice.lognormal(0, 0.25, len(member)), 3, cap).astype(np.int64)
    begin = moments(world, members.persona[member], member, day, dice)
    upload, visit = world.new("upload", len(member)), world.new("visit", len(member))
    lot, at = world.new("lot", len(member)) + 1, np.repeat(np.arange(len(member)), lines)
    within = np.arange(len(at)) - np.repeat(np.cumsum(lines) - lines, lines)
    bills = (world.dice("upload kinds").random(world.size) < 0.4)[member[at]]
    return Sheet.of(
        len(at), visit=visit[at], member=member[at], time=begin[at] + within * 140,
        proof=np.where(bills, INVOICE, BARCODE), sku=pick_products(world, day[at], dice),
        quantity=dice.integers(1, 4, len(at)), upload=upload[at], lot=np.where(bills, 0, lot[at]),
        code_mode=np.where(bills, NO_CODE, IN_ORDER), invoice_mode=np.where(bills, NUMBERED, 0),
        channel=ENTRY_CHANNELS.index("file"), agent=NONE,
    )


def referrals(world: World, members: Members) -> Sheet:
    """Members who brought a member are paid for it; so are field reps, and for new outlets."""
    dice, calendar = world.dice("referrals"), world.calendar
    new = np.flatnonzero(members.joined >= calendar.start)
    payer = np.where(members.referred_by[new] >= 0, members.referred_by[new],
                     members.enrolled_by[new])
    new, payer = new[payer >= 0], payer[payer >= 0]
    soon = (dice.exponential(0.6, len(new)) * DAY).astype(np.int64) + 120_000
    by_rep = members.persona[payer] == FIELD_REP
    brought = Sheet.of(len(new), kind=REFERRAL, member=payer, time=members.joined[new] + soon,
                       points=np.where(by_rep, 40, 100), referee=new, referee_kind=0)
    return Sheet.joined([brought, _new_outlets(world, members, dice)])


def _new_outlets(world: World, members: Members, dice: np.random.Generator) -> Sheet:
    """Reps and promoters sign up shops of their region, of which not every one ever buys."""
    able = np.flatnonzero(np.isin(members.persona, [FIELD_REP, PROMOTER]))
    member = np.repeat(able, dice.poisson(4.5 * world.calendar.days / 365, len(able)))
    day = dice.integers(0, world.calendar.days, len(member))
    time = moments(world, members.persona[member], member, day, dice)
    outlets = world.outlets
    outlet = dice.integers(0, len(outlets.kind), (12, len(member)))
    fits = outlets.region[outlet] == members.region[member]
    fits &= (outlets.pull[outlet] > 0) | (dice.random(fits.shape) < 0.9)
    found = np.argmax(fits, axis=0)
    sheet = Sheet.of(len(member), kind=REFERRAL, member=member, time=time, points=60,
                     referee=outlet[found, np.arange(len(member))], referee_kind=1)
    return sheet.take(fits.any(axis=0))
