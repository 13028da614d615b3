"""A program: one brand's scheme, and what it sets in program.yaml."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from features.errors import BadConfig
from features.exports.config import Config, in_words, read_yaml, validate
from features.exports.messages import Messages
from features.exports.nightly import Nightly
from features.places import FIRST_MS, LAST_MS

if TYPE_CHECKING:
    from pathlib import Path

DIGITS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
"""Digits of a currency's minor unit where they are not 2. Source: ISO 4217, list one. (What CLDR
calls digits is what people write, and differs, as for MMK and IQD.)"""
COSTS_IN_POINTS: Final = {"review": 200.0, "false_decline": 1000.0}
"""Default costs as the value of so many points, so that they fit every currency. A judgement:
some minutes of a reviewer, and the goodwill of a partner refused without ground."""


FOUR_EYES_POINTS: Final = 50_000
"""Points above which two people decide. A judgement: at a cent a point it is 500 of the currency,
what many firms let one clerk refund alone."""


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError("an IANA time zone such as Asia/Jakarta") from error
    return name


def _currency(code: str) -> str:
    if code not in list_currencies():
        raise ValueError("an ISO 4217 code such as USD, IDR or MXN")
    return code


def _language(code: str) -> str:
    try:
        Locale.parse(code)
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError("a language code such as en, id or es") from error
    return code


def _languages(codes: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(codes)) < len(codes):
        raise ValueError("each language once")
    return codes


def _instant(value: object) -> object:
    """Numbers would pass as Unix seconds; only a written time has an offset to check."""
    if value is not None and not isinstance(value, str | datetime):
        raise ValueError("an RFC 3339 time with an offset such as 2026-01-31T00:00:00+07:00")
    return value


def _utc(time: datetime) -> datetime:
    if not FIRST_MS <= time.timestamp() * 1000 <= LAST_MS:
        raise ValueError("a time between 1970 and 2200")
    return time.astimezone(UTC)


TimeZone = Annotated[str, Field(strict=True), AfterValidator(_timezone)]
Currency = Annotated[str, Field(strict=True), AfterValidator(_currency)]
Language = Annotated[str, Field(strict=True), AfterValidator(_language)]
Languages = Annotated[tuple[Language, ...], Field(min_length=1), AfterValidator(_languages)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_utc)]
Count = Annotated[int, Field(strict=True, ge=0, le=10**12)]
Amount = Annotated[float, Field(strict=True, ge=0, le=1e15, allow_inf_nan=False)]
Days = Annotated[int, Field(strict=True, ge=1, le=36_500)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
ProgramId = Annotated[str, Field(strict=True, max_length=100, pattern=r"^\w[\w.:@+-]*$")]
"""Names folders and keys, hence letters, digits and ``_ . : @ + -`` only."""


class Costs(Config):
    """What mistakes and checks cost, in the program's currency.

    ``review`` is one case looked at, ``false_decline`` a genuine claim refused; a missed fraud
    costs the value of its points times ``missed_fraud_multiplier``.
    """

    review: Amount = 2.0
    missed_fraud_multiplier: Amount = 1.0
    false_decline: Amount = 10.0


class Caps(Config):
    """The most a member may claim or redeem in a day of the program's time zone; none: no cap."""

    points_per_day: Count | None = None
    scans_per_day: Count | None = None
    redemption_points_per_day: Count | None = None


class Holdout(Config):
    """Shares of members kept out of all missions, and of each mission, for honest measuring.

    The defaults are the lower ends of usual practice: 5 % of a program, 10 % of a mission.
    """

    global_: Share = Field(default=0.05, alias="global")
    mission: Share = 0.1


class Exploration(Config):
    """How often a mission other than the best one is tried, so that its effect becomes known.

    Each of the up to ``most`` best missions of a member, and none, is taken with a chance of at
    least ``floor``; 0 explores nothing. The default is the floor usual where policies are
    compared from their own log.
    """

    floor: Annotated[Share, Field(le=0.2)] = 0.05
    most: Annotated[int, Field(strict=True, ge=1, le=20)] = 4

    @model_validator(mode="after")
    def _leaves_the_best(self) -> Exploration:
        if self.floor * (self.most + 1) > 0.5:
            raise ValueError("floor times (most + 1) of at most 0.5, so that the best choice "
                             "is the usual one")  # fmt: skip
        return self


class Retention(Config):
    """After how many days what is of no use any more goes; none: it is kept.

    ``texts`` are words of partners and reviewers on cases that are closed, ``addresses`` network
    addresses that were not seen since, ``vectors`` the features stored with approvals and what
    challengers would have said.
    """

    texts: Days | None = None
    addresses: Days | None = None
    vectors: Days | None = None


class Desk(Config):
    """How people decide at the review desk.

    An act takes effect ``undo_seconds`` after it was done. A decision on more points than
    ``four_eyes_points`` waits for a second person; none: `FOUR_EYES_POINTS`. A case is to be
    looked at within ``sla_hours``, a partner asked for proof has ``ask_days``. Of the decisions
    of one person ``second_review`` is the share that somebody else decides again unknowingly.

    Examples
    --------
    >>> Desk().most_alone, Desk(four_eyes_points=0).most_alone
    (50000, 0)
    """

    undo_seconds: Annotated[Count, Field(le=3600)] = 30
    four_eyes_points: Count | None = None
    sla_hours: Annotated[int, Field(strict=True, ge=1, le=8760)] = 48
    second_review: Share = 0.05
    ask_days: Annotated[Days, Field(le=365)] = 7

    @property
    def most_alone(self) -> int:
        """The most points that one person decides on alone."""
        return FOUR_EYES_POINTS if self.four_eyes_points is None else self.four_eyes_points


class Program(Config):
    """The settings of one program; all but ``program_id`` have a default.

    ``point_value`` is what one point is worth in ``currency``. ``label_maturity_days`` is how
    long a fraud may take to be found, ``codes_complete_until`` up to when every printed code
    is known, ``hold_days`` how long a held claim waits before it ends by itself. ``promotion``
    is who lets a challenger serve that passed its gates: a person, or the nightly run.

    Examples
    --------
    >>> Program(program_id="acme", currency="IDR").minor_units
    100
    """

    program_id: ProgramId
    name: Annotated[str, Field(strict=True, max_length=200)] = ""
    timezone: TimeZone = "UTC"
    currency: Currency = "USD"
    point_value: Amount = 0.01
    languages: Languages = ("en",)
    review_capacity_per_day: Count = 50
    label_maturity_days: Count = 60
    costs: Costs = Costs()
    caps: Caps = Caps()
    holdout: Holdout = Holdout()
    exploration: Exploration = Exploration()
    messages: Messages = Messages()
    codes_complete_until: Instant | None = None
    enforcement: Literal["observe", "hold", "full"] = "observe"
    hold_days: Annotated[Count, Field(le=365)] = 3
    retention: Retention | None = None
    desk: Desk = Desk()
    promotion: Literal["manual", "automatic"] = "manual"
    nightly: Nightly = Nightly()

    @model_serializer(mode="wrap")
    def _without_what_is_not_set(self, usual: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is newer and not set: a version before it reads these settings too."""
        said: dict[str, Any] = usual(self)
        if self.retention is None:
            del said["retention"]
        if self.desk == Desk():
            del said["desk"]
        if self.promotion == "manual":
            del said["promotion"]
        if self.nightly == Nightly():
            del said["nightly"]
        return said

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, raw: object) -> object:
        """Name and costs that are not given follow from the id and the value of a point."""
        if not isinstance(raw, dict):
            return raw
        costs, value = raw.get("costs"), raw.get("point_value", 0.01)
        if isinstance(value, int | float) and isinstance(costs, dict | None):
            usual = {key: points * float(value) for key, points in COSTS_IN_POINTS.items()}
            raw = {**raw, "costs": usual | (costs or {})}
        if not raw.get("name") and isinstance(raw.get("program_id"), str):
            raw = {**raw, "name": raw["program_id"]}
        return {key: value for key, value in raw.items() if value is not None}

    @property
    def minor_units(self) -> int:
        """Minor units in one major unit of the currency: 100 for USD, 1 for JPY."""
        found = (digits for digits, codes in DIGITS.items() if self.currency in codes.split())
        return int(10 ** next(found, 2))

    @property
    def codes_complete_until_ms(self) -> int | None:
        """``codes_complete_until`` in UTC milliseconds."""
        until = self.codes_complete_until
        return None if until is None else round(until.timestamp() * 1000)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the program's days begin."""
        return ZoneInfo(self.timezone)


def read_program(path: Path) -> Program:
    """Read program.yaml.

    Raises
    ------
    BadConfig
        Naming the file, the key, what was wanted and what came.
    """
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise BadConfig(f"{path.name} with a key per setting", in_words(raw),
                        "write at least program_id: NAME")
    return validate(Program, raw, path.name)
