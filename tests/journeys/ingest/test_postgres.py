from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.records import COLUMN
from features.store.home import Home
from features.store.ingest import ingest
from features.store.writing import GivenVerdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_postgres_holds_the_same_journal(
    database_url: str, home: Home, export: Callable[..., Path], tmp_path: Path
) -> None:
    """Migrated, filled twice and read back, it equals SQLite's."""
    folder = export("x", 300)
    pd.DataFrame({"event_id": ["x000001", "x000002"], "label": ["fraud", "legit"],
                  "decided_at": "2026-01-01T01:00:00Z"}).to_csv(
        folder / "feedback.csv", index=False)
    other = Home(tmp_path / "other", url=database_url)
    for opened in (home, other):
        assert ingest(opened, folder).tables["scans"].new == 300
        again = ingest(opened, folder).tables
        assert (again["scans"].same, again["feedback"].same, again["members"].same) == (300, 2, 1)
        with opened.journal().begin() as writing:
            prepared = writing.event("redemption", {
                "event_id": "live", "member_id": "m1", "points": 5, "reward_id": "r",
                "occurred_at": "2026-01-02T00:00:00Z"}, 1_767_400_000_000)
            writing.insert(prepared, 1)
            writing.verdicts([GivenVerdict(prepared.row["event_id"], prepared.place, "b", "1", 1,
                                           5, b"x", b"", 1)])
            writing.decision("live", 3, points_final=5, by="a", reason="", at_ms=1_767_400_000_001)
    left, right = (np.concatenate(list(opened.journal().records(rows=50)))
                   for opened in (home, other))
    np.testing.assert_array_equal(left, right)
    assert (left[:, COLUMN["kind"]] == 5).sum() == 1
    assert other.journal().names("event", np.array([1])).tolist() == ["x000000"]
    assert other.journal().verdict("live") == b"x"
    other.close()
