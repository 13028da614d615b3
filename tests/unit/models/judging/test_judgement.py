"""One verdict, put together: reasons, words, excuses and the same bytes each time."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from features.contract import EVENT_KINDS, PERSONAS
from features.exports.program import Program
from models.answers import Outcome
from models.bundle import Bundle
from models.calibration import logit
from models.judgement import judge, mark_together
from models.occasion import Occasion
from models.policy import Policy
from models.thresholds import Thresholds

NOW = 1_767_225_600_000
KINDS = tuple(EVENT_KINDS)
SELF, OTHER = 1, 0
SCANS, MEMBERS, DECLARED = 7, 8, 6


def scan(**changes) -> Occasion:
    return Occasion("e1", "scan", 100, NOW, "retailer", "app", "en")._replace(**changes)


def test_a_usual_event_is_approved_without_reasons(bundle, program, usual_row) -> None:
    """An approval thanks and is not explained."""
    verdict = judge(bundle, program, scan(), usual_row)
    assert (verdict.verdict, verdict.points_held, verdict.reasons) == (Outcome.APPROVE, 0, ())
    assert verdict.partner_message.text == "Thank you. 100 points are yours."
    assert (verdict.bundle_id, verdict.decided_at_ms) == (bundle.bundle_id, NOW)


def test_reasons_of_an_approval_come_on_demand(bundle, program, usual_row) -> None:
    """Asked for, they add up like any others."""
    verdict = judge(bundle, program, scan(), usual_row, explain=True)
    assert verdict.verdict is Outcome.APPROVE
    assert any(reason.contribution is not None for reason in verdict.reasons)


def test_a_held_event_says_why_strongest_first(bundle, program, fraud_row) -> None:
    """The families that raised the score are named in the program's language, usual beside."""
    verdict = judge(bundle, program, scan(), fraud_row)
    assert verdict.verdict is Outcome.REVIEW
    assert {reason.code for reason in verdict.reasons[:2]} == {
        "reason.member_scans", "reason.device_members"}
    pace = next(r for r in verdict.reasons if r.code == "reason.member_scans")
    assert pace.text.startswith("Pindaian anggota dalam 10 menit: 9 (")
    assert (pace.value, pace.usual) == (9.0, pytest.approx(1.0, abs=0.2))
    strength = [abs(r.contribution) for r in verdict.reasons if r.contribution is not None]
    assert strength == sorted(strength, reverse=True)


def test_all_families_and_the_base_add_up_to_the_log_odds(bundle, fraud_row) -> None:
    """Nothing is lost by summing per family."""
    parts = bundle.fraud.contributions_row(fraud_row)
    shares = bundle.family_sums.shares(parts)
    total = parts[-1] + sum(share.contribution for share in shares)
    assert total == pytest.approx(logit(np.array(bundle.fraud.score_row(fraud_row))), abs=1e-6)


def test_the_same_event_gives_the_same_bytes(bundle, program, fraud_row) -> None:
    """Judging twice is byte for byte the same answer."""
    first, second = (judge(bundle, program, scan(), fraud_row).to_json_bytes() for _ in range(2))
    assert first == second


def test_proof_comes_first_with_a_null_contribution(bundle, program, fraud_row) -> None:
    """The proof is in hard_proof and leads the reasons."""
    fraud_row[OTHER] = 1
    verdict = judge(bundle, program, scan(), fraud_row)
    assert (verdict.verdict, verdict.hard_proof) == (Outcome.DECLINE, ("code_credited_other",))
    assert verdict.reasons[0].code == "proof.code_credited_other"
    assert verdict.reasons[0].contribution is None


def test_the_members_own_code_again_is_told_kindly(bundle, program, usual_row) -> None:
    """His own code a second time is declined without reproach."""
    usual_row[SELF] = 1
    verdict = judge(bundle, program, scan(), usual_row)
    assert (verdict.verdict, verdict.hard_proof) == (Outcome.DECLINE, ("code_credited_self",))
    assert verdict.partner_message.code == "partner.already_yours"
    assert "nothing is lost" in verdict.partner_message.text


@pytest.mark.parametrize(("language", "told"), [("es-MX", "es"), ("id", "id"), ("xx", "id"),
                                                (None, "id")])
def test_the_message_is_in_the_members_language(bundle, program, fraud_row, language, told
                                                ) -> None:
    """Else in the program's first language."""
    verdict = judge(bundle, program, scan(language=language), fraud_row)
    assert verdict.partner_message.language == told
    wanted = {"es": "Estamos revisando", "id": "sedang diperiksa"}[told]
    assert wanted in verdict.partner_message.text


@pytest.mark.parametrize(("kind", "code"), [("scan", "partner.pending"),
                                            ("referral", "partner.pending"),
                                            ("redemption", "partner.redemption_pending")])
def test_a_held_event_tells_the_partner_when_he_will_hear(bundle, program, fraud_row, kind, code
                                                          ) -> None:
    """Points and a day, and no word of why."""
    message = judge(bundle, program, scan(kind=kind), fraud_row).partner_message
    assert message.code == code
    assert "100" in message.text
    assert "Jan 4, 2026" in message.text


def test_observing_thanks_the_partner_and_tells_the_program(bundle, fraud_row) -> None:
    """While a program observes, the partner sees an approval."""
    verdict = judge(bundle, Program(program_id="acme"), scan(), fraud_row)
    assert (verdict.verdict, verdict.enforced, verdict.would_have) == (
        Outcome.APPROVE, False, Outcome.REVIEW)
    assert verdict.partner_message.code == "partner.credited"
    assert verdict.reasons


def test_a_declared_shared_device_is_not_held_for_its_pace(bundle, program, fraud_row) -> None:
    """What the program declared innocent is set aside; the score itself stays as it is."""
    held = judge(bundle, program, scan(), fraud_row)
    fraud_row[DECLARED] = 1
    passed = judge(bundle, program, scan(), fraud_row)
    assert (held.verdict, passed.verdict) == (Outcome.REVIEW, Outcome.APPROVE)
    assert passed.score == held.score


def test_a_distributors_file_is_not_held_for_its_pace(bundle, program, fraud_row) -> None:
    """Hundreds of lines in a minute are what a bulk upload is."""
    held = judge(bundle, program, scan(channel="file"), fraud_row)
    passed = judge(bundle, program, scan(channel="file", persona="distributor"), fraud_row)
    assert (held.verdict, passed.verdict) == (Outcome.REVIEW, Outcome.APPROVE)


def test_a_declaration_is_no_excuse_for_proof(bundle, program, fraud_row) -> None:
    """Proof stays proof on a declared device."""
    fraud_row[[DECLARED, OTHER]] = 1
    assert judge(bundle, program, scan(), fraud_row).verdict is Outcome.DECLINE


def test_an_anomaly_without_a_model_says_what_is_unusual(bundle, program, fraud_row) -> None:
    """Before any label, the verdict rests on facts and on what is unusual, in words."""
    cold = replace(bundle, fraud=None, thresholds=Thresholds({}, {"scan": 0.95}))
    verdict = judge(cold, program, scan(), fraud_row)
    assert (verdict.verdict, verdict.score) == (Outcome.REVIEW, None)
    assert verdict.reasons[0].code == "anomaly.share"
    assert verdict.reasons[0].value == verdict.anomaly > 0.95
    assert {r.code for r in verdict.reasons[1:]} == {"reason.member_scans", "reason.device_members"}
    assert all(reason.contribution is None for reason in verdict.reasons)


def test_without_any_model_facts_still_judge(program, usual_row, bundle) -> None:
    """Proof, missing facts and caps need no model."""
    rules = Bundle("acme", NOW, bundle.event_features, bundle.families)
    usual_row[2] = 0
    verdict = judge(rules, program, scan(), usual_row)
    assert (verdict.verdict, verdict.score, verdict.anomaly) == (Outcome.REVIEW, None, None)
    assert [reason.code for reason in verdict.reasons] == ["fact.code_unknown"]
    assert judge(rules, program, scan(tracks_codes=False), usual_row).verdict is Outcome.APPROVE


def test_a_degraded_answer_asks_no_model(bundle, program, fraud_row) -> None:
    """With the model missing the verdict says so and rests on facts."""
    verdict = judge(bundle, program, scan(), fraud_row, degraded="model")
    assert (verdict.score, verdict.anomaly, verdict.degraded) == (None, None, "model")


def test_what_is_denied_is_named(bundle, program, usual_row) -> None:
    """The deny list declines, and the reviewer reads whose entry it is."""
    verdict = judge(bundle, program, scan(denied=("device",)), usual_row)
    assert verdict.hard_proof == ("deny_list",)
    assert verdict.reasons[0].text == "Daftar tolak program memuat perangkat ini."
    assert verdict.partner_message.language == "en"
    assert "deny" not in verdict.partner_message.text


def test_at_most_as_many_reasons_as_asked_but_all_facts(bundle, program, fraud_row) -> None:
    """Six by default; proof is never cut."""
    fraud_row[:2] = 1
    few = judge(bundle, program, scan(), fraud_row, most=1)
    assert [r.code for r in few.reasons] == ["proof.code_credited_other",
                                             "proof.code_credited_self"]
    assert len(judge(bundle, program, scan(), fraud_row).reasons) <= 6


def test_a_policy_of_the_program_decides(bundle, program, fraud_row) -> None:
    """Another policy is another verdict and another version."""
    policy = Policy.parse('version: "lax"\nthresholds: {score: never, anomaly: never}')
    verdict = judge(replace(bundle, policy=policy), program, scan(), fraud_row)
    assert verdict.verdict is Outcome.APPROVE
    assert verdict.policy_version == policy.version


def test_unknown_values_are_null_in_the_answer(bundle, program, fraud_row) -> None:
    """A verdict is plain JSON whatever is unknown."""
    fraud_row[9:] = np.nan
    body = json.loads(judge(bundle, program, scan(), fraud_row, most=20).to_json_bytes())
    assert all(reason["value"] is None or isinstance(reason["value"], int | float)
               for reason in body["reasons"])


@pytest.mark.parametrize("degraded", [False, "model"])
def test_marked_together_the_answer_is_the_same(bundle, program, events, degraded) -> None:
    """Byte for byte, whatever the kind, the persona and the declarations."""
    rows = events.rows[:300].copy()
    rows[::3, DECLARED] = 1
    occasions = [scan(kind=KINDS[kind], persona=PERSONAS[persona], channel="file")
                 for kind, persona in zip(events.kinds, events.personas, strict=True)][:300]
    marks = mark_together(bundle, occasions, rows, degraded)
    for row, occasion, own in zip(rows, occasions, marks, strict=True):
        alone = judge(bundle, program, occasion, row, degraded=degraded)
        together = judge(bundle, program, occasion, row, degraded=degraded, marks=own)
        assert together.to_json_bytes() == alone.to_json_bytes()


def test_no_events_have_no_marks(bundle) -> None:
    """A journal without events to judge asks no model."""
    assert mark_together(bundle, [], np.empty((0, len(bundle.event_features)))) == []
