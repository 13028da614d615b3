"""Made-up tables of a desk, and the story of campaigns to make true ones from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from serving.retention.kept import Kept
from tests.unit.serving.campaigns.conftest import at, story, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["at", "story", "told"]
TODAY = 20_300


def row(member_id: str, **more: Any) -> dict[str, Any]:
    """A member of the desk's table who slips, with what a test says of him."""
    return {
        "number": 1, "member_id": member_id, "persona": "retailer", "tier": "gold",
        "region": "java", "language": "en", "state": "slipping", "segment": "",
        "p_inactive": 0.8, "horizon_days": 30, "expected": TODAY + 4.0, "low": TODAY + 1.0,
        "high": TODAY + 20.0, "last_day": TODAY - 40.0, "usual_gap": 5.25, "longest_gap": 12.0,
        "off_season": "", "season_left": np.nan, "season_length": np.nan, "points_90": 90.0,
        "at_stake": 24.0, "reasons": "[]", "mission": "", "channel": "", "effect": np.nan,
        "effect_low": np.nan, "effect_high": np.nan, "basis": "", "cost_points": 0,
        "why_not": "no_consent", **more}


@pytest.fixture
def kept_of(tmp_path: Path) -> Callable[..., Kept]:
    """Makes what is kept of some rows and counts."""

    def make(rows: list[dict[str, Any]], trend: list[tuple[Any, ...]] = (),  # type: ignore[assignment]
             calendar: list[dict[str, Any]] = ()) -> Kept:  # type: ignore[assignment]
        columns = ["day", "persona", "region", "tier", "state", "members"]
        return Kept(tmp_path, pd.DataFrame(rows), pd.DataFrame(trend, columns=columns), 0, TODAY,
                    0, {}, list(calendar))

    return make


@pytest.fixture
def row_of() -> Callable[..., dict[str, Any]]:
    """Makes a row of the desk's table."""
    return row
