"""What holds for every decision, whatever policy, facts and scores come."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from features.contract import DECLARATIONS, PERSONAS
from models.answers import ENDS_BY, Outcome
from models.decision import DAY_MS, Evidence, decide
from models.families import FAMILIES
from models.policy import Policy
from models.proof import HARD, MISSING, CapPassed, Proofs
from models.thresholds import Thresholds

KINDS = ("scan", "referral", "redemption")
CHANCES = st.floats(0, 1)
LIMITS = st.one_of(st.sampled_from(["bundle", "never"]), CHANCES)
AFTER = st.sampled_from(["release", "keep"])


@st.composite
def policies(draw) -> Policy:
    """Any policy that the schema allows."""
    by_kind = st.dictionaries(st.sampled_from(KINDS), st.fixed_dictionaries(
        {"score": LIMITS, "anomaly": LIMITS},
        optional={"personas": st.dictionaries(st.sampled_from(PERSONAS),
                                              st.fixed_dictionaries({"score": LIMITS}))}))
    ends = st.lists(st.sampled_from(ENDS_BY[:-1]), unique=True).map(lambda some: (*some, "time"))
    return Policy.model_validate({
        "version": "p",
        "thresholds": {"score": draw(LIMITS), "anomaly": draw(LIMITS), "by_kind": draw(by_kind)},
        "share_held": {kind: draw(st.floats(0.001, 1)) for kind in ("scan", "referral")},
        "after_hold": {ground: draw(AFTER)
                       for ground in ("behaviour", "cap", "missing_fact", "proof")},
        "ends_by": {kind: draw(ends) for kind in KINDS},
        "excused": draw(st.dictionaries(st.sampled_from(DECLARATIONS),
                                        st.lists(st.sampled_from(FAMILIES)))),
    })


CAPS = st.builds(CapPassed, st.just("points_per_day"), st.integers(1, 10**9),
                 st.integers(0, 10**9), st.integers(0, 10**9))
PROOFS = st.builds(
    Proofs, st.lists(st.sampled_from(HARD), unique=True, max_size=2).map(tuple),
    st.lists(st.sampled_from(MISSING), max_size=1).map(tuple),
    st.lists(CAPS, max_size=2).map(tuple))
EVIDENCE = st.builds(
    Evidence, st.sampled_from(KINDS), st.one_of(st.none(), st.sampled_from(PERSONAS)),
    st.integers(0, 10**12), st.integers(0, 4 * 10**12), PROOFS,
    st.one_of(st.none(), CHANCES), st.one_of(st.none(), CHANCES))
THRESHOLDS = st.builds(Thresholds, st.dictionaries(st.sampled_from(KINDS), CHANCES),
                       st.dictionaries(st.sampled_from(KINDS), CHANCES))
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
        assert found.hold.until_ms == evidence.recorded_ms + days * DAY_MS
        assert "time" in found.hold.ends_by


@given(policies(), THRESHOLDS, EVIDENCE, DAYS)
def test_enforcement_only_softens(policy, limits, evidence, days) -> None:
    """What would have been is the same under every enforcement, and never milder than what is."""
    found = {name: decide(policy, limits, evidence, name, days)
             for name in ("observe", "hold", "full")}
    assert len({each.would_have for each in found.values()}) == 1
    severity = [found[name].verdict.severity for name in ("observe", "hold", "full")]
    assert severity == sorted(severity)
    assert found["full"].verdict is found["full"].would_have
    assert found["observe"].verdict is Outcome.APPROVE
    assert [found[name].enforced for name in found] == [False, True, True]


@given(policies(), THRESHOLDS, EVIDENCE, CHANCES, DAYS)
def test_a_higher_score_is_never_treated_more_mildly(policy, limits, evidence, score, days) -> None:
    """Raising the score raises severity and points held, or leaves them."""
    low, high = sorted([score, evidence.score or 0.0])
    mild = decide(policy, limits, replace(evidence, score=low), "full", days)
    hard = decide(policy, limits, replace(evidence, score=high), "full", days)
    assert mild.verdict.severity <= hard.verdict.severity
    assert mild.points_held <= hard.points_held
