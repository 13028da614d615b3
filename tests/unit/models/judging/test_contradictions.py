"""Policies whose keys are right and whose whole is not: refused with a sentence."""

from __future__ import annotations

import pytest

from features.errors import BadConfig
from features.exports.program import Program
from models.contradictions import check
from models.policy import Policy
from models.thresholds import Thresholds

OBSERVING = Program(program_id="acme", enforcement="observe")
HOLDING = Program(program_id="acme", enforcement="hold")


def parsed(rules: str) -> Policy:
    return Policy.parse(f'version: "1"\n{rules}')


@pytest.mark.parametrize(("rules", "said"), [
    ("enforcement: [{mode: full, share: 0}]", "a share of 0 of the members"),
    ("enforcement: [{mode: hold}, {kinds: [scan], mode: full}]",
     "rule 2 (full for scan in all regions), behind rules that take all of its events"),
    ("enforcement: [{kinds: [scan, referral], mode: hold}, {kinds: [redemption], mode: full}, "
     "{regions: [java], mode: observe}]", "rule 3"),
    ("enforcement: [{regions: [java], mode: hold}, {regions: [java], kinds: [scan], mode: full}]",
     "rule 2"),
    ("thresholds: {score: 0.4}\nstep_up: {score: 0.4}",
     "scan: a step_up from 0.4 and a hold from 0.4"),
    ("thresholds: {score: 0.9, by_kind: {redemption: {personas: {promoter: {score: 0.2}}}}}\n"
     "step_up: {score: 0.5}", "redemption of a promoter: a step_up from 0.5 and a hold from 0.2"),
    ("hold_days: {behaviour: 1}\nstep_up: {score: 0.1, hours: 25}", "take at most 24 hours"),
    ("random_release: {share: 0.1, per_day: 0}", "per_day: 0"),
    ("random_release: {share: 0.1, most_points: 0}", "most_points: 0"),
    ("random_release: {share: 0.1}\nenforcement: [{mode: observe}]",
     "every rule of enforcement observes"),
    ("bulk: {channels: [file], personas: []}", "no personas"),
])
def test_a_policy_that_contradicts_itself_is_refused(rules, said) -> None:
    """The sentence says what was wanted, what came and what to do."""
    with pytest.raises(BadConfig) as caught:
        parsed(rules)
    assert said in str(caught.value)
    assert "Wanted policy.yaml with" in str(caught.value)
    assert "To do: " in str(caught.value)


@pytest.mark.parametrize("rules", [
    "enforcement: [{mode: hold, share: 0.5}, {mode: full}]",
    "enforcement: [{regions: [java], mode: hold}, {mode: full}]",
    "enforcement: [{kinds: [scan], mode: hold}, {regions: [java], mode: full}]",
    "thresholds: {score: never}\nstep_up: {score: 0.9}",
    "thresholds: {score: bundle}\nstep_up: {score: 0.9}",
    "step_up: {hours: 700}\nhold_days: {behaviour: 1}",
    "random_release: {share: 0.1}\nenforcement: [{mode: observe, share: 0.5}]",
    "bulk: {channels: [], personas: []}",
])
def test_a_policy_that_can_be_followed_is_taken(rules) -> None:
    """Rules that overlap in part, or sections not used, contradict nothing."""
    assert parsed(rules).name == "1"


def test_the_bundle_s_thresholds_are_thresholds_too() -> None:
    """A step-up above what training found is out of order, though the file does not show it."""
    policy = parsed("step_up: {by_kind: {referral: {score: 0.5}}}")
    check(policy, thresholds=Thresholds({"scan": 0.1, "referral": 0.6}))
    with pytest.raises(BadConfig, match=r"a step_up from 0\.5 and a hold from 0\.3"):
        check(policy, thresholds=Thresholds({"referral": 0.3}))


def test_a_program_that_observes_has_nothing_to_release() -> None:
    """What the program does counts where no rule of the policy says otherwise."""
    policy = parsed("random_release: {share: 0.1}")
    check(policy, program=HOLDING)
    with pytest.raises(BadConfig, match="observing lets everything through"):
        check(policy, program=OBSERVING)


def test_a_step_up_is_shorter_than_the_program_s_holds() -> None:
    """The program's days count where the policy names none."""
    policy = parsed("step_up: {score: 0.1, hours: 73}")
    check(policy)
    with pytest.raises(BadConfig, match="73 hours of step_up and 3 days"):
        check(policy, program=HOLDING)
