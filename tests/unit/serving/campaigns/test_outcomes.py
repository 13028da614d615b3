"""Who counts in the results, from which day, and who was active when: against a naive reading."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from serving.campaigns.outcomes import Activity, active, entries, over

ROWS = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 40)), max_size=40)
DECIDED = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 40),
              st.sampled_from(["offered", "control", "global"])), max_size=20)  # fmt: skip


def decisions(rows: list[tuple[int, int, str]]) -> pd.DataFrame:
    return pd.DataFrame({
        "day": [row[1] for row in rows], "position": range(len(rows)),
        "member_id": [row[0] for row in rows], "cluster": [f"c{row[0]}" for row in rows],
        "arm": [row[2] for row in rows], "code": "sent",
    }).astype({"day": "i8", "member_id": "i8"})  # fmt: skip


@given(ROWS, DECIDED, st.integers(1, 45), st.integers(1, 15))
def test_entries_and_activity_are_those_of_a_naive_reading(
    active_days: list[tuple[int, int]], decided: list[tuple[int, int, str]], today: int, last: int
) -> None:
    """Row by row in plain Python gives the same partners, days and outcomes."""
    rows = sorted(set(active_days))
    days = pd.DataFrame({"member": [r[0] for r in rows], "day": [r[1] for r in rows]})
    activity = Activity.of(days.astype("i8"), today)
    table = entries(decisions(decided), activity)
    wanted = {}
    for member, day, arm in sorted(decided, key=lambda row: row[1]):
        if arm != "global" and day < today:
            wanted.setdefault(member, (day, arm))
    got = {int(row.member_id): (int(row.day), row.arm) for row in table.itertuples()}
    assert got == wanted
    found = active(table, activity, 1, last)
    for row, is_active, is_over in zip(table.itertuples(), found, over(table, activity, last),
                                       strict=True):  # fmt: skip
        own = [day for member, day in rows if member == row.member_id]
        assert bool(is_active) == any(row.day < day <= row.day + last for day in own)
        assert row.before == sum(row.day - 90 <= day < row.day for day in own)
        assert bool(is_over) == (row.day + last < today)


def test_no_decisions_are_no_entries() -> None:
    """A campaign that has not run yet has an empty table, not an error."""
    activity = Activity.of(pd.DataFrame({"member": [1], "day": [3]}, dtype="i8"), 10)
    table = entries(decisions([]), activity)
    assert (len(table), active(table, activity, 1, 30).tolist()) == (0, [])
    assert np.array_equal(over(table, activity, 30), np.empty(0, dtype=bool))
