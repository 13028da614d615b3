from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.errors import BadInput
from training.benchmarks.nudge_worlds import Seen, benchmark, figures


def test_a_world_too_short_to_plant_in_is_refused() -> None:
    with pytest.raises(BadInput, match="--days"):
        benchmark(days=150)


def test_shares_and_false_nudges_are_counted_as_by_hand() -> None:
    """Useful plants apart from small ones; a nudge that the run itself explains is not false."""
    plants = pd.DataFrame({
        "sort": ["drop", "drop", "leak", "drop"], "kind": ["region", "region", "sku", "rep"],
        "size": [0.25, 0.5, 0.3, 0.5], "found": [True, True, False, False],
        "named": [True, False, False, False], "after": [3, 2, np.nan, np.nan],
        "weekly": [2000.0, 2000.0, 100.0, 150.0]})
    nudges = pd.DataFrame({"kind": ["drop", "leak"], "segment_kind": "region", "key": ["a", "b"],
                           "night": 1, "size": 0.1, "q": 0.1, "expected": 9.0,
                           "true": [False, True]})
    told = figures([Seen(plants, nudges, 10.0, 200.0)])
    assert told["found"]["value"] == pytest.approx(2 / 3)
    assert told["found"]["plants"] == 3
    assert told["small"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(0.975), "plants": 1}
    assert told["named"]["value"] == 0.5
    assert told["false_a_week"]["value"] == pytest.approx(1 / 10 / 2)
    assert "drop region" in told["table"]


def test_a_small_world_is_watched_from_end_to_end() -> None:
    told = benchmark(seed=3, worlds=1, quick=True)
    assert told["found"]["plants"] + told["small"]["plants"] > 0
    assert told["segments"] > 20
    assert told["false_a_week"]["value"] < 3
