"""What holds for every decision, whatever policy, facts and scores come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from features.contract import CAMPAIGN_KINDS, DECLARATIONS, PERSONAS
from models.answers import ENDS_BY, Outcome
from models.decision import BEHAVIOUR, DAY_MS, Evidence, decide
from models.families import FAMILIES
from models.policy import Policy
from models.proof import HARD, MISSING, CapPassed, Proofs
from models.thresholds import Thresholds

KINDS = ("scan", "referral", "redemption")
CHANCES = st.floats(0, 1)
LIMITS = st.one_of(st.sampled_from(["bundle", "never"]), CHANCES)
STEPS = st.one_of(st.just("never"), CHANCES)
SHARES = st.floats(0.001, 1)
AFTER = st.sampled_from(["release", "keep"])


def special(values, persona_values=None):
    """Numbers by kind, and by persona within it."""
    return st.dictionaries(st.sampled_from(KINDS), st.fixed_dictionaries(values, optional={
        "personas": st.dictionaries(st.sampled_from(PERSONAS),
                                    st.fixed_dictionaries(persona_values or values))}))


LIMIT_KEYS = {"score": LIMITS, "anomaly": LIMITS, "ring": LIMITS}
ENDS = st.lists(st.sampled_from(ENDS_BY[:-1]), unique=True).map(lambda some: (*some, "time"))
SOME_FAMILIES = st.lists(st.sampled_from(FAMILIES))
GROUNDS = ("behaviour", "cap", "missing_fact", "proof")
POLICIES = st.fixed_dictionaries({
    "version": st.just("p"),
    "thresholds": st.fixed_dictionaries(
        LIMIT_KEYS | {"stakes": st.booleans(), "by_kind": special(LIMIT_KEYS)}),
    "step_up": st.fixed_dictionaries(
        {"score": STEPS, "hours": st.integers(1, 720), "by_kind": special({"score": STEPS})}),
    "share_held": st.fixed_dictionaries({
        "scan": SHARES, "referral": SHARES,
        "personas": st.dictionaries(st.sampled_from(PERSONAS), st.fixed_dictionaries(
            {}, optional={"scan": SHARES, "referral": SHARES}))}),
    "hold_days": st.fixed_dictionaries(
        {}, optional=dict.fromkeys(GROUNDS, st.integers(1, 365))),
    "after_hold": st.fixed_dictionaries(dict.fromkeys(GROUNDS, AFTER)),
    "ends_by": st.fixed_dictionaries({}, optional=dict.fromkeys(KINDS, ENDS)),
    "excused": st.dictionaries(st.sampled_from(DECLARATIONS), SOME_FAMILIES),
    "peaks": st.dictionaries(st.sampled_from((*CAMPAIGN_KINDS, "alarm")), SOME_FAMILIES),
    "enforcement": st.lists(st.fixed_dictionaries(
        {"mode": st.sampled_from(["observe", "hold", "full"]), "share": CHANCES}), max_size=2),
    "random_release": st.fixed_dictionaries({
        "share": st.floats(0, 0.2), "most_points": st.integers(0, 10**12),
        "per_day": st.integers(0, 3), "salt": st.text(max_size=3)}),
}).map(Policy.model_validate)
"""Any policy that the schema allows, contradictions and all."""


def policies():
    """Whole policies and sparse ones."""
    return st.one_of(POLICIES, st.just(Policy.read()))


CAPS = st.builds(CapPassed, st.just("points_per_day"), st.integers(1, 10**9),
                 st.integers(0, 10**9), st.integers(0, 10**9))
PROOFS = st.builds(
    Proofs, st.lists(st.sampled_from(HARD), unique=True, max_size=2).map(tuple),
    st.lists(st.sampled_from(MISSING), max_size=1).map(tuple),
    st.lists(CAPS, max_size=2).map(tuple))
EVIDENCE = st.builds(
    Evidence, st.sampled_from(KINDS), st.one_of(st.none(), st.sampled_from(PERSONAS)),
    st.integers(0, 10**12), st.integers(0, 4 * 10**12), PROOFS,
    *[st.one_of(st.none(), CHANCES)] * 3, *[st.sampled_from([(), (), ("member",)])] * 2,
    st.text(max_size=3), st.integers(0, 3), st.just(()), st.just(False),
    st.sampled_from([(), (), ("batch",)]))
THRESHOLDS = st.builds(Thresholds, *[st.dictionaries(st.sampled_from(KINDS), CHANCES)] * 3)
ENFORCEMENT = st.sampled_from(["observe", "hold", "full"])
DAYS = st.integers(0, 365)


@given(policies(), THRESHOLDS, EVIDENCE, ENFORCEMENT, DAYS)
def test_nothing_declines_without_hard_proof(policy, limits, evidence, enforcement, days) -> None:
    """No policy, threshold, score or anomaly declines or would have declined without proof."""
    found = decide(policy, limits, evidence, enforcement, days)
    declines = Outcome.DECLINE in (found.verdict, found.would_have)
    assert declines <= bool(evidence.proofs.hard)
    assert (found.would_have is Outcome.DECLINE) == bool(evidence.proofs.hard)


@given(policies(), THRESHOLDS, EVIDENCE, ENFORCEMENT, DAYS)
def test_points_held_are_those_of_the_contract(policy, limits, evidence, enforcement, days) -> None:
    """Approve holds 0, review 1..points, decline all; a held redemption is reserved whole."""
    found = decide(policy, limits, evidence, enforcement, days)
    held = found.points_held
    if found.verdict is Outcome.APPROVE:
        assert held == 0
    elif found.verdict is Outcome.DECLINE:
        assert held == evidence.points
    else:
        assert 1 <= held <= evidence.points
        assert evidence.kind != "redemption" or held == evidence.points


@given(policies(), THRESHOLDS, EVIDENCE, ENFORCEMENT, DAYS)
def test_every_hold_ends_and_only_reviews_hold(policy, limits, evidence, enforcement, days) -> None:
    """A review says until when, what then and what ends it; nothing else has a hold."""
    found = decide(policy, limits, evidence, enforcement, days)
    assert (found.hold is not None) == (found.verdict is Outcome.REVIEW)
    if found.hold is not None:
        assert 0 <= found.hold.until_ms - evidence.recorded_ms <= 365 * DAY_MS
        assert "time" in found.hold.ends_by


@given(policies(), THRESHOLDS, EVIDENCE, DAYS)
def test_enforcement_only_softens(policy, limits, evidence, days) -> None:
    """What would have been is the same under every enforcement, and never milder than what is.

    Full enforcement does it, but for what is released by chance.
    """
    found = {name: decide(policy, limits, evidence, name, days)
             for name in ("observe", "hold", "full")}
    assert len({each.would_have for each in found.values()}) == 1
    severity = [found[name].verdict.severity for name in ("observe", "hold", "full")]
    assert severity == sorted(severity)
    assert found["full"].released or found["full"].verdict is found["full"].would_have
    assert found["observe"].verdict is Outcome.APPROVE
    assert [found[name].enforced for name in found] == [False, True, True]


@given(policies(), THRESHOLDS, EVIDENCE, CHANCES, DAYS)
def test_a_higher_score_is_never_treated_more_mildly(policy, limits, evidence, score, days) -> None:
    """Raising the score raises severity and points held, or leaves them."""
    low, high = sorted([score, evidence.score or 0.0])
    mild = decide(policy, limits, evidence._replace(score=low), "full", days)
    hard = decide(policy, limits, evidence._replace(score=high), "full", days)
    assert mild.verdict.severity <= hard.verdict.severity
    assert mild.points_held <= hard.points_held


@given(policies(), THRESHOLDS, EVIDENCE, st.sampled_from(["allowed", "snoozed"]), ENFORCEMENT, DAYS)
def test_behaviour_holds_nothing_of_who_is_allowed(
        policy, limits, evidence, listed, enforcement, days) -> None:
    """An allowed or snoozed subject is free of behaviour; proof, facts and caps act as ever."""
    found = decide(policy, limits, evidence._replace(**{listed: ("device",)}), enforcement, days)
    unjudged = evidence._replace(score=None, anomaly=None, ring=None, allowed=(), snoozed=())
    assert found == decide(policy, limits, unjudged, enforcement, days)
    assert not set(found.grounds) & BEHAVIOUR


@given(policies(), THRESHOLDS, EVIDENCE, ENFORCEMENT, DAYS)
def test_only_behaviour_is_released_by_chance(
        policy, limits, evidence, enforcement, days) -> None:
    """A release has a known chance of at most 0.2, and no proof, missing fact or cap beside it."""
    found = decide(policy, limits, evidence, enforcement, days)
    if found.release_chance is not None:
        assert enforcement != "observe"
        assert set(found.grounds) <= BEHAVIOUR
        assert 0 <= found.release_chance <= 0.2
        assert 0 < evidence.points <= policy.random_release.most_points
        assert (found.release_chance == 0) == (
            evidence.released_today >= policy.random_release.per_day)
    if found.released:
        assert found.release_chance
        assert (found.verdict, found.would_have) == (Outcome.APPROVE, Outcome.REVIEW)
        assert found.enforced
