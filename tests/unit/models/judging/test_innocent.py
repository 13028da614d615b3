"""Every sign of fraud comes with the honest behaviour that looks the same."""

from __future__ import annotations

import pytest

from features.catalog import CATALOG
from models.families import FAMILIES
from models.innocent import UNEXPLAINED, innocent
from models.phrases import phrase
from models.texts import Texts, fields

TEXTS = Texts.read()
SIGNS = [name for name in CATALOG.names if name.startswith("sign_")]


@pytest.mark.parametrize("language", ["en", "id", "es"])
def test_each_sign_has_its_own_explanation(language: str) -> None:
    """One sentence without parameters, and no two signs share it."""
    told = [TEXTS.text(innocent(phrase(name).code) or "", language) for name in SIGNS]
    assert len(set(told)) == len(SIGNS) > 30
    assert [one for one in told if fields(one) or not one.endswith(".") or ". " in one] == []


def test_the_catalogues_explain_nothing_else() -> None:
    """A text for a sign that is gone would never be read."""
    known = {innocent(name) for name in (*SIGNS, *FAMILIES)} - {None}
    assert {code for code in TEXTS.codes if code.startswith("innocent.")} == known


def test_a_sign_that_only_a_program_has_is_not_explained() -> None:
    """Nobody wrote what its honest twin is."""
    assert innocent("reason.own.sign_full_moon") is None
    assert innocent("sign_full_moon") is None


@pytest.mark.parametrize(("code", "expected"), [
    ("reason.ip_members", "innocent.network"), ("ip_members_1h", "innocent.network"),
    ("reason.member_count", "innocent.velocity"), ("reason.payout_members_ever",
                                                   "innocent.identity"),
    ("ring.members", "innocent.identity"), ("reason.confirmed_near", None),
    ("cap.points_per_day", None), ("anomaly.share", None)])
def test_other_reasons_are_explained_by_their_family(code: str, expected: str | None) -> None:
    """A reviewer reads the family's look-alike; facts and labels have none."""
    assert innocent(code) == expected


def test_families_that_describe_are_not_explained() -> None:
    """All families but those that describe or were decided by people have a text."""
    assert {own for own in FAMILIES if innocent(own) is None} == UNEXPLAINED
