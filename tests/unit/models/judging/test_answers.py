"""Answers have the contract's keys in its order and the same bytes each time."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from models.answers import (
    Effect,
    ExpectedDate,
    Hold,
    Inactivity,
    Outcome,
    PartnerMessage,
    Reason,
    Suggestion,
    Verdict,
)

MESSAGE = PartnerMessage("partner.pending", "…", "en")


def verdict(**changes):
    values = {
        "event_id": "e1", "verdict": Outcome.REVIEW, "enforced": True,
        "would_have": Outcome.REVIEW, "points_held": 10,
        "hold": Hold(1_767_225_600_000, "release", ("document", "time")), "score": 0.5,
        "anomaly": None, "reasons": (Reason("reason.speed", "…", 1.5, 3.0, float("nan")),),
        "hard_proof": (), "partner_message": MESSAGE, "degraded": False, "bundle_id": "b",
        "policy_version": "1-a", "decided_at_ms": 1_767_225_600_123,
    }
    return Verdict(**{**values, **changes})


def test_a_verdict_has_the_keys_of_the_contract_in_their_order() -> None:
    """The body's keys are those of section 2, in the order in which it lists them."""
    assert list(json.loads(verdict().to_json_bytes())) == [
        "event_id", "verdict", "enforced", "would_have", "points_held", "hold", "score", "anomaly",
        "reasons", "hard_proof", "partner_message", "degraded", "bundle_id", "policy_version",
        "decided_at"]


def test_the_parts_of_a_verdict_have_the_keys_of_the_contract() -> None:
    """Holds, reasons and messages are the objects that the contract names."""
    body = json.loads(verdict().to_json_bytes())
    assert body["hold"] == {"until": "2026-01-01T00:00:00.000Z", "then": "release",
                            "ends_by": ["document", "time"]}
    assert body["reasons"] == [{"code": "reason.speed", "text": "…", "contribution": 1.5,
                                "value": 3, "usual": None}]
    assert list(body["partner_message"]) == ["code", "text", "language"]
    assert body["decided_at"] == "2026-01-01T00:00:00.123Z"


def test_the_same_verdict_gives_the_same_bytes() -> None:
    """Two equal verdicts are the same bytes, without spaces and in UTF-8."""
    assert verdict().to_json_bytes() == verdict().to_json_bytes()
    assert '"…"'.encode() in verdict().to_json_bytes()
    assert b", " not in verdict().to_json_bytes()


@pytest.mark.parametrize("key", ["verdict", "would_have"])
def test_a_decline_without_hard_proof_can_not_be_built(key: str) -> None:
    """The invariant belongs to the answer: no caller can get around it."""
    with pytest.raises(ValueError, match="A decline needs hard proof"):
        verdict(**{key: Outcome.DECLINE})


def test_inactivity_and_suggestions_have_the_keys_of_the_contract() -> None:
    """The answers about members have the shapes of the routes' table."""
    day = dt.date(2026, 1, 2)
    silent = Inactivity(0.25, 30, ExpectedDate(day, None, day), "slipping").to_json()
    assert list(silent) == ["p_inactive", "horizon_days", "expected_next_activity", "state",
                            "reasons"]
    assert silent["expected_next_activity"] == {"date": "2026-01-02", "low": None,
                                                "high": "2026-01-02"}
    effect = Effect(0.1, 0.0, 0.2, "assumed")
    offer = Suggestion("d", "m", "x", "sms", "Hi", effect, 0.5, 100).to_json()
    assert list(offer) == ["decision_id", "member_id", "mission_id", "channel", "message",
                           "expected_effect", "propensity", "cost_points", "reasons"]


def test_an_unknown_state_is_refused() -> None:
    """A word outside the contract is an error, not an answer."""
    with pytest.raises(ValueError, match="came 'asleep'"):
        Inactivity(0.1, 30, ExpectedDate(None, None, None), "asleep")
