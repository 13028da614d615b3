"""A member to whom a decision was sent gets no other one that did not know of it."""

from __future__ import annotations

from typing import Any

DAY = 86_400_000


def test_of_two_decisions_the_second_must_know_of_the_first(desk: Any) -> None:
    """Made one after the other and sent later: one is sent, in whatever order and call."""
    desk.decide("d-1")
    desk.now += DAY
    desk.decide("d-2")
    desk.decide("d-3", member="m-2")
    refused = [{"id": "d-2", "code": "in_cool_off"}]
    desk.now += DAY
    assert desk.send("d-1", "d-2", "d-3") == {
        "sent": ["d-1", "d-3"], "held_out": [], "refused": refused}
    assert desk.send("d-2")["refused"] == refused
    assert desk.send("d-1", "d-2", "d-3") == {
        "sent": ["d-1", "d-3"], "held_out": [], "refused": refused}
    desk.now += 1
    desk.decide("d-4")
    assert desk.send("d-4")["sent"] == ["d-4"], "made when d-1 was known"


def test_an_older_decision_is_refused_after_a_newer_one(desk: Any) -> None:
    """Also where who was decided for was held out, so that the groups are treated alike."""
    desk.decide("d-1")
    desk.now += DAY
    desk.decide("d-2", holdout="mission", mission_id="none")
    assert desk.send("d-2")["held_out"] == ["d-2"]
    assert desk.send("d-1")["refused"] == [{"id": "d-1", "code": "in_cool_off"}]


def test_accounts_that_were_merged_are_one_member(desk: Any) -> None:
    """What was sent to one of them counts for the other, in one call as in two."""
    desk.decide("d-1")
    desk.decide("d-2", member="m-2")
    desk.row("merges", merge_id="g-1", member_id="m-2", into_member_id="m-1",
             merged_at="2025-06-02T05:00:00Z")
    refused = [{"id": "d-2", "code": "in_cool_off"}]
    assert desk.send("d-1", "d-2")["refused"] == refused
    assert desk.send("d-2")["refused"] == refused
