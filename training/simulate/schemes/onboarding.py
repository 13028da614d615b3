"""Schemes with new accounts: referrals, ghost outlets, bonuses (patterns 17 to 21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from training.simulate.calendars import DAY
from training.simulate.personas import FIELD_REP, INFLUENCER, PROMOTER, RETAILER
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
from training.simulate.sheet import REFERRAL, Sheet

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Ints = npt.NDArray[np.int64]
FRIEND_POINTS, OUTLET_POINTS = 100, 60


def bring(stage: Stage, dice: Dice, payer: Ints, new: Ints, slug: str) -> None:
    """Referrals of new accounts, minutes to hours after each joined."""
    members = stage.members
    members.referred_by[new] = payer
    soon = (dice.exponential(0.25, len(new)) * DAY).astype(np.int64) + 120_000
    stage.add(Sheet.of(len(new), kind=REFERRAL, member=payer, time=members.joined[new] + soon,
                       points=FRIEND_POINTS, referee=new, referee_kind=0), slug,
              ring=int(members.ring[new[0]]))


def few_scans(stage: Stage, dice: Dice, ring: Ints, days: float, most: int, slug: str) -> None:
    """The least that a bonus asks for: one or two visits soon after joining."""
    for actor in ring.tolist():
        joined = int(stage.members.joined[actor])
        times = daytime(stage, dice, (joined + DAY // 2, joined + int(days * DAY)),
                        int(dice.integers(1, most + 1)))
        at, time, visit = visits(stage, dice, times, 2)
        stage.add(scans(len(at), member=actor, time=time, visit=visit,
                        sku=products(stage, dice, len(at), 1.5)), slug,
                  ring=int(stage.members.ring[actor]))


@BILL.act("self_referral", size=7, share=0.0003, review=0.3)
def self_referral(stage: Stage, dice: Dice, span: Span) -> None:
    """A member refers himself: new accounts on his own phone, wallet or address."""
    when = spell(dice, span, 12)
    actor = stage.cheats(dice, 1, INFLUENCER, RETAILER, before=when[0])
    new = stage.recruit(dice, int(dice.integers(2, 5)), "self_referral", joined=when,
                        ends=when[1] + 25 * DAY)
    if not len(actor) or not len(new):
        return
    members = stage.members
    for name in ("device", "payout", "address"):
        column = getattr(members, name)
        same = dice.random(len(new)) < 0.6
        column[new[same]] = column[actor[0]]
    bring(stage, dice, np.full(len(new), actor[0]), new, "self_referral")
    few_scans(stage, dice, new, 12, 1, "self_referral")


@BILL.act("referral_ring", size=34, share=0.0007, review=0.3)
def referral_ring(stage: Stage, dice: Dice, span: Span) -> None:
    """A tree of bought identities that refer each other within days, then silence."""
    when = spell(dice, span, 7)
    ring = stage.recruit(dice, int(dice.integers(8, 13)), "referral_ring", joined=when,
                         ends=when[1] + 30 * DAY)
    if len(ring) < 3:
        return
    members = stage.members
    ring = ring[np.argsort(members.joined[ring], kind="stable")]
    members.payout[ring] = dice.choice(stage.world.new("payout", 3), len(ring))
    phones = stage.world.new("device", max(2, len(ring) // 2))
    members.device[ring] = dice.choice(phones, len(ring))
    parent = ring[(np.arange(1, len(ring)) - 1) // int(dice.integers(1, 4))]
    bring(stage, dice, parent, ring[1:], "referral_ring")
    few_scans(stage, dice, ring, 10, 2, "referral_ring")
    if dice.random() < 0.4:  # Some rings keep a little life in their accounts, to look real.
        late = (when[1] + 8 * DAY, when[1] + 28 * DAY)
        at, time, visit = visits(stage, dice, daytime(stage, dice, late, len(ring)), 1)
        stage.add(scans(len(at), member=ring, time=time, visit=visit,
                        sku=products(stage, dice, len(at))), "referral_ring",
                  ring=int(members.ring[ring[0]]))


@BILL.act("ghost_outlets", size=16, share=0.0004, review=0.25)
def ghost_outlets(stage: Stage, dice: Dice, span: Span) -> None:
    """A rep signs up shops that exist on paper only."""
    when = spell(dice, span, 20)
    actor = stage.cheats(dice, 1, FIELD_REP, PROMOTER, before=when[0])
    outlets = stage.world.outlets
    quiet = np.flatnonzero((outlets.pull == 0) & (outlets.owner < 0))
    if not len(actor) or not len(quiet):
        return
    count = min(int(dice.integers(10, 23)), len(quiet))
    stage.add(Sheet.of(count, kind=REFERRAL, member=actor[0], points=OUTLET_POINTS,
                       time=daytime(stage, dice, when, count, 15, 3),
                       referee=dice.choice(quiet, count, replace=False), referee_kind=1),
              "ghost_outlets")


@BILL.act("fake_activations", size=20, share=0.0004, review=0.25)
def fake_activations(stage: Stage, dice: Dice, span: Span) -> None:
    """A promoter books a month of visits in an hour, from one chair."""
    when = spell(dice, span, 1)
    actor = stage.cheats(dice, 1, PROMOTER, FIELD_REP, before=when[0])
    if not len(actor):
        return
    outlets = stage.world.outlets
    near = np.flatnonzero(outlets.region == stage.members.region[actor[0]])
    count = min(int(dice.integers(14, 27)), len(near))
    first = stage.local(when[0], dice.uniform(9, 19))
    stage.add(Sheet.of(count, kind=REFERRAL, member=actor[0], points=OUTLET_POINTS,
                       time=burst(dice, first, count, 100, 0.6), visit=stage.visit(),
                       referee=dice.choice(near, count, replace=False), referee_kind=1),
              "fake_activations")


@BILL.act("welcome_farming", size=22, share=0.00025, review=0.25, until=0.5)
def welcome_farming(stage: Stage, dice: Dice, span: Span) -> None:
    """Many new accounts, the least of scans, the welcome reward, gone."""
    when = spell(dice, span, 3)
    ring = stage.recruit(dice, int(dice.integers(7, 12)), "welcome_farming", joined=when,
                         ends=when[1] + 20 * DAY)
    if not len(ring):
        return
    stage.members.device[ring] = dice.choice(stage.world.new("device", 3), len(ring))
    stage.members.threshold[ring] = 100
    few_scans(stage, dice, ring, 6, 2, "welcome_farming")


@BILL.act("welcome_farming", size=22, share=0.00025, review=0.25, since=0.5)
def aged_farming(stage: Stage, dice: Dice, span: Span) -> None:
    """The same with patience: accounts laid up for weeks, a phone each, the gift much later."""
    when = spell(dice, span, 14)
    ring = stage.recruit(dice, int(dice.integers(7, 12)), "welcome_farming",
                         joined=(when[0] - 80 * DAY, when[0] - 35 * DAY),
                         ends=when[1] + 25 * DAY)
    if not len(ring):
        return
    members = stage.members
    members.threshold[ring] = dice.choice([100, 150, 200], len(ring))
    members.address[ring[dice.random(len(ring)) < 0.5]] = members.address[ring[0]]
    for actor in ring.tolist():
        times = daytime(stage, dice, when, int(dice.integers(1, 4)))
        at, time, visit = visits(stage, dice, times, 2)
        stage.add(scans(len(at), member=actor, time=time, visit=visit,
                        sku=products(stage, dice, len(at), 1.5)), "welcome_farming",
                  ring=int(members.ring[actor]))
