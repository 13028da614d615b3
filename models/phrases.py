"""How a feature is spoken of: the code of its words, and how its values are written.

The words of a feature are those of its name without the window: ``device_members_24h`` and
``device_members_30d`` are both ``reason.device_members`` with another ``{window}``. A feature
without words of its own is spoken of by its family, so a new feature has words from the start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from features.contract import (
    CAPTURES,
    CODE_STATUSES,
    ENTRY_CHANNELS,
    EVENT_KINDS,
    PERSONAS,
    PROOFS,
    REFEREE_KINDS,
    REWARD_KINDS,
    TIERS,
)

WINDOW: Final = re.compile(r"_(\d+)(m|h|d)$")
"""How a feature's name ends when it looks back over a window."""
WINDOW_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
UNITS: Final[dict[str, tuple[str, float]]] = {
    "s": ("ms", 1e3), "min": ("ms", 6e4), "h": ("ms", 3.6e6), "d": ("ms", 8.64e7),
    "km": ("metre", 1e3), "km/h": ("kmh", 1.0), "share": ("share", 1.0), "flag": ("flag", 1.0),
    "ratio": ("times", 1.0), "minor units": ("money", 1.0), "millionths": ("number", 1e-6),
    "code": ("word", 1.0), "day": ("weekday", 1.0),
}
"""The catalogue's unit, how `models.texts.Texts.write` writes it, and the factor between them."""
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "event_kind": tuple(EVENT_KINDS), "event_proof": PROOFS, "event_capture": CAPTURES,
    "event_channel": ENTRY_CHANNELS, "event_reward_kind": REWARD_KINDS,
    "event_referee_kind": REFEREE_KINDS, "member_persona": PERSONAS, "member_tier": TIERS,
    "code_status": CODE_STATUSES,
}
"""The contract's words behind features that hold the position of a word."""
OWN_USUAL: Final = {"event_amount": "member_amount_mean_30d", "member_gap_s": "member_gap_mean_7d"}
"""Features whose usual value is the member's own mean, not that of comparable events."""
EVER: Final = ("payout_members", "address_members")
"""Features over all time beside one of the same stem over a window."""
_NEAR: Final = re.compile(r"(\w+?)_(fraud_share|fraud|labels)")
_NEAR_CODES: Final = {"fraud": "reason.confirmed_near", "labels": "reason.cases_near",
                      "fraud_share": "reason.confirmed_share"}


@dataclass(frozen=True)
class Phrase:
    """Words of a feature.

    Parameters
    ----------
    code : str
        Code of its words, if the catalogues have it.
    unit : str
        How values are written.
    scale : float
        Factor from the feature to that unit.
    window_ms : int or None
        Length of the window it looks back over.
    subject : str
        Code of the thing it is about, for words shared by several things.
    words : tuple of str
        For a feature that holds the position of a word.
    own : str
        Feature with the member's own usual value, if there is one.
    """

    code: str
    unit: str = "number"
    scale: float = 1.0
    window_ms: int | None = None
    subject: str = ""
    words: tuple[str, ...] = ()
    own: str = ""


@lru_cache(maxsize=4096)
def phrase(name: str, unit: str = "") -> Phrase:
    """Phrase of a feature with the catalogue's unit.

    >>> phrase("device_members_24h", "members")
    Phrase(code='reason.device_members', unit='number', scale=1.0, window_ms=86400000, ...)
    >>> phrase("payout_members").code
    'reason.payout_members_ever'
    """
    stem, window = WINDOW.sub("", name), window_ms(name)
    how, scale = ("number", 1.0) if name == "event_hour" else UNITS.get(unit, ("number", 1.0))
    words, own = WORDS.get(name, ()), OWN_USUAL.get(name, "")
    if near := _NEAR.fullmatch(stem):
        return Phrase(_NEAR_CODES[near[2]], how, scale, window, f"subject.{near[1]}")
    code = f"reason.{name}_ever" if name in EVER else f"reason.{stem}"
    return Phrase(code, how, scale, window, "", words, own)


def plain(unit: str) -> Phrase:
    """Phrase of a feature that has no words in the catalogues: its unit alone.

    >>> plain("h")
    Phrase(code='', unit='ms', scale=3600000.0, window_ms=None, subject='', words=(), own='')
    """
    how, scale = UNITS.get(unit, ("number", 1.0))
    return Phrase("", how if how != "word" else "number", scale)


def window_ms(name: str) -> int | None:
    """Length of the window in a feature's name, None for one without.

    >>> window_ms("member_scans_10m"), window_ms("member_joined_days")
    (600000, None)
    """
    found = WINDOW.search(name)
    return int(found[1]) * WINDOW_MS[found[2]] if found else None
