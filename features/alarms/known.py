"""What alarms remember of members, codes and campaigns: a few bytes each."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final, NamedTuple

from features.alarms.reading import AT
from features.contract import CODE_STATUSES
from features.places import MISSING, TIE_BITS

if TYPE_CHECKING:
    from collections.abc import Sequence

MEMBER_SLOTS: Final = ("region", "persona", "payout", "phone", "address", "referrer")
GOOD: Final = 1
"""A code that may be scanned: dispatched, or of a program that tracks neither."""
NEVER: Final = (1 << 32) - 1
"""A code that is printed and not dispatched."""
MOST_CAMPAIGNS: Final = 256
_COLUMNS: Final = tuple(AT[name] for name in MEMBER_SLOTS)
_MEMBER, _CODE, _STATUS, _DISPATCHED = (
    AT[name] for name in ("member", "code", "status", "dispatched_ms"))
_PRINTED: Final = CODE_STATUSES.index("printed")
_MINUTE: Final = 60_000
_MILLION: Final = 1_000_000


class Campaign(NamedTuple):
    """One declared campaign; 0 and `MISSING` stand for everybody and everything."""

    seq: int
    sku: int
    region: int
    persona: int
    first_ms: int
    last_ms: int
    multiplier: float


class Members:
    """The last known region, persona and shared identifiers of every member."""

    def __init__(self, slots: array[int] | None = None) -> None:
        self.slots = slots if slots is not None else array("i")

    def note(self, row: Sequence[int]) -> None:
        """Take a member's record in."""
        width = len(MEMBER_SLOTS)
        first = row[_MEMBER] * width
        missing = first + width - len(self.slots)
        if missing > 0:
            self.slots.extend([0] * (missing + len(self.slots) // 8 // width * width))
        for offset, column in enumerate(_COLUMNS):
            value = row[column]
            self.slots[first + offset] = value if value != MISSING else -1

    def get(self, member: int) -> Sequence[int]:
        """Values of `MEMBER_SLOTS`; 0 or -1 where unknown."""
        width = len(MEMBER_SLOTS)
        return self.slots[member * width:(member + 1) * width] or _NOBODY


_NOBODY: Final = (0, -1, 0, 0, 0, 0)


class Codes:
    """From which minute on every code may be scanned; 0 for a code that is in no list."""

    def __init__(self, minutes: array[int] | None = None) -> None:
        self.minutes = minutes if minutes is not None else array("I")

    def note(self, row: Sequence[int]) -> None:
        """Take a code's record in."""
        code = row[_CODE]
        missing = code + 1 - len(self.minutes)
        if missing > 0:
            self.minutes.extend([0] * (missing + len(self.minutes) // 8))
        dispatched = row[_DISPATCHED]
        if dispatched != MISSING:
            self.minutes[code] = min(max(dispatched // _MINUTE, GOOD), NEVER - 1)
        else:
            self.minutes[code] = NEVER if row[_STATUS] == _PRINTED else GOOD

    def in_doubt(self, code: int, ms: int) -> bool:
        """Whether a code is unknown or not dispatched at a moment."""
        since = self.minutes[code] if code < len(self.minutes) else 0
        return since == 0 or since > ms // _MINUTE

    def __bool__(self) -> bool:
        return len(self.minutes) > 0


class Campaigns:
    """Declared campaigns that may still run."""

    def __init__(self, rows: list[Campaign] | None = None) -> None:
        self.rows = rows if rows is not None else []

    def note(self, row: Sequence[int]) -> None:
        """Take a campaign's record in; the same subject and start is the same campaign."""
        times = row[AT["multiplier"]]
        seq, sku, region, persona, first, last = (row[AT[name]] for name in (
            "seq", "sku", "region", "persona", "valid_from_ms", "valid_to_ms"))
        new = Campaign(seq, sku, region, persona, first, last,
                       times / _MILLION if times != MISSING else 1.0)
        ms = row[AT["place"]] >> TIE_BITS
        for index, old in enumerate(self.rows):
            if old[1:5] == new[1:5]:
                self.rows[index] = new._replace(seq=old.seq)
                return
        self.rows = [each for each in self.rows if each.last_ms > ms][1 - MOST_CAMPAIGNS:]
        self.rows.append(new)

    def running(self, ms: int, sku: int, region: int, persona: int) -> list[Campaign]:
        """Campaigns that concern an event of a moment."""
        return [each for each in self.rows if each.first_ms <= ms < each.last_ms
                and each.sku in (0, sku) and each.region in (0, region)
                and each.persona in (MISSING, persona)]
