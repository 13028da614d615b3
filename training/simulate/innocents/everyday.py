"""Look-alikes that are simply there: uploads, shared phones, scanners, shops, borders, peaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.baskets import INVOICE
from training.simulate.calendars import DAY
from training.simulate.dress import first_free_address
from training.simulate.innocents.bill import BILL, declare
from training.simulate.personas import INFLUENCER, RETAILER, SEASONAL
from training.simulate.sheet import SCAN

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Dice = np.random.Generator
Span = tuple[int, int]

COARSE_DIGITS = 3
"""Digits of a cheap phone's coordinates: about 110 m."""
SEES_LITTLE = 0.45
"""Below this chance of sending a place a phone counts as one that is kept indoors."""


@BILL.act("distributor_bulk_upload", size=1, share=0, always=True)
def distributor_bulk_upload(stage: Stage, dice: Dice, span: Span) -> None:
    """Hundreds of lines in one file and one minute: a distributor's month."""
    base = stage.base
    rows = base["upload"] >= 0
    for firm in np.unique(base["member"][rows]).tolist():
        first = max(span[0], int(stage.members.joined[firm]))
        declare(stage, dice, "bulk_channel", firm, first, 0.8)
    stage.mark(rows, "distributor_bulk_upload")


@BILL.act("declared_shop", size=1, share=0, always=True)
def declared_shop(stage: Stage, dice: Dice, span: Span) -> None:
    """Tradesmen with a shop of their own: shop hours and one place."""
    members, base = stage.members, stage.base
    owners = np.flatnonzero((members.persona == INFLUENCER) & (dice.random(len(members)) < 0.012))
    rows = np.flatnonzero(np.isin(base["member"], owners) & (base["kind"] == SCAN))
    who = base["member"][rows]
    shake = dice.normal(0, 12e-5, (2, len(rows)))
    seen = stage.world.chance(base["visit"][rows], 101) < members.gps[who]
    base["lat"][rows] = np.where(seen, members.lat[who] + shake[0], np.nan)
    base["lon"][rows] = np.where(seen, members.lon[who] + shake[1], np.nan)
    for owner in owners.tolist():
        declare(stage, dice, "own_shop", owner, max(span[0], int(members.joined[owner])), 0.85)
    stage.mark(rows, "declared_shop")


@BILL.act("handheld_scanner", size=1, share=0, always=True)
def handheld_scanner(stage: Stage, dice: Dice, span: Span) -> None:
    """A store's handheld scanner: even gaps, one device, many units."""
    members, base = stage.members, stage.base
    keeps = (members.persona == RETAILER) & (stage.world.chance(np.arange(len(members)), 61) < 0.12)
    rows = np.flatnonzero(keeps[base["member"]] & (base["kind"] == SCAN)
                          & (base["proof"] != INVOICE))
    order = rows[np.lexsort((base["time"][rows], base["visit"][rows]))]
    visit = base["visit"][order]
    opens = np.r_[True, visit[1:] != visit[:-1]][: len(order)]
    at = np.arange(len(order))
    first = np.maximum.accumulate(np.where(opens, at, 0))
    base["time"][order] = base["time"][order][first] + (at - first) * 2100
    device = stage.world.new("device", len(members))
    base["device"][rows] = device[base["member"][rows]]
    for owner in np.flatnonzero(keeps).tolist():
        since = max(span[0], int(members.joined[owner]))
        declare(stage, dice, "handheld_client", int(device[owner]), since, 0.7)
    stage.mark(rows, "handheld_scanner")


@BILL.act("shared_shop_phone", size=1, share=0, always=True)
def shared_shop_phone(stage: Stage, dice: Dice, span: Span) -> None:
    """The phone on the counter that the regulars may use."""
    members, base = stage.members, stage.base
    who = base["member"]
    lends = stage.world.chance(base["visit"], 31) < members.shared_use[who]
    lends &= members.shared[who] >= 0
    lends &= (base["visit"] >= 0) & (base["device"] == -2)
    stage.mark(lends, "shared_shop_phone")
    for phone in np.unique(members.shared[members.shared >= 0]).tolist():
        declare(stage, dice, "shared_device", phone, span[0], 0.55)


@BILL.act("border_town", size=1, share=0, always=True)
def border_town(stage: Stage, dice: Dice, _span: Span) -> None:
    """Members between two regions who buy in both."""
    members, base, outlets = stage.members, stage.base, stage.world.outlets
    moved = np.flatnonzero((members.persona == INFLUENCER) & (dice.random(len(members)) < 0.008))
    stands = np.flatnonzero(outlets.pull > 0)
    for member in moved.tolist():
        far = stands[outlets.region[stands] != members.region[member]]
        if not len(far):
            continue
        gap = np.hypot(outlets.lat[far] - members.lat[member],
                       outlets.lon[far] - members.lon[member])
        other = int(far[np.argsort(gap, kind="stable")[:5]][dice.integers(0, min(5, len(far)))])
        rows = stage.index.of_member(member)
        rows = rows[(base["code_mode"][rows] > 0) & (dice.random(len(rows)) < 0.6)]
        base["source"][rows] = other
        stage.mark(rows, "border_town")


@BILL.act("company_vpn", size=1, share=0, always=True)
def company_vpn(stage: Stage, dice: Dice, span: Span) -> None:
    """A firm whose crews all come from one address."""
    members, base = stage.members, stage.base
    trade = np.flatnonzero(members.persona == INFLUENCER)
    for number in range(max(1, len(members) // 900) if len(trade) else 0):
        crew = dice.choice(trade, 6)
        rows = np.concatenate([stage.index.of_member(member) for member in crew.tolist()])
        rows = rows[dice.random(len(rows)) < 0.8]
        line = first_free_address(stage.world) + number
        base["ip"][rows] = line
        declare(stage, dice, "shared_ip", line, span[0], 0.5)
        stage.mark(rows, "company_vpn")


@BILL.act("mission_return", size=1, share=0, always=True)
def mission_return(stage: Stage, _dice: Dice, _span: Span) -> None:
    """A mission that worked: back after weeks of silence, on the old phone."""
    base = stage.base
    order = np.lexsort((base["time"], base["member"]))
    member, time = base["member"][order], base["time"][order]
    same = np.r_[False, member[1:] == member[:-1]][: len(order)]
    quiet = same & (np.diff(time, prepend=time[:1]) > 30 * DAY)
    stage.mark(order[quiet & (base["mission"][order] >= 0)], "mission_return")


@BILL.act("seasonal_return", size=1, share=0, always=True)
def seasonal_return(stage: Stage, _dice: Dice, _span: Span) -> None:
    """Back after a season of silence, on the old phone."""
    base = stage.base
    order = np.lexsort((base["time"], base["member"]))
    member, time = base["member"][order], base["time"][order]
    same = np.r_[False, member[1:] == member[:-1]][: len(order)]
    gap = np.diff(time, prepend=time[:1])
    back = same & (gap > 80 * DAY) & (stage.members.rhythm[member] == SEASONAL)
    back |= same & (gap > 120 * DAY)
    near = back.copy()
    near[1:] |= back[:-1] & same[1:]
    stage.mark(order[near], "seasonal_return")


@BILL.act("festival_peak", size=1, share=0, always=True)
def festival_peak(stage: Stage, _dice: Dice, _span: Span) -> None:
    """The rush before a festival or at sowing: everybody of the trade at once."""
    base, calendar = stage.base, stage.world.calendar
    day = calendar.day_of(base["time"])
    farmer = stage.members.rhythm[base["member"]] == SEASONAL
    rush = np.where(farmer, calendar.farm[day] > 1, calendar.peak[day]) & (base["kind"] == SCAN)
    busy = np.bincount(base["member"][rush], minlength=len(stage.members)) >= 12
    stage.mark(rush & busy[base["member"]], "festival_peak")


@BILL.act("gps_off", size=1, share=0, always=True)
def gps_off(stage: Stage, _dice: Dice, _span: Span) -> None:
    """Members whose phones nearly never say where they are."""
    base, members = stage.base, stage.members
    dark = (members.gps < SEES_LITTLE) & (members.accuracy > COARSE_DIGITS)
    stage.mark(dark[base["member"]] & (base["kind"] == SCAN) & (base["upload"] < 0), "gps_off")


@BILL.act("coarse_location", size=1, share=0, always=True)
def coarse_location(stage: Stage, _dice: Dice, _span: Span) -> None:
    """Cheap phones, whose places repeat to the last digit they know."""
    base, members = stage.base, stage.members
    coarse = (members.accuracy == COARSE_DIGITS)[base["member"]]
    stage.mark(coarse & (base["kind"] == SCAN) & (base["upload"] < 0), "coarse_location")
