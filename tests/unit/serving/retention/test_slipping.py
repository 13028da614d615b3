"""Counts of who is slipping, against a naive count; the order of the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from serving.retention.segments import choices, size
from serving.retention.slipping import MOST_GROUPS, NEEDS, by_group, by_state, ranked

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = 20_300
DAYS = (TODAY - 35, TODAY - 28, TODAY - 7, TODAY)


@pytest.fixture
def trend() -> list[tuple[Any, ...]]:
    random = np.random.default_rng(3)
    return [(day, persona, region, tier, state, int(random.integers(0, 9)))
            for day in DAYS for persona in ("retailer", "promoter") for region in ("java", "")
            for tier in ("gold", "silver") for state in ("active", "slipping", "lapsed")]


@pytest.mark.parametrize("chosen", [{}, {"persona": "retailer"}, {"tier": "gold", "region": ""}])
def test_states_are_counted_now_and_four_weeks_ago(
    kept_of: Callable[..., Any], row_of: Callable[..., Any], trend: list[Any],
    chosen: dict[str, str],
) -> None:
    """Each figure is the sum of the cells that it names."""
    kept = kept_of([row_of("a")], trend)
    places = {"persona": 1, "region": 2, "tier": 3}

    def count(state: str, day: int) -> int:
        return sum(cell[5] for cell in trend if cell[0] == day and cell[4] == state
                   and all(cell[places[name]] == value for name, value in chosen.items()))

    found = by_state(kept, chosen)
    assert [one.name for one in found] == ["active", "slipping", "lapsed"]
    for one in found:
        assert (one.now, one.before) == (count(one.name, TODAY), count(one.name, TODAY - 28))
        assert one.series == tuple((day, count(one.name, day)) for day in DAYS)
        assert one.change == one.now - count(one.name, TODAY - 28)


def test_groups_count_who_needs_something_of_all_in_the_group(
    kept_of: Callable[..., Any], row_of: Callable[..., Any], trend: list[Any]
) -> None:
    """Off season and active members are in the whole and not in the part; the most come first."""
    found = by_group(kept_of([row_of("a")], trend), "tier", {"persona": "promoter"})
    assert [one.now for one in found] == sorted((one.now for one in found), reverse=True)
    for one in found:
        mine = [cell for cell in trend
                if cell[0] == TODAY and cell[1] == "promoter" and cell[3] == one.name]
        assert one.now == sum(cell[5] for cell in mine if cell[4] in NEEDS)
        assert one.of == sum(cell[5] for cell in mine)
        assert one.share == one.now / one.of


def test_a_short_past_has_no_change(
    kept_of: Callable[..., Any], row_of: Callable[..., Any]
) -> None:
    """Nothing is compared with a day that nobody counted, and many groups are cut."""
    cells = [(TODAY, "retailer", f"r-{n}", "gold", "slipping", n + 1) for n in range(20)]
    kept = kept_of([row_of("a")], cells)
    assert [one.before for one in by_state(kept, {})] == [None]
    groups = by_group(kept, "region", {})
    assert [one.now for one in groups] == [20, 19, 18, 17, 16, 15][:MOST_GROUPS]


def test_the_list_has_the_most_at_stake_on_top(row_of: Callable[..., Any]) -> None:
    """Equal stakes go by the chance to stay away, then by id; a state asks for itself alone."""
    members = pd.DataFrame([
        row_of("b", at_stake=5.0), row_of("a", at_stake=5.0), row_of("c", at_stake=9.0),
        row_of("d", at_stake=5.0, p_inactive=0.9), row_of("e", state="off_season", at_stake=99.0),
        row_of("f", state="lapsed", tier="silver", at_stake=1.0)])
    assert ranked(members, {})["member_id"].tolist() == ["c", "d", "a", "b", "f"]
    assert ranked(members, {"tier": "silver"})["member_id"].tolist() == ["f"]
    assert ranked(members, {"state": "off_season"})["member_id"].tolist() == ["e"]
    assert size(members, {"state": "slipping", "tier": "gold"}) == 4
    assert choices(members)["state"] == [("off_season", 1), ("slipping", 4), ("lapsed", 1)]
