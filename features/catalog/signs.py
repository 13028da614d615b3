"""Signs: what a pattern of fraud leaves behind, one formula each, read without any label.

A sign is 0 where there is nothing to see and grows with the evidence. It is no proof: honest
members show most signs now and then, so how far out a value is among comparable events decides,
not the value. What was declared innocent, bulk uploads, event days and a member's own code scanned
again give no sign. A program adds its own: any feature whose name starts with ``sign_`` is read as
one. Numbers in brackets are the patterns of the loyalty field that a sign was written for.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import Expression, Feature

PREFIX: Final = "sign_"
"""How the name of a sign starts."""

_of = partial(Expression)
_hidden = partial(Expression, family="context", hidden=True)

INNOCENT: Final[tuple[Feature, ...]] = (
    _hidden("in_bulk", formula="(default(upload_rows, 0) > 3) or (default(member_bulk_channel, 0)"
                               " > 0) or (default(device_handheld, 0) > 0)"),
    _hidden("at_event_place", formula="default(outlet_event_place, 0) > 0"),
    _hidden("own_device", formula="(default(device_declared, 0) == 0) and not at_event_place"),
    _hidden("own_payout", formula="default(payout_declared, 0) == 0"),
    _hidden("just_joined", formula="default(member_joined_days, 999) < 14"),
    _hidden("new_payee", formula="default(member_payout_hours, 9999) < 72"),
    _hidden("new_phone", formula="default(member_device_hours, 9999) < 24"),
    _hidden("own_again_10m", formula="default(member_scans_again_10m, 0)"),
    _hidden("own_again_24h", formula="default(member_scans_again_24h, 0)"),
    _hidden("changes_3d", formula="(default(payout_change_minutes, 9999) < 4320)"
                                  " + (default(phone_change_minutes, 9999) < 4320)"
                                  " + (default(password_change_minutes, 9999) < 4320)"),
)

GOODS: Final[tuple[Feature, ...]] = (
    _of("sign_counter", family="code", unit="scans",
        meaning="Units of one carton claimed one right after the other (5)",
        formula="where(in_bulk or default(member_own_shop, 0) > 0, 0,"
                " default(carton_member_quick_24h, 0))"),
    _of("sign_far", family="code", unit="km",
        meaning="Scanned far from where the goods were sent (7, 8)",
        formula="where(at_event_place or in_bulk, 0, default(code_dispatch_km, 0))"),
    _of("sign_other_region", family="code", unit="events",
        meaning="Goods sent to another region than the member's, and not from next door (7)",
        formula="where(in_bulk, 0, default(code_home_differs, 0)"
                " * where(default(code_dispatch_km, 999) > 100,"
                " 1 + default(member_sources_30d, 0), 0))"),
    _of("sign_spoofed", family="place", unit="events",
        meaning="The very same coordinates again, far from where the goods were sent (8)",
        formula="where(default(code_dispatch_km, 0) > 100 and not in_bulk,"
                " default(member_spot_count_30d, 0), 0)"),
    _of("sign_teleport", family="place", unit="km/h",
        meaning="Faster than anybody travels (8)",
        formula="where(default(member_move_km, 0) > 30 and not in_bulk,"
                " default(member_speed_kmh, 0), 0)"),
    _of("sign_shop_role", family="place", unit="skus",
        meaning="A tradesman who scans the whole range where the goods were delivered (6)",
        formula="where(persona == influencer and default(code_dispatch_km, 9) < 1"
                " and default(member_own_shop, 0) == 0, default(member_skus_30d, 0), 0)"),
    _of("sign_serial_reuse", family="invoice", unit="events",
        meaning="Many claims for one end customer (11)",
        formula="where(kind == 0, max(default(end_customer_claims_90d, 0) - 2, 0), 0)"),
    _of("sign_customer_shared", family="invoice", unit="members",
        meaning="Several members claim for one end customer (11)",
        formula="max(default(end_customer_members_90d, 0) - 1, 0)"),
    _of("sign_returns", family="after", unit="events",
        meaning="Scanned goods that came back, again and again (12)",
        formula="where(in_bulk or default(member_returns_90d, 0) < 2, 0,"
                " member_returns_90d * default(member_return_share_90d, 0))"),
    _of("sign_misses", family="code", unit="events",
        meaning="Codes tried in vain in 24h, beyond two (2)",
        formula="max(default(member_refused_24h, 0) + where(code_known == 0,"
                " default(member_held_7d, 0), 0) - 2, 0)"),
)

PACE: Final[tuple[Feature, ...]] = (
    _of("sign_burst", family="velocity", unit="ratio",
        meaning="Ten minutes against the member's own 30 days (5, 10)",
        formula="where(in_bulk or at_event_place or member_count_10m - own_again_10m < 10, 0,"
                " (member_count_10m - own_again_10m)"
                " / max(member_count_30d - member_count_10m, 3))"),
    _of("sign_above_peers", family="peers", unit="ratio",
        meaning="Events of 24h against peers of the same persona (5)",
        formula="where(in_bulk or at_event_place, 0, default(member_to_peers_24h, 0)"
                " * (member_count_24h - own_again_24h) / member_count_24h)"),
    _of("sign_robot", family="velocity", unit="index",
        meaning="Gaps too even for a person (10)",
        formula="where(in_bulk or member_count_7d < 15, 0,"
                " 10 / (1 + 10 * default(member_gap_variation_7d, 99)))"),
)

CLAIMS: Final[tuple[Feature, ...]] = (
    _of("sign_invoice_again", family="invoice", unit="events",
        meaning="The seller's invoice number was claimed before (13, 14)",
        formula="default(invoice_before, 0)"),
    _of("sign_invoice_members", family="invoice", unit="members",
        meaning="Several members claim one invoice (13)",
        formula="max(default(invoice_members, 0) - 1, 0)"),
    _of("sign_new_sellers", family="invoice", unit="sellers",
        meaning="Invoices of ever new sellers (15)",
        formula="where(default(member_seller_hours, 99) < 1 and not in_bulk,"
                " default(member_sellers_30d, 0), 0)"),
    _of("sign_amount", family="amount", unit="ratio",
        meaning="An invoice far above the member's own (14, 15)",
        formula="where(in_bulk, 0, default(amount_to_max_30d, 0))"),
)

IDENTITY: Final[tuple[Feature, ...]] = (
    _of("sign_device_payout", family="device", unit="members",
        meaning="Members who share the phone and the payout account (9, 18)",
        formula="where(own_device and own_payout and default(payout_members_30d, 0) > 1,"
                " max(default(device_members_30d, 0) - 1, 0), 0)"),
    _of("sign_device_members", family="device", unit="members",
        meaning="Members on one phone in 24h (9)",
        formula="where(own_device, max(default(device_members_24h, 0) - 1, 0), 0)"),
    _of("sign_device_births", family="device", unit="members",
        meaning="Members whose first event came from one phone in 24h (9, 21)",
        formula="where(own_device, max(default(device_new_members_24h, 0) - 1, 0), 0)"),
    _of("sign_payout", family="identity", unit="members",
        meaning="Members who share the payout account (24)",
        formula="where(own_payout, max(default(payout_members, 0) - 1, 0), 0)"),
    _of("sign_payout_new", family="identity", unit="members",
        meaning="Members active with this payout account in 30d, less one (18, 24)",
        formula="where(own_payout, max(default(payout_members_30d, 0) - 1, 0), 0)"),
    _of("sign_address_births", family="identity", unit="members",
        meaning="Members first seen at one address in 24h (19, 21)",
        formula="max(default(address_new_members_24h, 0) - 1, 0)"),
    _of("sign_network_births", family="network", unit="members",
        meaning="Members whose first event came from one small network in 24h (21)",
        formula="where(default(ip_declared, 0) == 0 and default(ip_is_shared, 0) == 0"
                " and not at_event_place, max(default(ip_new_members_24h, 0) - 1, 0), 0)"),
    _of("sign_referral_tree", family="referral", unit="events",
        meaning="Referrals of one tree in 7 days (18, 19)",
        formula="default(root_referrals_7d, 0)"),
    _of("sign_referral_pace", family="referral", unit="events",
        meaning="Referrals of one member in 24h, less one (20)",
        formula="where(at_event_place, 0, max(default(member_referrals_24h, 0) - 1, 0))"),
    _of("sign_self_referral", family="referral", unit="events",
        meaning="What the referred one shares with the member who brought him (17)",
        formula="default(referee_same_device, 0) + default(referee_same_payout, 0)"
                " + default(referee_same_address, 0) + default(referee_same_phone, 0)"),
)

ACCOUNT: Final[tuple[Feature, ...]] = (
    _of("sign_takeover", family="account", unit="index",
        meaning="New phone, new payout, changed credentials, and the balance leaves (22, 23)",
        formula="where(kind == 2,"
                " (changes_3d + new_payee + new_phone) * default(balance_share, 0), 0)"),
    _of("sign_new_payee", family="account", unit="share",
        meaning="Share of the balance that goes to a payout account three days old (22)",
        formula="where(kind == 2 and new_payee, default(balance_share, 0), 0)"),
    _of("sign_woken", family="account", unit="d",
        meaning="Days of silence before points leave by a new phone or payout account (25)",
        formula="where(kind == 2 and (new_payee or new_phone),"
                " default(member_idle_days, 0), 0)"),
    _of("sign_quick_redemption", family="account", unit="ratio",
        meaning="A month against the member's age when points leave (21)",
        formula="where(kind == 2, 30 / max(default(member_joined_days, 999), 1), 0)"),
    _of("sign_staff", family="staff", unit="share",
        meaning="Share of a staff account's entries that go to this member (27)",
        formula="where(default(agent_count_30d, 0) < 5, 0, default(agent_member_share_30d, 0))"),
    _of("sign_unticketed", family="staff", unit="events",
        meaning="Points booked by staff without a ticket in 90 days (27)",
        formula="default(member_unticketed_90d, 0)"),
)

DECLARED: Final[tuple[Feature, ...]] = (
    *INNOCENT, *GOODS, *PACE, *CLAIMS, *IDENTITY, *ACCOUNT,
)
