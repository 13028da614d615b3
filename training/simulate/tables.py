"""Tables: how each table of the contract is filled from members, sheets and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features import contract
from training.simulate.export import (
    EVENT_OFFSET,
    Writer,
    code_text,
    flags,
    reals,
    take,
    times,
    whole,
)
from training.simulate.invoices import write_numbers
from training.simulate.missions import MISSIONS
from training.simulate.personas import SEASONAL, TRADES
from training.simulate.program import OUTLET_KINDS
from training.simulate.sheet import NONE, REDEMPTION, REFERRAL, SCAN, Sheet

if TYPE_CHECKING:
    from training.simulate.codes import Codes
    from training.simulate.program import World
    from training.simulate.stage import Stage

Array = npt.NDArray[Any]

GIVEN: Final = ("Adi", "Ana", "Budi", "Carlos", "Dewi", "Elena", "Farid", "Gita", "Hugo", "Indra",
                "Jorge", "Kiran", "Lina", "Maria", "Nina", "Omar", "Putri", "Ravi", "Sari", "Tomas")
FAMILY: Final = ("Alves", "Bakti", "Cruz", "Das", "Espinoza", "Flores", "Gupta", "Hidayat",
                 "Ibarra", "Joshi", "Kusuma", "Lopez", "Mendoza", "Nugroho", "Ortiz", "Patel",
                 "Quispe", "Reyes", "Santos", "Wijaya")


def write_members(writer: Writer, stage: Stage, rows: dict[str, Array]) -> None:
    """Members, one row per version."""
    world, members, at = stage.world, stage.members, rows["member"]
    story, persona = world.story, members.persona[at]
    trades = [*story.trades, *TRADES.values()]
    own = {number: len(story.trades) + i for i, number in enumerate(TRADES)}
    trade = members.trade[at].copy()
    for number, word in own.items():
        trade[persona == number] = word
    lat, lon = members.lat.round(4), members.lon.round(4)
    hidden = writer.world.chance(at, 81) < 0.18
    mask = members.channels
    sets = [";".join(c for i, c in enumerate(contract.CHANNELS) if bits >> i & 1)
            for bits in range(16)]
    declares = world.chance(np.arange(len(members)), 82) < 0.85
    declares &= members.rhythm == SEASONAL
    people = [f"{GIVEN[i * 7 % 20]} {FAMILY[i * 13 // 20 % 20]}" for i in range(400)]
    writer.table("members", {
        "member_id": writer.id("member", at), "persona": take(contract.PERSONAS, persona),
        "joined_at": times(members.joined[at]), "trade": take(trades, trade),
        "tier": take(contract.TIERS, rows["tier"]),
        "region": take([r.name for r in story.regions], members.region[at]),
        "language": take(list(story.spoken), members.language[at]),
        "timezone": take([story.timezone], np.zeros(len(at))),
        "lat": reals(np.where(hidden, np.nan, lat[at])),
        "lon": reals(np.where(hidden, np.nan, lon[at])),
        "outlet_id": writer.id("outlet", members.outlet[at]),
        "referred_by": writer.id("member", members.referred_by[at]),
        "enrolled_by": writer.id("member", members.enrolled_by[at]),
        "phone_hash": writer.id("phone", rows["phone"]),
        "payout_id": writer.id("payout", rows["payout"]),
        "address_hash": writer.id("address", rows["address"]),
        "channels": take(sets, mask[at]), "consent": flags(rows["consent"]),
        "off_season": take([story.off_season], np.where(declares[at], 0, NONE)),
        "points_balance": whole(rows["balance"]), "points_expire_at": times(rows["expires"]),
        "display_name": take(people, (writer.world.chance(at, 83) * 400).astype(np.int64)),
        "contact_url": pa.array([f"https://chat.example/{n:06d}" for n in at.tolist()]),
        "known_at": times(rows["known"]),
    })


def write_events(writer: Writer, stage: Stage, sheet: Sheet) -> None:
    """Scans, referrals and redemptions, by ``recorded_at``."""
    for kind, fill in ((SCAN, _scans), (REFERRAL, _referrals), (REDEMPTION, _redemptions)):
        part = sheet.take(sheet["kind"] == kind)
        order = np.lexsort((part["key"], part["recorded"]))
        order = np.repeat(order, part["copies"][order])
        columns = _common(writer, part) | fill(writer, stage, part)
        writer.table(contract.EVENT_TABLES[kind], columns, order)


def _common(writer: Writer, sheet: Sheet) -> dict[str, pa.Array]:
    return {
        "event_id": writer.id("event", sheet["key"]),
        "member_id": writer.id("member", sheet["member"]),
        "occurred_at": times(sheet["occurred"]), "points": whole(sheet["points"]),
        "recorded_at": times(sheet["recorded"]), "device_id": writer.id("device", sheet["device"]),
        "ip": writer.address(sheet["ip"]), "lat": reals(sheet["lat"]), "lon": reals(sheet["lon"]),
        "channel": take(contract.ENTRY_CHANNELS, sheet["channel"]),
        "agent_id": writer.id("agent", sheet["agent"]),
        "mission_id": take([kind.id for kind in MISSIONS], sheet["mission"]),
        "outcome": take(contract.OUTCOMES, sheet["outcome"]),
    }


def _scans(writer: Writer, stage: Stage, sheet: Sheet) -> dict[str, pa.Array]:
    return {
        "proof": take(contract.PROOFS, sheet["proof"]), "code_id": code_text(sheet["code"]),
        "batch_id": writer.id("batch", np.where(writer.world.chance(sheet["visit"], 84) < 0.4,
                                                sheet["batch"], NONE)),
        "sku": writer.id("sku", sheet["sku"]), "quantity": whole(sheet["quantity"]),
        "amount": reals(sheet["amount"]), "outlet_id": writer.id("outlet", sheet["outlet"]),
        "seller_id": writer.id("outlet", sheet["seller"]),
        "invoice_no": write_numbers(stage.world, sheet),
        "invoice_hash": writer.id("image", sheet["image"]),
        "invoice_lines_hash": writer.id("lines", sheet["lines"]),
        "end_customer_hash": writer.id("customer", sheet["customer"]),
        "capture": take(contract.CAPTURES, sheet["capture"]), "mock_location": flags(sheet["mock"]),
        "upload_id": writer.id("upload", sheet["upload"]),
        "attachment_url": writer.id("attachment", sheet["attachment"]),
    }


def _referrals(writer: Writer, _stage: Stage, sheet: Sheet) -> dict[str, pa.Array]:
    member = sheet["referee_kind"] == 0
    return {
        "referee_id": pa.compute.coalesce(
            writer.id("member", np.where(member, sheet["referee"], NONE)),
            writer.id("outlet", np.where(member, NONE, sheet["referee"]))),
        "referee_kind": take(contract.REFEREE_KINDS, sheet["referee_kind"]),
    }


def _redemptions(writer: Writer, stage: Stage, sheet: Sheet) -> dict[str, pa.Array]:
    days = 86_400_000 * (0.2 + 4 * writer.world.chance(sheet["key"], 85))
    done = sheet["recorded"] + np.where(sheet["reward"] % 4 == 0, 3 * days, days).astype(np.int64)
    done = np.where((done < stage.world.calendar.end) & (sheet["outcome"] == 0), done, NONE)
    rewards = [f"rw-{number // 4:02d}-{number % 4}" for number in range(4 * 30)]
    return {
        "reward_id": take(rewards, sheet["reward"]),
        "reward_kind": take(contract.REWARD_KINDS, sheet["reward"] % 4),
        "amount": reals(sheet["amount"]), "payout_id": writer.id("payout", sheet["payout"]),
        "status": take(["fulfilled", "pending", "cancelled"],
                       np.where(sheet["outcome"] == 2, 2, np.where(done < 0, 1, 0))),
        "fulfilled_at": times(done),
    }


def write_activities(writer: Writer, stage: Stage, rows: dict[str, Array]) -> None:
    """Activities: evidence only, never judged."""
    order = np.lexsort((rows["member"], rows["time"]))
    rows = {name: column[order] for name, column in rows.items()}
    number = np.arange(len(order)) + EVENT_OFFSET
    kind = rows["kind"]
    course = (writer.world.chance(number, 87) * 5000).astype(np.int64)
    ref = np.where(writer.world.chance(number, 86) < 0.3, course, NONE)
    writer.table("activities", {
        "event_id": writer.id("event", number), "member_id": writer.id("member", rows["member"]),
        "occurred_at": times(rows["time"]), "kind": take(contract.ACTIVITIES, kind),
        "sku": writer.id("sku", rows["sku"]),
        "quantity": whole(np.where(kind == 1, 1 + number % 40, NONE), NONE),
        "ref": writer.id("ref", np.where(kind > 1, ref, NONE)),
    })


def write_codes(writer: Writer, stage: Stage, codes: Codes) -> None:
    """Codes, scanned and not, by code and time known."""
    outlets, outlet = stage.world.outlets, codes["outlet"]
    known = outlet >= 0
    order = np.lexsort((codes["known"], codes["code"]))
    writer.table("codes", {
        "code_id": code_text(codes["code"]), "batch_id": writer.id("batch", codes["batch"]),
        "sku": writer.id("sku", codes["sku"]), "points": whole(codes["points"]),
        "status": take(contract.CODE_STATUSES, codes["status"]),
        "dispatched_at": times(codes["dispatched"]),
        "dispatched_outlet_id": writer.id("outlet", outlet),
        "dispatched_lat": reals(np.where(known, outlets.lat[outlet].round(5), np.nan)),
        "dispatched_lon": reals(np.where(known, outlets.lon[outlet].round(5), np.nan)),
        "carton_id": writer.id("carton", codes["carton"]), "known_at": times(codes["known"]),
    }, order)


def write_outlets(writer: Writer, world: World) -> None:
    """Outlets; a few without coordinates."""
    shops = world.outlets
    number = np.arange(len(shops.kind))
    dark = (shops.kind == 2) & (writer.world.chance(number, 88) < 0.5)
    writer.table("outlets", {
        "outlet_id": writer.id("outlet", number), "kind": take(OUTLET_KINDS, shops.kind),
        "region": take([r.name for r in world.story.regions], shops.region),
        "lat": reals(np.where(dark, np.nan, shops.lat.round(5))),
        "lon": reals(np.where(dark, np.nan, shops.lon.round(5))),
    })


def write_campaigns(writer: Writer, world: World) -> None:
    """Campaigns, seasons and festivals; a mistyped one has a second, mended version."""
    wrong = [row for row, drive in enumerate(world.campaigns) if drive.mistyped]
    number = np.r_[np.arange(len(world.campaigns)), wrong].astype(np.int64)
    drives = [*world.campaigns, *(world.campaigns[row] for row in wrong)]
    typed = [d.typed if d.mistyped else d.multiplier for d in world.campaigns]
    mended = [world.campaigns[row].multiplier for row in wrong]
    known = [NONE] * len(typed) + [world.campaigns[row].repaired for row in wrong]
    night = world.calendar.midnights
    last = world.calendar.days

    def at(days: list[int]) -> pa.Array:
        return times(night[np.minimum(np.array(days, dtype=np.int64), last)])

    writer.table("campaigns", {
        "campaign_id": writer.id("campaign", number),
        "kind": pa.array([d.kind for d in drives], pa.string()),
        "starts_at": at([d.first for d in drives]), "ends_at": at([d.last for d in drives]),
        "persona": take(contract.PERSONAS, np.array([d.persona for d in drives], dtype=int)),
        "region": take([r.name for r in world.story.regions],
                       np.array([d.region for d in drives], dtype=int)),
        "sku": writer.id("sku", np.array([d.sku for d in drives], dtype=int)),
        "multiplier": reals(np.array([*typed, *mended])), "known_at": times(np.array(known)),
    })
