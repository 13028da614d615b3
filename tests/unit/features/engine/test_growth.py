"""Memory follows the entities and the events inside the longest window."""

from __future__ import annotations

import numpy as np
import pytest

from features.engine.batch import records_from
from features.engine.declarations import Catalog
from features.engine.definition import Aggregate, Pair, over
from features.engine.growth import HIGHEST_ID, grown
from features.engine.state import State
from features.errors import BadInput

SECOND = 1000 << 20
KINDS_OF_STATE = Catalog([
    Pair("spot", "lat", "lon"),
    *over(("10m", "1h"), "count_{w}", entity="member", aggregate="count"),
    *over(("10m", "1h"), "points_{w}", entity="device", aggregate="sum", argument="points"),
    *over(("10m", "1h"), "highest_{w}", entity="device", aggregate="max", argument="points"),
    *over(("10m", "1h"), "devices_{w}", entity="member", aggregate="distinct", argument="device"),
    Aggregate("members", entity="device", aggregate="distinct", argument="member", window="1h"),
    Aggregate("spots", entity="member", aggregate="distinct", argument="spot", window="1h"),
    Aggregate("age", entity="member", aggregate="age"),
])


def stream(count, first=0, members=500, devices=300):
    """Events a second apart, of members and devices drawn anew each time."""
    rng = np.random.default_rng(first)
    index = np.arange(first, first + count)
    return records_from({
        "place": (index + 1) * SECOND, "seq": index + 1, "event": index + 1,
        "member": rng.integers(1, members + 1, count),
        "device": rng.integers(1, devices + 1, count), "points": rng.integers(0, 100, count),
        "lat": rng.integers(0, 10**6, count), "lon": rng.integers(0, 10**6, count)})


def sizes(state):
    """Bytes of every array."""
    return {name: array.nbytes for name, array in state.memory._asdict().items()}


def test_memory_stays_where_entities_and_window_do():
    """Twenty more windows of events by the same entities take no byte more than the first."""
    state = State(KINDS_OF_STATE, "UTC")
    state.advance(stream(3 * 3_600))
    after_three = sizes(state)
    for window in range(3, 23):
        state.advance(stream(3_600, 3_600 * window))
    assert sizes(state) == after_three
    scalars = dict(zip(("used", "next", "start"), state.memory.scalars.tolist(), strict=False))
    assert scalars["next"] - scalars["start"] == 3_600
    assert len(state.memory.log) <= 2 * 4_096


def test_memory_follows_the_events_inside_the_longest_window():
    """Four times the events in an hour take about four times the log, and no more."""
    lengths = []
    for spread in (1, 4):
        state = State(KINDS_OF_STATE, "UTC")
        records = stream(16_000)
        records[:, 0] = (np.arange(16_000) + 1) * (SECOND // spread)
        state.advance(records)
        lengths.append((len(state.memory.log), len(state.memory.table)))
    assert lengths[0] == (4_096, 32_768)
    assert lengths[1] == (16_384, 131_072)


def test_cells_are_reserved_twice_at_most_and_keep_what_they_hold():
    """Growing in many steps or few, the used cells hold the same, and half of all are used."""
    state = State(KINDS_OF_STATE, "UTC")
    for first in range(0, 40_000, 1_000):
        state.advance(stream(1_000, first, members=10**5, devices=10**5))
        rows = 2 * 256 * len(state.plan.template)
        assert len(state.memory.cells) <= 2 * state.memory.scalars[0] + 3 * rows
    again = State(KINDS_OF_STATE, "UTC")
    again.advance(np.concatenate([
        stream(1_000, first, members=10**5, devices=10**5) for first in range(0, 40_000, 1_000)]))
    used = state.memory.scalars[0]
    assert np.array_equal(again.memory.cells[:used], state.memory.cells[:used])


def test_a_number_of_more_than_31_bits_is_refused():
    """The largest number that the log can hold is taken, the next one named and refused."""
    catalog = Catalog(over(("1h",), "n_{w}", entity="member", aggregate="count"))
    records = records_from({"place": [1, 2, 3], "seq": [1, 2, 3], "member": [HIGHEST_ID] * 3})
    state = State(catalog, "UTC")
    assert state.replay(records).ravel().tolist() == [1, 2, 3]
    records[2, 4] = HIGHEST_ID + 1
    with pytest.raises(BadInput, match=f"up to {HIGHEST_ID}; came {HIGHEST_ID + 1}"):
        State(catalog, "UTC").replay(records)
    with pytest.raises(BadInput):
        grown(state.plan, state.memory, 2**40)
