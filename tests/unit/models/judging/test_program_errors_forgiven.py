"""A stale file of codes forgives what it explains, and nothing else."""

from __future__ import annotations

import pytest

from features.alarms import CODE_FILE_STALE, POINTS_JUMP
from models.decision import Evidence, decide
from models.policy import Policy
from models.proof import CapPassed, Proofs
from models.thresholds import Thresholds

LIMITS = Thresholds({"scan": 0.5}, {})
UNKNOWN = ("code_unknown",)
HOLDING = Policy.parse('version: "1"\nalarms: {code_file_stale: hold}')


def outcome(proofs: Proofs, alarms: tuple[str, ...] = (CODE_FILE_STALE,), score: float = 0.0,
            policy: Policy | None = None) -> tuple[str, tuple[str, ...]]:
    evidence = Evidence("scan", None, 100, 0, proofs, score, None, alarms=alarms)
    decision = decide(policy or Policy.read(), LIMITS, evidence, "full", 7)
    return decision.verdict.value, decision.grounds


@pytest.mark.parametrize("missing", [UNKNOWN, ("code_not_dispatched",)])
def test_a_code_in_doubt_alone_is_approved_while_the_alarm_is_open(missing) -> None:
    """Without the alarm, with another alarm, or where the policy says so, it is held."""
    assert outcome(Proofs(missing=missing)) == ("approve", ())
    for alarms, policy in (((), None), ((POINTS_JUMP,), None), ((CODE_FILE_STALE,), HOLDING)):
        assert outcome(Proofs(missing=missing), alarms, policy=policy) == (
            "review", ("missing_fact",))


def test_other_facts_are_still_missing() -> None:
    """A file of codes explains no invoice, and no claim that names no code."""
    for other in ("invoice_unproven", "code_missing"):
        assert outcome(Proofs(missing=(*UNKNOWN, other)))[1] == ("missing_fact",)


def test_other_grounds_still_act() -> None:
    """Behaviour and caps hold, proof declines."""
    assert outcome(Proofs(missing=UNKNOWN), score=0.9) == ("review", ("score",))
    cap = CapPassed("points_per_day", 300, 200, 100)
    assert outcome(Proofs(missing=UNKNOWN, caps=(cap,))) == ("review", ("cap",))
    assert outcome(Proofs(hard=("code_unknown",)))[0] == "decline"
