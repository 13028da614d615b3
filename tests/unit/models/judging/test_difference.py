"""What a new policy changes, in words."""

from __future__ import annotations

from models.difference import differences
from models.policy import Policy

OLD = Policy.read()


def said(old: str, new: str) -> list[str]:
    assert old in OLD.text
    return differences(OLD, Policy.parse(OLD.text.replace(old, new, 1)))


def test_the_same_rules_differ_in_nothing() -> None:
    """Comments and keys spelt out are no change."""
    assert differences(OLD, OLD) == []
    assert said("hold_days: {}", "hold_days: {cap: null}  # as it was") == []


def test_each_key_that_changes_has_a_sentence() -> None:
    """What was and what becomes, under the words of the file."""
    assert said("score: bundle", "score: 0.3") == ["thresholds score was bundle and becomes 0.3"]
    assert said("by_kind: {}", "by_kind: {scan: {score: 0.2}}") == [
        "thresholds by_kind scan score is new: 0.2"]
    assert said("own_shop: [place]", "") == ["excused own_shop was place and goes"]
    assert said("enforcement: []", "enforcement: [{kinds: [scan], mode: full}]") == [
        "enforcement rule 1 kinds is new: scan",
        "enforcement rule 1 mode is new: full", "enforcement rule 1 share is new: 1"]
