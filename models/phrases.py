"""Which sentence describes a feature: patterns of feature names, in plain data.

A phrase fits many features (all windows of a count) and says in which unit they are written. A
feature that no phrase fits is described by its family, so a new feature has words from the start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

WINDOW: Final = re.compile(r"_(\d+)(m|h|d)$")
"""How a feature's name ends when it looks back over a window."""
MINUTE_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True)
class Phrase:
    """Words of a kind of feature.

    Parameters
    ----------
    pattern : str
        Regular expression for the whole name, without the window.
    code : str
        Code of the sentence; it may use ``{value}``, ``{usual}`` and ``{window}``.
    unit : str
        How `models.texts.Texts.write` writes value and usual.
    own : str
        Feature with the member's own usual value, if there is one.
    scale : float
        Factor from the feature to the unit.
    """

    pattern: str
    code: str
    unit: str = "number"
    own: str = ""
    scale: float = 1.0


PHRASES: Final[tuple[Phrase, ...]] = ()


def window_ms(name: str) -> int | None:
    """Length of the window in a feature's name, None for one without.

    >>> window_ms("scans_10m"), window_ms("member_age")
    (600000, None)
    """
    found = WINDOW.search(name)
    return int(found[1]) * MINUTE_MS[found[2]] if found else None


@lru_cache(maxsize=4096)
def phrase(name: str, family: str) -> Phrase:
    """Phrase of a feature: the first that fits, else that of its family.

    >>> phrase("something_new", "speed").code
    'reason.speed'
    """
    stem = WINDOW.sub("", name)
    for one in PHRASES:
        if re.fullmatch(one.pattern, stem):
            return one
    return Phrase(stem, f"reason.{family}")
