"""Looking into a state: the same numbers as counting by hand, and nothing changed by it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from features.engine.declarations import Catalog
from features.engine.definition import Aggregate, Pair
from features.engine.peek import pair_number, total
from features.engine.state import State
from features.places import MISSING
from features.records import COLUMN, COLUMNS, ENTITIES

CATALOG = Catalog([
    Pair("code_member", "code", "member"),
    Aggregate("tries", entity="code", aggregate="count"),
    Aggregate("own_points", entity="code_member", aggregate="sum", argument="points"),
])


def records(count: int) -> np.ndarray:
    """Scans of some codes by some members; numbers reach over several pages of rows."""
    random = np.random.default_rng(4)
    rows = np.full((count, len(COLUMNS)), MISSING, dtype=np.int64)
    rows[:, [COLUMN[name] for name in (*ENTITIES, "kind")]] = 0
    rows[:, COLUMN["place"]] = np.arange(1, count + 1) << 20
    rows[:, COLUMN["seq"]] = rows[:, COLUMN["event"]] = np.arange(1, count + 1)
    rows[:, COLUMN["code"]] = random.integers(1, 900, count)
    rows[:, COLUMN["member"]] = random.integers(1, 700, count)
    rows[:, COLUMN["points"]] = random.integers(1, 9, count)
    return rows


def test_totals_and_pairs_are_those_counted_by_hand() -> None:
    """Of entities known and not, alone and in pairs; a look leaves the memory as it was."""
    rows = records(5000)
    state = State(CATALOG, "UTC")
    state.advance(rows)
    before = [part.copy() for part in state.memory]
    codes, members, points = (rows[:, COLUMN[name]].tolist() for name in
                              ("code", "member", "points"))
    tries, sums = Counter(codes), Counter()
    for code, member, some in zip(codes, members, points, strict=True):
        sums[code, member] += some
    for code in (*range(905), 10**6):
        assert total(state, "tries", code) == tries[code]
    for (code, member), expected in sums.items():
        assert total(state, "own_points", pair_number(state, "code_member", code, member)) \
            == expected
    strangers = [(code, member) for code in range(1, 60) for member in range(1, 60)
                 if (code, member) not in sums]
    assert {pair_number(state, "code_member", *pair) for pair in strangers} == {0}
    assert total(state, "own_points", 0) == 0
    assert all(np.array_equal(*pair) for pair in zip(before, state.memory, strict=True))
