"""What is done with an event: a pure function of facts, scores and policy.

Hard proof declines; a missing fact, a cap, a watch or behaviour holds; all else is approved.
`decide` has no way to decline without proof, whatever the policy says.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from models.answers import ENDS_BY, Hold, Outcome
from models.release import released

if TYPE_CHECKING:
    from models.answers import Then
    from models.policy import Policy
    from models.proof import Proofs
    from models.thresholds import Thresholds

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
Enforcement = Literal["observe", "hold", "full"]
Ground = Literal["proof", "missing_fact", "cap", "score", "anomaly", "ring", "step_up",
                 "degraded", "watch"]
BEHAVIOUR: Final = frozenset({"score", "anomaly", "ring", "step_up"})
"""Grounds that are no facts: an allowed or snoozed subject is free of them."""
UNSEEN: Final = BEHAVIOUR | {"degraded"}
"""Grounds that hold the share of behaviour: those, and that nobody could look."""


class Evidence(NamedTuple):
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
    alarms : tuple of str
        The program's own errors that explain the event: a stale file of codes may be why a fact
        is missing.
    ring : float or None
        Score, 0 to 1, of the ring that the member belongs to; None where he is in none.
    allowed, snoozed : tuple of str
        What of this event is on the allow list, or snoozed: then behaviour holds nothing.
    event_id : str
        By which a random release is drawn.
    released_today : int
        Releases before it on this day of the program.
    is_failing : bool
        Whether a part of Jaga is away that should speak here: the policy's ``fail`` counts.
    watched : tuple of str
        What of this event somebody watches: a person is to look at it, whoever it is from.
    """

    kind: str
    persona: str | None
    points: int
    recorded_ms: int
    proofs: Proofs
    score: float | None
    anomaly: float | None
    ring: float | None = None
    allowed: tuple[str, ...] = ()
    snoozed: tuple[str, ...] = ()
    event_id: str = ""
    released_today: int = 0
    alarms: tuple[str, ...] = ()
    is_failing: bool = False
    watched: tuple[str, ...] = ()


class Decision(NamedTuple):
    """What is done now, what full enforcement would do, and on what grounds.

    ``release_chance`` is the chance with which the event was let through, of every event that
    was eligible for it, drawn or not; None of all others. ``released``: it was drawn.
    """

    verdict: Outcome
    enforced: bool
    would_have: Outcome
    points_held: int
    hold: Hold | None
    grounds: tuple[Ground, ...]
    release_chance: float | None = None
    released: bool = False


def decide(policy: Policy, thresholds: Thresholds, evidence: Evidence,
           enforcement: Enforcement, hold_days: int) -> Decision:
    """Outcome of an event.

    ``full`` does what the rules say. ``hold`` never declines: what has proof is held whole
    instead. ``observe`` approves everything and says in ``would_have`` what it would have done.
    An event that asks for no points has nothing to hold and is declined or approved. A small
    share of what behaviour alone would hold may be let through by chance; see `models.release`.

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
        return _review(policy, evidence, would_have, grounds, hold_days)
    held = evidence.points if verdict is Outcome.DECLINE else 0
    return Decision(verdict, True, would_have, held, None, grounds)


def _review(policy: Policy, evidence: Evidence, would_have: Outcome, grounds: tuple[Ground, ...],
            hold_days: int) -> Decision:
    chance, is_drawn = None, False
    if set(grounds) <= BEHAVIOUR:
        chance, is_drawn = released(policy.random_release, evidence.event_id, evidence.points,
                                    evidence.released_today)
    if is_drawn:
        return Decision(Outcome.APPROVE, True, would_have, 0, None, grounds, chance, True)
    return Decision(Outcome.REVIEW, True, would_have, _held(policy, evidence, grounds),
                    _hold(policy, evidence, grounds, hold_days), grounds, chance)


def _grounds(policy: Policy, thresholds: Thresholds, evidence: Evidence) -> tuple[Ground, ...]:
    found: list[Ground] = []
    if evidence.proofs.hard:
        found.append("proof")
    missing = evidence.proofs.missing
    if missing and not policy.forgives(missing, evidence.alarms):
        found.append("missing_fact")
    if evidence.proofs.caps:
        found.append("cap")
    if evidence.watched:
        found.append("watch")
    if not evidence.allowed and not evidence.snoozed:
        found += _behaviour(policy, thresholds, evidence)
        if evidence.is_failing:
            limit = policy.failing_above(evidence.kind, thresholds)
            if limit is not None and evidence.points > limit:
                found.append("degraded")
    return tuple(found)


def _behaviour(policy: Policy, thresholds: Thresholds, evidence: Evidence) -> list[Ground]:
    found: list[Ground] = []
    rules: tuple[tuple[Literal["score", "anomaly", "ring"], float | None], ...] = (
        ("score", evidence.score), ("anomaly", evidence.anomaly), ("ring", evidence.ring))
    for rule, number in rules:
        if policy.reaches(rule, evidence.kind, evidence.persona, thresholds, number,
                          evidence.points):
            found.append(rule)
    if not found and evidence.score is not None:
        step = policy.step(evidence.kind, evidence.persona)
        if step is not None and evidence.score >= step:
            found.append("step_up")
    return found


def _outcome(grounds: tuple[Ground, ...], points: int) -> Outcome:
    if "proof" in grounds:
        return Outcome.DECLINE
    return Outcome.REVIEW if grounds and points > 0 else Outcome.APPROVE


def _held(policy: Policy, evidence: Evidence, grounds: tuple[Ground, ...]) -> int:
    points = evidence.points
    if evidence.kind == "redemption" or {"proof", "missing_fact", "watch"} & set(grounds):
        return points
    held = 0
    if UNSEEN & set(grounds):
        held = math.ceil(points * policy.share(evidence.kind, evidence.persona))
    if "cap" in grounds:
        held = max(held, *(cap.excess for cap in evidence.proofs.caps))
    return min(max(held, 1), points)


def _hold(policy: Policy, evidence: Evidence, grounds: tuple[Ground, ...],
          hold_days: int) -> Hold:
    """Lasts as long as the longest of its grounds; one that keeps outweighs those that release."""
    ends = {_end(policy, ground, hold_days) for ground in grounds}
    then: Then = "keep" if "keep" in {after for _, after in ends} else "release"
    ends_by = policy.ends_by.get(evidence.kind, ("document", "time"))
    if grounds == ("cap",):
        ends_by = ("time",)
    elif set(grounds) <= {"cap", "step_up"}:
        ends_by = ("document", "time")
    return Hold(evidence.recorded_ms + max(ms for ms, _ in ends), then,
                tuple(end for end in ENDS_BY if end in ends_by))


def _end(policy: Policy, ground: Ground, hold_days: int) -> tuple[int, Then]:
    """How long a ground holds, in milliseconds, and what becomes of the points then."""
    if ground == "step_up":
        return policy.step_up.hours * HOUR_MS, "release"
    if ground == "degraded":
        return policy.days("behaviour", hold_days) * DAY_MS, "release"
    if ground == "proof" or ground == "missing_fact" or ground == "cap":
        return policy.days(ground, hold_days) * DAY_MS, getattr(policy.after_hold, ground)
    return policy.days("behaviour", hold_days) * DAY_MS, policy.after_hold.behaviour
