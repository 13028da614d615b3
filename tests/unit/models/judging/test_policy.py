"""policy.yaml in plain words: what it refuses, and what it changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import BadConfig
from models.answers import Outcome
from models.decision import DAY_MS, HOUR_MS, Evidence, decide
from models.policy import Policy
from models.proof import CapPassed, Proofs
from models.thresholds import Thresholds

POLICY = Policy.read()
LIMITS = Thresholds({"scan": 0.5, "redemption": 0.5}, {"scan": 0.99}, {"scan": 0.7})
UNKNOWN_CODE = Proofs(missing=("code_unknown",))
HARD = Proofs(hard=("code_void",))
CAP = Proofs(caps=(CapPassed("points_per_day", 560, 500, 60),))


def decided(policy=POLICY, enforcement="full", kind="scan", persona="retailer", points=100,
            proofs=None, score=None, anomaly=None, **more):
    evidence = Evidence(kind, persona, points, 0, proofs or Proofs(), score, anomaly, **more)
    return decide(policy, LIMITS, evidence, enforcement, hold_days=3)


def changed(old: str, new: str) -> Policy:
    assert old in POLICY.text
    return Policy.parse(POLICY.text.replace(old, new, 1))


@pytest.mark.parametrize(("score", "outcome"), [(0.49, "approve"), (0.5, "review"), (1.0, "review"),
                                                (None, "approve")])
def test_a_score_at_the_threshold_holds_and_never_declines(score, outcome) -> None:
    """Behaviour alone holds at the most, however sure the model is."""
    assert decided(score=score).verdict.value == outcome


def test_an_anomaly_can_outvote_a_confident_model() -> None:
    """What no confirmed case taught is still held."""
    found = decided(score=0.0, anomaly=0.995)
    assert (found.verdict, found.grounds) == (Outcome.REVIEW, ("anomaly",))


def test_a_kind_without_a_threshold_is_not_held_by_behaviour() -> None:
    """A bundle that set no threshold for referrals holds none."""
    assert decided(kind="referral", score=1.0, anomaly=1.0).verdict is Outcome.APPROVE


def test_proof_declines_all_points() -> None:
    """Hard proof declines, whatever the scores say, and nothing is left pending."""
    found = decided(proofs=HARD, score=0.0)
    assert (found.verdict, found.points_held, found.hold) == (Outcome.DECLINE, 100, None)


def test_a_missing_fact_holds_all_and_keeps_what_nobody_decides() -> None:
    """Points for an unknown code are not released by waiting."""
    found = decided(proofs=UNKNOWN_CODE)
    assert (found.verdict, found.points_held, found.hold.then) == (Outcome.REVIEW, 100, "keep")


def test_a_cap_holds_what_lies_beyond_until_time_passes() -> None:
    """The points up to the cap are credited, the rest waits for the day to pass."""
    found = decided(proofs=CAP)
    assert (found.points_held, found.hold.then, found.hold.ends_by) == (60, "release", ("time",))


def test_a_held_redemption_is_reserved_whole() -> None:
    """Nothing is sent: there is no half of a reward."""
    assert decided(kind="redemption", proofs=CAP).points_held == 100
    assert decided(kind="redemption", score=0.9).points_held == 100


def test_every_hold_ends_after_the_programs_days() -> None:
    """A hold has a moment, what happens then, and time among what ends it."""
    hold = decided(score=0.9).hold
    assert (hold.until_ms, hold.then) == (3 * DAY_MS, "release")
    assert hold.ends_by == ("document", "visit", "time")


def test_observing_approves_and_says_what_it_would_have_done() -> None:
    """While a program observes nothing is held or declined."""
    found = decided(enforcement="observe", proofs=HARD)
    assert (found.verdict, found.enforced, found.points_held, found.hold) == (
        Outcome.APPROVE, False, 0, None)
    assert found.would_have is Outcome.DECLINE


def test_holding_turns_a_decline_into_a_whole_hold() -> None:
    """Under ``hold`` proof is held whole and kept unless somebody decides otherwise."""
    found = decided(enforcement="hold", proofs=HARD)
    assert (found.verdict, found.enforced, found.would_have) == (
        Outcome.REVIEW, True, Outcome.DECLINE)
    assert (found.points_held, found.hold.then) == (100, "keep")


def test_an_event_of_no_points_is_not_held() -> None:
    """There is nothing to hold; proof still declines it."""
    assert decided(points=0, score=1.0).verdict is Outcome.APPROVE
    assert decided(points=0, proofs=HARD).verdict is Outcome.DECLINE
    assert decided(points=0, proofs=HARD, enforcement="hold").verdict is Outcome.APPROVE


def test_a_number_in_the_policy_overrides_the_bundle() -> None:
    """The program's own threshold wins over the trained one; never switches the rule off."""
    assert decided(changed("score: bundle", "score: 0.2"), score=0.3).verdict is Outcome.REVIEW
    assert decided(changed("score: bundle", "score: never"), score=1.0).verdict is Outcome.APPROVE


def test_kinds_and_personas_override_the_rest() -> None:
    """The narrowest number counts."""
    policy = changed("by_kind: {}",
                     "by_kind: {scan: {score: 0.3, personas: {distributor: {score: 0.9}}}}")
    assert decided(policy, score=0.4).verdict is Outcome.REVIEW
    assert decided(policy, score=0.4, persona="distributor").verdict is Outcome.APPROVE
    assert decided(policy, kind="redemption", score=0.4).verdict is Outcome.APPROVE


def test_a_share_of_the_points_can_be_held() -> None:
    """Half held is rounded up, and at least one point."""
    policy = changed("scan: 1.0", "scan: 0.5")
    assert [decided(policy, score=0.9, points=points).points_held for points in (101, 1)] == [51, 1]


def test_a_share_can_differ_by_persona() -> None:
    """What is held of a distributor's scans is his own share; a redemption is held whole."""
    policy = Policy.parse("""
version: "1"
share_held: {scan: 0.5, personas: {distributor: {scan: 0.2}}}""")
    held = [decided(policy, score=0.9, persona=persona, kind=kind).points_held
            for persona, kind in (("retailer", "scan"), ("distributor", "scan"),
                                  ("distributor", "redemption"))]
    assert held == [50, 20, 100]


def test_a_ring_holds_by_its_own_score() -> None:
    """Who belongs to a ring is held though his own events look like any other's."""
    assert decided(score=0.0, ring=0.7).grounds == ("ring",)
    assert decided(score=0.0, ring=0.69).verdict is Outcome.APPROVE
    assert decided(changed("ring: bundle", "ring: never"), ring=1.0).verdict is Outcome.APPROVE


STEP_UP = Policy.parse("""
version: "1"
step_up: {hours: 12, by_kind: {scan: {score: 0.3, personas: {promoter: {score: never}}}}}
after_hold: {behaviour: keep}
ends_by: {scan: [visit, time]}""")


def test_a_step_up_waits_for_hours_and_then_credits() -> None:
    """Between the step-up and the hold an event cools off, whatever a hold would end with."""
    hold = decided(STEP_UP, score=0.4).hold
    assert (hold.until_ms, hold.then, hold.ends_by) == (
        12 * HOUR_MS, "release", ("document", "time"))
    assert decided(STEP_UP, score=0.4).grounds == ("step_up",)
    assert decided(STEP_UP, score=0.29).verdict is Outcome.APPROVE
    assert decided(STEP_UP, score=0.4, persona="promoter").verdict is Outcome.APPROVE


def test_above_the_hold_there_is_no_step_up() -> None:
    """A score that holds, holds; an anomaly does too, however low the score."""
    assert decided(STEP_UP, score=0.5).grounds == ("score",)
    assert decided(STEP_UP, score=0.4, anomaly=1.0).grounds == ("anomaly",)
    assert decided(STEP_UP, score=0.5).hold.then == "keep"


def test_a_cap_outlasts_a_step_up() -> None:
    """Two grounds hold as long as the longer one, and take what ends either."""
    hold = decided(STEP_UP, score=0.4, proofs=CAP).hold
    assert (hold.until_ms, hold.ends_by) == (3 * DAY_MS, ("document", "time"))


def test_days_of_a_hold_can_differ_by_ground() -> None:
    """A missing fact may take a week though behaviour is decided in a day."""
    policy = changed("hold_days: {}", "hold_days: {missing_fact: 7, behaviour: 1}")
    ends = [decided(policy, score=score, proofs=proofs).hold.until_ms // DAY_MS
            for score, proofs in ((0.9, None), (None, UNKNOWN_CODE), (0.9, UNKNOWN_CODE),
                                  (None, CAP))]
    assert ends == [1, 7, 7, 3]


def test_what_is_allowed_or_snoozed_is_free_of_behaviour_only() -> None:
    """A list of innocents never outweighs a fact."""
    for listed in ("allowed", "snoozed"):
        mine = {listed: ("member",)}
        assert decided(score=1.0, anomaly=1.0, ring=1.0, **mine).verdict is Outcome.APPROVE
        assert decided(proofs=HARD, **mine).verdict is Outcome.DECLINE
        assert decided(proofs=CAP, score=1.0, **mine).points_held == 60


def test_what_is_watched_waits_for_a_person_whoever_it_is_from() -> None:
    """Held whole and let go by time; neither an allowed member nor chance is let through by it."""
    mine = {"watched": ("batch",), "score": 0.0}
    found = decided(**mine)
    assert (found.verdict, found.grounds, found.points_held) == (Outcome.REVIEW, ("watch",), 100)
    assert (found.hold.until_ms, found.hold.then) == (3 * DAY_MS, "release")
    for listed in ("allowed", "snoozed"):
        assert decided(**mine, **{listed: ("member",)}).verdict is Outcome.REVIEW
    chancy = changed("share: 0.0", "share: 0.2") if "share: 0.0" in POLICY.text else POLICY
    drawn = [decided(chancy, **mine, event_id=f"e-{n}").released for n in range(200)]
    assert not any(drawn)
    assert decided(proofs=HARD, **mine).verdict is Outcome.DECLINE
    assert decided(enforcement="observe", **mine).would_have is Outcome.REVIEW


def test_a_peak_excuses_what_it_brings() -> None:
    """A festival's pace is no evidence, nor what an error of the program's own caused."""
    assert POLICY.excuses(frozenset(), frozenset({"season"})) == {"velocity"}
    assert "amount" in POLICY.excuses(frozenset(), frozenset({"alarm"}))
    assert POLICY.excuses(frozenset({"own_shop"}), frozenset({"season"})) == {"place", "velocity"}
    assert Policy.parse('version: "1"').excuses(frozenset(), frozenset({"alarm"})) == frozenset()


def test_a_policy_of_before_keeps_its_version() -> None:
    """Keys that came later say nothing while they are left out: bundles that hold one agree."""
    assert Policy.parse('version: "1"').version == "1-e6909747"
    spelt = Policy.parse("""
version: "1"
thresholds: {ring: bundle, stakes: true}
step_up: {hours: 24}
share_held: {personas: {}}
random_release: {share: 0}""")
    assert spelt.version == "1-e6909747"
    assert Policy.parse('{version: "1", random_release: {salt: a}}').version != spelt.version


def test_the_version_changes_with_any_rule_and_not_with_comments() -> None:
    """A version names what the rules say."""
    assert changed("score: bundle", "score: 0.2").version != POLICY.version
    assert changed("# What ends a hold", "# How a hold ends").version == POLICY.version
    assert changed('version: "1"', 'version: "2"').version.startswith("2-")


@pytest.mark.parametrize(("old", "new", "said"), [
    ("score: bundle", "score: 1.5", "policy.yaml"),
    ("score: bundle", "score: sometimes", "policy.yaml"),
    ("[document, visit, time]", "[document, visit]", "time, as every hold ends"),
    ("[document, visit, time]", "[a call, time]", "one of document, visit, activity, time"),
    ("shared_device: [device", "shared_device: [weather", "one of code, velocity"),
    ("shared_device:", "shared_car:", "one of shared_device"),
    ("behaviour: release", "behaviour: decline", "policy.yaml"),
    ("share_held:", "share_hold:", "share_held"),
    ('version: "1"', "", "version"),
    ("scan: 1.0", "scan: 0", "policy.yaml"),
    ("costs: {}", "costs: {missed_fraud_multiplier: -1}", "greater than or equal to 0"),
    ("costs: {}", "costs: {review_minutes: 4}", "review_minutes and review_minute together"),
    ("costs: {}", "costs: {future_value: {margin_per_point: -0.1}}", "margin_per_point"),
    ("  share: 0\n", "  share: 0.3\n", "less than or equal to 0.2"),
    ("hold_days: {}", "hold_days: {cap: 0}", "hold_days.cap"),
    ("hours: 24", "hours: 100000", "step_up.hours"),
    ("festival: [velocity", "festival: [weather", "one of code, velocity"),
    ("  festival:", "  carnival:", "one of season, campaign, festival, alarm"),
    ("enforcement: []", "enforcement: [{mode: strict}]", "observe"),
    ("enforcement: []", "enforcement: [{mode: full, kinds: [visit]}]", "one of scan"),
])
def test_a_policy_that_breaks_its_schema_is_refused(old, new, said) -> None:
    """Wrong words and numbers are refused with the key and what it may hold."""
    assert old in POLICY.text
    with pytest.raises(BadConfig) as caught:
        Policy.parse(POLICY.text.replace(old, new, 1))
    assert said in str(caught.value)


def test_a_policy_that_is_a_list_is_refused() -> None:
    """A file that is no mapping is refused."""
    with pytest.raises(BadConfig, match="with a key per rule"):
        Policy.parse("- a")


@pytest.mark.parametrize("limits", [{"scan": 1.5}, {"scans": 0.5}, {"scan": float("nan")}])
def test_thresholds_outside_their_range_are_refused(limits) -> None:
    """A bundle's threshold is a number of 0 to 1 for a kind of event."""
    with pytest.raises(BadConfig, match="a score threshold of 0 to 1"):
        Thresholds(limits)


@pytest.mark.parametrize(("points", "is_held"), [(50, False), (200, True), (10, False)])
def test_points_move_a_limit_that_the_bundle_found(points: int, is_held: bool) -> None:
    """Four times the usual points count with twice the odds; a written limit is as it is."""
    limits = Thresholds({"scan": 0.6}, usual_points={"scan": 50.0})
    assert POLICY.reaches("score", "scan", None, limits, 0.5, points) is is_held
    assert not changed("score: bundle", "score: 0.6").reaches(
        "score", "scan", None, limits, 0.5, points)
    assert not changed("  stakes: true", "  stakes: false").reaches(
        "score", "scan", None, limits, 0.5, points)


@given(st.floats(0, 1), st.integers(1, 10**6), st.integers(1, 10**6))
def test_more_points_never_count_for_less(number: float, few: int, more: int) -> None:
    """Weighing keeps the order of scores and of points."""
    limits = Thresholds(usual_points={"scan": 50.0})
    low, high = sorted((few, more))
    assert limits.weigh("scan", number, low) <= limits.weigh("scan", number, high)
    assert 0 <= limits.weigh("scan", number, high) <= 1
