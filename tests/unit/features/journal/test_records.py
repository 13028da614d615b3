from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.contract import TABLES
from features.places import MISSING, place_ms
from features.records import COLUMN, COLUMNS, KINDS
from features.store.schema import DECISIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.home import Home
    from features.store.journal import Journal


def read(journal: Journal, **options: Any) -> pd.DataFrame:
    """The stream as a frame, with the kind as a word."""
    slices = list(journal.records(**options))
    frame = pd.DataFrame(np.concatenate(slices) if slices else None, columns=list(COLUMNS))
    return frame.assign(kind=[KINDS[int(kind)] for kind in frame["kind"]])


@pytest.fixture
def full(home: Home, put: Callable[..., Any], rows: Any) -> Journal:
    """A journal with a row of every kind."""
    event = {"program_id": "acme", "member_id": "m1", "occurred_at": rows.at(10)}
    put(
        members=[rows.member("m1", referred_by="m2", enrolled_by="rep", phone_hash="p",
                             payout_id="q", address_hash="h", outlet_id="o", region="r",
                             tier="gold", points_balance="-5", lat="1", lon="2"),
                 rows.member("m2")],
        scans=[rows.scan("s1", 10, code_id="c", device_id="d", lat="-6.2", lon="106.8",
                         quantity="2", seller_id="o", upload_id="u", outcome="held"),
               rows.scan("s2", 30)],
        referrals=[{**event, "event_id": "r1", "points": 1, "referee_id": "m2"},
                   {**event, "event_id": "r2", "points": 1, "referee_id": "o",
                    "referee_kind": "outlet"}],
        redemptions=[{**event, "event_id": "d1", "points": 4, "reward_id": "w",
                      "reward_kind": "voucher", "payout_id": "q"}],
        feedback=[{"event_id": "s1", "label": "fraud", "decided_at": rows.at(20),
                   "source": "audit"},
                  {"event_id": "s2", "label": "fraud", "decided_at": rows.at(20)},
                  {"event_id": "gone", "label": "legit", "decided_at": rows.at(40)}],
        returns=[{"return_id": "x", "event_id": "s1", "returned_at": rows.at(21),
                  "quantity": "0.5"}],
        account_changes=[{"change_id": "x", "member_id": "m1", "changed_at": rows.at(1),
                          "what": "payout", "agent_id": "g", "device_id": "d"}],
        merges=[{"merge_id": "x", "member_id": "m1", "into_member_id": "m2",
                 "merged_at": rows.at(2)}],
        adjustments=[{"event_id": "j", "member_id": "m1", "occurred_at": rows.at(3),
                      "points": "-7", "agent_id": "g", "ticket": "t"}],
        activities=[{"event_id": "k", "member_id": "m1", "occurred_at": rows.at(4),
                     "kind": "order", "sku": "s", "quantity": "3"}],
        codes=[{"code_id": "c", "batch_id": "b", "carton_id": "n", "status": "void",
                "points": 10, "dispatched_at": rows.at(5), "dispatched_outlet_id": "o",
                "dispatched_lat": "1", "dispatched_lon": "2"}],
        outlets=[{"outlet_id": "o", "region": "r", "lat": "1", "lon": "2"}],
        declarations=[{"kind": "own_shop", "subject_id": "m1", "valid_from": rows.at(6)}],
        campaigns=[{"campaign_id": "a", "kind": "festival", "starts_at": rows.at(7),
                    "ends_at": rows.at(8), "multiplier": "2", "persona": "promoter"}],
    )
    return home.journal()


def test_the_stream_has_every_kind_in_order(full: Journal) -> None:
    """Records are sorted by place, then by arrival, and are C-ordered 64-bit integers."""
    frame = read(full)
    assert set(frame["kind"]) == set(KINDS) - {"decision"}
    keys = list(zip(frame["place"], frame["seq"], strict=True))
    assert keys == sorted(keys)
    assert len(set(frame["seq"])) == len(frame)
    matrix = next(full.records())
    assert (matrix.dtype, matrix.flags.c_contiguous) == (np.int64, True)


@pytest.mark.parametrize("rows_of_slice", [1, 2, 3, 7, 1000])
def test_slices_of_any_size_make_the_same_stream(full: Journal, rows_of_slice: int) -> None:
    """Where the stream is cut does not matter, not even inside one place."""
    pd.testing.assert_frame_equal(read(full, rows=rows_of_slice), read(full))


def test_a_column_that_fills_late_is_read(put: Callable[..., Any], rows: Any, home: Home) -> None:
    """Columns that held nothing in the slices before are not left out for good."""
    put(scans=[rows.scan(f"s{minute}", minute, device_id="d" if minute == 7 else "",
                         quantity="1" if minute == 9 else "") for minute in range(12)])
    frame = read(home.journal(), rows=4).query("kind == 'scan'")
    assert np.flatnonzero(frame["device"]).tolist() == [7]
    assert np.flatnonzero(frame["quantity"] != MISSING).tolist() == [9]


def test_after_and_until_are_both_exclusive(full: Journal) -> None:
    """A reader goes on where it stopped."""
    frame = read(full)
    middle = int(frame["place"].iloc[len(frame) // 2])
    before, after = read(full, until=middle), read(full, after=middle - 1)
    pd.testing.assert_frame_equal(
        pd.concat([before, after], ignore_index=True), frame, check_dtype=False)


def test_what_came_since_can_be_read_alone(
    full: Journal, put: Callable[..., Any], rows: Any
) -> None:
    """Rows that arrived after a seq, wherever they stand: here m1 changed too."""
    seq, place = full.last_seq, full.last_place
    put(scans=[rows.scan("s3", 50)], outlets=[{"outlet_id": "o2"}])
    fresh = read(full, after=place - 1, arrived_after=seq)
    assert fresh["kind"].tolist() == ["member", "outlet", "scan"]


def test_a_label_carries_the_columns_of_its_event(full: Journal) -> None:
    """Joined where the event came before; else only its own columns."""
    frame = read(full)
    labels, scan = frame[frame["kind"] == "feedback"], frame[frame["kind"] == "scan"].iloc[0]
    first, early, gone = (labels.iloc[index] for index in range(3))
    for name in ("event", "member", "device", "code", "upload", "points", "x", "occurred_ms",
                 "recorded_ms", "proof", "outcome", "quantity"):
        assert first[name] == scan[name], name
    assert (first["event_place"], first["label"], first["source"]) == (scan["place"], 1, 1)
    assert (early["member"], early["event_place"], early["label"]) == (0, MISSING, 1)
    assert (gone["member"], gone["points"], gone["label"]) == (0, MISSING, 0)
    returned = frame[frame["kind"] == "return"].iloc[0]
    assert (returned["returned_quantity"], returned["quantity"]) == (500_000, 2_000_000)
    assert (returned["code"], returned["event_place"]) == (scan["code"], scan["place"])


def test_each_kind_fills_its_columns(full: Journal) -> None:
    """Names and values land in the columns that the kernel reads."""
    frame = read(full).drop_duplicates("kind").set_index("kind")

    def name(kind: str, column: str, entity: str = "") -> str:
        return str(full.names(entity or column, np.array([frame.at[kind, column]]))[0])

    assert [name("member", column, entity) for column, entity in (
        ("member", ""), ("referrer", "member"), ("enroller", "member"), ("phone", ""),
        ("payout", ""), ("address", ""), ("outlet", ""), ("region", ""))] == [
        "m1", "m2", "rep", "p", "q", "h", "o", "r"]
    assert frame.loc["member", ["persona", "tier", "balance"]].tolist() == [0, 2, -5]
    assert [name("code", column) for column in ("code", "batch", "carton", "outlet")] == [
        "c", "b", "n", "o"]
    assert frame.at["code", "status"] == 3
    assert frame.at["code", "x"] == frame.at["outlet", "x"] == frame.at["member", "x"]
    assert name("referral", "referee", "member") == "m2"
    assert name("merge", "referee", "member") == "m2"
    assert name("redemption", "reward") == "w"
    assert frame.at["redemption", "reward_kind"] == 1
    assert frame.loc["adjustment", ["points", "status"]].tolist() == [-7, 1]
    assert frame.loc["activity", ["activity", "quantity"]].tolist() == [1, 3_000_000]
    assert frame.at["account_change", "change"] == 1
    assert (name("account_change", "agent"), name("account_change", "device")) == ("g", "d")
    assert [name("declaration", column) for column in ("member", "outlet", "device")] == [
        "m1", "m1", ""]
    assert frame.loc["campaign", ["status", "multiplier", "persona"]].tolist() == [
        2, 2_000_000, 2]
    assert (frame["root"] == 0).all()


def test_a_referee_may_be_an_outlet(full: Journal) -> None:
    """Its number is then one of an outlet."""
    second = read(full).query("kind == 'referral'").iloc[1]
    assert full.names("outlet", np.array([second["referee"]])).tolist() == ["o"]


def test_a_missing_outcome_is_credited(full: Journal) -> None:
    """History that says nothing was credited; the time of a record is that of its place."""
    scans = read(full).query("kind == 'scan'")
    assert scans["outcome"].tolist() == [1, 0]
    assert scans["recorded_ms"].tolist() == [place_ms(int(place)) for place in scans["place"]]


def test_a_decision_is_a_record_of_its_event(full: Journal) -> None:
    """A later change of status has a place of its own."""
    with full.begin() as writing:
        seq = writing.decision("s1", DECISIONS.index("released"), points_final=10, by="ana",
                               reason="document", at_ms=place_ms(full.last_place) + 5)
    last = read(full).query("kind == 'decision'").iloc[0]
    scan = read(full).query("kind == 'scan'").iloc[0]
    assert (last["status"], last["seq"]) == (2, seq)
    assert (last["event_place"], last["member"]) == (scan["place"], scan["member"])
    assert full.decisions()["seq"].tolist() == [seq]
    assert full.decisions(after=seq).empty


def test_frame_has_the_columns_asked_for(full: Journal) -> None:
    """Beside place and seq, and all of them where none are named."""
    assert list(full.frame("scans", columns=["points"]).columns) == ["place", "seq", "points"]
    assert set(TABLES["scans"].names) < set(full.frame("scans").columns)
    assert full.frame("members", latest=True, columns=["tier"])["tier"].tolist() == [2, MISSING]
    assert len(COLUMNS) == len(COLUMN)
