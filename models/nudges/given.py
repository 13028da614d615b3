"""Findings from tables that others keep: rings by day, and what missions brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special, stats

from features.errors import BadInput
from models.nudges.finding import FAILS, RING, WORKS, Finding

if TYPE_CHECKING:
    import pandas as pd

RINGS: Final = ("ring", "day", "size", "points")
MISSIONS: Final = ("mission", "value", "low", "high", "partners", "cost", "worth")
DAYS: Final = 7
FEWEST_NEW: Final = 3
"""Members who must have joined a ring: two may be a household."""
DOUBT: Final = 1.0
"""Weeks of the growth of all rings that a ring's own past is mixed with."""
Z95: Final = 1.96


def growing_rings(table: pd.DataFrame, today: int, point_value: float) -> list[Finding]:
    """Weigh how many members each ring gained in a week, against its past and that of all rings.

    Parameters
    ----------
    table : DataFrame
        Columns `RINGS`: one row a ring and day on which it was published, with how many members
        it had then and the points they claimed in the week before; days since 1970, local.
    today : int
        The first day not looked at.
    point_value : float

    Returns
    -------
    list of Finding, one a ring seen in the last week, remarkable or not.

    Raises
    ------
    BadInput
        A column is missing.
    """
    _need(table, RINGS)
    known = table[table["day"] < today].sort_values(["ring", "day"])
    weeks, gained = _growth(known[known["day"] < today - DAYS])
    rate = (sum(gained.values()) + 0.5) / (sum(weeks.values()) + 1.0)
    found = []
    for ring, rows in known.groupby("ring"):
        late = rows[rows["day"] >= today - DAYS]
        if late.empty:
            continue
        early = rows.loc[rows["day"] < today - DAYS, "size"]
        before, now = int(early.iloc[-1]) if len(early) else 0, int(late["size"].iloc[-1])
        new = max(now - before, 0)
        expected = (gained.get(ring, 0) + DOUBT * rate) / (weeks.get(ring, 0.0) + DOUBT)
        p = float(stats.poisson.sf(new - 1, expected)) if new >= FEWEST_NEW else 1.0
        low, high = _poisson(new)
        found.append(Finding(
            RING, "ring", str(ring), today - DAYS, today, new / max(before, 1),
            low / max(before, 1), high / max(before, 1), expected, new, p, 1.0,
            float(late["points"].iloc[-1]) * point_value, "new_members",
            {"before": before, "now": now}))
    return found


def _growth(known: pd.DataFrame) -> tuple[dict[object, float], dict[object, int]]:
    """Weeks for which each ring was known, and members it gained in them."""
    weeks: dict[object, float] = {}
    gained: dict[object, int] = {}
    for ring, rows in known.groupby("ring"):
        weeks[ring] = float(rows["day"].iloc[-1] - rows["day"].iloc[0]) / DAYS
        gained[ring] = max(int(rows["size"].iloc[-1] - rows["size"].iloc[0]), 0)
    return weeks, gained


def _poisson(count: int) -> tuple[float, float]:
    """Exact 95 % interval of a Poisson mean (Garwood)."""
    low = special.gammaincinv(count, 0.025) if count else 0.0
    return float(low), float(special.gammaincinv(count + 1, 0.975))


def judged_missions(table: pd.DataFrame, today: int) -> list[Finding]:
    """Weigh whether each mission brings more than it costs, and whether it brings anything.

    Parameters
    ----------
    table : DataFrame
        Columns `MISSIONS`: what it does to the chance of coming (``value`` with its 95 % interval
        ``low``, ``high``), to how many ``partners`` it was sent, and ``cost`` and ``worth`` of one
        partner sent to and one won back, in the program's currency.
    today : int

    Returns
    -------
    list of Finding, two a mission; ``size`` is the effect.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame([["m", 0.10, 0.06, 0.14, 500, 1.0, 50.0]], columns=MISSIONS)
    >>> [(each.kind, round(each.p_value, 4)) for each in judged_missions(table, 9)]
    [('mission_works', 0.0), ('mission_fails', 1.0)]
    """
    _need(table, MISSIONS)
    found = []
    for row in table.itertuples():
        error = max(row.high - row.low, 1e-9) / (2 * Z95)
        even = row.cost / row.worth if row.worth > 0 else np.inf
        gain = (row.value * row.worth - row.cost) * row.partners
        tests = ((WORKS, special.ndtr(-(row.value - even) / error), max(gain, 0.0)),
                 (FAILS, special.ndtr((row.value - even) / error), max(-gain, 0.0)))
        found += [Finding(kind, "mission", str(row.mission), today, today, row.value, row.low,
                          row.high, even, row.value, float(p), 1.0, float(money), "effect",
                          {"partners": float(row.partners), "even": float(even)})
                  for kind, p, money in tests]
    return found


def _need(table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    missing = [name for name in columns if name not in table]
    if missing:
        raise BadInput("columns " + ", ".join(columns), "none named " + ", ".join(missing),
                       "add them")
