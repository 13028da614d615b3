"""One record as the alarms see it: who, what, how many points a unit, whether its code is known."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.alarms.finding import SUBJECTS
from features.contract import PROOFS
from features.places import MISSING, TIE_BITS
from features.records import COLUMN, KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES: Final = ("place", "kind", "member", "device", "code", "batch", "outlet", "sku", "agent",
                 "mission", "region", "points", "quantity", "proof")
_OTHERS: Final = ("seq", "persona", "payout", "phone", "address", "referrer", "status",
                  "dispatched_ms", "valid_from_ms", "valid_to_ms", "multiplier")
READ: Final = (*_NAMES, *_OTHERS)
"""Columns of a record that alarms read, in the order of the rows they are given."""
AT: Final = {name: index for index, name in enumerate(READ)}
COLUMNS_READ: Final = np.array([COLUMN[name] for name in READ], dtype=np.int64)
_BATCH, _CAMPAIGN, _MISSION, _SKU, _REGION, _PROGRAM = range(len(SUBJECTS))
_INVOICE: Final = PROOFS.index("invoice")
_OWN: Final = len(_NAMES)
_PLACE: Final = _NAMES.index("place")
_UNIT: Final = 1_000_000
"""Quantities are millionths."""
_COMMON: Final = 8_192
"""Combinations of subjects that are not put together anew each time."""
_SHARED: Final = 8
"""Kinds of things that members may share, spread over the numbers of keys."""
SCAN, REFERRAL, REDEMPTION = (KINDS.index(name) for name in ("scan", "referral", "redemption"))
Subjects = tuple[tuple[int, int], ...]


class Reading(NamedTuple):
    """Columns of a judged event by name."""

    place: int
    kind: int
    member: int
    device: int
    code: int
    batch: int
    outlet: int
    sku: int
    agent: int
    mission: int
    region: int
    points: int
    quantity: int
    proof: int
    ms: int
    """When the server learnt of it."""

    @property
    def price(self) -> int:
        """What its points are compared within: a product by way of claim, else a kind."""
        if self.kind != SCAN or not self.sku:
            return -(1 + self.kind * 8 + (self.proof if self.proof != MISSING else 7))
        return self.sku * 2 + (self.proof == _INVOICE)

    @property
    def rate(self) -> float:
        """Points per unit; of a claim without a quantity, its points."""
        known = self.quantity != MISSING and self.quantity > 0
        return self.points * _UNIT / self.quantity if known else float(self.points)


def read(row: Sequence[int]) -> Reading:
    """Read a row of the columns `READ`."""
    return Reading._make((*row[:_OWN], row[_PLACE] >> TIE_BITS))


def shared_keys(event: Reading, member: Sequence[int], at_outlet: bool) -> tuple[int, ...]:
    """Everything the member may share with others, himself first.

    The outlet counts where goods are concerned: one shop's shelf is one party. The rep who
    enrolled him does not: reps enrol whole quarters of honest people.
    """
    _, _, payout, phone, address, referrer = member
    values = (event.member, event.device, payout, phone, address, event.agent,
              event.outlet if at_outlet else 0)
    keys = [value * _SHARED + kind for kind, value in enumerate(values) if value > 0]
    if referrer > 0:
        keys.append(referrer * _SHARED)
    return tuple(keys)


@lru_cache(maxsize=_COMMON)
def price_subjects(mission: int, sku: int, region: int, campaigns: tuple[int, ...]) -> Subjects:
    """Subjects of an event whose points may be in error, the narrowest first.

    ``campaigns`` are the ``seq`` of those that run.
    """
    found = [(_CAMPAIGN, seq) for seq in campaigns]
    found += [(kind, value) for kind, value in (
        (_MISSION, mission), (_SKU, sku), (_REGION, region)) if value > 0]
    return (*found, (_PROGRAM, 0))


@lru_cache(maxsize=_COMMON)
def code_subjects(batch: int, sku: int, region: int) -> Subjects:
    """Subjects of an event whose code may be in no list, the narrowest first."""
    found = [(kind, value) for kind, value in (
        (_BATCH, batch), (_SKU, sku), (_REGION, region)) if value > 0]
    return (*found, (_PROGRAM, 0))
