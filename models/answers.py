"""What Jaga answers: verdicts, inactivity and suggestions, in the contract's shape and key order.

Every answer is frozen and turns into the same bytes each time: keys in the contract's order,
compact separators, UTF-8, times as RFC 3339 with milliseconds and ``Z``. Times are kept as
milliseconds since 1970 UTC, so that an answer compares and travels as plain numbers.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from typing import Any, Final, Literal

Then = Literal["release", "keep"]
Degraded = Literal[False, "model", "state", "store"]
Basis = Literal["measured", "assumed"]
Json = dict[str, Any]

ENDS_BY: Final = ("document", "visit", "activity", "time")
"""What may end a hold, in the order in which an answer lists it."""
STATES: Final = ("new", "active", "off_season", "slipping", "lapsed", "blocked")
"""States of a member's inactivity."""


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class Outcome(StrEnum):
    """What the points engine does with an event; ordered by severity.

    >>> max([Outcome.REVIEW, Outcome.APPROVE, Outcome.DECLINE], key=lambda o: o.severity).value
    'decline'
    """

    APPROVE = "approve"
    REVIEW = "review"
    DECLINE = "decline"

    @property
    def severity(self) -> int:
        """Place in the order approve < review < decline."""
        return list(Outcome).index(self)


def rfc3339(ms: int) -> str:
    """Milliseconds since 1970 UTC as RFC 3339 with ``Z``.

    >>> rfc3339(1_767_225_600_007)
    '2026-01-01T00:00:00.007Z'
    """
    seconds, rest = divmod(ms, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=128)
def _second(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat()[:19]


def to_bytes(body: Json) -> bytes:
    """Deterministic UTF-8 bytes of a JSON object; ValueError where a number is not finite.

    >>> to_bytes({"b": 1, "a": None})
    b'{"b":1,"a":null}'
    """
    return _ENCODER.encode(body).encode()


_WORDS: Final = {True: "true", False: "false"}


def _is_plain(number: object) -> bool:
    return number is None or (isinstance(number, float) and math.isfinite(number))


def _number(number: float | None) -> str:
    """Write a number as the encoder does."""
    return "null" if number is None else float.__repr__(number)


def finite(value: float | str | None) -> float | int | str | None:
    """Value as JSON can carry it: NaN and infinity become None, whole floats integers.

    >>> finite(3.0), finite(float("nan")), finite("app"), finite(0.25)
    (3, None, 'app', 0.25)
    """
    if value is None or isinstance(value, str):
        return value
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for or against, in words.

    Parameters
    ----------
    code : str
        Stable code; its words are in every catalogue.
    text : str
        One sentence in the asked language.
    contribution : float or None
        Log-odds of the score; None for proof and anomaly.
    value, usual : float, str or None
        What was seen and what is usual; None where unknown.

    Examples
    --------
    >>> Reason("anomaly.share", "Rare.", None, 0.99, None).to_json()["value"]
    0.99
    """

    code: str
    text: str
    contribution: float | None = None
    value: float | str | None = None
    usual: float | str | None = None

    def to_json(self) -> Json:
        """Object of the contract, keys in its order."""
        return {
            "code": self.code,
            "text": self.text,
            "contribution": None if self.contribution is None else float(self.contribution),
            "value": finite(self.value),
            "usual": finite(self.usual),
        }


@dataclass(frozen=True)
class Hold:
    """How a hold ends: when at the latest, what then, and what ends it sooner."""

    until_ms: int
    then: Then
    ends_by: tuple[str, ...]

    def to_json(self) -> Json:
        """Object of the contract, keys in its order."""
        return {"until": rfc3339(self.until_ms), "then": self.then, "ends_by": list(self.ends_by)}


@dataclass(frozen=True)
class PartnerMessage:
    """What the partner may be told; it never discloses the detection."""

    code: str
    text: str
    language: str

    def to_json(self) -> Json:
        """Object of the contract, keys in its order."""
        return {"code": self.code, "text": self.text, "language": self.language}


@dataclass(frozen=True)
class LoweredTrust:
    """That the model counts less than in full: its weight, and why, for people of the program."""

    weight: float
    sentence: str

    def to_json(self) -> Json:
        """Plain values.

        >>> LoweredTrust(0.5, "Old.").to_json()
        {'weight': 0.5, 'sentence': 'Old.'}
        """
        return {"weight": self.weight, "sentence": self.sentence}


@dataclass(frozen=True)
class Verdict:
    """The answer to one event; grounds and random release are kept, and not sent.

    ``trust`` is told while it is lowered, and else the answer has no such field.

    Raises
    ------
    ValueError
        Where a decline holds no hard proof: this can not be built, whatever asks for it.

    Examples
    --------
    >>> message = PartnerMessage("partner.credited", "Thank you.", "en")
    >>> Verdict("e1", Outcome.APPROVE, True, Outcome.APPROVE, 0, None, 0.01, 0.2, (), (),
    ...         message, False, "b", "p", 0).to_json_bytes()[:44]
    b'{"event_id":"e1","verdict":"approve","enforc'
    """

    event_id: str
    verdict: Outcome
    enforced: bool
    would_have: Outcome
    points_held: int
    hold: Hold | None
    score: float | None
    anomaly: float | None
    reasons: tuple[Reason, ...]
    hard_proof: tuple[str, ...]
    partner_message: PartnerMessage
    degraded: Degraded
    bundle_id: str
    policy_version: str
    decided_at_ms: int
    release_chance: float | None = None
    released: bool = False
    grounds: tuple[str, ...] = ()
    trust: LoweredTrust | None = None

    def __post_init__(self) -> None:
        if Outcome.DECLINE in (self.verdict, self.would_have) and not self.hard_proof:
            raise ValueError("A decline needs hard proof; behaviour alone holds at the most.")

    def to_json(self) -> Json:
        """Object of the contract, keys in its order."""
        told: Json = {
            "event_id": self.event_id,
            "verdict": self.verdict.value,
            "enforced": self.enforced,
            "would_have": self.would_have.value,
            "points_held": self.points_held,
            "hold": None if self.hold is None else self.hold.to_json(),
            "score": self.score,
            "anomaly": self.anomaly,
            "reasons": [reason.to_json() for reason in self.reasons],
            "hard_proof": list(self.hard_proof),
            "partner_message": self.partner_message.to_json(),
            "degraded": self.degraded,
            "bundle_id": self.bundle_id,
            "policy_version": self.policy_version,
            "decided_at": rfc3339(self.decided_at_ms),
        }
        return told if self.trust is None else told | {"trust": self.trust.to_json()}

    def to_json_bytes(self) -> bytes:
        """Bytes that are stored and sent; the same verdict gives the same bytes.

        Most verdicts have nothing to tell but two numbers: those are written straight away.
        """
        if (self.hold is not None or self.reasons or self.hard_proof or self.trust is not None
                or not _is_plain(self.score) or not _is_plain(self.anomaly)):
            return to_bytes(self.to_json())
        told = self.partner_message
        return (
            f'{{"event_id":{_quoted(self.event_id)},"verdict":"{self.verdict.value}",'
            f'"enforced":{_WORDS[self.enforced]},"would_have":"{self.would_have.value}",'
            f'"points_held":{self.points_held},"hold":null,"score":{_number(self.score)},'
            f'"anomaly":{_number(self.anomaly)},"reasons":[],"hard_proof":[],'
            f'"partner_message":{{"code":{_quoted(told.code)},"text":{_quoted(told.text)},'
            f'"language":{_quoted(told.language)}}},"degraded":'
            f'{_quoted(self.degraded) if self.degraded else "false"},'
            f'"bundle_id":{_quoted(self.bundle_id)},"policy_version":'
            f'{_quoted(self.policy_version)},"decided_at":"{rfc3339(self.decided_at_ms)}"}}'
        ).encode()


@dataclass(frozen=True)
class ExpectedDate:
    """The day of the next activity, with an interval; None where it can't be said."""

    date: dt.date | None
    low: dt.date | None
    high: dt.date | None

    def to_json(self) -> Json:
        """Object of the contract; days as ISO dates.

        >>> ExpectedDate(dt.date(2026, 1, 2), None, None).to_json()
        {'date': '2026-01-02', 'low': None, 'high': None}
        """
        days = {"date": self.date, "low": self.low, "high": self.high}
        return {name: None if day is None else day.isoformat() for name, day in days.items()}


@dataclass(frozen=True)
class Inactivity:
    """The chance that a member stays silent through the horizon, and what speaks for it."""

    p_inactive: float
    horizon_days: int
    expected_next_activity: ExpectedDate
    state: str
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"The state is one of {', '.join(STATES)}; came {self.state!r}.")

    def to_json(self) -> Json:
        """Object of the contract, keys in its order."""
        return {
            "p_inactive": float(self.p_inactive),
            "horizon_days": self.horizon_days,
            "expected_next_activity": self.expected_next_activity.to_json(),
            "state": self.state,
            "reasons": [reason.to_json() for reason in self.reasons],
        }

    def to_json_bytes(self) -> bytes:
        """Deterministic bytes of the answer."""
        return to_bytes(self.to_json())


@dataclass(frozen=True)
class Effect:
    """What a mission is expected to change, and whether that was measured or is assumed."""

    value: float
    low: float
    high: float
    basis: Basis

    def to_json(self) -> Json:
        """Object of the contract, keys in its order."""
        return {"value": self.value, "low": self.low, "high": self.high, "basis": self.basis}


@dataclass(frozen=True)
class Suggestion:
    """A mission for a member, with its expected effect and cost."""

    decision_id: str
    member_id: str
    mission_id: str
    channel: str
    message: str
    expected_effect: Effect
    propensity: float
    cost_points: int
    reasons: tuple[Reason, ...] = ()

    def to_json(self) -> Json:
        """Object of the contract, keys in its order."""
        return {
            "decision_id": self.decision_id,
            "member_id": self.member_id,
            "mission_id": self.mission_id,
            "channel": self.channel,
            "message": self.message,
            "expected_effect": self.expected_effect.to_json(),
            "propensity": self.propensity,
            "cost_points": self.cost_points,
            "reasons": [reason.to_json() for reason in self.reasons],
        }

    def to_json_bytes(self) -> bytes:
        """Deterministic bytes of the answer."""
        return to_bytes(self.to_json())
