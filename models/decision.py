"""What is done with an event: a pure function of facts, scores and policy.

Hard proof declines; a missing fact, a cap or behaviour holds; everything else is approved.
`decide` has no way to decline without proof, whatever the policy says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from models.answers import ENDS_BY, Hold, Outcome

if TYPE_CHECKING:
    from models.answers import Then
    from models.policy import Policy
    from models.proof import Proofs
    from models.thresholds import Thresholds

DAY_MS: Final = 86_400_000
Enforcement = Literal["observe", "hold", "full"]
Ground = Literal["proof", "missing_fact", "cap", "score", "anomaly"]


@dataclass(frozen=True)
class Evidence:
    """All that a decision depends on.

    Parameters
    ----------
    kind, persona : str
        ``scan``, ``referral`` or ``redemption``; None for a persona not known.
    points : int
        What the event asks for.
    recorded_ms : int
        The moment of the decision.
    proofs : Proofs
        Hard proof, missing facts and caps.
    score, anomaly : float or None
        As they count here, after what was declared innocent was set aside.
    """

    kind: str
    persona: str | None
    points: int
    recorded_ms: int
    proofs: Proofs
    score: float | None
    anomaly: float | None


@dataclass(frozen=True)
class Decision:
    """What is done now, what full enforcement would do, and on what grounds."""

    verdict: Outcome
    enforced: bool
    would_have: Outcome
    points_held: int
    hold: Hold | None
    grounds: tuple[Ground, ...]


def decide(policy: Policy, thresholds: Thresholds, evidence: Evidence,
           enforcement: Enforcement, hold_days: int) -> Decision:
    """Outcome of an event.

    ``full`` does what the rules say. ``hold`` never declines: what has proof is held whole
    instead. ``observe`` approves everything and says in ``would_have`` what it would have done.
    An event that asks for no points has nothing to hold and is declined or approved.

    Examples
    --------
    >>> from models.policy import Policy
    >>> from models.proof import Proofs
    >>> from models.thresholds import Thresholds
    >>> evidence = Evidence("scan", None, 100, 0, Proofs(), 0.9, None)
    >>> limits = Thresholds({"scan": 0.5})
    >>> decide(Policy.read(), limits, evidence, "full", 3).verdict.value
    'review'
    >>> decide(Policy.read(), limits, evidence, "observe", 3).would_have.value
    'review'
    """
    grounds = _grounds(policy, thresholds, evidence)
    would_have = _outcome(grounds, evidence.points)
    if enforcement == "observe":
        return Decision(Outcome.APPROVE, False, would_have, 0, None, grounds)
    verdict = would_have
    if enforcement == "hold" and verdict is Outcome.DECLINE:
        verdict = Outcome.REVIEW if evidence.points > 0 else Outcome.APPROVE
    if verdict is Outcome.REVIEW:
        held = _held(policy, evidence, grounds)
        hold = _hold(policy, evidence, grounds, hold_days)
        return Decision(verdict, True, would_have, held, hold, grounds)
    held = evidence.points if verdict is Outcome.DECLINE else 0
    return Decision(verdict, True, would_have, held, None, grounds)


def _grounds(policy: Policy, thresholds: Thresholds, evidence: Evidence) -> tuple[Ground, ...]:
    found: list[Ground] = []
    if evidence.proofs.hard:
        found.append("proof")
    if evidence.proofs.missing:
        found.append("missing_fact")
    if evidence.proofs.caps:
        found.append("cap")
    rules: tuple[tuple[Literal["score", "anomaly"], float | None], ...] = (
        ("score", evidence.score), ("anomaly", evidence.anomaly))
    for rule, number in rules:
        limit = policy.limit(rule, evidence.kind, evidence.persona, thresholds)
        if number is not None and limit is not None and number >= limit:
            found.append(rule)
    return tuple(found)


def _outcome(grounds: tuple[Ground, ...], points: int) -> Outcome:
    if "proof" in grounds:
        return Outcome.DECLINE
    return Outcome.REVIEW if grounds and points > 0 else Outcome.APPROVE


def _held(policy: Policy, evidence: Evidence, grounds: tuple[Ground, ...]) -> int:
    points = evidence.points
    if evidence.kind == "redemption" or {"proof", "missing_fact"} & set(grounds):
        return points
    held = 0
    if {"score", "anomaly"} & set(grounds):
        held = math.ceil(points * getattr(policy.share_held, evidence.kind))
    if "cap" in grounds:
        held = max(held, *(cap.excess for cap in evidence.proofs.caps))
    return min(max(held, 1), points)


def _hold(policy: Policy, evidence: Evidence, grounds: tuple[Ground, ...],
          hold_days: int) -> Hold:
    names = {"score": "behaviour", "anomaly": "behaviour"}
    after = {getattr(policy.after_hold, names.get(ground, ground)) for ground in grounds}
    then: Then = "keep" if "keep" in after else "release"
    usual = policy.ends_by.get(evidence.kind, ("document", "time"))
    ends_by = ("time",) if grounds == ("cap",) else usual
    return Hold(evidence.recorded_ms + hold_days * DAY_MS, then,
                tuple(end for end in ENDS_BY if end in ends_by))
