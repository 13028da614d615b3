"""Exactly the contract's facts are proof; a fact that is missing holds; caps hold."""

from __future__ import annotations

import numpy as np
import pytest

from features.contract import CODE_STATUSES
from features.exports.program import Program
from models.proof import EventFacts, Proofs, find_proofs

NOW = 1_767_225_600_000
BEFORE, AFTER = "2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z"


def look(kind="scan", points=100, tracks_codes=True, denied=(), until=None, caps=None, **facts):
    names = list(facts)
    program = Program(program_id="acme", codes_complete_until=until, caps=caps or {})
    view = EventFacts({name: i for i, name in enumerate(names)},
                      np.array([facts[name] for name in names], dtype=np.float64))
    return find_proofs(view, program, kind, points, NOW, tracks_codes=tracks_codes, denied=denied)


def status(word: str) -> float:
    return float(CODE_STATUSES.index(word))


@pytest.mark.parametrize(("facts", "code"), [
    ({"code_credited_other": 1}, "code_credited_other"),
    ({"code_credited_self": 1}, "code_credited_self"),
    ({"code_known": 1, "code_status": status("void")}, "code_void"),
    ({"claim_credited": 2}, "invoice_again"),
    ({"denied": ("device",)}, "deny_list"),
    ({"code_known": 0, "until": AFTER}, "code_unknown"),
    ({"code_known": 1, "code_status": status("printed"), "until": AFTER}, "code_not_dispatched"),
    ({"code_known": 1, "code_dispatched_hours": -3, "until": AFTER}, "code_not_dispatched"),
])
def test_each_fact_of_the_contract_is_proof(facts, code) -> None:
    """The contract's list, one by one."""
    assert look(**facts) == Proofs(hard=(code,))


@pytest.mark.parametrize(("facts", "code"), [
    ({"code_known": 0}, "code_unknown"),
    ({"code_known": 0, "until": BEFORE, "tracks_codes": False}, "code_unknown"),
    ({"code_known": 1, "code_status": status("printed")}, "code_not_dispatched"),
    ({"code_known": 1, "code_dispatched_hours": -3, "until": BEFORE}, "code_not_dispatched"),
])
def test_a_list_of_codes_that_may_be_behind_holds(facts, code) -> None:
    """Outside codes_complete_until an unknown code is a missing fact, not proof."""
    assert look(**facts) == Proofs(missing=(code,))


@pytest.mark.parametrize(("facts", "code"), [
    ({"event_proof": 0}, "code_missing"),
    ({"event_proof": 2, "code_known": np.nan}, "code_missing"),
    ({"claim_credited": np.nan, "invoice_before": 1}, "invoice_unproven"),
])
def test_what_keeps_a_fact_back_holds(facts, code) -> None:
    """Leaving the code or a part of a known invoice out is no way round its proof."""
    assert look(**facts) == Proofs(missing=(code,))


@pytest.mark.parametrize("facts", [
    {"event_proof": 0, "tracks_codes": False},
    {"event_proof": 3},
    {"claim_credited": np.nan, "invoice_before": 0},
    {"claim_credited": 0, "invoice_before": 2},
    {"code_known": 0, "tracks_codes": False},
    {"code_known": np.nan},
    {"code_known": 1, "code_status": status("dispatched"), "until": AFTER},
    {"code_known": 1, "code_status": status("activated"), "code_dispatched_hours": 5.0},
    {"code_known": 1, "code_status": status("printed"), "code_dispatched_hours": 5.0},
    {"code_known": 1, "until": AFTER},
    {"code_credited_other": 0, "code_credited_self": 0, "claim_credited": 0},
    {"code_credited_other": np.nan, "claim_credited": np.nan},
    {"code_credited_other": -1},
    {},
])
def test_nothing_else_is_a_reason(facts) -> None:
    """No codes in the program, no code on the event, dispatched, reversed or unknown: nothing."""
    assert look(**facts) == Proofs()


def test_void_is_proof_whatever_the_list_covers() -> None:
    """A void code needs no complete list; what is known of it is enough."""
    assert look(code_known=1, code_status=status("void"), until=BEFORE).hard == ("code_void",)


def test_all_proof_is_named_strongest_first() -> None:
    """Every fact is told, in one order."""
    found = look(code_credited_self=1, code_credited_other=1, claim_credited=1, denied=("member",))
    assert found.hard == ("code_credited_other", "code_credited_self", "invoice_again", "deny_list")
    assert not found.is_own_code


def test_the_members_own_code_again_is_known_as_such() -> None:
    """It declines and is no mark: the words differ."""
    assert look(code_credited_self=1).is_own_code


@pytest.mark.parametrize(("kind", "caps", "facts", "excess"), [
    ("scan", {"points_per_day": 500}, {"member_points_24h": 560}, 60),
    ("referral", {"points_per_day": 500}, {"member_points_24h": 900}, 100),
    ("scan", {"scans_per_day": 40}, {"member_scans_24h": 41}, 100),
    ("redemption", {"redemption_points_per_day": 50}, {"member_redeemed_24h": 80}, 30),
])
def test_caps_hold_what_lies_beyond(kind, caps, facts, excess) -> None:
    """A passed cap holds the points beyond it, at the most those of the event."""
    found = look(kind=kind, caps=caps, **facts)
    assert (found.hard, found.missing) == ((), ())
    assert [(cap.code, cap.excess) for cap in found.caps] == [(next(iter(caps)), excess)]


@pytest.mark.parametrize(("kind", "caps", "facts"), [
    ("scan", {"points_per_day": 500}, {"member_points_24h": 500}),
    ("redemption", {"points_per_day": 5}, {"member_points_24h": 900}),
    ("scan", {"scans_per_day": 40}, {}),
    ("scan", {}, {"member_points_24h": 1e9}),
])
def test_caps_do_not_hold_at_or_below_or_elsewhere(kind, caps, facts) -> None:
    """At the cap, for another kind, with an unknown sum or without a cap nothing is held."""
    assert look(kind=kind, caps=caps, **facts) == Proofs()
