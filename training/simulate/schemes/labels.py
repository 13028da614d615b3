"""Schemes with codes: used, guessed, leaked and photographed labels (patterns 1 to 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.contract import CAPTURES
from training.simulate.calendars import DAY, HOUR
from training.simulate.outcomes import REFUSED, REFUSES
from training.simulate.personas import INFLUENCER, PROMOTER, RETAILER
from training.simulate.schemes.adapting import blows, other_hands, other_phone, slower
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
from training.simulate.sheet import AUTO, COPIED, FRESH, GUESSED, PRINTED

if TYPE_CHECKING:
    from training.simulate.stage import Stage

GALLERY, MANUAL = CAPTURES.index("gallery"), CAPTURES.index("manual")


@BILL.act("duplicate_code", size=9, share=0.0010, review=0.35)
def duplicate_code(stage: Stage, dice: Dice, span: Span) -> None:
    """Somebody collects used labels from bins and sites and scans them again, days later."""
    when = spell(dice, span, 18)
    actor = stage.cheats(dice, 1, INFLUENCER, RETAILER, before=when[0])
    seen = stage.scans_of(when[0] - 35 * DAY, when[0] - DAY)
    home = stage.members.region[stage.base["member"][seen]]
    seen = seen[home == stage.members.region[actor[0]]] if len(actor) else seen[:0]
    if not len(seen):
        return
    at, time, visit = visits(stage, dice, daytime(stage, dice, when, int(dice.integers(2, 6))), 4)
    used = dice.choice(seen, len(at))
    who, device = np.full(len(at), actor[0]), np.full(len(at), AUTO)
    outcome, after = blows(dice, len(at), REFUSES[COPIED], REFUSED, int(dice.integers(1, 4)))
    way = dice.random()
    if way < 0.35:
        device = other_phone(stage, dice, int(actor[0]), time, after)
    elif way < 0.6:
        who = other_hands(stage, dice, who, time, after)
    elif way < 0.8:
        time = slower(time, after, 3.0)
    stage.add(scans(len(at), member=who, time=time, visit=visit, device=device, outcome=outcome,
                    code_mode=COPIED, code_ref=stage.base["key"][used],
                    sku=stage.base["sku"][used], source=stage.base["source"][used]),
              "duplicate_code")


@BILL.act("guessed_codes", size=20, share=0.0010, review=0.3)
def guessed_codes(stage: Stage, dice: Dice, span: Span) -> None:
    """Runs of near numbers typed in, until one of them is alive."""
    when = spell(dice, span, 1)
    actor = stage.cheats(dice, 1, INFLUENCER, PROMOTER, RETAILER, before=when[0])
    if not len(actor):
        return
    count = int(dice.integers(10, 31))
    first = stage.local(when[0], dice.uniform(9, 23))
    mode = np.where(dice.random(count) < 0.08, FRESH, GUESSED)
    time = burst(dice, first, count, 14, 0.6)
    outcome, after = blows(dice, count, REFUSES[GUESSED], REFUSED, int(dice.integers(4, 12)))
    outcome[mode == FRESH] = AUTO
    visit, device = np.full(count, stage.visit()), np.full(count, AUTO)
    if dice.random() < 0.5:  # The careful ones come back later, slowly, from elsewhere.
        time = slower(time, after, dice.uniform(20, 120))
        visit[after] = stage.visit()
        device = other_phone(stage, dice, int(actor[0]), time, after)
    stage.add(scans(count, member=actor[0], time=time, device=device, outcome=outcome,
                    visit=visit, lot=int(stage.world.new("lot", 1)[0]) + 1, code_mode=mode,
                    sku=products(stage, dice, count, 1.6),
                    capture=np.where(dice.random(count) < 0.8, MANUAL, AUTO)), "guessed_codes")


@BILL.act("leaked_codes", size=28, share=0.0007, review=0.3)
def leaked_codes(stage: Stage, dice: Dice, span: Span) -> None:
    """A list from the printer or the warehouse: good codes of goods that never left it."""
    when = spell(dice, span, 20)
    ring = stage.recruit(dice, int(dice.integers(2, 5)), "leaked_codes", ends=when[1] + DAY,
                         joined=(when[0] - 120 * DAY, when[0] - 2 * DAY), starts=when[0])
    sku, lot = products(stage, dice, 1, 2.0), int(stage.world.new("lot", 1)[0]) + 1
    for actor in ring.tolist():
        times = daytime(stage, dice, when, int(dice.integers(3, 6)))
        at, time, visit = visits(stage, dice, times, 4)
        stage.add(scans(len(at), member=actor, time=time, visit=visit, lot=lot, sku=sku,
                        code_mode=PRINTED, source=stage.members.source[ring[0]]),
                  "leaked_codes", ring=int(stage.members.ring[actor]))


@BILL.act("photo_sharing", size=4.5, share=0.0005, review=0.35)
def photo_sharing(stage: Stage, dice: Dice, span: Span) -> None:
    """A picture of one label goes round a chat group; the first claim counts, others try too."""
    when = spell(dice, span, 3)
    friends = stage.cheats(dice, int(dice.integers(3, 7)), INFLUENCER, RETAILER, before=when[0])
    if len(friends) < 2:
        return
    sku, first = products(stage, dice, 1, 2.0), stage.local(when[0], dice.uniform(9, 20))
    capture = np.where(dice.random(len(friends)) < 0.8, GALLERY, AUTO)
    key = stage.add(scans(1, member=friends[0], time=first, sku=sku, capture=capture[0]),
                    "photo_sharing")
    wait = np.cumsum(dice.exponential(3 * HOUR, len(friends) - 1) + 20_000).astype(np.int64)
    stage.add(scans(len(wait), member=friends[1:], time=first + wait, sku=sku, code_mode=COPIED,
                    code_ref=key[0], capture=capture[1:],
                    source=stage.members.source[friends[0]]), "photo_sharing")
