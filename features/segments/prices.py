"""What points should have been: per unit of a product as it was in the weeks before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.contract import PROOFS
from features.places import MISSING
from features.segments.drives import multipliers
from features.segments.past import REDEMPTION, REFERRAL

if TYPE_CHECKING:
    import numpy.typing as npt

    from features.segments.past import Past

WEEK: Final = 7
WEEKS: Final = 8
"""Weeks whose medians make the usual, the one of the event left out: an error that lasts does not
become the usual within a month, a new price does."""
FEWEST_WEEKS: Final = 2
DEAR: Final = 1.1
"""An event is dear from so many times its fair points on: prices are whole points, and rounding
moves a small one by a tenth."""
INVOICE: Final = PROOFS.index("invoice")
_PER_AMOUNT, _PER_REFEREE = -1, -2


def fair_points(past: Past) -> npt.NDArray[np.float64]:
    """Points each event would have had at the usual price, shape (n,); NaN where there is none.

    A scan is priced by its product and quantity, or by its amount where it has no product; a
    referral by what was brought; a declared campaign multiplies. The usual is the median of the
    weekly medians of `WEEKS` weeks before.
    """
    events = past.events
    key, units = _priced(events)
    lift = multipliers(past)
    points = events["points"].to_numpy(dtype=np.float64)
    week = events["day"].to_numpy() // WEEK
    able = (key != 0) & (units > 0) & (points > 0)
    rates = pd.DataFrame({"key": key[able], "week": week[able],
                          "rate": points[able] / units[able] / lift[able]})
    out = np.full(len(events), np.nan)
    if not len(rates):
        return out
    weekly = rates.groupby(["week", "key"])["rate"].median().unstack("key")
    weekly = weekly.reindex(range(int(weekly.index.min()), int(weekly.index.max()) + 1))
    usual = weekly.rolling(WEEKS, min_periods=FEWEST_WEEKS).median().shift(1)
    row = week[able] - int(weekly.index.min())
    column = weekly.columns.get_indexer(pd.Index(key[able]))
    out[able] = usual.to_numpy()[row, column] * units[able] * lift[able]
    return out


def _priced(events: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """What prices each event (0: nothing does), and how many units it has."""
    kind, sku = events["kind"].to_numpy(), events["sku"].to_numpy()
    amount, quantity = events["amount"].to_numpy(), events["quantity"].to_numpy()
    paper = (events["proof"].to_numpy() == INVOICE) | (sku <= 0)
    key = np.where(paper, np.where(amount > 0, _PER_AMOUNT, 0), sku)
    units = np.where(paper, amount, np.where(quantity == MISSING, 1_000_000, quantity))
    referral = kind == REFERRAL
    key = np.where(referral, _PER_REFEREE - np.maximum(events["referee_kind"].to_numpy(), 0), key)
    units = np.where(referral, 1, units).astype(np.float64)
    return np.where(kind >= REDEMPTION, 0, key), units
