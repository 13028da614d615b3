"""The catalogue: every pattern and look-alike of the fraud reference, by its number there.

Pattern 16 is no fraud but the honest base case of pattern 5, and pattern 26 is no fraud either:
who farms missions is named among the members, and none of his events is forged.
"""

from __future__ import annotations

from typing import Final

MISSION_FARMING: Final = "mission_farming"
"""Pattern 26, of members only."""

PATTERNS: Final[dict[int, tuple[str, ...]]] = {
    1: ("duplicate_code",), 2: ("guessed_codes",), 3: ("leaked_codes",), 4: ("photo_sharing",),
    5: ("counter_bulk",), 6: ("role_misuse",), 7: ("territory_leak",),
    8: ("spoofed_place", "emulator"), 9: ("device_farm",), 10: ("scan_bot",),
    11: ("uninstalled_serials",), 12: ("scan_and_return",), 13: ("duplicate_invoice",),
    14: ("altered_invoice",), 15: ("invented_invoice",), 16: (), 17: ("self_referral",),
    18: ("referral_ring",), 19: ("ghost_outlets",), 20: ("fake_activations",),
    21: ("welcome_farming",), 22: ("account_takeover",), 23: ("sim_change",),
    24: ("common_payout",), 25: ("dormant_drain",), 26: (), 27: ("staff_credit",),
    28: ("reviewer_collusion",),
}
"""Slugs of forged events, by the pattern's number."""

LOOK_ALIKES: Final[dict[int, tuple[str, ...]]] = {
    1: ("retry_resend", "offline_flush", "own_code_again"), 2: ("mistyped_label",),
    3: ("early_dispatch_unsynced", "test_batch"), 4: ("nephew_phone",),
    5: ("site_installation",), 6: ("distributor_bulk_upload",), 7: ("declared_shop",),
    8: ("border_town", "migrant_crew", "two_region_wholesaler"),
    9: ("gps_off", "coarse_location", "company_vpn"),
    10: ("shared_shop_phone", "dealer_meet", "family_phone"), 11: ("handheld_scanner",),
    12: ("month_end_registration",), 13: ("normal_return",),
    14: ("corrected_invoice", "chain_numbering", "handwritten_bill", "small_seller"),
    15: ("second_real_outlet", "enrolment_drive", "outlet_drive", "mass_rollout", "market_stall"),
    16: ("event_day",), 17: ("new_phone_wedding", "lost_sim"),
    18: ("cooperative_payout", "workshop_payout", "family_account"),
    19: ("seasonal_return", "mission_return"), 20: ("festival_peak",),
    21: ("clerk_regulars", "goodwill_adjustment", "specialist_reviewer"),
}
"""Slugs of look-alikes, by their number in the list that must stay untouched."""

PROGRAM_ERRORS: Final = ("mistyped_multiplier", "stale_code_file")
"""The program's own mistakes: nobody's fraud, and in no list of partners."""
OF_STAFF: Final = ("specialist_reviewer",)
"""Look-alikes of staff: named among the insiders, not on events."""

NOVEL: Final = ("leaked_codes", "common_payout", "dormant_drain")
"""Patterns a model trained on the first part of a run never sees: one of codes, one of bought
identities, one of redemptions. Chosen by their natures, before anything was measured on them."""
NOVEL_FROM: Final = 0.72
"""Share of the run after which they begin."""
