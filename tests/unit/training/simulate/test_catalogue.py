"""Nothing of the fraud reference is missing: 28 patterns, 21 look-alikes, two errors of its own."""

from __future__ import annotations

import pytest

from training.simulate import catalogue
from training.simulate.catalogue import LOOK_ALIKES, MISSION_FARMING, NOVEL, PATTERNS
from training.simulate.innocents import BILL as INNOCENTS
from training.simulate.schemes import BILL as SCHEMES

REQUIRED = """
1 duplicate_code | 2 guessed_codes | 3 leaked_codes | 4 photo_sharing | 5 counter_bulk
6 role_misuse | 7 territory_leak | 8 spoofed_place emulator | 9 device_farm | 10 scan_bot
11 uninstalled_serials | 12 scan_and_return | 13 duplicate_invoice | 14 altered_invoice
15 invented_invoice | 16 | 17 self_referral | 18 referral_ring | 19 ghost_outlets
20 fake_activations | 21 welcome_farming | 22 account_takeover | 23 sim_change | 24 common_payout
25 dormant_drain | 26 | 27 staff_credit | 28 reviewer_collusion
"""
PASSING = """
1 retry_resend offline_flush own_code_again | 2 mistyped_label
3 early_dispatch_unsynced test_batch | 4 nephew_phone | 5 site_installation
6 distributor_bulk_upload | 7 declared_shop | 8 border_town migrant_crew two_region_wholesaler
9 gps_off coarse_location company_vpn | 10 shared_shop_phone dealer_meet family_phone
11 handheld_scanner | 12 month_end_registration | 13 normal_return
14 corrected_invoice chain_numbering handwritten_bill small_seller
15 second_real_outlet enrolment_drive outlet_drive mass_rollout market_stall | 16 event_day
17 new_phone_wedding lost_sim | 18 cooperative_payout workshop_payout family_account
19 seasonal_return mission_return | 20 festival_peak
21 clerk_regulars goodwill_adjustment specialist_reviewer
"""


def table(text):
    """Slugs by number, from a table as one writes it."""
    cells = [cell.split() for line in text.strip().splitlines() for cell in line.split("|")]
    return {int(number): tuple(slugs) for number, *slugs in cells}


def test_the_catalogue_is_the_reference_s():
    """Patterns 1 to 28 and look-alikes 1 to 21, each under the slugs that others rely on."""
    assert table(REQUIRED) == PATTERNS
    assert table(PASSING) == LOOK_ALIKES
    assert (list(PATTERNS), list(LOOK_ALIKES)) == (list(range(1, 29)), list(range(1, 22)))


def test_every_slug_of_the_catalogue_is_played():
    """The playbills hold the catalogue's slugs and no others."""
    assert {slug for slugs in PATTERNS.values() for slug in slugs} == set(SCHEMES.slugs)
    named = {slug for slugs in LOOK_ALIKES.values() for slug in slugs}
    named |= set(catalogue.PROGRAM_ERRORS)
    assert named - set(catalogue.OF_STAFF) == set(INNOCENTS.slugs)


def test_the_legit_base_case_is_a_look_alike():
    """Pattern 16 is the honest bulk upload, 26 names members only."""
    assert PATTERNS[16] == PATTERNS[26] == ()
    assert "distributor_bulk_upload" in INNOCENTS.slugs
    assert MISSION_FARMING not in SCHEMES.slugs


def test_three_patterns_of_three_natures_are_kept_for_later():
    """One of codes (1-8), one of bought identities, one of redemptions; none changes its mode."""
    assert len(NOVEL) == 3
    number = {slug: key for key, slugs in PATTERNS.items() for slug in slugs}
    assert number[NOVEL[0]] <= 8
    assert [number[slug] for slug in NOVEL[1:]] == [24, 25]
    assert not set(NOVEL) & set(SCHEMES.changing)


def test_novel_patterns_never_show_before_their_time(worlds):
    """Every event of a novel pattern, and no other, is marked, and lies in the last 28 %."""
    for world in worlds:
        events = world.events
        start = events.recorded_at.min().floor("D")
        border = start + 0.72 * (events.recorded_at.max().ceil("D") - start)
        late = events[events.is_novel]
        assert set(late.pattern) == set(NOVEL)
        assert (events.pattern.isin(NOVEL) == events.is_novel).all()
        assert (late.recorded_at > border - (border - start) / 200).all()
        assert (late.groupby("pattern").size() >= 35).all()


def test_another_choice_of_novel_patterns_is_possible(make):
    """The caller may keep other patterns for later, and those of the default play all along."""
    world = make(members=700, days=200, novel=("duplicate_code",))
    events = world.events
    assert set(events.pattern[events.is_novel]) == {"duplicate_code"}
    times = events.recorded_at[events.pattern.isin(NOVEL)]
    assert times.min() < events.recorded_at.min() + 0.6 * (
        events.recorded_at.max() - events.recorded_at.min())


@pytest.mark.parametrize("slug", ["counter_bulk", "scan_bot", "welcome_farming",
                                  "account_takeover", "staff_credit"])
def test_five_patterns_change_their_mode_in_mid_run(worlds, slug):
    """They play in both halves of a run, by different functions."""
    assert slug in SCHEMES.changing
    acts = [act for act in SCHEMES.acts if act.slug == slug]
    assert [(act.since, act.until) for act in acts] == [(0.0, 0.5), (0.5, 1.0)]
    for world in worlds:
        when = world.events.recorded_at
        half = when.min() + (when.max() - when.min()) / 2
        late = when[world.events.pattern == slug] > half
        assert 0 < late.sum() < len(late)
