"""A policy's newer rules, through a whole judgement."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from features.links.facts import Facts
from models.answers import Outcome
from models.judgement import judge
from models.occasion import Occasion
from models.policy import Policy

NOW = 1_767_225_600_000


def occasion(**more: object) -> Occasion:
    return Occasion("e1", "scan", 50, NOW, **{"persona": "retailer", "channel": "app", **more})


@pytest.fixture
def fraud_row(events):
    """Many scans in ten minutes on a phone of many members."""
    row = events.rows[0].copy()
    row[7:] = [60.0, 40.0, 1.0, 0.5, 0.0]
    return row


def under(bundle, rules: str):
    return replace(bundle, policy=Policy.parse(f'version: "1"\n{rules}'))


PEAKS = "peaks: {festival: [velocity, device], alarm: [velocity, device]}"


@pytest.mark.parametrize("more", [{"peaks": ("festival",)}, {"alarms": ("wrong_multiplier",)}])
def test_a_peak_or_an_alarm_of_the_program_excuses(bundle, program, fraud_row, more) -> None:
    """What the program announced, or did wrong itself, is nobody's fraud."""
    served = under(bundle, PEAKS)
    held = judge(served, program, occasion(), fraud_row)
    passed = judge(served, program, occasion(**more), fraud_row)
    assert (held.verdict, passed.verdict) == (Outcome.REVIEW, Outcome.APPROVE)
    assert passed.score == held.score
    season = judge(served, program, occasion(peaks=("season",)), fraud_row)
    assert season.verdict is Outcome.REVIEW


def test_what_is_excused_is_no_step_up_either(bundle, program, fraud_row) -> None:
    """The score counts without its excused part, for the cool-off as for the hold."""
    rules = "thresholds: {score: 1.0, anomaly: never}\nstep_up: {score: 0.5}\n" + PEAKS
    served = under(bundle, rules)
    assert judge(served, program, occasion(), fraud_row).verdict is Outcome.REVIEW
    assert judge(served, program, occasion(peaks=("festival",)), fraud_row
                 ).verdict is Outcome.APPROVE


def test_rules_of_enforcement_come_before_the_program_s(bundle, program, fraud_row) -> None:
    """One region is enforced while another only observes; an argument outranks both."""
    served = under(bundle, "enforcement: [{regions: [java], mode: observe}]")
    found = [judge(served, program, occasion(region=region), fraud_row)
             for region in ("java", "bali")]
    assert [each.enforced for each in found] == [False, True]
    assert {each.would_have for each in found} == {Outcome.REVIEW}
    assert judge(served, program, occasion(region="java"), fraud_row, enforcement="full").enforced


def test_who_is_allowed_is_not_held_by_behaviour(bundle, program, fraud_row) -> None:
    """The lists of an occasion reach the decision."""
    for listed in ("allowed", "snoozed"):
        verdict = judge(bundle, program, occasion(**{listed: ("device",)}), fraud_row)
        assert verdict.verdict is Outcome.APPROVE
        assert verdict.score > 0.5


def test_a_release_is_kept_and_not_sent(bundle, program, fraud_row) -> None:
    """The chance is stored beside the verdict; the answer has the contract's keys."""
    served = under(bundle, "random_release: {share: 0.2, salt: x}")
    found = [judge(served, program, occasion()._replace(event_id=f"e{n}"), fraud_row)
             for n in range(40)]
    assert {each.release_chance for each in found} == {0.2}
    released = [each for each in found if each.released]
    assert 0 < len(released) < 20
    assert all((each.verdict, each.would_have, each.enforced) == (
        Outcome.APPROVE, Outcome.REVIEW, True) for each in released)
    assert not {"release_chance", "released"} & released[0].to_json().keys()
    capped = judge(served, program, occasion()._replace(released_today=20), fraud_row)
    assert (capped.release_chance, capped.released) == (0.0, False)
    assert not math.isnan(capped.score)


FARM = {"ring": 0.8, "ring_size": 5,
        "ring_facts": Facts(5, (("payout", 5), ("device", 3), ("phone", 2)), 3, True)}


@pytest.mark.parametrize(("languages", "text"), [
    (("en",), "One of 5 connected accounts: 5 share one payout account; 3 share one device; "
              "they referred one another; 3 joined within 7 days."),
    (("id",), "Salah satu dari 5 akun yang saling terhubung: 5 memakai satu rekening pembayaran "
              "yang sama; 3 memakai satu perangkat yang sama; mereka saling mengajak; 3 bergabung "
              "dalam 7 hari."),
    (("es",), "Una de 5 cuentas conectadas: 5 comparten una cuenta de pago; 3 comparten un "
              "dispositivo; se recomendaron entre sí; 3 se unieron en un plazo de 7 días."),
])
def test_a_ring_alone_holds_and_says_who_shares_what(bundle, program, usual_row, languages, text
                                                     ) -> None:
    """The model is sure of honesty, the ring outvotes it, and the reasons say so first."""
    served = under(bundle, "thresholds: {ring: 0.6}")
    told = program.model_copy(update={"languages": languages})
    verdict = judge(served, told, occasion(**FARM), usual_row)
    assert verdict.score < 0.1
    assert (verdict.verdict, verdict.grounds) == (Outcome.REVIEW, ("ring",))
    reason = verdict.reasons[0]
    assert (reason.code, reason.value, reason.contribution) == ("ring.members", 5, None)
    assert reason.text == text
    assert judge(served, told, occasion(), usual_row).verdict is Outcome.APPROVE
    assert judge(served, told, occasion(**FARM, snoozed=("member",)), usual_row
                 ).verdict is Outcome.APPROVE


def test_a_family_is_not_named_where_something_else_holds(bundle, program, fraud_row) -> None:
    """A ring of little weight is no reason; a likely one is told though it holds nothing."""
    few = {"ring": 0.02, "ring_size": 2, "ring_facts": Facts(2, (("payout", 2),), 1, False)}
    held = judge(under(bundle, ""), program, occasion(**few), fraud_row)
    assert held.verdict is Outcome.REVIEW
    assert "ring.members" not in {reason.code for reason in held.reasons}
    named = judge(under(bundle, "thresholds: {ring: never}"), program, occasion(**FARM), fraud_row)
    assert named.grounds == held.grounds
    assert named.reasons[0].code == "ring.members"
