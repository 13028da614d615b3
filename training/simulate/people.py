"""The members: who they are, where they live, what they carry, when they come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from training.simulate.calendars import DAY
from training.simulate.personas import (
    DISTRIBUTOR,
    FIELD_REP,
    HABITS,
    INFLUENCER,
    NEVER,
    PROMOTER,
    RETAILER,
    RHYTHMS,
    SEASONAL,
    SPORADIC,
    STEADY,
)
from training.simulate.program import scatter

if TYPE_CHECKING:
    from training.simulate.program import World

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEVER_LEAVES: Final = 10**6
"""A day after every run."""
RING_POOL: Final = 0.08
"""Share of the members who are kept free for rings of bought identities."""
FARMS: Final = 0.022
"""Share of the shops and tradesmen who learn to wait for missions."""


@dataclass
class Members:
    """The members as columns of equal length; ids are numbers, -1 is none.

    Parameters
    ----------
    persona, rhythm, region, trade, language, outlet, source : numbers
        ``outlet`` is what the member declares (own shop or usual shop), ``source`` where his
        goods come from.
    joined : UTC milliseconds.
    rate : sessions a day while active.
    left, back : days of leaving and of coming back.
    slow : days in which the pace halves.
    lat, lon, accuracy, gps : home, digits of his phone's coordinates, chance that it sends any.
    device, device2, switch : first phone, next phone, when he changes (UTC ms).
    shared, shared_use : phone of his shop and how often he uses it.
    payout, payout2, payout_switch : wallet or account, the next one, and when.
    phone, address : hashes by number.
    enrolled_by, referred_by : members.
    skew : how far his phone's clock is off, ms.
    carrier : network operator.
    threshold : points he saves before redeeming.
    opening : points from before the run.
    ring, ring_pattern, ring_start, ring_end : ring of bought identities, its pattern, when it
        begins and stops (UTC ms).
    farms : day from which he comes only when a mission calls.
    """

    persona: Ints
    rhythm: Ints
    region: Ints
    trade: Ints
    language: Ints
    outlet: Ints
    source: Ints
    joined: Ints
    rate: Floats
    left: Ints
    back: Ints
    slow: Floats
    lat: Floats
    lon: Floats
    accuracy: Ints
    gps: Floats
    device: Ints
    device2: Ints
    switch: Ints
    shared: Ints
    shared_use: Floats
    payout: Ints
    payout2: Ints
    payout_switch: Ints
    phone: Ints
    address: Ints
    enrolled_by: Ints
    referred_by: Ints
    skew: Ints
    carrier: Ints
    threshold: Floats
    opening: Ints
    channels: Ints
    consent: Bools
    ring: Ints
    ring_pattern: Ints
    ring_start: Ints
    ring_end: Ints
    farms: Ints

    def __len__(self) -> int:
        return len(self.persona)

    def device_at(self, member: Ints, time: Ints) -> Ints:
        """The phone each member had at each time."""
        return np.where(time < self.switch[member], self.device[member], self.device2[member])

    def payout_at(self, member: Ints, time: Ints) -> Ints:
        """The wallet or account each member had at each time."""
        return np.where(time < self.payout_switch[member], self.payout[member],
                        self.payout2[member])


def build_members(world: World) -> Members:
    """Draw the members of a world; deterministic by its seed."""
    dice, size = world.dice("members"), world.size
    persona, outlets, _days = world.personas, world.outlets, world.calendar.days
    own = np.full(size, -1)
    held = outlets.owner >= 0
    own[outlets.owner[held]] = np.flatnonzero(held)
    shares = np.array([region.share for region in world.story.regions])
    region = np.where(own >= 0, outlets.region[own], dice.choice(
        len(shares), size, p=shares / shares.sum()))
    source = np.where(own >= 0, own, _usual_shop(world, region, dice))
    lat, lon = _homes(world, region, own, dice)
    rhythm = _rhythms(world, dice)
    habits = np.array([[h.sessions, h.spread, h.threshold] for h in HABITS])[persona]
    rate = habits[:, 0] * np.exp(habits[:, 1] * dice.standard_normal(size))
    rate *= np.where(rhythm == SPORADIC, 0.25, 1.0) * world.story.pace
    joined = _joined(world, rhythm, dice)
    left, back = _leaving(joined, world, dice)
    horizon = world.calendar.end
    switches = world.calendar.start + (dice.exponential(1500, size) * DAY).astype(np.int64)
    payers = world.calendar.start + (dice.exponential(3000, size) * DAY).astype(np.int64)
    members = Members(
        persona, rhythm, region,
        dice.choice(len(world.story.trades), size, p=list(world.story.trades.values())),
        dice.choice(len(world.story.spoken), size, p=list(world.story.spoken.values())),
        np.where((own >= 0) | (dice.random(size) < 0.6), source, -1), source, joined,
        np.minimum(rate, 3.0), left, back,
        np.where(dice.random(size) < 0.15, dice.uniform(80, 400, size), 1e9), lat, lon,
        dice.choice([3, 5, 6], size, p=(0.12, 0.38, 0.5)), dice.beta(5, 1.4, size),
        world.new("device", size), world.new("device", size),
        np.where(switches < horizon, switches, 2**60), np.full(size, -1), np.zeros(size),
        np.where(dice.random(size) < 0.15, -1, world.new("payout", size)),
        world.new("payout", size), np.where(payers < horizon, payers, 2**60),
        world.new("phone", size), world.new("address", size), np.full(size, -1),
        np.full(size, -1), _skew(size, dice), dice.choice(4, size, p=(0.4, 0.3, 0.2, 0.1)),
        habits[:, 2] * dice.lognormal(0, 0.85, size), _opening(joined, rate, world, dice),
        _channels(size, dice), dice.random(size) < 0.86,
        np.full(size, -1), np.full(size, -1), np.zeros(size, dtype=np.int64),
        np.full(size, 2**60), np.full(size, NEVER_LEAVES),
    )
    _farm(members, world)
    _share_phones(members, world, dice)
    _introduce(members, world, dice)
    return members


def _usual_shop(world: World, region: Ints, dice: np.random.Generator) -> Ints:
    """A shop of the member's region, drawn by the shops' pull."""
    outlets, shop = world.outlets, np.zeros(world.size, dtype=np.int64)
    for number in range(len(world.story.regions)):
        here = np.flatnonzero(outlets.region == number)
        here = here if outlets.pull[here].sum() else np.arange(len(outlets.region))
        rows = np.flatnonzero(region == number)
        pull = outlets.pull[here]
        shop[rows] = dice.choice(here, len(rows), p=pull / pull.sum())
    return shop


def _homes(world: World, region: Ints, own: Ints,
           dice: np.random.Generator) -> tuple[Floats, Floats]:
    centre = world.story.regions
    lat, lon = scatter(dice, np.array([r.lat for r in centre])[region],
                       np.array([r.lon for r in centre])[region], 14.0)
    lat = np.where(own >= 0, world.outlets.lat[own], lat)
    return lat, np.where(own >= 0, world.outlets.lon[own], lon)


def _rhythms(world: World, dice: np.random.Generator) -> Ints:
    shares = [world.story.rhythms[name] for name in RHYTHMS]
    rhythm = dice.choice(len(RHYTHMS), world.size, p=shares)
    shop = dice.choice([STEADY, SPORADIC, SEASONAL, NEVER], world.size, p=(0.78, 0.12, 0.06, 0.04))
    if world.story.calendar != "sowing":
        shop = np.where(shop == SEASONAL, STEADY, shop)
    return np.where(world.personas == INFLUENCER, rhythm,
                    np.where(world.personas == DISTRIBUTOR, STEADY, shop))


def _joined(world: World, rhythm: Ints, dice: np.random.Generator) -> Ints:
    """Half from up to two years before the run, half during it; seconds count."""
    size, span = world.size, world.calendar.end - world.calendar.start
    before = world.calendar.start - (dice.random(size) ** 0.8 * 730 * DAY).astype(np.int64)
    during = world.calendar.start + (dice.random(size) * 0.92 * span).astype(np.int64)
    early = (dice.random(size) < 0.62) | (world.personas == DISTRIBUTOR)
    early |= (world.personas == FIELD_REP) | ((rhythm == SEASONAL) & (dice.random(size) < 0.6))
    return np.where(early, before, during)


def _leaving(joined: Ints, world: World, dice: np.random.Generator) -> tuple[Ints, Ints]:
    """Two of five would leave within some years; a quarter of those who left come back."""
    size = world.size
    first = np.maximum((joined - world.calendar.start) / DAY, 0)
    left = first + 10 + dice.exponential(420, size)
    stays = (dice.random(size) >= 0.42) | (world.personas == DISTRIBUTOR)
    gone: Ints = np.where(stays, NEVER_LEAVES, left).astype(np.int64)
    back = gone + dice.integers(60, 220, size)
    returns = dice.random(size) < 0.25
    return gone, np.where(returns, back, NEVER_LEAVES).astype(np.int64)


def _skew(size: int, dice: np.random.Generator) -> Ints:
    """Most phones are right to seconds, some off by minutes, a few set to another time zone."""
    kind = dice.random(size)
    minutes = dice.normal(0, 6, size) * 60_000
    hours = dice.choice([-8, -2, -1, 1, 2, 7], size) * 3_600_000.0
    skew = np.where(kind < 0.93, dice.normal(0, 3000, size),
                    np.where(kind < 0.985, minutes, hours))
    return skew.astype(np.int64)


def _opening(joined: Ints, rate: Floats, world: World, dice: np.random.Generator) -> Ints:
    """Points left over from before the run: those of the last months, not yet redeemed."""
    days = np.clip((world.calendar.start - joined) / DAY, 0, 120)
    return np.round(days * rate * 45 * dice.random(world.size)).astype(np.int64)


def _channels(size: int, dice: np.random.Generator) -> Ints:
    """Bit mask in the contract's order: whatsapp, viber, app, sms."""
    chance = np.array([0.78, 0.10, 0.55, 0.40])
    mask = (dice.random((size, 4)) < chance) @ np.array([1, 2, 4, 8])
    return np.where(mask == 0, 1, mask)


def _farm(members: Members, world: World) -> None:
    """Some find out that missions come to the quiet, and are quiet (pattern 26)."""
    dice = world.dice("farming")
    able = np.isin(members.persona, [INFLUENCER, RETAILER])
    able &= np.isin(members.rhythm, [STEADY, SPORADIC])
    rows = np.flatnonzero(able & (dice.random(len(members)) < FARMS))
    joined = np.maximum((members.joined[rows] - world.calendar.start) // DAY, 0)
    members.farms[rows] = joined + dice.integers(20, 60, len(rows))
    members.left[rows], members.back[rows] = NEVER_LEAVES, NEVER_LEAVES
    members.consent[rows] = True


def _share_phones(members: Members, world: World, dice: np.random.Generator) -> None:
    """One shop in ten has a phone that its regulars may use."""
    shops = dice.random(len(world.outlets.kind)) < 0.10
    phone = world.new("device", len(shops))
    may = shops[members.source] & (dice.random(len(members)) < 0.5)
    may &= (members.persona == INFLUENCER) | (members.persona == RETAILER)
    members.shared[may] = phone[members.source[may]]
    members.shared_use[may] = dice.uniform(0.2, 0.95, int(may.sum()))


def _introduce(members: Members, world: World, dice: np.random.Generator) -> None:
    """Who enrolled whom, and who referred whom: always somebody of the region, earlier."""
    order = np.lexsort((members.joined, members.region))
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    first = np.searchsorted(members.region[order], members.region)
    earlier = first + (dice.random(len(order)) * (position - first)).astype(np.int64)
    someone = np.where(position > first, order[earlier], -1)
    reps = np.flatnonzero(members.persona == FIELD_REP)
    plain = (members.persona == INFLUENCER) | (members.persona == RETAILER)
    plain |= members.persona == PROMOTER
    by_rep = plain & (dice.random(len(order)) < 0.45)
    if len(reps):
        rep = _rep_of_region(members, reps, dice)
        good = by_rep & (members.joined[rep] < members.joined)
        members.enrolled_by[good] = rep[good]
    by_member = plain & (members.enrolled_by < 0) & (dice.random(len(order)) < 0.45)
    members.referred_by[by_member] = someone[by_member]


def _rep_of_region(members: Members, reps: Ints, dice: np.random.Generator) -> Ints:
    rep = dice.choice(reps, len(members))
    for region in np.unique(members.region[reps]):
        here = reps[members.region[reps] == region]
        rows = members.region == region
        rep[rows] = dice.choice(here, int(rows.sum()))
    return rep
