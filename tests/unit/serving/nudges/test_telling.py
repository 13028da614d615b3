"""Findings in words: every kind, in every language, with its own figures and no others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from features.contract import PERSONAS, REWARD_KINDS, TIERS
from models.nudges import KINDS
from models.nudges.finding import FAILS, LEFT, RING, SURGE, WORKS
from serving.nudges.feed import words
from serving.nudges.kept import Kept, Seen
from serving.nudges.naming import Names
from serving.nudges.telling import Telling
from serving.nudges.trends import trends
from serving.roles import RETAINED

if TYPE_CHECKING:
    from collections.abc import Callable

LANGUAGES = ("en", "id", "es")


def given(kind: str) -> dict[str, Any]:
    """Segment and figures of a kind."""
    if kind in (WORKS, FAILS):
        return {"segment_kind": "mission", "segment": "come-back", "size": 0.1, "low": 0.06,
                "high": 0.14, "expected": 0.02, "evidence": {"partners": 500.0, "even": 0.02}}
    if kind == RING:
        return {"segment_kind": "ring", "segment": "3", "observed": 6.0, "expected": 0.4,
                "size": 1.5, "low": 0.5, "high": 3.0, "evidence": {"before": 4.0, "now": 10.0}}
    more = {"came": 90.0} if kind == LEFT else {}
    grows = {} if kind in ("drop", LEFT) else {"size": 0.8, "low": 0.5, "high": 1.1}
    return {"evidence": {"days": 7.0, **more}, **grows,
            **({"what": "scans"} if kind == SURGE else {})}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_one_whole_sentence(
    world: Any, finding: Callable[..., Any], kind: str, language: str
) -> None:
    """Nothing is left in braces, the size is in it, and all that goes with a nudge is said."""
    journal = world.home.journal()
    kept = Kept(0, 9, (Seen(finding(kind, **given(kind)), 1_740_873_600_000),))
    (nudge,) = trends(journal, kept, words(), language)
    said = [nudge.text, nudge.why_now, nudge.innocent, nudge.next_step, *nudge.evidence]
    for sentence in said:
        assert sentence.endswith("."), sentence
        assert not re.search(r"[{}]|\bnan\b|\binf\b", sentence), sentence
        assert sentence[0] == sentence[0].upper()
    assert re.search(r"\d", nudge.text)
    assert nudge.link.startswith("/")
    assert len(nudge.evidence) >= 2
    assert nudge.key == f"{kind}:{nudge.subject['kind']}:{given(kind).get('segment', 1)}"


def test_the_figures_are_those_of_the_finding(world: Any, finding: Callable[..., Any]) -> None:
    """Size, interval, segment, days and money, as a person checks them."""
    journal = world.home.journal()
    region = journal.number("region", "java")
    kept = Kept(0, 9, (Seen(finding(segment=region), 1_740_873_600_000),))
    (nudge,) = trends(journal, kept, words(), "en")
    assert nudge.text == (
        "Region java: members came 140 times in 7 days, 30% fewer than the 200 to be expected "
        "(between 20% and 40% fewer).")
    assert "Feb 20, 2025 to Feb 26, 2025" in nudge.why_now
    assert "First seen on Mar 2, 2025" in nudge.why_now
    assert nudge.evidence[2] == "About 90 IDR at stake."
    assert nudge.link == "/retention/campaigns/new?program=acme&state=slipping&region=java"
    assert nudge.subject == {"kind": "region", "id": "java"}


def test_more_than_usual_is_told_as_times(world: Any, finding: Callable[..., Any]) -> None:
    """A sevenfold leak is no 600 percent."""
    journal = world.home.journal()
    one = finding("leak", "sku", journal.number("sku", "wire"), size=6.0, low=4.0, high=8.0,
                  expected=2.0, observed=14.0, evidence={"days": 3.0})
    telling = Telling(words(), Names(journal, words()), "en", "IDR")
    assert "7 times what was to be expected (between 5 times and 9 times)" in telling.sentence(one)


def test_words_are_there_for_every_segment(world: Any) -> None:
    """Positions of the contract's words, ids of the journal, and what nobody knows."""
    journal = world.home.journal()
    names = Names(journal, words())
    for kind, listed in (("persona", PERSONAS), ("tier", TIERS), ("reward_kind", REWARD_KINDS)):
        for place, word in enumerate(listed):
            assert names.plain(kind, place) == word
            assert all(names.who(kind, place, language) for language in LANGUAGES)
    assert names.who("rep", journal.number("member", "m-3"), "en") == "members of field rep m-3"
    assert names.who("ring", str(journal.number("member", "m-3")), "en") == "the ring around m-3"
    assert names.who("region", 999, "en") == "region not known"
    assert names.who("program", 0, "id") == "seluruh program"


def test_kinds_of_the_retention_desk_are_kinds() -> None:
    assert set(KINDS) > RETAINED
