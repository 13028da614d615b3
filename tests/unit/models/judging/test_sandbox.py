"""Reserved events of a sandbox: every branch of an integration in the contract's full shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.exports.program import Program
from models.answers import Outcome, Verdict
from models.decision import DAY_MS
from models.judgement import judge
from models.occasion import Occasion
from models.sandbox import RESERVED

SANDBOX = Program(program_id="sandbox")


def judged(bundle, event_id: str, kind: str = "scan", points: int = 5,
           program: Program = SANDBOX) -> Verdict:
    return judge(bundle, program, Occasion(event_id, kind, points, 0), np.zeros(len(bundle.index)))


@pytest.mark.parametrize(("event_id", "outcome", "held", "then", "degraded"), [
    ("sandbox-approve", "approve", 0, None, False),
    ("sandbox-review", "review", 5, "keep", False),
    ("sandbox-review-part", "review", 3, "release", False),
    ("sandbox-decline", "decline", 5, None, False),
    ("sandbox-step-up", "review", 5, "release", False),
    ("sandbox-degraded", "approve", 0, None, "model"),
])
def test_a_reserved_event_forces_its_verdict(
        bundle, event_id, outcome, held, then, degraded) -> None:
    """Alone or with anything behind it, though the program only observes."""
    for name in (event_id, f"{event_id}-17", f"{event_id}-a-b"):
        found = judged(bundle, name)
        assert (found.verdict.value, found.would_have.value) == (outcome, outcome)
        assert (found.enforced, found.points_held, found.degraded) == (True, held, degraded)
        assert (found.hold.then if found.hold else None) == then


def test_a_decline_has_hard_proof_and_its_reason(bundle) -> None:
    """Also in a sandbox nothing else declines."""
    for name, force in RESERVED.items():
        found = judged(bundle, name)
        assert bool(found.hard_proof) == (force.verdict is Outcome.DECLINE)
    found = judged(bundle, "sandbox-decline")
    assert found.reasons[0].code == f"proof.{found.hard_proof[0]}"


def test_what_is_not_approved_has_reasons_and_the_partner_his_words(bundle) -> None:
    """As any other verdict; also where no model serves."""
    for served in (bundle, replace(bundle, fraud=None, anomaly=None)):
        for name, force in RESERVED.items():
            found = judged(served, name)
            assert bool(found.reasons) == (force.verdict is not Outcome.APPROVE)
            assert all(reason.text for reason in found.reasons)
    assert judged(bundle, "sandbox-review").partner_message.code == "partner.pending"
    assert judged(bundle, "sandbox-step-up").hold.until_ms == DAY_MS
    assert "5" in judged(bundle, "sandbox-review").partner_message.text


def test_a_held_redemption_is_reserved_whole_and_nothing_is_held_of_nothing(bundle) -> None:
    """The contract's rules on points hold for reserved events too."""
    assert judged(bundle, "sandbox-review-part", "redemption").points_held == 5
    assert judged(bundle, "sandbox-review", points=0).verdict is Outcome.APPROVE


def test_other_events_and_other_programs_are_judged_as_ever(bundle) -> None:
    """A reserved id in a real program forces nothing."""
    real = Program(program_id="acme", enforcement="full")
    plain = judged(bundle, "e-1", program=real)
    named = judged(bundle, "sandbox-decline", program=real)
    assert replace(named, event_id="e-1") == plain
    assert judged(bundle, "sandbox-declined").hard_proof == ()
