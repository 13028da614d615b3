"""Goods, papers, clocks and points obey the world's laws."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml


@pytest.fixture(scope="module")
def honest(world):
    """Honest scans with what the table of codes says of them in the end."""
    scans = world.events[(world.events.kind == "scans") & ~world.events.is_fraud]
    codes = world.tables["codes"].drop_duplicates("code_id", keep="last")
    return scans.merge(codes, on="code_id", how="left", suffixes=("", "_of_code"))


@pytest.fixture(scope="module")
def complete_until(world):
    text = (world.folder / "program.yaml").read_text(encoding="utf-8")
    return pd.Timestamp(yaml.safe_load(text)["codes_complete_until"])


def test_a_label_is_scanned_once_by_honest_people(honest):
    """No two honest scans share a code, but those of members who scan their own again."""
    again = honest.look_alike.eq("own_code_again").fillna(False).astype(bool)
    retried = honest.code_id.isin(honest.code_id[again])
    assert not honest.code_id[~retried].dropna().duplicated().any()
    coded = honest[retried & honest.code_id.notna()]
    assert (coded.groupby("code_id").member_id.nunique() == 1).all()
    assert again.sum() > 50


def test_goods_are_dispatched_before_they_are_scanned(honest, complete_until):
    """While the lists were complete every honest code was known and dispatched when scanned."""
    early = honest[honest.code_id.notna() & (honest.occurred_at < complete_until)]
    known = early.known_at.fillna(early.dispatched_at)
    assert early.status_of_code.isin(["dispatched", "activated"]).all()
    assert (early.dispatched_at < early.occurred_at).all()
    assert (known < early.recorded_at).all()


def test_late_paperwork_is_an_innocent_s_alone(honest, complete_until):
    """Who scans before the sync is named, and it happens after the lists' last complete day."""
    late = honest[honest.known_at.fillna(honest.dispatched_at) > honest.recorded_at]
    assert set(late.look_alike) <= {"early_dispatch_unsynced", "stale_code_file", "test_batch",
                                    "retry_resend", "own_code_again"}
    assert (late.recorded_at > complete_until).all()
    assert (late.look_alike == "early_dispatch_unsynced").sum() > 20


def test_of_a_stale_code_file_nothing_is_known(world):
    """The program knows no row of those codes until the file is loaded, for all of a batch."""
    events = world.events[world.events.look_alike == "stale_code_file"]
    codes = world.tables["codes"]
    rows = codes[codes.code_id.isin(events.code_id)]
    first = events.code_id.map(rows.groupby("code_id").known_at.min())
    assert len(events) > 30
    assert events.member_id.nunique() > 20
    assert rows.known_at.notna().all()
    assert (first > events.occurred_at).mean() > 0.97
    assert rows.groupby("batch_id").known_at.nunique().max() <= 2


def test_a_mistyped_multiplier_pays_everybody_ten_times(world):
    """For some hours all claims it means are paid tenfold; then the campaign has a new version."""
    drives = world.tables["campaigns"]
    typed = drives[drives.multiplier >= 20]
    mended = drives[drives.known_at.notna()].set_index("campaign_id")
    assert set(typed.campaign_id) == set(mended.index)
    hours = (mended.known_at - mended.starts_at).dt.total_seconds() / 3600
    assert hours.between(8, 24).all()
    events = world.events[world.events.look_alike == "mistyped_multiplier"]
    codes = world.tables["codes"].drop_duplicates("code_id", keep="last")
    each = events.merge(codes[["code_id", "points"]], on="code_id", suffixes=("", "_each"))
    assert len(each) > 20
    assert (each.points == 20 * each.points_each * each.quantity).mean() > 0.95
    taken = world.tables["adjustments"].query("reason == 'campaign_correction' and points < -50")
    assert taken.ticket.notna().all()
    assert taken.member_id.isin(events.member_id).mean() > 0.8


def test_the_table_of_codes_is_of_plausible_size(world):
    """It holds the scanned codes and some more, of every status."""
    scanned = world.tables["scans"].code_id.nunique()
    codes = world.tables["codes"]
    assert scanned < codes.code_id.nunique() < 1.6 * scanned
    assert {"printed", "dispatched", "activated", "void"} == set(codes.status)


def test_guesses_are_no_codes(world):
    """Guessed codes are unknown, but for those that were alive by luck."""
    guessed = world.events[world.events.pattern == "guessed_codes"]
    assert guessed.code_id.isin(world.tables["codes"].code_id).mean() < 0.3


def test_duplicates_repeat_another_member_s_code(world):
    """A duplicate is the second use of a code, by somebody else, later."""
    events = world.events[world.events.code_id.notna()]
    honest = events[~events.is_fraud].sort_values("recorded_at")
    first = honest.drop_duplicates("code_id").set_index("code_id")
    again = events[(events.pattern == "duplicate_code") & events.code_id.isin(first.index)]
    whose = again.code_id.map(first.member_id)
    assert len(again) > 20
    assert (again.member_id != whose).mean() > 0.95
    assert (again.recorded_at > again.code_id.map(first.recorded_at)).all()


def test_honest_invoices_are_claimed_once(honest):
    """Seller, number, amount and lines never repeat among the honest."""
    bills = honest[honest.proof == "invoice"]
    claim = bills[["seller_id", "invoice_no", "amount", "invoice_lines_hash"]]
    assert len(bills) > 1000
    assert bills.seller_id.notna().all()
    assert bills.invoice_no.notna().all()
    assert not claim.duplicated().any()


def test_corrected_invoices_keep_their_number(world):
    """A re-issued invoice has the old number and another amount."""
    bills = world.events[world.events.look_alike == "corrected_invoice"]
    pairs = bills.groupby(["seller_id", "invoice_no"]).amount.nunique()
    assert (pairs > 1).sum() > 10


def test_nobody_acts_before_joining(world):
    """No event of a member, of any table, lies before he joined."""
    for name, time in (("scans", "occurred_at"), ("scans", "recorded_at"),
                       ("referrals", "occurred_at"), ("redemptions", "occurred_at"),
                       ("activities", "occurred_at"), ("adjustments", "occurred_at"),
                       ("missions", "decided_at"), ("account_changes", "changed_at")):
        frame = world.tables[name]
        assert (frame[time] >= frame.member_id.map(world.members.joined_at)).all(), name


def test_nobody_spends_what_he_has_not_earned(world):
    """Redemptions never exceed what was credited before, and the opening balance."""
    members = world.tables["members"]
    opening = members[members.known_at.notna()].drop_duplicates("member_id")
    opening = opening.set_index("member_id").points_balance
    events = world.events[world.events.outcome == "credited"].sort_values("recorded_at")
    signed = events.points.where(events.kind != "redemptions", -events.points)
    # The first snapshot already holds what came before it; it bounds the opening from above.
    spent = signed.groupby(events.member_id).sum() + opening.reindex(
        events.member_id.unique()).fillna(0)
    assert (spent >= 0).all()


def test_points_are_what_the_claim_asks_for(world):
    """A code's points times the units, unless a campaign multiplies them."""
    scans = world.tables["scans"].drop_duplicates()
    codes = world.tables["codes"].drop_duplicates("code_id", keep="last")
    both = scans.merge(codes[["code_id", "points"]], on="code_id", suffixes=("", "_each"))
    factor = both.points / (both.points_each * both.quantity)
    assert (scans.points >= 0).all()
    assert (factor == 1).mean() > 0.6
    assert factor.quantile(0.99) <= 2.05


def test_two_clocks_differ_as_they_do(world):
    """Most events arrive in seconds, some hours late and in bursts, some from wrong clocks."""
    scans = world.tables["scans"]
    lag = (scans.recorded_at - scans.occurred_at).dt.total_seconds()
    assert lag.abs().median() < 10
    assert 0.005 < (lag > 3600).mean() < 0.06
    assert (lag < -60).mean() > 0.001
    assert world.tables["scans"].recorded_at.is_monotonic_increasing


def test_a_repeated_request_is_the_same_in_every_cell(world):
    """The scans file holds a few events twice, byte for byte."""
    scans = world.tables["scans"]
    again = scans.event_id.duplicated()
    assert 0.001 < again.mean() < 0.02
    assert (scans.duplicated() == again).all()


def test_carriers_put_many_members_behind_one_address(world):
    """The busiest addresses serve hundreds, most addresses one."""
    per = world.tables["scans"].groupby("ip").member_id.nunique()
    assert per.max() > 100
    assert per.median() == 1
