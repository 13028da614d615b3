"""The kernel against a naive reading of the declarations, record by record."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalog import CATALOG
from features.engine.batch import replay_slices
from features.engine.state import State
from features.places import MISSING
from features.records import COLUMN, COLUMNS, ENTITIES
from tests.properties.naive import ZONE, expected, same
from tests.properties.streams import EDGES, EVERYTHING, FAR_IDS, streams

QUIET = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("catalog", [EVERYTHING, CATALOG], ids=["everything", "catalog"])
@QUIET
@given(streams())
def test_replay_equals_the_naive_oracle(catalog, matrix):
    """Every feature of every event is what its declaration says, read over the whole past."""
    same(catalog, expected(catalog, matrix), State(catalog, ZONE).replay(matrix))


def one_by_one(state, matrix):
    """Vectors of the judged records, each observed, then settled."""
    rows = []
    for record in matrix:
        if record[COLUMN["kind"]] < 3:
            rows.append(state.observe(record))
            state.settle(record)
        else:
            state.advance(record.reshape(1, -1))
    return np.array(rows).reshape(-1, len(state.catalog.names))


@pytest.mark.parametrize("catalog", [EVERYTHING, CATALOG], ids=["everything", "catalog"])
@QUIET
@given(streams())
def test_one_by_one_equals_replay(catalog, matrix):
    """Events observed and settled one at a time have the bits of a replay."""
    same(catalog, State(catalog, ZONE).replay(matrix), one_by_one(State(catalog, ZONE), matrix))


@QUIET
@given(streams(), st.data())
def test_a_saved_state_goes_on_as_if_nothing_happened(tmp_path_factory, matrix, data):
    """A state saved at any cut and loaded again gives the same features for the rest."""
    cut = data.draw(st.integers(0, len(matrix)))
    path = tmp_path_factory.mktemp("state") / "state.npz"
    state = State(CATALOG, ZONE)
    first = state.replay(matrix[:cut])
    state.save(path)
    rest = State.load(path, CATALOG, ZONE).replay(matrix[cut:])
    same(CATALOG, State(CATALOG, ZONE).replay(matrix), np.concatenate([first, rest]))


@QUIET
@given(streams(), st.data())
def test_nothing_after_an_event_changes_its_row(matrix, data):
    """The features of a prefix are the prefix of the features, whatever the later rows hold."""
    cut = data.draw(st.integers(0, len(matrix)))
    whole = State(CATALOG, ZONE).replay(matrix)
    prefix = State(CATALOG, ZONE).replay(matrix[:cut])
    same(CATALOG, whole[:len(prefix)], prefix)


@QUIET
@given(streams())
def test_the_outcome_of_an_event_never_reaches_its_own_row(matrix):
    """Changing the last event's outcome changes nothing in any row."""
    judged = np.flatnonzero(matrix[:, COLUMN["kind"]] < 3)
    if not len(judged):
        return
    other = matrix.copy()
    other[judged[-1], COLUMN["outcome"]] = 2
    same(CATALOG, State(CATALOG, ZONE).replay(matrix), State(CATALOG, ZONE).replay(other))


@QUIET
@given(streams(starts=EDGES, ids=FAR_IDS))
def test_extreme_times_and_numbers_equal_the_naive_oracle(matrix):
    """From the first millisecond of 1970, past 2200, and up to the largest number of 31 bits."""
    same(EVERYTHING, expected(EVERYTHING, matrix), State(EVERYTHING, ZONE).replay(matrix))


@pytest.mark.parametrize("catalog", [EVERYTHING, CATALOG], ids=["everything", "catalog"])
@QUIET
@given(streams(), st.sets(st.sampled_from(COLUMNS[4:])))
def test_empty_columns_equal_the_naive_oracle(catalog, matrix, empty):
    """A program that never fills some columns gets what the declarations say of unknowns."""
    for name in empty:
        matrix[:, COLUMN[name]] = 0 if name in ENTITIES else MISSING
    same(catalog, expected(catalog, matrix), State(catalog, ZONE).replay(matrix))


@QUIET
@given(streams(), st.sets(st.integers(0, 28)))
def test_cuts_and_threads_change_no_bit(matrix, cuts):
    """A stream in slices, in one thread or two, has the bits of one replay."""
    slices = np.split(matrix, sorted(cuts))
    for threads in (1, 2):
        came = [rows for _, rows in replay_slices(CATALOG, ZONE, slices, threads)]
        same(CATALOG, State(CATALOG, ZONE).replay(matrix), np.concatenate(came))


@QUIET
@given(streams(), st.data())
def test_a_copy_goes_on_by_itself(matrix, data):
    """A copy gives the same features for the rest, whatever the first one has gone through."""
    cut = data.draw(st.integers(0, len(matrix)))
    state = State(EVERYTHING, ZONE)
    state.replay(matrix[:cut])
    copied = state.copy(state.room() if data.draw(st.booleans()) else None)
    same(EVERYTHING, state.replay(matrix[cut:]), copied.replay(matrix[cut:]))
