"""The pass over the journal: what live would have said of every event, and nothing skipped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.policy import Policy
from serving.backtest.candidate import IN_FORCE, Candidate, candidates
from serving.backtest.sweep import sweep
from serving.champion import load_champion
from serving.held import bits_of
from serving.history import judge_history
from serving.listed import Listed
from serving.live import Live

if TYPE_CHECKING:
    from serving.backtest.swept import Acts

COLUMNS = ("verdict", "would_have", "grounds", "held", "released")
RELEASING = ('version: "r"\nthresholds: {score: 0.0, anomaly: never}\n'
             "random_release: {share: 0.2, most_points: 500, per_day: 2, salt: s}\n")


def tried(home: Any, text: str = "") -> Candidate:
    journal = home.journal()
    bundle = load_champion(home, journal)
    return Candidate("a", replace(bundle, policy=Policy.parse(text)) if text else bundle)


def agree(one: Acts, other: Acts) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in COLUMNS)


def swept(home: Any, *own: Candidate, **options: Any) -> Any:
    return sweep(home.journal(), home.catalog("acme"), own, **options)


@pytest.mark.parametrize("text", ["", RELEASING])
def test_what_is_in_force_says_what_replay_says(rich: Any, text: str) -> None:
    """Event by event: verdict, points held, grounds and releases of the live path."""
    candidate = tried(rich, text)
    found = swept(rich, candidate)
    acts, events = found.acts[0], found.events
    live = Live(rich.journal(), candidate.bundle, rich.catalog("acme"))
    verdicts = [verdict for _, verdict in judge_history(live, np.sort(events.event))]
    words = ["approve", "review", "decline"]
    assert [words.index(each.verdict.value) for each in verdicts] == acts.verdict.tolist()
    assert [words.index(each.would_have.value) for each in verdicts] == acts.would_have.tolist()
    assert [each.points_held for each in verdicts] == acts.held.tolist()
    assert [each.released for each in verdicts] == acts.released.tolist()
    assert [bits_of(each.grounds) for each in verdicts if each.would_have.value != "approve"] == (
        acts.grounds[acts.would_have > 0].tolist())
    assert len(set(acts.verdict.tolist())) == 3
    facts = np.bitwise_or.reduce(acts.grounds)
    assert facts & bits_of(("proof", "missing_fact", "cap", "score")) == bits_of(
        ("proof", "missing_fact", "cap", "score"))
    assert found.judged < len(events) or text


def test_most_events_are_set_aside(rich: Any) -> None:
    """A policy that looks at hard facts alone judges no more than those that have any."""
    found = swept(rich, tried(rich, 'version: "1"\nthresholds: {score: never, anomaly: never}\n'))
    assert 0 < found.judged < len(found.events) / 2


limits = st.one_of(st.sampled_from(["bundle", "never"]), st.floats(0, 1))
steps = st.one_of(st.just("never"), st.floats(0, 0.3))
policies = st.fixed_dictionaries({
    "version": st.just("drawn"),
    "thresholds": st.fixed_dictionaries({
        "score": limits, "anomaly": limits, "ring": limits, "stakes": st.booleans(),
        "by_kind": st.dictionaries(
            st.sampled_from(["scan", "referral", "redemption"]),
            st.fixed_dictionaries({"score": limits, "personas": st.dictionaries(
                st.sampled_from(["retailer", "distributor"]),
                st.fixed_dictionaries({"score": limits, "anomaly": limits}))}))}),
    "step_up": st.fixed_dictionaries({"score": steps}),
    "excused": st.just({"shared_device": ["device", "velocity"], "own_shop": ["place"]}),
    "random_release": st.sampled_from([{"share": 0.0}, {"share": 0.2, "per_day": 2}]),
})


@settings(max_examples=15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(policies, st.sampled_from([{}, {"scan": 60.0, "redemption": 30.0}]),
       st.floats(0, 1), st.floats(0, 1))
def test_the_gate_never_passes_what_would_not_be_approved(
    rich: Any, raw: dict[str, Any], usual: dict[str, float], score: float, anomaly: float
) -> None:
    """Whatever the policy, setting events aside gives what judging every one alone gives."""
    candidate = tried(rich)
    policy = Policy.model_validate(raw)
    limits = replace(candidate.bundle.thresholds, usual_points=usual,
                     score={"scan": score, "redemption": 1 - score}, anomaly={"scan": anomaly})
    own = Candidate("a", replace(candidate.bundle, policy=policy, thresholds=limits))
    quick, whole = swept(rich, own), swept(rich, own, judges_all=True)
    assert whole.judged == len(whole.events)
    assert agree(quick.acts[0], whole.acts[0])


def test_candidates_do_not_touch_each_other(rich: Any) -> None:
    """Tried together each does what it does alone."""
    own = [tried(rich), tried(rich, RELEASING),
           tried(rich, 'version: "1"\nthresholds: {score: never, anomaly: 0.9}\n')]
    together = swept(rich, *own).acts
    for candidate, acts in zip(own, together, strict=True):
        assert agree(swept(rich, candidate).acts[0], acts)


def test_a_list_acts_from_its_moment(rich: Any) -> None:
    """A member denied half-way is declined from then on, one allowed is free of behaviour."""
    strict = tried(rich, 'version: "1"\nthresholds: {score: 0.0, anomaly: never}\n')
    events = swept(rich, strict).events
    member, ms = int(events.member[-1]), int(np.median(events.ms))
    denied = replace(strict, listed=Listed([("member", member, 1, None, ms)]))
    allowed = replace(strict, listed=Listed([("member", member, 2, None, ms)]))
    before, deny, allow = swept(rich, strict, denied, allowed).acts
    mine, later = events.member == member, events.ms >= ms
    assert (deny.verdict[mine & later] == 2).all()
    assert (deny.verdict[~(mine & later)] == before.verdict[~(mine & later)]).all()
    facts = bits_of(("proof", "missing_fact", "cap"))
    assert ((allow.grounds[mine & later] & ~np.uint16(facts)) == 0).all()
    assert (before.grounds[mine & later] & bits_of(("score",))).any()


def test_as_enforced_follows_the_policy_s_own_rules(rich: Any) -> None:
    """A program that observes holds nothing, and says what it would have done."""
    full, own = (swept(rich, tried(rich), enforcement=mode).acts[0] for mode in ("full", None))
    assert own.verdict.max() == 0
    assert np.array_equal(own.would_have, full.would_have)


def test_what_is_in_force_is_the_policy_applied_last(rich: Any) -> None:
    """The first candidate is the champion as it serves; what is not named stays."""
    found, notes = candidates(rich, rich.journal(), rich.catalog("acme"))
    assert [each.name for each in found] == [IN_FORCE]
    assert notes == []
    assert found[0].bundle.policy.version == load_champion(rich, rich.journal()).policy.version
