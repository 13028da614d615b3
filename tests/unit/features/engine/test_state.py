"""The state, on small stories told by hand."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from features.catalog import CATALOG
from features.engine.declarations import Catalog
from features.engine.definition import Aggregate, over
from features.engine.state import State
from features.engine.zone import offsets
from features.errors import BadConfig, BadInput, Conflict

HOUR = 3_600_000
DAY = 24 * HOUR
NOON = 1_750_000_000_000


def told(records, *names):
    """Values of some features, one tuple per judged record."""
    matrix = State(CATALOG, "Asia/Jakarta").replay(np.array(records))
    at = [CATALOG.names.index(name) for name in names]
    return [tuple(None if math.isnan(v) else v for v in row[at]) for row in matrix]


def test_a_code_credited_once_counts_against_others_and_himself(record):
    """Credits count for the next scan; a refused one, or one taken back, does not."""
    first = record("scan", NOON, code=7, member=1, points=5, outcome=0)
    story = [
        first,
        record("scan", NOON + 1, code=7, member=1, outcome=2),
        record("scan", NOON + 2, code=7, member=2, outcome=2),
        record("decision", NOON + 3, code=7, member=1, event=int(first[3]), status=5),
        record("scan", NOON + 4, code=7, member=2, outcome=1),
        record("scan", NOON + 5, member=2),
    ]
    assert told(story, "code_credited_self", "code_credited_other") == [
        (0, 0), (1, 0), (0, 1), (0, 0), (None, None)]


def test_a_released_hold_is_a_credit(record):
    """A held scan is no credit until it is released; releasing twice is one credit."""
    held = record("scan", NOON, code=7, member=1, outcome=1)
    event = int(held[3])
    story = [
        held,
        record("scan", NOON + 1, code=7, member=2, outcome=2),
        record("decision", NOON + 2, code=7, member=1, event=event, status=2),
        record("decision", NOON + 3, code=7, member=1, event=event, status=2),
        record("scan", NOON + 4, code=7, member=2, outcome=2),
    ]
    assert told(story, "code_credited_other", "code_held") == [(0, 0), (0, 1), (1, 1)]


def test_facts_of_a_code_act_from_when_they_were_known(record):
    """A code is unknown until the program told of it; hours run from its dispatch."""
    story = [
        record("scan", NOON, code=7, member=1),
        record("code", NOON + 1, code=7, status=1, dispatched_ms=NOON - HOUR),
        record("scan", NOON + HOUR, code=7, member=1),
        record("code", NOON + HOUR + 1, code=7, status=3),
        record("scan", NOON + 2 * HOUR, code=7, member=1),
        record("scan", NOON + 3 * HOUR, member=1),
    ]
    assert told(story, "code_known", "code_status", "code_dispatched_hours") == [
        (0, None, None), (1, 1, 2), (1, 3, 3), (None, None, None)]


def test_a_declaration_holds_inside_its_time(record):
    """From its first moment to before its last, the renewed one beside the old one."""
    story = [
        record("declaration", 0, device=5, declaration=0, valid_from_ms=NOON,
               valid_to_ms=NOON + HOUR),
        record("declaration", 1, device=5, declaration=0, valid_from_ms=NOON + DAY),
        *(record("scan", ms, device=5, member=1)
          for ms in (NOON - 1, NOON, NOON + HOUR - 1, NOON + HOUR, NOON + 2 * DAY)),
        record("scan", NOON + 3 * DAY, device=6, member=1),
    ]
    assert told(story, "device_declared") == [(0,), (1,), (1,), (0,), (1,), (0,)]


def test_labels_count_from_when_they_were_known(record):
    """Fraud confirmed later is no risk before; the share is 0 where nothing was learnt."""
    scan = record("scan", NOON, outlet=3, member=1)
    story = [
        scan,
        record("scan", NOON + HOUR, outlet=3, member=2),
        record("feedback", NOON + DAY, outlet=3, member=1, event=int(scan[3]), label=1),
        record("feedback", NOON + DAY + 1, outlet=3, member=2, label=0),
        record("scan", NOON + 2 * DAY, outlet=3, member=2),
        record("scan", NOON + 9 * DAY, outlet=3, member=2),
    ]
    assert told(story, "outlet_fraud_7d", "outlet_fraud_share_7d", "outlet_labels_30d") == [
        (0, 0, 0), (0, 0, 0), (1, 0.5, 2), (0, 0, 2)]


def test_a_merged_member_goes_on_as_the_one_who_is_kept(record):
    """From the merge on, events of the old member count as the kept one's."""
    story = [
        record("scan", NOON, member=1),
        record("scan", NOON + 1, member=2),
        record("merge", NOON + 2, member=1, referee=2),
        record("scan", NOON + 3, member=1),
    ]
    assert told(story, "member_count_1h") == [(1,), (1,), (2,)]


def test_referee_and_referrer_are_compared(record):
    """A referral sees what both had before: device, payout, address; and the referee's scans."""
    story = [
        record("member", 0, member=1, payout=4, address=8),
        record("member", 1, member=2, payout=4, address=9),
        record("scan", NOON, member=2, device=6),
        record("scan", NOON + 1, member=1, device=6),
        record("referral", NOON + 2, member=1, referee=2, device=7),
        record("referral", NOON + 3, member=1, referee=2, referee_kind=1),
    ]
    assert told(story, "referee_same_device", "referee_same_payout", "referee_same_address",
                "referee_scans", "referee_before")[2:] == [(1, 1, 0, 1, 0), (None,) * 4 + (0,)]


def test_customer_columns_of_the_handbook(record):
    """Count and mean amount of a member in 1 and 7 days hold the scored event."""
    story = [record("scan", NOON + d * DAY, member=1, amount=a)
             for d, a in ((0, 100), (3, 300), (3, 500))]
    assert told(story, "member_count_24h", "member_amount_mean_24h", "member_amount_mean_7d") == [
        (1, 100, 100), (1, 300, 200), (2, 400, 300)]


def test_windows_are_half_open():
    """An event exactly one window old has left it, one tick less has not."""
    catalog = Catalog(over(("1m",), "n_{w}", entity="member", aggregate="count"))
    rows = np.full((3, 64), -(1 << 63))
    rows[:, 3:30] = 0
    rows[:, 4] = 1
    rows[:, 1:4] = [[1, 0, 1], [2, 0, 2], [3, 0, 3]]
    rows[:, 0] = [5, 5 + (60_000 << 20) - 1, 5 + (60_000 << 20)]
    assert State(catalog, "UTC").replay(rows).ravel().tolist() == [1, 2, 2]


def test_millions_of_numbers_and_long_gaps_grow_and_evict(record):
    """Ids far apart grow the state; pairs outside every window are forgotten and reused."""
    catalog = Catalog([
        Aggregate("n", entity="device", aggregate="distinct", argument="member", window="1h")])
    state = State(catalog, "UTC")
    for day, member in itertools.product(range(6), range(1, 2_000)):
        row = record("scan", NOON + day * DAY, device=1 + 1_000_003 * (day % 2), member=member)
        assert state.observe(row)[0] == member
        state.settle(row)
    assert state.memory.scalars[7] == 1_999
    assert state.memory.numbers[0, 0] <= 2 * 1_999 + 1


def test_hours_follow_the_zone_through_its_changes():
    """The table of offsets says what the tz database says, around every change."""
    table = offsets("America/Sao_Paulo")
    zone = ZoneInfo("America/Sao_Paulo")
    for change, offset in table[1:40].tolist():
        for ms, wanted in ((change, offset), (change - 1, None)):
            moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
            told_by_zone = moment.astimezone(zone).utcoffset() / timedelta(milliseconds=1)
            assert (told_by_zone == offset) == (wanted == offset)
    with pytest.raises(BadConfig, match="Mars/Olympus"):
        offsets("Mars/Olympus")


def test_an_event_must_be_settled_before_the_next(record):
    """Observing twice, settling another event or none, and old places are refused."""
    state = State(CATALOG, "UTC")
    first, second = record("scan", NOON, member=1), record("scan", NOON + 1, member=1)
    with pytest.raises(Conflict):
        state.settle(first)
    state.observe(first)
    with pytest.raises(Conflict):
        state.observe(second)
    with pytest.raises(Conflict):
        state.settle(second)
    state.settle(first)
    with pytest.raises(BadInput):
        state.observe(record("member", NOON + 2, member=1))
    state.advance(np.array([record("member", NOON + 2, member=1)]))
    assert state.position == (((NOON + 2) << 20) + 4, 4)
    with pytest.raises(BadInput, match="order"):
        state.replay(np.array([record("scan", NOON, member=1)]))


def test_a_state_of_another_catalog_or_zone_is_refused(record, tmp_path):
    """A saved state loads only for the catalog and time zone that it was made with."""
    path = tmp_path / "state.npz"
    small = Catalog(over(("1h",), "n_{w}", entity="member", aggregate="count"))
    large = Catalog(over(("1h", "24h"), "n_{w}", entity="member", aggregate="count"))
    state = State(small, "UTC")
    state.advance(np.array([record("scan", NOON, member=1)]))
    state.save(path)
    assert State.load(path, small, "UTC").position == state.position
    for catalog, zone in ((large, "UTC"), (small, "Asia/Jakarta")):
        with pytest.raises(Conflict, match="another one"):
            State.load(path, catalog, zone)
