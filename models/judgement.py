"""One verdict: facts, scores, policy, reasons and the words for the partner, put together.

Nothing here reads a clock, a store or a network; the same arguments give the same bytes.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from features.contract import EVENT_KINDS, PERSONAS
from models.answers import Degraded, Outcome, PartnerMessage, Reason, Verdict
from models.calibration import logistic, logit
from models.champion import NO_BUNDLE
from models.decision import Decision, Evidence, decide
from models.enforcement import mode_of
from models.families import DECLARATION_FEATURES, family
from models.occasion import Marks, Scores
from models.proof import Proofs, find_proofs
from models.reasons import MOST, Teller, choose
from models.sandbox import forced
from models.trusted import lowered, trust_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from features.exports.program import Program
    from models.bundle import Bundle
    from models.decision import Enforcement
    from models.occasion import Occasion
    from models.proof import EventFacts
    from models.sandbox import Forced
    from models.thresholds import Thresholds

Floats = npt.NDArray[np.float64]
KINDS: Final = tuple(EVENT_KINDS)
ACCEPTED: Final = {"scan": "partner.credited", "referral": "partner.referral_accepted",
                   "redemption": "partner.redemption_accepted"}
FAR: Final = 3
"""Unusual values named when the anomaly holds an event, or no model serves."""
RING_TOLD: Final = 0.5
"""Ring score from which a ring is named though it holds nothing; a family's is far below."""


def judge(bundle: Bundle, program: Program, occasion: Occasion, vector: Floats, *,
          enforcement: Enforcement | None = None, degraded: Degraded = False,
          explain: bool = False, most: int = MOST, marks: Marks | None = None) -> Verdict:
    """Judge one event.

    Parameters
    ----------
    bundle : Bundle
        Models, policy and words, bound to the catalogue that made the vector.
    program : Program
        For enforcement, caps, ``codes_complete_until``, ``hold_days``, languages and time zone.
    occasion : Occasion
    vector : shape (features,)
        Features of the event as served, NaN where unknown.
    enforcement : str, optional
        ``observe``, ``hold`` or ``full``; that of the policy's rules, else the program's own,
        if left out.
    degraded : str or False
        What is missing; then neither score nor anomaly is asked, and the policy's ``fail`` holds
        what asks for much, unless the program never had a model.
    explain : bool
        Give reasons for an approval too; they cost far more than the verdict.
    most : int
        How many reasons at most.
    marks : Marks, optional
        The event's share of `mark_together`; asked of the models if left out.

    Examples
    --------
    >>> from features.exports.program import Program
    >>> from models.bundle import Bundle
    >>> from models.occasion import Occasion
    >>> bundle = Bundle("acme", 0, {"code_credited_other": ""}, {})
    >>> verdict = judge(bundle, Program(program_id="acme"),
    ...                 Occasion("e1", "scan", 50, 0), np.array([1.0]), enforcement="full")
    >>> verdict.verdict.value, verdict.hard_proof
    ('decline', ('code_credited_other',))
    """
    decision, proofs, scores, degraded, force = weigh(
        bundle, program, occasion, vector, enforcement=enforcement, degraded=degraded, marks=marks)
    partner = bundle.texts.language(occasion.language, *program.languages)
    reasons: tuple[Reason, ...] = ()
    if explain or decision.would_have is not Outcome.APPROVE:
        desk, facts = bundle.texts.language(*program.languages), bundle.facts.read(vector)
        teller = Teller(bundle.texts, desk, facts, _usual(bundle, occasion), bundle.units,
                        program.minor_units, bundle.meanings)
        reasons = (_reasons(bundle, occasion, vector, scores, proofs, decision, teller, most,
                            degraded) if force is None else force.reasons(teller))
    return Verdict(
        occasion.event_id, decision.verdict, decision.enforced, decision.would_have,
        decision.points_held, decision.hold, scores.score, scores.anomaly, reasons, proofs.hard,
        partner_message(bundle, program, occasion, decision, proofs, partner), degraded,
        bundle.bundle_id, bundle.policy.version, occasion.recorded_ms,
        decision.release_chance, decision.released, decision.grounds,
        lowered(bundle, program, occasion, scores),
    )


class Weighed(NamedTuple):
    """What is done with an event and why, before it is put into words."""

    decision: Decision
    proofs: Proofs
    scores: Scores
    degraded: Degraded
    force: Forced | None


def weigh(bundle: Bundle, program: Program, occasion: Occasion, vector: Floats, *,
          enforcement: Enforcement | None = None, degraded: Degraded = False,
          marks: Marks | None = None) -> Weighed:
    """Decide one event without words: `judge` short of its reasons, which cost far more."""
    facts = bundle.facts.read(vector)
    proofs = find_proofs(facts, program, occasion.kind, occasion.points, occasion.recorded_ms,
                         tracks_codes=occasion.tracks_codes, denied=occasion.denied)
    if marks is None:
        marks = _mark(bundle, occasion, vector, degraded)
    trust = trust_of(bundle, occasion)
    thresholds = bundle.thresholds.alone if trust and trust.is_alone else bundle.thresholds
    scores = _scores(bundle, occasion, facts, vector, marks, thresholds)
    counted = scores.counted_score
    if trust is not None and counted is not None:
        counted = trust.of(counted)
    evidence = Evidence(occasion.kind, occasion.persona, occasion.points, occasion.recorded_ms,
                        proofs, counted, scores.counted_anomaly, occasion.ring,
                        allowed=occasion.allowed, snoozed=occasion.snoozed,
                        event_id=occasion.event_id, released_today=occasion.released_today,
                        alarms=occasion.alarms, watched=occasion.watched,
                        is_failing=bool(degraded) and bundle.bundle_id != NO_BUNDLE)
    mode = enforcement or mode_of(bundle.policy, program, occasion.kind, occasion.region,
                                  occasion.member)
    decision = decide(bundle.policy, thresholds, evidence, mode, program.hold_days)
    force = forced(program.program_id, occasion.event_id)
    if force is None:
        return Weighed(decision, proofs, scores, degraded, None)
    decision = force.decide(occasion.kind, occasion.points, occasion.recorded_ms)
    scores = Scores(force.score, force.anomaly, force.score, force.anomaly)
    return Weighed(decision, force.proofs, scores, force.degraded, force)


def partner_message(bundle: Bundle, program: Program, occasion: Occasion, decision: Decision,
                    proofs: Proofs, language: str) -> PartnerMessage:
    """Choose what the partner may be told: what happens to his points, never how it was seen."""
    code, day = ACCEPTED[occasion.kind], None
    is_redemption = occasion.kind == "redemption"
    if decision.verdict is Outcome.DECLINE:
        code = "partner.redemption_declined" if is_redemption else "partner.declined"
    elif decision.hold is not None:
        code = "partner.redemption_pending" if is_redemption else "partner.pending"
        day = _day(decision.hold.until_ms, program)
    if decision.verdict is not Outcome.APPROVE and proofs.is_own_code:
        code = "partner.already_yours"
    points = decision.points_held if decision.verdict is Outcome.REVIEW else occasion.points
    text = bundle.texts.text(code, language, points=points, date=day)
    return PartnerMessage(code, text, language)


def _day(ms: int, program: Program) -> dt.date:
    return dt.datetime.fromtimestamp(ms / 1000, program.zone).date()


def mark_together(bundle: Bundle, occasions: Sequence[Occasion], matrix: Floats,
                  degraded: Degraded = False) -> list[Marks]:
    """Marks of many events at a fraction of the cost of each alone, and equal to the bit.

    Parameters
    ----------
    bundle : Bundle
    occasions : sequence of Occasion, n of them
    matrix : shape (n, features)
        Features of the events as served.
    degraded : str or False
        Then there are no marks.
    """
    if degraded or not occasions:
        return [Marks() for _ in occasions]
    nothing: list[None] = [None] * len(occasions)
    kinds, personas = np.array([_numbers(occasion) for occasion in occasions]).T
    scores = bundle.fraud.score(matrix).tolist() if bundle.fraud else nothing
    anomalies = (bundle.anomaly.score(matrix, kinds, personas).tolist() if bundle.anomaly
                 else nothing)
    return [Marks(*each) for each in zip(scores, anomalies, strict=True)]


def _mark(bundle: Bundle, occasion: Occasion, vector: Floats, degraded: Degraded) -> Marks:
    if degraded:
        return Marks()
    return Marks(
        bundle.fraud.score_row(vector) if bundle.fraud else None,
        bundle.anomaly.score_row(vector, *_numbers(occasion)) if bundle.anomaly else None)


def _scores(bundle: Bundle, occasion: Occasion, facts: EventFacts, vector: Floats,
            marks: Marks, thresholds: Thresholds) -> Scores:
    """Set aside what is declared innocent, where that can change the decision.

    Without it a number only gets smaller, so one below its threshold counts as it is.
    """
    score, anomaly = marks.score, marks.anomaly
    counted, counted_anomaly = score, anomaly
    excused = _excused(bundle, occasion, facts)
    if excused and _holds(bundle, occasion, "score", score, thresholds):
        counted = _without(bundle, vector, score, excused)
    if excused and _holds(bundle, occasion, "anomaly", anomaly, thresholds):
        counted_anomaly = _without_anomaly(bundle, vector, anomaly, excused, *_numbers(occasion))
    return Scores(score, anomaly, counted, counted_anomaly)


def _holds(bundle: Bundle, occasion: Occasion, rule: Literal["score", "anomaly"],
           number: float | None, thresholds: Thresholds) -> bool:
    policy, who = bundle.policy, (occasion.kind, occasion.persona)
    step = policy.step(*who) if rule == "score" else None
    return (policy.reaches(rule, *who, thresholds, number, occasion.points)
            or (number is not None and step is not None and number >= step))


def _excused(bundle: Bundle, occasion: Occasion, facts: EventFacts) -> frozenset[str]:
    """Families set aside, by declarations, the channel of a bulk upload and announced peaks."""
    declared = {kind for name, kind in DECLARATION_FEATURES.items() if facts.is_positive(name)}
    if bundle.policy.is_bulk(occasion.channel, occasion.persona):
        declared.add("bulk_channel")
    peaks = (*occasion.peaks, "alarm") if occasion.alarms else occasion.peaks
    return bundle.policy.excuses(frozenset(declared), frozenset(peaks))


def _without(bundle: Bundle, vector: Floats, score: float | None, excused: frozenset[str]
             ) -> float | None:
    """Score without what the excused families add; what speaks for the member stays."""
    if bundle.fraud is None or score is None:
        return score
    parts = bundle.fraud.contributions_row(vector)
    against = sum(max(share.contribution, 0.0)
                  for share in bundle.family_sums.shares(parts)
                  if share.family in excused)
    return float(logistic(logit(np.array(score)) - against))


def _without_anomaly(bundle: Bundle, vector: Floats, anomaly: float | None,
                     excused: frozenset[str], kind: int, persona: int) -> float | None:
    """Anomaly with the excused families' features unknown; never more than it was."""
    if bundle.anomaly is None or anomaly is None:
        return anomaly
    blank = vector.copy()
    for name, position in bundle.index.items():
        if family(name, bundle.families) in excused:
            blank[position] = np.nan
    return min(anomaly, bundle.anomaly.score_row(blank, kind, persona))


def _numbers(occasion: Occasion) -> tuple[int, int]:
    persona = PERSONAS.index(occasion.persona) if occasion.persona in PERSONAS else -1
    return KINDS.index(occasion.kind), persona


def _usual(bundle: Bundle, occasion: Occasion) -> Callable[[str], float | None]:
    anomaly = bundle.anomaly
    if anomaly is None:
        return lambda name: None
    kind, persona = _numbers(occasion)
    return lambda name: anomaly.usual(name, kind, persona)


def _reasons(bundle: Bundle, occasion: Occasion, vector: Floats, scores: Scores, proofs: Proofs,
             decision: Decision, teller: Teller, most: int, degraded: Degraded = False
             ) -> tuple[Reason, ...]:
    by_score: list[Reason] = []
    if bundle.fraud is not None and scores.score is not None:
        parts = bundle.fraud.contributions_row(vector)
        by_score = teller.score(bundle.family_sums.shares(parts), most)
    alone = "score" not in decision.grounds and ("anomaly" in decision.grounds or not by_score)
    by_anomaly: list[Reason] = []
    if bundle.anomaly is not None and scores.anomaly is not None:
        far = bundle.anomaly.unusual(vector, *_numbers(occasion), most=FAR) if alone else []
        by_anomaly = teller.anomaly(scores.anomaly, far, bundle.families)
    firm = [*teller.proofs(proofs, occasion.denied), *teller.watched(occasion.watched),
            *teller.alarms(occasion.alarms)]
    if "degraded" in decision.grounds and degraded:
        limit = bundle.policy.failing_above(occasion.kind, bundle.thresholds)
        firm.append(teller.degraded(degraded, occasion.points, limit))
    ring = occasion.ring_facts
    if ring is not None and ("ring" in decision.grounds or (occasion.ring or 0.0) >= RING_TOLD):
        firm.append(teller.ring(ring))
    return choose(firm, by_score, by_anomaly, anomaly_first=alone, most=most)
