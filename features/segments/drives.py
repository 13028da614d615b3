"""What the program announced: who was meant by a campaign when, and what it multiplied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import CAMPAIGN_KINDS, PERSONAS
from features.members.calendar_days import local_days
from features.places import MISSING
from features.segments.past import SCAN

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from features.segments.past import Past

SEASON: Final = CAMPAIGN_KINDS.index("season")
BELIEVED: Final = 3.0
"""A multiplier typed above it may itself be the error, and excuses no more than this."""
MILLION: Final = 1e6
NEVER: Final = 1 << 62


def multipliers(past: Past) -> npt.NDArray[np.float64]:
    """Most that a campaign known at each event's place would multiply its points by, shape (n,).

    1 for what is no scan and where none runs. Sums nothing: the best campaign counts.
    """
    events, out = past.events, np.ones(len(past.events))
    place, when = events["place"].to_numpy(), events["occurred_at"].to_numpy()
    scan = events["kind"].to_numpy() == SCAN
    for row in versions(past).itertuples():
        factor = min(max(row.multiplier / MILLION, 1.0), BELIEVED)
        if row.multiplier == MISSING or factor == 1:
            continue
        low, high = np.searchsorted(place, [row.place, row.until])
        rows = slice(int(low), int(high))
        meant = scan[rows] & (when[rows] >= row.starts) & (when[rows] < row.ends)
        meant &= (row.persona < 0) | (events["persona"].to_numpy()[rows] == row.persona)
        meant &= (row.region <= 0) | (events["region"].to_numpy()[rows] == row.region)
        meant &= (row.sku <= 0) | (events["sku"].to_numpy()[rows] == row.sku)
        out[rows] = np.where(meant, np.maximum(out[rows], factor), out[rows])
    return out


def versions(past: Past) -> pd.DataFrame:
    """Versions of the campaigns with ``until``, the place from which the next one holds."""
    rows = past.campaigns
    later = rows.groupby("campaign")["place"].shift(-1)
    return rows.assign(until=later.fillna(NEVER).astype("int64"))


def spans(past: Past) -> pd.DataFrame:
    """Campaigns as last known, with local days: ``campaign kind first last persona region sku``.

    ``last`` is the first day after it. Only what had begun is told, the earliest first.
    """
    rows = past.campaigns.drop_duplicates("campaign", keep="last")
    first, last = (local_days(rows[name].to_numpy(), past.zone) for name in ("starts", "ends"))
    told = rows[["campaign", "kind", "persona", "region", "sku"]].assign(first=first, last=last)
    return told[told["first"] < past.today].sort_values(["first", "campaign"], ignore_index=True)


def announced(past: Past, first: int, days: int) -> npt.NDArray[np.bool_]:
    """Days on which a festival, season or drive for everybody ran, shape (days,)."""
    out = np.zeros(days, dtype=bool)
    for row in spans(past).itertuples():
        if row.persona < 0 and row.region <= 0 and row.sku <= 0:
            out[max(row.first - first, 0) : max(row.last - first, 0)] = True
    return out


PARTS: Final = len(PERSONAS) + 1
"""Personas, and the unknown."""


def parts_of(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Persona of each row of a frame, the unknown last."""
    persona = frame["persona"].to_numpy(dtype=np.int64)
    return np.where(persona < 0, PARTS - 1, persona)


class Lifts:
    """How much more often members come while a campaign is meant for them, learnt as time goes.

    What a campaign lifts is read off the ones that were over when it began: members meant against
    others of their persona, during it against the weeks before. Counts are divided by it, so that
    a campaign that ends is no drop.
    """

    def __init__(self, past: Past, members: pd.DataFrame) -> None:
        self._members = members
        self._day = members["day"].to_numpy()
        self._part = parts_of(members)
        self._region = members["region"].to_numpy()
        drives = spans(past)
        narrow = (drives["persona"] >= 0) | (drives["region"] > 0)
        self._drives = drives[narrow & (drives["sku"] <= 0) & (drives["kind"] != SEASON)]

    def weights(self) -> npt.NDArray[np.float64]:
        """What each day of a member counts for, shape (n,): 1 without a campaign, else less."""
        lift = np.ones(len(self._day))
        seen = [_Seen(row.last, self._counted(row)) for row in self._drives.itertuples()]
        for row in self._drives.itertuples():
            sums = sum((each.sums for each in seen if each.last <= row.first),
                       np.zeros((4, PARTS)))
            size = _lift(sums)
            mine = self._meant(row) & (self._day >= row.first) & (self._day < row.last)
            lift = np.where(mine, np.maximum(lift, size[self._part]), lift)
        return 1 / lift

    def _meant(self, row: object) -> npt.NDArray[np.bool_]:
        persona, region = row.persona, row.region  # type: ignore[attr-defined]
        return ((persona < 0) | (self._part == persona)) & ((region <= 0) | (
            self._region == region))

    def _counted(self, row: object) -> npt.NDArray[np.float64]:
        """Days of members meant and not meant, during it and before it, by persona: (4, parts)."""
        first, last = row.first, row.last  # type: ignore[attr-defined]
        meant, during = self._meant(row), (self._day >= first) & (self._day < last)
        before = (self._day >= first - BEFORE) & (self._day < first)
        return np.stack([np.bincount(self._part[who & when], minlength=PARTS).astype(float)
                         for who in (meant, ~meant) for when in (during, before)])


BEFORE: Final = 28
"""Days before a campaign to which it is compared."""
USUAL_LIFT: Final = 1.2
"""What a campaign is taken to lift before any was seen: the middle of what trade programs report.
A judgement; it weighs as `DOUBT` days of members."""
DOUBT: Final = 50.0


class _Seen:
    def __init__(self, last: int, sums: npt.NDArray[np.float64]) -> None:
        self.last = last
        self.sums = sums


def _lift(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Odds that a member meant came during a campaign, against one not meant, by persona."""
    on, off, other_on, other_off = sums
    expected = off * other_on / np.maximum(other_off, 1)
    known = other_off > 0
    lift = np.where(known, (on + DOUBT * USUAL_LIFT) / (expected + DOUBT), USUAL_LIFT)
    return np.clip(lift, 1.0, 4.0)
