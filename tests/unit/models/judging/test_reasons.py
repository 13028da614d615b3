"""Contributions become sentences that a person reads."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from features.catalog import CATALOG
from models.answers import Reason
from models.families import FAMILIES, family
from models.proof import EventFacts
from models.reasons import FamilyShare, FamilySums, Teller, choose
from models.texts import Texts

TEXTS = Texts.read()


def tell(name, value, usual=None, language="en", contribution=1.0, families=CATALOG.families):
    facts = EventFacts({name: 0}, np.array([value], dtype=np.float64))
    teller = Teller(TEXTS, language, facts, lambda _: usual, CATALOG.units, minor_units=100)
    return teller.score([FamilyShare(family(name, families), contribution, name)])[0]


@pytest.mark.parametrize(("name", "value", "usual", "text"), [
    ("device_members_24h", 12, 1, "Members on this device in 1 day: 12 (usual: 1)."),
    ("member_speed_kmh", 912.3, None,
     "Speed from the member's previous place: 912 km/h."),
    ("event_amount", 123_450, 20_000, "Amount of this event: 1,234 (usual: 200)."),
    ("referee_same_payout", 1, 0, "Both share the payout account: yes."),
    ("event_channel", 5, 0, "Channel: file (usual: app)."),
    ("member_gap_s", 3, 86_400,
     "Time since the member's previous event: 3 seconds (usual: 1 day)."),
    ("code_dispatch_km", 420.5, 3, "Distance from where the code was dispatched to: 420 km "
                                   "(usual: 3 km)."),
    ("device_fraud_share_30d", 0.5, 0,
     "Confirmed share of the decided cases of the same device in 30 days: 50% (usual: 0%)."),
    ("event_weekday", 6, 2, "Day of the week: Sunday (usual: Wednesday)."),
    ("region_surge", 1.5, 1, "Events of the region against its usual day: 1.5 times "
                             "(usual: 1 times)."),
    ("device_members_24h", np.nan, 1, "Members on this device in 1 day: not known (usual: 1)."),
])
def test_a_feature_is_told_in_words(name, value, usual, text) -> None:
    """Value and usual value are written with their unit and window."""
    assert tell(name, value, usual).text == text


@pytest.mark.parametrize(("language", "text"), [
    ("id", "Anggota di perangkat ini dalam 1 hari: 12 (biasanya: 1,5)."),
    ("es", "Miembros en este dispositivo en 1 día: 12 (lo habitual: 1,5)."),
])
def test_languages_write_numbers_their_way(language, text) -> None:
    """The same reason in the reader's language."""
    assert tell("device_members_24h", 12, 1.5, language).text == text


def test_what_lowers_the_score_speaks_for_the_member() -> None:
    """A negative contribution is told as such."""
    assert tell("member_joined_days", 900, contribution=-1).text.endswith(
        "This speaks for the member.")


def test_every_feature_of_the_catalogue_has_a_sentence() -> None:
    """All of today's features are spoken of in each language, none by a missing word."""
    for language in TEXTS.languages:
        for name in CATALOG.names:
            text = tell(name, 1, 2, language).text
            assert text.endswith("."), name
            assert "{" not in text


def test_every_feature_of_the_catalogue_has_a_family() -> None:
    """No feature of today falls among the others."""
    strangers = [name for name in CATALOG.names if family(name, CATALOG.families) == "other"]
    assert strangers == []
    assert {family(name, CATALOG.families) for name in CATALOG.names} <= set(FAMILIES)


def test_a_new_feature_is_spoken_of_by_its_family() -> None:
    """A feature nobody wrote words for still has a sentence."""
    reason = tell("device_colour_30d", 3, 1, families={"device_colour_30d": "device"})
    assert (reason.code, reason.text) == ("reason.device", "Device: 3 (usual: 1).")


def test_a_programs_own_feature_is_spoken_of_by_its_meaning() -> None:
    """Also where its name is like that of a feature with words; the code names it."""
    facts = EventFacts({"device_members_3d": 0}, np.array([48.0]))
    teller = Teller(TEXTS, "id", facts, lambda _: 24.0, {"device_members_3d": "h"}, 100,
                    {"device_members_3d": "Jam {sejak} {0}"})
    reason = teller.score([FamilyShare("device", 1.0, "device_members_3d")])[0]
    assert (reason.code, reason.text, reason.value) == (
        "reason.own.device_members_3d", "Jam {sejak} {0}: 2 hari (biasanya: 1 hari).", 48.0)


def test_the_members_own_mean_is_the_usual_value_where_there_is_one() -> None:
    """An amount is compared with the member's own, not with everybody's."""
    facts = EventFacts({"event_amount": 0, "member_amount_mean_30d": 1}, np.array([9000.0, 3000.0]))
    teller = Teller(TEXTS, "en", facts, lambda _: 7.0, CATALOG.units, minor_units=100)
    reason = teller.score([FamilyShare("amount", 1.0, "event_amount")])[0]
    assert (reason.value, reason.usual) == (90.0, 30.0)


def test_families_keep_the_sum_and_lead_with_what_moved_most() -> None:
    """A family's feature is the one that pushed its way."""
    parts = np.array([0.5, 2.0, -3.0, 0.25, -1.0])
    families = {"a": "device", "b": "device", "c": "place", "d": "device"}
    shares = FamilySums(["a", "b", "c", "d"], families).shares(parts)
    assert [(s.family, s.contribution, s.feature) for s in shares] == [
        ("place", -3.0, "c"), ("device", 2.75, "b")]


def test_slight_contributions_are_not_told() -> None:
    """What moves nothing is no reason."""
    teller = Teller(TEXTS, "en", EventFacts({}, np.zeros(0)), lambda _: None, {}, 1)
    assert teller.score([FamilyShare("device", 0.01, "x")]) == []


def test_an_anomaly_is_told_as_a_share() -> None:
    """First the whole, then what is far out."""
    facts = EventFacts({"outlet_km": 0}, np.array([800.0]))
    far = SimpleNamespace(name="outlet_km", usual=0.1)
    teller = Teller(TEXTS, "en", facts, lambda _: None, CATALOG.units, 1)
    whole, place = teller.anomaly(0.987, [far], CATALOG.families)
    assert whole.text == "As a whole this is more unusual than 98.7% of comparable events."
    assert place.text == "Distance from where the outlet is: 800 km (usual: 100 m)."


def test_each_code_is_told_once() -> None:
    """The score's reason stands before the same feature of the anomaly."""
    one, two = Reason("reason.a", "1", 1.0), Reason("reason.a", "2", None)
    assert choose([], [one], [two], anomaly_first=False) == (one,)
    assert choose([], [one], [two], anomaly_first=True) == (two,)
