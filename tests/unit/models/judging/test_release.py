"""Random release: a known chance, a cap, and the same draw each time."""

from __future__ import annotations

from models.answers import Outcome
from models.decision import Evidence, decide
from models.policy import Policy
from models.proof import CapPassed, Proofs
from models.release import released
from models.sections import RandomRelease
from models.thresholds import Thresholds

RULE = RandomRelease(share=0.1, most_points=500, per_day=5, salt="s")
POLICY = Policy.parse("""
version: "1"
random_release: {share: 0.2, most_points: 500, per_day: 5}""")
LIMITS = Thresholds({"scan": 0.5})
HELD = Evidence("scan", None, 100, 0, Proofs(), 0.9, None)
NAMES = [f"e{number}" for number in range(4000)]


def decided(evidence: Evidence, mode: str = "full"):
    return decide(POLICY, LIMITS, evidence, mode, 3)


def test_the_share_is_let_through() -> None:
    """About a tenth, drawn by the event's id alone."""
    drawn = [released(RULE, name, 100, 0)[1] for name in NAMES]
    assert abs(sum(drawn) - 400) < 80  # four standard deviations are 76
    assert drawn == [released(RULE, name, 499, 4)[1] for name in NAMES]


def test_another_salt_draws_anew() -> None:
    """Two draws agree by chance only."""
    other = RULE.model_copy(update={"salt": "t"})
    both = sum(released(RULE, name, 1, 0)[1] and released(other, name, 1, 0)[1] for name in NAMES)
    assert both < 80  # 40 of 4,000 are expected


def test_the_day_s_cap_and_the_most_points_end_it() -> None:
    """Beyond the cap the chance is 0; above the points an event was never eligible."""
    assert released(RULE, "e1", 100, 5) == (0.0, False)
    assert released(RULE, "e1", 501, 0) == (None, False)
    assert released(RandomRelease(), "e1", 1, 0) == (None, False)


def test_a_released_event_is_approved_and_says_so() -> None:
    """Enforced and approved, though it would have been held; its chance is kept."""
    drawn = next(name for name in NAMES if decided(HELD._replace(event_id=name)).released)
    found = decided(HELD._replace(event_id=drawn))
    assert (found.verdict, found.would_have, found.enforced) == (
        Outcome.APPROVE, Outcome.REVIEW, True)
    assert (found.points_held, found.hold, found.release_chance) == (0, None, 0.2)


def test_an_event_that_was_not_drawn_keeps_its_chance_too() -> None:
    """Whoever weighs needs the chance of every eligible event."""
    held = next(name for name in NAMES if not decided(HELD._replace(event_id=name)).released)
    found = decided(HELD._replace(event_id=held))
    assert (found.verdict, found.release_chance) == (Outcome.REVIEW, 0.2)


def test_facts_are_never_released() -> None:
    """Proof, a missing fact or a cap beside the score leave nothing to chance."""
    for proofs in (Proofs(hard=("code_void",)), Proofs(missing=("code_unknown",)),
                   Proofs(caps=(CapPassed("points_per_day", 9, 8, 1),))):
        for mode in ("hold", "full"):
            for name in NAMES[:50]:
                found = decided(HELD._replace(proofs=proofs, event_id=name), mode)
                assert (found.release_chance, found.released) == (None, False)


def test_nothing_is_drawn_while_observing_or_where_nothing_is_held() -> None:
    """What passes anyway has no chance of its own."""
    assert decided(HELD, "observe").release_chance is None
    assert decided(HELD._replace(score=0.1)).release_chance is None


def test_weights_by_the_chance_stand_for_all_that_was_held() -> None:
    """Points let through, each by 1 / chance, sum to the points at stake: Horvitz-Thompson."""
    points = [10 + number % 90 for number in range(len(NAMES))]
    told = [(each, *released(RULE, name, each, 0))
            for name, each in zip(NAMES, points, strict=True)]
    estimate = sum(each / chance for each, chance, is_drawn in told if is_drawn)
    assert abs(estimate / sum(points) - 1) < 0.2
