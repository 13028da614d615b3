"""What the service answers; fields that it gained since are left out."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Status = Literal["credited", "held", "released", "kept", "partial", "clawed_back"]
State = Literal["new", "active", "off_season", "slipping", "lapsed", "blocked"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever is read from JSON; never changed."""


class Reason(Answer, frozen=True, kw_only=True):
    """One reason, strongest first; its contribution in log-odds, none of proof and anomaly."""

    code: str
    text: str
    contribution: float | None = None
    value: float | str | None = None
    usual: float | str | None = None


class Hold(Answer, frozen=True, kw_only=True):
    """Until when points are held, what happens then, and what ends it earlier."""

    until: str
    then: Literal["release", "keep"]
    ends_by: tuple[str, ...]


class PartnerMessage(Answer, frozen=True, kw_only=True):
    """What the partner may be told."""

    code: str
    text: str
    language: str


class Trust(Answer, frozen=True, kw_only=True):
    """How far the model that gave a score is trusted, while that is not in full."""

    weight: float
    sentence: str


class Verdict(Answer, frozen=True, kw_only=True):
    """What the points engine does with an event, and why."""

    event_id: str
    verdict: Literal["approve", "review", "decline"]
    enforced: bool
    would_have: Literal["approve", "review", "decline"]
    points_held: int
    hold: Hold | None
    score: float | None
    anomaly: float | None
    reasons: tuple[Reason, ...]
    hard_proof: tuple[str, ...]
    partner_message: PartnerMessage | None
    degraded: Literal[False, "model", "state", "store"]
    bundle_id: str
    policy_version: str
    decided_at: str
    trust: Trust | None = None

    def credited_of(self, points: int) -> int:
        """Points to credit at once, of those that the event asks for.

        Examples
        --------
        >>> held = Verdict(event_id="s-1", verdict="review", enforced=True, would_have="review",
        ...     points_held=30, hold=None, score=None, anomaly=None, reasons=(), hard_proof=(),
        ...     partner_message=None, degraded=False, bundle_id="b", policy_version="p",
        ...     decided_at="2025-06-01T04:45:01Z")
        >>> held.credited_of(40)
        10
        """
        return 0 if self.verdict == "decline" else points - self.points_held


class Event(Answer, frozen=True, kw_only=True):
    """A stored event: its verdict as it was answered, and what became of its points."""

    event_id: str
    kind: str
    member_id: str
    status: Status
    points: int
    points_final: int
    changed_at: str
    seq: int
    verdict: Verdict | None
    reasons: tuple[Reason, ...] | None = None


class Outcome(Answer, frozen=True, kw_only=True):
    """A change of status; of two of one event the one with the higher ``seq`` counts."""

    event_id: str
    status: Status
    points_final: int
    changed_at: str
    seq: int
    reason: str | None = None


class Outcomes(Answer, frozen=True, kw_only=True):
    """Changes of status in order, and the cursor that asks for what comes after them."""

    outcomes: tuple[Outcome, ...]
    cursor: str


class Stored(Answer, frozen=True, kw_only=True):
    """How many rows were new, the same as before, or newer versions, and what was rejected."""

    new: int
    same: int
    versions: int = 0
    rejects: tuple[dict[str, Any], ...] = ()


class Replied(Stored, frozen=True, kw_only=True):
    """What was stored of a partner's answer, and whether somebody will look at it."""

    case_open: bool


class Heeded(Stored, frozen=True, kw_only=True):
    """What was stored, whether its subject is known, and what that means."""

    known: bool
    message: str | None


class Delivered(Stored, frozen=True, kw_only=True):
    """What was stored, and whether Jaga never heard of the decision."""

    unknown_decision: bool


class Expected(Answer, frozen=True, kw_only=True):
    """When the next activity is expected: a date and the interval around it."""

    date: str | None
    low: str | None
    high: str | None


class Change(Answer, frozen=True, kw_only=True):
    """One other history: the chance of silence as it is, and as it would be."""

    code: str
    text: str
    before: float
    after: float


class WhatWouldChange(Answer, frozen=True, kw_only=True):
    """Other histories, and the note that none of them is the effect of a message."""

    note: str
    changes: tuple[Change, ...]


class Inactivity(Answer, frozen=True, kw_only=True):
    """How likely the member does nothing through the horizon, and why."""

    p_inactive: float
    horizon_days: int
    expected_next_activity: Expected
    state: State
    reasons: tuple[Reason, ...] | None
    what_would_change: WhatWouldChange | None = None


class RecentVerdict(Answer, frozen=True, kw_only=True):
    """One recent event of a member in short."""

    event_id: str
    kind: str
    recorded_at: str
    points: int
    verdict: str | None
    status: Status


class ExpectedEffect(Answer, frozen=True, kw_only=True):
    """By how much the chance of coming back rises, and how that is known."""

    value: float
    low: float
    high: float
    basis: Literal["measured", "assumed"]


class LastSuggestion(Answer, frozen=True, kw_only=True):
    """The newest mission that was chosen for a member, and how far it is."""

    decision_id: str
    mission_id: str
    holdout: Literal["none", "mission", "global"]
    channel: str | None
    message: str | None
    expected_effect: ExpectedEffect | None
    propensity: float | None
    cost_points: int
    suggested_at: str
    status: str


class Member(Answer, frozen=True, kw_only=True):
    """All that a program's systems need to know of a member at once."""

    member_id: str
    persona: str | None
    tier: str | None
    scores: dict[str, float | None]
    recent_verdicts: tuple[RecentVerdict, ...]
    open_case: str | None
    inactivity: Inactivity | None
    suggestion: LastSuggestion | None


class Suggestion(Answer, frozen=True, kw_only=True):
    """One mission for one member."""

    decision_id: str
    member_id: str
    mission_id: str
    channel: str | None
    message: str
    expected_effect: ExpectedEffect
    propensity: float
    cost_points: int
    reasons: tuple[Reason, ...]


class Power(Answer, frozen=True, kw_only=True):
    """What the holdouts among these decisions can show."""

    held_out: int
    treated: int
    base: float | None
    smallest_effect: float | None


class Suggestions(Answer, frozen=True, kw_only=True):
    """Suggestions, best first, and those held out: hand both over to be sent."""

    as_of: str
    suggestions: tuple[Suggestion, ...]
    held_out: tuple[str, ...]
    power: Power


class Refused(Answer, frozen=True, kw_only=True):
    """A decision that is not sent, and why."""

    id: str
    code: str


class Sent(Answer, frozen=True, kw_only=True):
    """What became of each decision."""

    sent: tuple[str, ...]
    held_out: tuple[str, ...]
    refused: tuple[Refused, ...]


class Subject(Answer, frozen=True, kw_only=True):
    """What a nudge is about."""

    kind: str
    id: str


class Nudge(Answer, frozen=True, kw_only=True):
    """One thing for the program to look at."""

    nudge_id: str
    kind: str
    text: str
    innocent: str
    next_step: str
    subject: Subject
    since: str
    members: int
    events: int | None
    points: int | None
    key: str = ""
    why_now: str = ""
    evidence: tuple[str, ...] = ()
    link: str = ""
    money: float = 0.0
    figures: dict[str, float | None] | None = None


class Nudges(Answer, frozen=True, kw_only=True):
    """The copilot's feed."""

    nudges: tuple[Nudge, ...]
    message: str
