"""Members who slip, as a key gets them: the order of the desk, and nothing that is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from serving.retention.leaving import shaped
from serving.wire.leaving import MembersListed

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = 20_300


def test_members_are_told_in_the_order_of_the_desk(
    kept_of: Callable[..., Any], row_of: Callable[..., Any]
) -> None:
    """The most at stake first, a part at a time, with the sum of all."""
    trend = [(TODAY, "retailer", "java", "gold", "slipping", 3)]
    kept = kept_of([row_of("a", at_stake=5.0), row_of("b", at_stake=50.0), row_of("c"),
                    row_of("d", state="active")], trend)
    told = shaped(kept, {}, 2, 1)
    MembersListed.model_validate(told, strict=True)
    assert [one["member_id"] for one in told["members"]] == ["c", "a"]
    assert (told["found"], told["points_at_stake"]) == (3, 79)
    assert told["states"] == [{"state": "slipping", "members": 3, "before": None}]
    assert [one["member_id"] for one in shaped(kept, {"state": "active"}, 9, 0)["members"]] == ["d"]


def test_what_is_not_known_is_null(
    kept_of: Callable[..., Any], row_of: Callable[..., Any]
) -> None:
    """No region, no expected day; a suggestion or why there is none, never both."""
    bare = row_of("a", region="", expected=np.nan, low=np.nan, high=np.nan)
    offered = row_of("b", at_stake=1.0, mission="come-back", channel="app", effect=0.1,
                     effect_low=0.0, effect_high=0.2, basis="assumed", cost_points=60, why_not="")
    first, second = shaped(kept_of([bare, offered]), {}, 9, 0)["members"]
    assert first["region"] is None
    assert first["expected_next_activity"] == {"date": None, "low": None, "high": None}
    assert (first["suggested"], first["why_not"]) == (None, "no_consent")
    assert second["suggested"]["expected_effect"]["high"] == 0.2
    assert second["why_not"] is None
