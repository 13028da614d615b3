"""Huge entities: an outlet with 5 % of all events, a device of 10,000 members, a burst in 1 ms."""

from __future__ import annotations

import os

import numpy as np
import pytest

from features.engine.batch import records_from, replay_slices
from features.engine.declarations import Catalog
from features.engine.definition import Aggregate
from features.places import MISSING
from features.records import COLUMN

EVENTS = 400_000 if os.environ.get("JAGA_PROVE") else 60_000
CROWD = 10_000
HOUR, DAY = 3_600_000, 86_400_000
SPAN = 40 * DAY
DECLARED = {
    "outlet_count_1h": ("outlet", "count", "", HOUR),
    "outlet_points_30d": ("outlet", "sum", "points", 30 * DAY),
    "outlet_members_24h": ("outlet", "distinct", "member", DAY),
    "outlet_least_24h": ("outlet", "min", "points", DAY),
    "device_members_30d": ("device", "distinct", "member", 30 * DAY),
    "device_count_24h": ("device", "count", "", DAY),
    "member_count_1m": ("member", "count", "", 60_000),
    "member_devices_30d": ("member", "distinct", "device", 30 * DAY),
    "member_most_1h": ("member", "max", "points", HOUR),
    "member_devices": ("member", "distinct", "device", None),
}
CATALOG = Catalog([
    Aggregate(name, entity=entity, aggregate=aggregate, argument=argument, window=window or "")
    for name, (entity, aggregate, argument, window) in DECLARED.items()])


@pytest.fixture(scope="module")
def records():
    """Give a log whose last third has one member's burst inside one millisecond."""
    rng = np.random.default_rng(11)
    index = np.arange(EVENTS)
    ms = np.sort(rng.integers(0, SPAN, EVENTS))
    burst = slice(2 * EVENTS // 3, 2 * EVENTS // 3 + 500)
    ms[burst] = ms[burst.start]
    first = np.searchsorted(ms, ms)
    member = rng.integers(1, 20_000, EVENTS)
    device = np.where(rng.random(EVENTS) < 0.3, 1, rng.integers(2, 30_000, EVENTS))
    shared = np.flatnonzero(device == 1)[:CROWD]
    member[shared] = np.arange(1, len(shared) + 1)
    outlet = np.where(rng.random(EVENTS) < 0.05, 1, rng.integers(2, 500, EVENTS))
    member[burst], outlet[burst] = 7, 1
    return records_from({
        "place": (ms << 20) + index - first, "seq": index + 1, "member": member,
        "device": device, "outlet": outlet,
        "points": np.where(rng.random(EVENTS) < 0.1, MISSING, rng.integers(0, 10**9, EVENTS))})


def naive(records, row, entity, aggregate, argument, window):
    """One aggregate of one row, from a mask over the whole log."""
    place, number = records[row, 0], records[row, COLUMN[entity]]
    past = records[:row + 1]
    inside = past[:, COLUMN[entity]] == number
    if window is not None:
        inside &= past[:, 0] > place - (window << 20)
    if aggregate == "count":
        return int(inside.sum())
    values = past[inside, COLUMN[argument]]
    if aggregate == "distinct":
        return len(np.unique(values))
    values = values[values != MISSING]
    if aggregate == "sum":
        return int(values.sum())
    return float(getattr(values, aggregate)()) if len(values) else np.nan


def test_huge_entities_are_exact(records):
    """Rows of the largest entities, of the burst and of any others equal a plain count."""
    halves = np.split(records, [EVENTS // 2])
    came = np.concatenate([matrix for _, matrix in replay_slices(CATALOG, "UTC", halves)])
    huge = np.flatnonzero((records[:, COLUMN["outlet"]] == 1) | (records[:, COLUMN["device"]] == 1))
    start = 2 * EVENTS // 3
    rows = [*huge[:: len(huge) // 60], *huge[-5:], *range(start, start + 500, 25), start + 499,
            *range(0, EVENTS, EVENTS // 60), EVENTS - 1]
    for row in sorted(set(rows)):
        wanted = [naive(records, row, *told) for told in DECLARED.values()]
        np.testing.assert_array_equal(came[row], wanted, err_msg=f"row {row}")


def test_the_entities_are_huge(records):
    """The log has what it is named for."""
    on_one = records[records[:, COLUMN["device"]] == 1]
    burst = records[2 * EVENTS // 3:2 * EVENTS // 3 + 500]
    assert (records[:, COLUMN["outlet"]] == 1).mean() >= 0.05
    assert len(np.unique(on_one[:, COLUMN["member"]])) >= CROWD
    assert len(np.unique(burst[:, 0] >> 20)) == 1
    assert (np.diff(records[:, 0]) > 0).all()
