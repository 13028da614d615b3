"""Draws of the generated records: what belongs to a number for good, what is there at times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.engine.batch import records_from
from features.places import LAST_TIE, MISSING, TIE_BITS
from features.records import KINDS

if TYPE_CHECKING:
    from features.places import Ints

SOUTH, WEST = -8_000_000, 105_000_000
HIGH, WIDE = 8_000_000, 10_000_000
"""A box from Sumatra to Sulawesi, in millionths of a degree."""
_SECOND: Final = 50
"""Salt of the second of two draws."""


def facts_of(kind: str, ms: Any, count: int, **columns: Any) -> Ints:
    """Make records of a kind, known from the end of a millisecond on; what is left out is unknown.

    >>> facts_of("member", 5, 1, member=[7])[0, 0] >> TIE_BITS
    np.int64(5)
    """
    place = np.broadcast_to(np.asarray(ms, np.int64) << TIE_BITS | LAST_TIE, count)
    none = np.zeros(count, np.int64)
    return records_from({
        "place": place, "seq": none, "kind": none + KINDS.index(kind), "event": none, **columns})


def belonging(number: Any, salt: int, most: int) -> Ints:
    """Draw a number of 1 to ``most`` that belongs to another one for good.

    splitmix64 (Steele, Lea and Flood 2014) of the number, moved on by ``salt`` steps.

    >>> belonging([1, 2, 1], 3, 100).tolist()
    [91, 52, 91]
    """
    start = np.uint64(salt * 0x9E3779B97F4A7C15 % (1 << 64))
    mixed = np.asarray(number).astype(np.uint64) + start
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (1 + (mixed ^ (mixed >> np.uint64(31))) % np.uint64(most)).astype(np.int64)


def spot_of(number: Ints, salt: int) -> tuple[Ints, Ints]:
    """Draw coordinates that belong to a number, in millionths of a degree."""
    return (SOUTH + belonging(number, salt, HIGH), WEST + belonging(number, salt + _SECOND, WIDE))


def some_of(rng: np.random.Generator, ids: Ints, share: float) -> Ints:
    """Keep a share of ids; the others are unknown."""
    return np.where(rng.random(len(ids)) < share, ids, 0)


def maybe(rng: np.random.Generator, values: Ints, share: float) -> Ints:
    """Keep a share of values; the others are unknown."""
    return np.where(rng.random(len(values)) < share, values, MISSING)
