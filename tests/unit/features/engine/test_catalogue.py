"""Features of the catalogue on small stories told by hand, and what the catalogue covers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from features.catalog import CATALOG
from features.catalog.network import CARRIER_MEMBERS
from features.engine.definition import AGGREGATES
from features.engine.state import State

HOUR = 3_600_000
DAY = 24 * HOUR
NOON = 1_750_000_000_000

PATTERNS = {
    "a used code again": "code_credited_other code_credited_self code_tries_before",
    "guessed codes": "member_refused_10m member_refused_share_24h code_known",
    "a leaked list of codes": "code_status code_dispatched_hours batch_members_30d",
    "shared pictures of codes": "event_capture code_members_24h code_first_scan_hours",
    "scanning the stock at the counter": "member_scans_10m carton_member_scans_24h outlet_is_home",
    "a shop in another role": "member_persona member_skus_24h member_outlets_30d event_weekday",
    "goods in another region": "code_dispatch_km code_region_differs batch_regions_30d",
    "a made-up place": "event_mock_location member_speed_kmh member_spot_count_30d",
    "many accounts on a phone": "device_members_24h device_payouts_30d device_declared",
    "a scanning machine": "member_gap_variation_7d event_night member_activity_days",
    "units never installed": "end_customer_claims_90d end_customer_members_90d",
    "scan and return": "member_return_share_90d code_returns outlet_returns_90d",
    "an invoice again": "claim_credited invoice_before lines_before invoice_members",
    "an invented invoice": "seller_customers_90d seller_member_share_30d seller_count_24h",
    "an honest bulk upload": "member_bulk_channel upload_rows event_channel",
    "referring oneself": "referee_same_device referee_same_payout referee_same_address",
    "a ring of referrals": "root_referrals_7d root_devices_30d root_joined_7d payout_members",
    "outlets that are none": "outlet_km outlet_new_devices_24h referee_scans",
    "made-up visits": "enroller_members_24h spot_members_24h ip_members_1h outlet_event_place",
    "farming the welcome": "device_new_members_24h address_new_members_24h ip_new_members_24h",
    "a taken account": "password_change_minutes member_device_hours balance_share reward_before",
    "a stolen phone number": "phone_change_minutes account_changes_by_staff_30d",
    "one payout for many": "payout_members payout_devices_30d payout_declared",
    "a dormant account woken": "member_idle_days event_in_mission device_age_hours",
    "staff credit": "agent_member_share_30d member_unticketed_90d agent_members_30d",
    "confirmed before": "outlet_fraud_90d device_fraud_90d batch_fraud_90d agent_fraud_90d",
}
"""How partners and staff cheat, and features that show it."""


def told(records, *names):
    """Values of some features, one tuple per judged record."""
    matrix = State(CATALOG, "Asia/Jakarta").replay(np.array(records))
    at = [CATALOG.names.index(name) for name in names]
    return [tuple(None if math.isnan(v) else v for v in row[at]) for row in matrix]


@pytest.mark.parametrize("entity", [
    "member", "device", "code", "batch", "carton", "outlet", "payout", "address", "ip", "invoice",
    "seller", "referrer", "agent", "root",
])
def test_every_entity_has_features(entity):
    """Whatever fraud may gather around is counted, or its labels are."""
    pairs = {c.name for c in CATALOG.columns if entity in (getattr(c, "first", ""),
                                                           getattr(c, "second", ""))}
    assert [a for a in CATALOG.aggregates.values() if a.entity in {entity, *pairs}]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_of_fraud_has_features(pattern):
    """No known way of cheating is out of sight."""
    assert set(PATTERNS[pattern].split()) <= set(CATALOG.names)


def test_every_aggregate_but_none_is_used():
    """The catalogue speaks all of the vocabulary, first-seen and smallest aside."""
    used = {a.aggregate for a in CATALOG.aggregates.values()}
    assert set(AGGREGATES) - used <= {"first_seen", "min"}


def test_an_address_of_a_carrier_says_nothing(record):
    """Beyond so many members in 30 days an address is a network's; later it is one again."""
    story = [record("scan", NOON + i, ip=3, member=i + 1, device=i + 1)
             for i in range(CARRIER_MEMBERS + 1)]
    story += [record("scan", NOON + 31 * DAY, ip=3, member=1, device=1)]
    rows = told(story, "ip_is_shared", "ip_members_1h", "ip_members_24h", "ip_count_1h",
                "ip_devices_24h", "ip_new_members_24h")
    many = CARRIER_MEMBERS
    assert rows[many - 1] == (0, many, many, many, many, many)
    assert rows[many] == (1, None, None, None, None, None)
    assert rows[many + 1] == (0, 1, 1, 1, 1, 0)


def test_an_address_that_is_declared_shared_says_nothing(record):
    """A declaration is enough; an unknown address is neither shared nor not."""
    story = [
        record("scan", NOON, ip=3, member=1, device=1),
        record("declaration", NOON + 1, ip=3, declaration=2, valid_from_ms=NOON),
        record("scan", NOON + 2, ip=3, member=1, device=1),
        record("scan", NOON + 3, ip=0, member=1, device=1),
    ]
    assert told(story, "ip_is_shared", "ip_members_1h", "ip_count_1h") == [
        (0, 1, 1), (1, None, None), (None, None, None)]


def test_sign_ups_and_payouts_gather_at_an_address(record):
    """Members are of an address by their file; its payouts are those of its members."""
    story = [
        record("member", NOON - 3, member=1, address=9, payout=4),
        record("member", NOON - 2, member=2, address=9, payout=5),
        record("member", NOON - 1, member=3, payout=6),
        *(record("scan", NOON + n, member=member) for n, member in enumerate((1, 2, 2, 3))),
        record("scan", NOON + 31 * DAY, member=2),
    ]
    assert told(story, "address_members_30d", "address_new_members_24h",
                "address_payouts_30d") == [
        (1, 1, 1), (2, 2, 2), (2, 2, 2), (None, None, None), (1, 0, 1)]


def test_a_carton_scanned_in_a_row_shows(record):
    """One member's scans of a carton in a day, and the outlets it turns up at."""
    story = [
        *(record("code", NOON - 9 + code, code=code, carton=8) for code in (1, 2, 3)),
        record("scan", NOON, member=1, code=1, outlet=1),
        record("scan", NOON + 1, member=1, code=2, outlet=1),
        record("scan", NOON + 2, member=2, code=3, outlet=2),
        record("scan", NOON + DAY, member=1, code=1, outlet=1),
    ]
    assert told(story, "carton_member_scans_24h", "carton_outlets_30d") == [
        (1, 1), (2, 1), (1, 2), (2, 2)]


def test_a_difference_is_to_the_last_known_value(record):
    """Points and money less the member's previous ones; events without them are passed over."""
    story = [
        record("scan", NOON, member=1, points=5, amount=100),
        record("scan", NOON + 1, member=1, points=9),
        record("scan", NOON + 2, member=1, points=2, amount=70),
        record("redemption", NOON + 3, member=1, points=500, amount=75),
        record("referral", NOON + 4, member=1, points=3),
    ]
    assert told(story, "points_difference", "amount_difference") == [
        (None, None), (4, None), (-7, -30), (498, 5), (1, None)]


def test_a_sellers_customers_are_counted(record):
    """The same customer again is one."""
    story = [record("scan", NOON + n, member=1, seller=2, end_customer=customer)
             for n, customer in enumerate((1, 1, 2, 0))]
    assert told(story, "seller_customers_90d") == [(1,), (1,), (2,), (2,)]


def test_fraud_of_those_he_referred_is_the_referrers_risk(record):
    """A label counts for the whole tree, from when it was known."""
    scan = record("scan", NOON, member=2)
    story = [
        record("member", NOON - 2, member=2, referrer=1),
        record("member", NOON - 1, member=3, referrer=1),
        scan,
        record("feedback", NOON + HOUR, member=2, event=int(scan[3]), label=0),
        record("feedback", NOON + HOUR, member=2, event=int(scan[3]), label=1),
        record("scan", NOON + 2 * HOUR, member=3),
        record("scan", NOON + 3 * HOUR, member=1),
    ]
    assert told(story, "referrer_fraud_90d", "referrer_fraud_share_90d", "root_fraud_90d",
                "root_fraud_share_90d") == [(0, 0, 0, 0), (1, 0.5, 1, 0.5), (None, None, 1, 0.5)]


def test_a_change_of_address_is_timed(record):
    """Minutes since, and unknown before the first."""
    story = [
        record("scan", NOON, member=1),
        record("account_change", NOON + 1, member=1, change=4),
        record("scan", NOON + HOUR + 1, member=1),
    ]
    assert told(story, "address_change_minutes") == [(None,), (60,)]
