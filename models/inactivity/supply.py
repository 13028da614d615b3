"""The reason that no model weighs: where a whole shop or region stopped, the shelf is empty.

A model learns that such members come back, so that its shares would leave the sentence out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.answers import Reason
from models.inactivity.reasons import FAMILIES, MOST
from models.inactivity.states import NO_STOCK, short_of_stock

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from models.texts import Texts

CODES: Final = {"inactive.outlet_supply": "outlet_flow", "inactive.region_supply": "region_flow"}


def with_supply(
    told: list[tuple[Reason, ...]], frame: pd.DataFrame, shares: npt.NDArray[np.float64],
    texts: Texts, language: Sequence[str],
) -> list[tuple[Reason, ...]]:  # fmt: skip
    """Reasons with the missing stock among them, last where its share is not among the strongest.

    Parameters
    ----------
    told : list of tuple of Reason, length n
        Reasons by strength, at most `MOST` each.
    frame : DataFrame
        Member frame of the n members.
    shares : shape (n, len(FAMILIES))
        Log-odds that each family adds; the reason carries that of the season.
    texts : Texts
        Words by language.
    language : sequence of str, length n
        Language of each member.
    """
    season = FAMILIES.index("season")
    whole = list(told)
    for row in np.flatnonzero(short_of_stock(frame)).tolist():
        if any(reason.code in CODES for reason in told[row]):
            continue
        flows = {code: float(frame[column].iloc[row]) for code, column in CODES.items()}
        code = next(code for code, flow in flows.items() if flow <= NO_STOCK)
        value = float(round(100 * flows[code]))
        words = texts.text(code, language[row], value=value, usual=float("nan"))
        stock = Reason(code, words, float(shares[row, season]), value, None)
        whole[row] = (*told[row][: MOST - 1], stock)
    return whole
