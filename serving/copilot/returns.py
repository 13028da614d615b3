"""Return on points: what was sold for what was given, by what, where, to whom.

A sale beside points is no proof that the points brought it; that only a control group shows, and
campaigns have one. What says no amount is left out and told as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import PERSONAS, TIERS
from features.places import MISSING
from serving.archive import Archive

if TYPE_CHECKING:
    from features.exports.program import Program
    from features.places import Ints
    from features.store.store import Store
    from serving.copilot.figures import Earned

BY: Final = ("sku", "region", "persona", "tier")
MOST: Final = 12
"""Rows of a table on the page; the rest is one row."""
ENOUGH: Final = 0.2
"""Share of the points whose events say an amount, below which nothing is measured. A judgement:
what says an amount is mostly what came with an invoice, and a fifth of it stands for nothing."""


@dataclass(frozen=True)
class Return:
    """Points and sales of one group.

    Parameters
    ----------
    name : str
        Of the group; empty: not known.
    points, events : int
        Credited.
    told : float
        Share of the points whose events say an amount.
    sales : float
        In the currency, of the events that say an amount.
    ratio : float or None
        Sales for each unit of the currency given as points on those events; None: not measured.
    """

    name: str
    points: int
    events: int
    told: float
    sales: float
    ratio: float | None


def read_returns(store: Store, key: int, program: Program, earned: Earned
                 ) -> dict[str, list[Return]]:
    """Group the credited events of a span by each of ``BY``, the most points first."""
    kept = earned.is_credited
    sku, member = earned.column("sku")[kept], earned.column("member")[kept]
    points, amount = earned.column("points")[kept], earned.column("amount")[kept]
    facts = read_members(store, key)
    at = np.searchsorted(facts[:, 0], member)
    at = np.minimum(at, max(len(facts) - 1, 0))
    is_known = facts[at, 0] == member if len(facts) else np.zeros(len(member), dtype=bool)
    groups = {"sku": sku}
    for column, by in enumerate(BY[1:], 1):
        groups[by] = np.where(is_known, facts[at, column], 0) if len(facts) else np.zeros_like(sku)
    archive = Archive(store, key)
    names = {"region": archive.words("region"),
             "sku": archive.names("sku", np.unique(sku).tolist()),
             "persona": dict(enumerate(PERSONAS, 1)), "tier": dict(enumerate(TIERS, 1))}
    return {by: _grouped(groups[by], points, amount, names[by], program) for by in BY}


def read_members(store: Store, key: int) -> Ints:
    """Members as they are now, ascending, shape (n, 4): number, region, persona, tier.

    Persona and tier are one more than their codes, and 0 where they are not known.
    """
    rows = store.ints("SELECT member_id, COALESCE(region, 0), COALESCE(persona, -1) + 1, "
                      "COALESCE(tier, -1) + 1 FROM members WHERE program = ? ORDER BY place, seq",
                      (key,), 4)
    last = np.unique(rows[::-1, 0], return_index=True)[1]
    return rows[::-1][last]


def _grouped(group: Ints, points: Ints, amount: Ints, names: dict[int, str], program: Program
             ) -> list[Return]:
    number, where = np.unique(group, return_inverse=True)
    says = amount != MISSING
    given = np.bincount(where, points, len(number))
    told = np.bincount(where[says], points[says], len(number))
    sales = np.bincount(where[says], amount[says], len(number)) / program.minor_units
    events = np.bincount(where, minlength=len(number))
    found = [_return(names.get(int(number[i]), ""), int(given[i]), int(events[i]), float(told[i]),
                     float(sales[i]), program.point_value) for i in range(len(number))]
    return sorted(found, key=lambda one: -one.points)


def _return(name: str, points: int, events: int, told: float, sales: float, value: float
            ) -> Return:
    share = told / points if points else 0.0
    is_measured = share >= ENOUGH and told * value > 0
    return Return(name, points, events, share, sales,
                  sales / (told * value) if is_measured else None)
