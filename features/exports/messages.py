"""When and how often a program may write to a member, as program.yaml sets it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from features.exports.config import Config

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MINUTES: Final = 1440
"""Minutes of a day."""


def _clock(text: str) -> str:
    try:
        dt.time.fromisoformat(text)
    except ValueError as error:
        raise ValueError('a time of day between quotes such as "21:00"') from error
    return text


Clock = Annotated[str, Field(strict=True, pattern=r"^\d\d:\d\d$"), AfterValidator(_clock)]
Few = Annotated[int, Field(strict=True, ge=1, le=1000)]


class QuietHours(Config):
    """The hours of a member's own day in which nobody writes to him; they may span midnight.

    ``then`` says what happens to a message that falls into them: it waits until they end, or the
    mission is skipped.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> hours = QuietHours.model_validate({"from": "21:00", "to": "08:00"})
    >>> night = 1_751_315_400_000  # 2025-07-01T03:30 in Jakarta
    >>> hours.holds(night, ZoneInfo("Asia/Jakarta"))
    True
    >>> hours.ends_ms(night, ZoneInfo("Asia/Jakarta")) - night
    16200000
    """

    from_: Clock = Field(alias="from")
    to: Clock
    then: Literal["wait", "skip"] = "wait"

    @model_validator(mode="after")
    def _some_of_the_day(self) -> QuietHours:
        if self.from_ == self.to:
            raise ValueError("another hour in to than in from; write quiet_hours: null for none")
        return self

    def holds(self, at_ms: int, zone: ZoneInfo) -> bool:
        """Whether a moment, in UTC milliseconds, is quiet in a time zone."""
        return self._minutes_in(_minute(at_ms, zone)) < self._length

    def ends_ms(self, at_ms: int, zone: ZoneInfo) -> int:
        """First moment from ``at_ms`` on that is not quiet, in UTC milliseconds."""
        if not self.holds(at_ms, zone):
            return at_ms
        local = dt.datetime.fromtimestamp(at_ms / 1000, zone)
        end = dt.datetime.combine(local.date(), dt.time.fromisoformat(self.to), zone)
        if _minute(at_ms, zone) >= _minutes(self.to):
            end = dt.datetime.combine(local.date() + dt.timedelta(days=1), end.time(), zone)
        return round(end.timestamp() * 1000)

    @property
    def _length(self) -> int:
        return (_minutes(self.to) - _minutes(self.from_)) % MINUTES

    def _minutes_in(self, minute: int) -> int:
        return (minute - _minutes(self.from_)) % MINUTES


class Messages(Config):
    """How often a member is written to, and when not.

    Nobody is offered more than ``most_in_90_days`` missions in 90 days. Who let
    ``pause_after_ignored`` missions in a row pass without coming is left in peace for
    ``pause_days`` after the last. Sources of the defaults: 47 CFR 64.1200(c)(1) for the quiet
    hours, usual practice for the pause (ignored twice, then two months).
    """

    quiet_hours: QuietHours | None = QuietHours.model_validate({"from": "21:00", "to": "08:00"})
    most_in_90_days: Few = 3
    pause_after_ignored: Few = 2
    pause_days: Few = 60


def _minutes(clock: str) -> int:
    return 60 * int(clock[:2]) + int(clock[3:])


def _minute(at_ms: int, zone: ZoneInfo) -> int:
    local = dt.datetime.fromtimestamp(at_ms / 1000, zone)
    return 60 * local.hour + local.minute
