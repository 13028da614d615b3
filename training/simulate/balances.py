"""Balances: points earned are saved up and spent; nobody spends what he has not earned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import REWARD_KINDS
from training.simulate.calendars import DAY, HOUR
from training.simulate.outcomes import CREDITED
from training.simulate.sheet import AUTO, NONE, REDEMPTION, Sheet

if TYPE_CHECKING:
    from training.simulate.people import Members
    from training.simulate.program import World

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

PRICES: Final = np.array([100, 150, 200, 300, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500,
                          3000, 4000, 5000, 6000, 8000, 10000, 15000, 20000])
"""Prices in the catalogue, in points; cashback may be any amount."""
CASHBACK: Final = REWARD_KINDS.index("cashback")
KIND_SHARES: Final = (0.34, 0.30, 0.33, 0.03)
"""Shares of catalog, voucher, cashback and experience."""


def redeem(world: World, members: Members, earned: Sheet) -> Sheet:
    """Redemptions of everybody: when what he saved passes his own threshold, some days later.

    A member redeems the dearest reward within his threshold, or as cashback what the threshold is.
    """
    dice, start = world.dice("redemptions"), world.calendar.start
    kind = dice.choice(4, len(members), p=KIND_SHARES)
    price = PRICES[np.maximum(np.searchsorted(PRICES, members.threshold, "right") - 1, 0)]
    exact = np.maximum(np.round(members.threshold), 60).astype(np.int64)
    price = np.where(kind == CASHBACK, exact, price)
    good = np.flatnonzero((earned["outcome"] == CREDITED) & (earned["points"] > 0))
    order = good[np.lexsort((earned["time"][good], earned["member"][good]))]
    member, points = earned["member"][order], earned["points"][order]
    opens = np.r_[True, member[1:] != member[:-1]][: len(order)]
    total = np.cumsum(points)
    before = np.where(opens, total - points, 0)
    total = total - np.maximum.accumulate(before) + members.opening[member]
    reached = total // price[member]
    already = np.where(opens, members.opening[member] // price[member], np.r_[0, reached[:-1]]
                       [: len(order)])
    times = np.minimum(reached - already, 3)
    at = np.repeat(np.arange(len(order)), np.maximum(times, 0))
    late = dice.gamma(1.3, 5.0, len(at)) * DAY
    clock = dice.normal(13.5, 3.4, len(at)).clip(0.5, 23.5) * HOUR
    day = world.calendar.day_of(earned["time"][order][at] + late.astype(np.int64))
    when = world.calendar.midnights[day] + clock.astype(np.int64)
    when = np.maximum(when, earned["time"][order][at] + HOUR // 2)
    who = member[at]
    sheet = redemptions(world, who, when, price[who], kind[who], dice)
    ringed = (members.ring[who] >= 0) & (when >= members.ring_start[who])
    sheet["ring"] = np.where(ringed, members.ring[who], NONE)
    sheet["pattern"] = np.where(ringed, members.ring_pattern[who], NONE)
    return sheet.take((when < world.calendar.end) & (when > start))


def redemptions(world: World, member: Array, time: Array, points: Array, kind: Array,
                dice: np.random.Generator) -> Sheet:
    """A sheet of redemptions; the reward follows from kind and price."""
    points = np.asarray(points)
    reward = np.searchsorted(PRICES, points) * 4 + kind
    paid = np.isin(kind, [1, 2])
    amount = np.where(paid, np.round(points * world.story.point_value, world.story.digits), np.nan)
    count = len(np.atleast_1d(member))
    return Sheet.of(count, kind=REDEMPTION, member=member, time=time, points=points,
                    reward=reward, amount=amount,
                    payout=np.where(paid, AUTO, NONE),
                    mission=np.where(dice.random(count) < 0.004, 3, NONE))


def affordable(members: Members, sheet: Sheet) -> Array:
    """Mask of the events that stay: redemptions which the balance of their time can pay.

    The sheet is walked in time order for each member; a redemption beyond the balance is dropped.
    """
    change = np.where(sheet["kind"] == REDEMPTION, -sheet["points"], sheet["points"])
    change = np.where(sheet["outcome"] == CREDITED, change, 0)
    order = np.lexsort((sheet["kind"], sheet["time"], sheet["member"]))
    member = sheet["member"][order]
    opens = np.r_[True, member[1:] != member[:-1]][: len(order)]
    total = np.cumsum(change[order])
    base = np.maximum.accumulate(np.where(opens, np.arange(len(order)), 0))
    balance = total - (total - change[order])[base] + members.opening[member]
    keep = np.ones(len(order), dtype=bool)
    for poor in np.unique(member[balance < 0]).tolist():
        rows = np.flatnonzero(member == poor)
        keep[rows] = _walk(change[order[rows]], int(members.opening[poor]))
    mask = np.empty(len(order), dtype=bool)
    mask[order] = keep
    return mask


def _walk(changes: Ints, balance: int) -> list[bool]:
    kept = []
    for change in changes.tolist():
        pays = balance + change >= 0
        balance += change if pays else 0
        kept.append(pays)
    return kept


class Ledger:
    """Balances and last events of all members at any time.

    Examples
    --------
    >>> sheet = Sheet.of(2, member=[0, 0], time=[5, 9], points=[30, 20], outcome=CREDITED)
    >>> Ledger(np.array([7]), sheet).balance(np.array([0]), 6).tolist()
    [37]
    """

    def __init__(self, opening: Ints, sheet: Sheet) -> None:
        change = np.where(sheet["kind"] == REDEMPTION, -1, 1) * sheet["points"]
        change = np.where(sheet["outcome"] == CREDITED, change, 0)
        order = np.lexsort((sheet["time"], sheet["member"]))
        self._opening = opening
        self._keys = sheet["member"][order].astype(np.int64) << 44 | sheet["time"][order]
        self._total = np.r_[0, np.cumsum(change[order])]

    def _place(self, member: Ints, time: int) -> tuple[Ints, Ints]:
        whose = member.astype(np.int64) << 44
        return np.searchsorted(self._keys, whose), np.searchsorted(self._keys, whose | time)

    def balance(self, member: Ints, time: int) -> Ints:
        """Points each member holds just before ``time``."""
        first, now = self._place(member, time)
        return self._opening[member] + self._total[now] - self._total[first]

    def last(self, member: Ints, time: int) -> Ints:
        """When each member last did anything before ``time``; 0 for never."""
        first, now = self._place(member, time)
        known = self._keys[np.maximum(now - 1, 0)] & ((1 << 44) - 1)
        return np.where(now > first, known, 0)
