"""Sums by member and day equal a naive count of the events."""

from collections import defaultdict

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.members.activity import daily

EVENT = st.tuples(st.integers(0, 5), st.integers(100, 104), st.integers(0, 3), st.integers(-9, 90),
                  st.integers(0, 50), st.floats(0, 9), st.integers(0, 3), st.booleans())
COLUMNS = ["member_id", "day", "kind", "points", "amount", "quantity", "sku", "counted"]


def naive(rows):
    found = defaultdict(lambda: [0, 0, 0, 0, 0, 0, 0.0, set()])
    for member, day, kind, points, amount, quantity, sku, counted in rows:
        if counted:
            sums = found[member, day]
            for i, value in enumerate((1, kind == 0, kind == 2, kind == 3,
                                       points if kind != 2 else 0, amount, quantity)):
                sums[i] += value
            sums[7] |= {sku} - {0}
    return [[*pair, *sums[:7], len(sums[7])] for pair, sums in sorted(found.items())]


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENT, max_size=40))
def test_sums_are_those_of_a_naive_count(rows):
    """Order within a day is kept, so that sums of fractions are the same to the bit."""
    events = pd.DataFrame(rows, columns=COLUMNS).astype(
        dict.fromkeys(COLUMNS[:5], np.int64) | {"sku": np.int64, "counted": bool})
    found = daily(events, events["counted"].to_numpy())
    assert found.to_numpy().tolist() == naive(rows)


def test_everything_counts_unless_said_otherwise():
    """Without a mask all events are summed."""
    events = pd.DataFrame([(1, 5, 0, 2, 0, 1.0, 7)] * 3, columns=COLUMNS[:-1])
    assert daily(events)[["events", "points", "skus"]].to_numpy().tolist() == [[3, 6, 1]]
