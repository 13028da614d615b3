"""A campaign.yaml says what it means, or is refused with what to mend."""

from __future__ import annotations

import pytest

from features.errors import BadConfig
from features.exports.program import Program
from serving.campaigns.standing import StandingCampaign, check

BASE = """id: back
name: Win back
monthly_budget_points: 900
starts_at: 2026-01-01T00:00:00+07:00
ends_at: 2026-07-01T00:00:00+07:00
"""


@pytest.mark.parametrize(("more", "wanted"), [
    ("control: 0\n", "control: a share above 0 and below 1"),
    ("control: 1\n", "control: a share above 0 and below 1"),
    ("control: 1.5\n", "control: a share above 0 and below 1"),
    ("budget: 5\n", "known keys; came the key budget"),
    ("segment: {shoe_size: '44'}\n", "segment.shoe_size"),
    ("channels: {fax: 1}\n", "channels.fax"),
    ("channels: {sms: -1}\n", "channels.sms: greater than or equal to 0"),
    ("missions: [a, a]\n", "missions: each mission once"),
    ("window_days: 3\n", "window_days: greater than or equal to 7"),
    ("stop: {effect_below: 3.0}\n", "stop.effect_below: less than or equal to 1"),
    ("stop: {opt_out_share: 2.0}\n", "stop.opt_out_share: less than or equal to 1"),
    ("id: again\n", "the key 'id' twice"),
])
def test_a_wrong_key_is_named(more: str, wanted: str) -> None:
    """The error names the key and what it should hold."""
    with pytest.raises(BadConfig) as error:
        StandingCampaign.parse(BASE + more)
    assert wanted in str(error.value)


@pytest.mark.parametrize(("old", "new", "wanted"), [
    ("points: 900", "points: -1", "monthly_budget_points: greater than or equal to 0"),
    ("ends_at: 2026-07-01", "ends_at: 2026-01-01", "ends_at: a time after starts_at"),
    ("ends_at: 2026-07-01", "ends_at: 2025-07-01", "ends_at: a time after starts_at"),
    ("T00:00:00+07:00\nends", "\nends", "starts_at: an RFC 3339 time"),
    ("id: back\n", "", "id; came none"),
    ("id: back", "id: ../../back", "id: letters, digits"),
])
def test_what_is_needed_must_be_right(old: str, new: str, wanted: str) -> None:
    """A budget below zero, an end before the start, a time without offset: each is said."""
    with pytest.raises(BadConfig) as error:
        StandingCampaign.parse(BASE.replace(old, new, 1))
    assert wanted in str(error.value)


@pytest.mark.parametrize("text", ["", "- a", "words", "[", "{a: &x [*x]}"])
def test_what_is_no_campaign_is_refused(text: str) -> None:
    """Any text at all gets a sentence, never a trace."""
    with pytest.raises(BadConfig):
        StandingCampaign.parse(text)


@pytest.mark.parametrize(("more", "wanted"), [
    ("missions: [quiz]\n", "came quiz. To do: take one of spin, streak"),
    ("segment: {persona: plumber}\n", "a persona of the program in segment; came plumber"),
    ("segment: {tier: wood}\n", "a tier of the program in segment; came wood"),
    ("segment: {state: gone}\n", "a state of the program in segment; came gone"),
    ("segment: {language: fr}\n", "take one of en, id"),
    ("segment: {region: mars}\n", "take one of java"),
])
def test_a_campaign_must_fit_its_program(more: str, wanted: str) -> None:
    """Unknown missions and values of the segment are refused with what there is."""
    program = Program(program_id="acme", languages=("en", "id"))
    with pytest.raises(BadConfig) as error:
        check(StandingCampaign.parse(BASE + more), program, ["streak", "spin"], {"java"})
    assert wanted in str(error.value)


def test_a_program_without_missions_has_nothing_to_offer() -> None:
    """All missions of none are none."""
    with pytest.raises(BadConfig, match="a program without any"):
        check(StandingCampaign.parse(BASE), Program(program_id="acme"), [], [])


def test_a_campaign_is_on_from_its_start_until_before_its_end() -> None:
    """The interval is half open."""
    one = StandingCampaign.parse(BASE)
    seen = [one.is_on(ms) for ms in (one.starts_ms - 1, one.starts_ms, one.ends_ms - 1,
                                     one.ends_ms)]
    assert seen == [False, True, True, False]
