"""Dress: give every event the phone, network, place, channel and claim of its member and visit.

Honest and forged events pass here alike. Only what a story set itself is left alone, so that no
column is ever filled for one side alone. What belongs to a visit (place, phone, network) is drawn
from the visit's number: all events of one visit agree without looking at each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import CAPTURES, ENTRY_CHANNELS
from training.simulate.baskets import (
    INVOICE,
    SERIAL,
    bill_totals,
    usual_proofs,
    usual_quantities,
)
from training.simulate.calendars import DAY
from training.simulate.personas import DISTRIBUTOR, RETAILER
from training.simulate.program import KM_PER_DEGREE, POINTS_SHARE
from training.simulate.sheet import AUTO, NO_CODE, NONE, REDEMPTION, SCAN, Sheet

if TYPE_CHECKING:
    from training.simulate.people import Members
    from training.simulate.program import World

Array = npt.NDArray[Any]

CAMERA, GALLERY, MANUAL, HANDHELD = range(len(CAPTURES))
APP, WHATSAPP, VIBER, SMS, API, FILE = range(len(ENTRY_CHANNELS))
"""Numbers in the contract's order."""
SITE_DAYS: Final = 23
"""Days a tradesman works around one place."""
SITE_KM: Final = 6.0
STAFFED: Final = 0.025
"""Share of the claims that staff enter for a member."""
NETWORKS: Final = 4
"""Mobile carriers; each has few addresses, with thousands of members behind them."""


def dress(world: World, members: Members, sheet: Sheet, salt: str) -> None:
    """Fill everything still at ``AUTO`` in place; ``salt`` names the random stage."""
    dice = world.dice("dress", salt)
    sheet["visit"] = np.where(sheet["visit"] < 0, sheet["key"] + (1 << 36), sheet["visit"])
    member = sheet["member"]
    _proofs(members, sheet, dice)
    _fill(sheet, "source", NONE, np.where(sheet["kind"] == SCAN, members.source[member], NONE))
    _staff(world, members, sheet)
    _channels(world, members, sheet)
    _devices(world, members, sheet)
    _places(world, members, sheet, dice)
    _networks(world, sheet)
    _captures(world, members, sheet, dice)
    _claims(world, members, sheet, dice)
    paid = np.where(sheet["kind"] == REDEMPTION, members.payout_at(member, sheet["time"]), NONE)
    _fill(sheet, "payout", AUTO, paid)


def _proofs(members: Members, sheet: Sheet, dice: np.random.Generator) -> None:
    """Proof and quantity of the scans whose story does not tell them."""
    rows = np.flatnonzero((sheet["proof"] == AUTO) & (sheet["kind"] == SCAN))
    sheet["proof"][rows] = usual_proofs(members.persona[sheet["member"][rows]], dice)
    sheet["quantity"][rows] = usual_quantities(len(rows), dice)


def _fill(sheet: Sheet, name: str, empty: int, values: Array) -> None:
    sheet[name] = np.where(sheet[name] == empty, values, sheet[name])


def staff_count(world: World) -> int:
    """Staff accounts of the program's support desk."""
    return 3 + world.size // 400


def _staff(world: World, members: Members, sheet: Sheet) -> None:
    """Some visits are entered by the desk; each region has its own clerks."""
    entered = world.chance(sheet["visit"], 11) < STAFFED
    desk = (world.chance(sheet["visit"], 12) * 2).astype(np.int64)
    clerk = members.region[sheet["member"]] + desk
    _fill(sheet, "agent", AUTO, np.where(entered, clerk % staff_count(world), NONE))


def _channels(world: World, members: Members, sheet: Sheet) -> None:
    """Three visits in four by the member's favourite channel."""
    usual, other = world.chance(sheet["member"], 21), world.chance(sheet["visit"], 23)
    today = np.where(world.chance(sheet["visit"], 22) < 0.75, usual, other)
    channel = np.searchsorted([0.46, 0.87, 0.93], today)
    channel = np.where(members.persona[sheet["member"]] == DISTRIBUTOR, API, channel)
    channel = np.where(sheet["agent"] >= 0, API, channel)
    _fill(sheet, "channel", AUTO, channel)


def _devices(world: World, members: Members, sheet: Sheet) -> None:
    """The member's phone of the day, or his shop's; none where no phone tells its name."""
    member, visit = sheet["member"], sheet["visit"]
    own = members.device_at(member, sheet["time"])
    lends = (members.shared[member] >= 0) & (world.chance(visit, 31) < members.shared_use[member])
    device = np.where(lends, members.shared[member], own)
    silent = np.isin(sheet["channel"], [SMS, FILE]) | (sheet["agent"] >= 0)
    silent |= (sheet["channel"] == WHATSAPP) & (world.chance(member, 32) < 0.12)
    _fill(sheet, "device", AUTO, np.where(silent, NONE, device))


def _places(world: World, members: Members, sheet: Sheet, dice: np.random.Generator) -> None:
    """Site, shop or home; no place where the phone sends none or staff enter the claim."""
    member, visit, outlets = sheet["member"], sheet["visit"], world.outlets
    spell = sheet["time"] // (SITE_DAYS * DAY) * (1 << 22) + member
    turn, far = world.chance(spell, 41) * 2 * np.pi, -np.log1p(-world.chance(spell, 42)) * SITE_KM
    site_lat = members.lat[member] + far / KM_PER_DEGREE * np.sin(turn)
    site_lon = members.lon[member] + far / KM_PER_DEGREE * np.cos(turn)
    where = world.chance(visit, 43)
    tied = np.isin(members.persona[member], [RETAILER, DISTRIBUTOR])
    shop = (tied & (where < 0.93)) | (~tied & (where > 0.78))
    home = ~shop & (where > 0.58)
    stand = np.maximum(np.where(sheet["source"] >= 0, sheet["source"], members.source[member]), 0)
    lat = np.where(shop, outlets.lat[stand], np.where(home, members.lat[member], site_lat))
    lon = np.where(shop, outlets.lon[stand], np.where(home, members.lon[member], site_lon))
    dark = world.chance(visit, 44) > members.gps[member]
    dark |= np.isin(sheet["channel"], [SMS, API, FILE])
    jitter = dice.normal(0, 14e-3 / KM_PER_DEGREE, (2, len(member)))
    grid = 10.0 ** members.accuracy[member]
    # Only who forges his place writes the coordinates himself, to the last digit.
    forged = sheet["mock"] != AUTO
    for name, values, shake in (("lat", lat, jitter[0]), ("lon", lon, jitter[1])):
        told = np.where(np.isinf(sheet[name]), values + shake, sheet[name])
        seen = np.where(dark, np.nan, np.round(told * grid) / grid)
        sheet[name] = np.where(forged, np.round(sheet[name], 6), seen)
    named = (sheet["kind"] == SCAN) & (world.chance(visit, 45) < 0.55)
    _fill(sheet, "outlet", NONE, np.where(named & (shop | tied), stand, NONE))


def carrier_addresses(world: World) -> int:
    """Addresses a carrier uses for all its customers."""
    return 6 + world.size // 1200


def _networks(world: World, sheet: Sheet) -> None:
    """Carrier address, own or shop's line, or unknown."""
    visit, member = sheet["visit"], sheet["member"]
    pool = carrier_addresses(world)
    carrier = (world.chance(member, 51) ** 1.5 * NETWORKS).astype(np.int64)
    mobile = carrier * pool + (world.chance(visit, 52) * pool).astype(np.int64)
    line = NETWORKS * pool + member
    kind = world.chance(visit, 53)
    ip = np.where(kind < 0.64, mobile, np.where(kind < 0.92, line, NONE))
    ip = np.where(sheet["channel"] == SMS, NONE, ip)
    _fill(sheet, "ip", AUTO, ip)


def first_free_address(world: World) -> int:
    """The first address that belongs to nobody yet."""
    return NETWORKS * carrier_addresses(world) + world.size


def _captures(world: World, members: Members, sheet: Sheet, dice: np.random.Generator) -> None:
    count = len(sheet)
    luck = dice.random(count)
    capture = np.searchsorted([0.885, 0.925, 0.985], luck)
    keeper = members.persona[sheet["member"]] == RETAILER
    capture = np.where(keeper & (world.chance(sheet["member"], 61) < 0.12), HANDHELD, capture)
    capture = np.where(sheet["proof"] == INVOICE, np.where(luck < 0.6, CAMERA, GALLERY), capture)
    silent = (sheet["kind"] != SCAN) | np.isin(sheet["channel"], [API, FILE])
    _fill(sheet, "capture", AUTO, np.where(silent, NONE, capture))
    tinkers = world.chance(sheet["member"], 62) < 0.006
    faked = np.where(tinkers, world.chance(sheet["visit"], 63) < 0.5, luck < 0.0012)
    tells = (sheet["channel"] == APP) & (sheet["kind"] == SCAN)
    _fill(sheet, "mock", AUTO, np.where(tells, faked.astype(np.int64), NONE))


def _claims(world: World, members: Members, sheet: Sheet, dice: np.random.Generator) -> None:
    """Amounts, points, sellers, papers and customers of the scans."""
    scans, bills = sheet["kind"] == SCAN, sheet["proof"] == INVOICE
    value = world.story.point_value / POINTS_SHARE
    count = len(sheet)
    unit = world.shelf.points[np.maximum(sheet["sku"], 0)]
    price = unit * value * sheet["quantity"] * dice.lognormal(0, 0.08, count)
    told = np.where(dice.random(count) < 0.35, price, np.nan)
    amount = np.where(bills, bill_totals(world, dice, count), told)
    unset = scans & np.isnan(sheet["amount"])
    sheet["amount"] = np.round(np.where(unset, amount, sheet["amount"]), world.story.digits)
    earned = np.where(bills, sheet["amount"] / value, unit * sheet["quantity"])
    lift = multipliers(world, members, sheet)
    _fill(sheet, "points", AUTO, np.where(scans, np.round(np.nan_to_num(earned) * lift), 0))
    _fill(sheet, "seller", NONE, np.where(bills, sheet["source"], NONE))
    for name, share in (("image", 0.85), ("lines", 0.92), ("attachment", 0.35)):
        has = bills & (sheet[name] == NONE) & (dice.random(count) < share)
        sheet[name][has] = world.new(name, int(has.sum()))
    known = np.where(sheet["proof"] == SERIAL, 0.75, np.where(bills, 0.2, 0.03))
    has = scans & (sheet["customer"] == NONE) & (dice.random(count) < known)
    sheet["customer"][has] = world.new("customer", int(has.sum()))
    sheet["code_mode"] = np.where(bills, NO_CODE, sheet["code_mode"])


def multipliers(world: World, members: Members, sheet: Sheet) -> Array:
    """How much each scan's campaign multiplies its points; the best campaign counts."""
    day = world.calendar.day_of(sheet["time"])
    factor = np.ones(len(sheet))
    for campaign in world.campaigns:
        meant = (day >= campaign.first) & (day < campaign.last)
        for limit, number in ((campaign.persona, members.persona[sheet["member"]]),
                              (campaign.region, members.region[sheet["member"]]),
                              (campaign.sku, sheet["sku"])):
            meant &= (limit < 0) | (number == limit)
        wrong = meant & (sheet["time"] < campaign.repaired)
        factor[meant] = np.maximum(factor[meant], campaign.multiplier)
        factor[wrong] = np.maximum(factor[wrong], campaign.typed)
    return factor
