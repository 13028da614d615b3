from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.members.calendar_days import day_start
from features.places import MISSING, first_place
from features.segments import Past
from features.segments.past import MEMBER_KINDS

ZONE = "Asia/Jakarta"
FIRST = 20_089
DAYS = 260


class Program:
    """Members of four regions and two reps in each, who scan on every fourth day or so.

    Everything is drawn from a seed; ``wrong`` changes rows before they become a past.
    """

    def __init__(self, members: int = 900, seed: int = 1, days: int = DAYS) -> None:
        dice = np.random.default_rng(seed)
        self.days, self.region = days, np.arange(members) % 4 + 1
        self.rep = self.region * 10 + np.arange(members) // 4 % 2
        week = np.array([1.1, 1.1, 1, 1, 1.2, 0.8, 0.2])[np.arange(days) % 7]
        holiday = np.where((np.arange(days) > 150) & (np.arange(days) < 158), 0.2, 1.0)
        rate = dice.gamma(2, 0.13, members)[:, None] * week * holiday
        member, day = np.nonzero(dice.random((members, days)) < rate)
        order = np.lexsort((member, day))
        self.member, self.day = member[order] + 1, day[order]
        self.sku = dice.integers(1, 5, len(self.day))
        self.points = 10 * self.sku
        self.dice = dice

    def past(self) -> Past:
        rows = len(self.day)
        noon = np.array([day_start(FIRST + d, ZONE) for d in range(self.days + 1)]) + 43_200_000
        place = first_place(noon[self.day]) + np.arange(rows)
        who = self.member - 1
        events = pd.DataFrame({
            "place": place, "member": self.member, "occurred_at": noon[self.day],
            "points": self.points, "outcome": 0, "sku": self.sku, "batch": 0, "code": 0,
            "quantity": 1_000_000, "amount": MISSING, "proof": 0, "referee_kind": MISSING,
            "reward": 0, "reward_kind": MISSING, "status": 0, "fulfilled": MISSING, "kind": 0,
            "day": FIRST + self.day, "persona": 0, "region": self.region[who], "tier": 0,
            "trade": 1, "rep": self.rep[who]})
        count = len(self.region)
        members = pd.DataFrame({
            "place": 1, "member": np.arange(count) + 1, "day": FIRST - 30, "persona": 0,
            "region": self.region, "tier": 0, "trade": 1, "rep": self.rep})
        assert set(MEMBER_KINDS) <= set(events)
        campaigns = pd.DataFrame(columns=["place", "campaign", "kind", "starts", "ends",
                                          "persona", "region", "sku", "multiplier"], dtype="i8")
        codes = pd.DataFrame(columns=["place", "code", "batch"], dtype="i8")
        return Past(ZONE, FIRST + self.days, day_start(FIRST + self.days, ZONE), events, members,
                    campaigns, codes, {})

    def keep(self, mask: np.ndarray) -> None:
        """Only these rows."""
        for name in ("member", "day", "sku", "points"):
            setattr(self, name, getattr(self, name)[mask])

    def lose(self, who: np.ndarray, since: int, share: float) -> None:
        """Members (a mask) come so much less from a day on."""
        gone = who[self.member - 1] & (self.day >= since)
        self.keep(~(gone & (self.dice.random(len(gone)) < share)))

    def overpay(self, mask: np.ndarray, times: float) -> None:
        """Rows of a mask get so many times their points."""
        self.points = np.where(mask, np.round(self.points * times), self.points).astype("i8")


@pytest.fixture
def program() -> Program:
    return Program()
