"""What is done with an event while a part of Jaga is away: the policy's ``fail``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.errors import BadConfig
from models.champion import LOST_BUNDLE, NO_BUNDLE
from models.difference import differences
from models.judgement import judge
from models.occasion import Occasion
from models.policy import Policy
from models.texts import Texts
from models.thresholds import Thresholds

DAY_MS = 86_400_000


def failing(bundle, program, event_id="e1", kind="scan", points=100, *, fail="", usual=None,
            degraded="state", mode="full", row=None, **more):
    """Verdict of an event of which nothing speaks but its points."""
    policy = Policy.parse(f"{{version: '1', after_hold: {{behaviour: keep}}, fail: {{{fail}}}}}")
    bundle = replace(bundle, policy=policy, **({} if usual is None else
                     {"thresholds": Thresholds(usual_points=usual)}))
    vector = np.full(len(bundle.event_features), np.nan) if row is None else row
    return judge(bundle, program, Occasion(event_id, kind, points, DAY_MS, **more), vector,
                 enforcement=mode, degraded=degraded)


@pytest.mark.parametrize(("fail", "usual", "limit"), [
    ("hold_above: {scan: 99}", None, 99), ("hold_above: {scan: 100}", None, None),
    ("hold_above: {scan: 0}", None, 0), ("hold_above: {scan: never}", {"scan": 1.0}, None),
    ("", {"scan": 24.9}, 99.6), ("", {"scan": 25.0}, None), ("", {"referral": 1.0}, None),
    ("hold_above: {redemption: 5}", {"scan": 30.0}, None)])
def test_it_holds_above_the_points_of_the_policy(bundle, program, fail, usual, limit) -> None:
    """A number, never, or four times what is usual; where that is not known, nothing."""
    for degraded in ("model", "state"):
        found = failing(bundle, program, fail=fail, usual=usual, degraded=degraded)
        assert found.verdict.value == ("approve" if limit is None else "review")
        assert found.points_held == (0 if limit is None else 100)
        assert [(reason.code, reason.value, reason.usual) for reason in found.reasons] == (
            [] if limit is None else [(f"degraded.{degraded}", 100, limit)])


def test_it_ends_by_time_and_is_credited(bundle, program) -> None:
    """Whatever the policy does after behaviour: nobody looked, so nobody is the worse for it."""
    found = failing(bundle, program, fail="hold_above: {scan: 9}")
    assert found.hold.then == "release"
    assert found.hold.until_ms == DAY_MS + program.hold_days * DAY_MS
    assert "time" in found.hold.ends_by
    assert found.grounds == ("degraded",)


def test_without_a_failure_it_says_nothing(bundle, program) -> None:
    """Neither of a verdict that is whole, nor of a program that never had a model."""
    rule = "hold_above: {scan: 0, referral: 0, redemption: 0}"
    assert not failing(bundle, program, fail=rule, degraded=False).reasons
    for kind in ("scan", "referral", "redemption"):
        young = failing(replace(bundle, bundle_id=NO_BUNDLE), program, kind=kind, fail=rule,
                        degraded="model")
        assert (young.verdict.value, young.degraded) == ("approve", "model")
        lost = failing(replace(bundle, bundle_id=LOST_BUNDLE), program, kind=kind, fail=rule,
                       degraded="model")
        assert lost.verdict.value == "review"


def test_proof_and_missing_facts_weigh_as_ever(bundle, program) -> None:
    """Proof declines, a missing fact keeps, whatever the points."""
    row = np.full(len(bundle.event_features), np.nan)
    row[bundle.index["code_credited_other"]] = 1
    assert failing(bundle, program, row=row, fail="hold_above: {scan: 9}").verdict.value == (
        "decline")
    row[:] = np.nan
    row[bundle.index["code_known"]] = 0
    held = failing(bundle, program, row=row, points=1, fail="hold_above: {scan: 9}")
    assert (held.verdict.value, held.hold.then) == ("review", "keep")


def test_observing_approves_and_says_what_it_would_have_done(bundle, program) -> None:
    """Nothing is held; a member on the allow list, or snoozed, is free of it altogether."""
    found = failing(bundle, program, fail="hold_above: {scan: 9}", mode="observe")
    assert (found.verdict.value, found.would_have.value, found.enforced) == (
        "approve", "review", False)
    for trusted in ({"allowed": ("member",)}, {"snoozed": ("device",)}):
        assert not failing(bundle, program, fail="hold_above: {scan: 9}", **trusted).reasons


def test_chance_never_releases_it(bundle, program) -> None:
    """A release by chance speaks for what behaviour held, and here nobody looked at behaviour."""
    policy = Policy.parse("{version: '1', fail: {hold_above: {scan: 9}}, "
                          "random_release: {share: 0.2, per_day: 1000000}}")
    for number in range(50):
        found = judge(replace(bundle, policy=policy), program,
                      Occasion(f"e{number}", "scan", 10, 0),
                      np.full(len(bundle.event_features), np.nan), enforcement="full",
                      degraded="model")
        assert (found.verdict.value, found.release_chance) == ("review", None)


def test_words_come_from_today_where_an_older_bundle_has_none(bundle, program) -> None:
    """In each language; a bundle keeps the catalogues it was trained with."""
    words = {language: {code: text for code, text in own.items()
                        if not code.startswith("degraded.")}
             for language, own in bundle.texts._words.items()}
    older = replace(bundle, texts=Texts(words))
    for language in ("en", "id", "es"):
        told = program.model_copy(update={"languages": (language,)})
        texts = {failing(each, told, fail="hold_above: {scan: 9}").reasons[0].text
                 for each in (bundle, older)}
        assert len(texts) == 1
        assert "100" in texts.pop()


@pytest.mark.parametrize("fail", [
    "hold_above: 9", "hold_above: {scan: -1}", "hold_above: {scan: often}", "model_ms: 0",
    "hold_above: {claim: 9}", "model_ms: 2000", "hold_above: {scan: 1.5}"])
def test_what_it_can_not_be_is_refused(fail) -> None:
    """The sentence names the key."""
    with pytest.raises(BadConfig, match="fail"):
        Policy.parse(f"{{version: '1', fail: {{{fail}}}}}")


def test_a_change_is_told_and_a_policy_that_says_nothing_keeps_its_version() -> None:
    """`jaga policy check` names the key."""
    old = Policy.parse("version: '1'")
    new = Policy.parse("{version: '1', fail: {hold_above: {scan: 900}, model_ms: 100}}")
    assert differences(old, new) == ["fail hold_above scan was usual and becomes 900",
                                     "fail model_ms was 250 and becomes 100"]
    assert Policy.parse("{version: '1', fail: {model_ms: 250}}").version == old.version
    assert new.version != old.version
