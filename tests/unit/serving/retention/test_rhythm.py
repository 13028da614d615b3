"""A member's rhythm: weeks against a naive count, silence, seasons and festivals in days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from serving.retention.rhythm import WEEKS, date, rhythm_of, weekly

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = 20_300
NOBODY = pd.DataFrame({"day": [], "events": []}, dtype="int64")


@pytest.mark.parametrize("seed", [1, 2])
def test_each_event_is_in_the_week_of_its_day(seed: int) -> None:
    """Days before the first week are left out; the last week ends yesterday."""
    random = np.random.default_rng(seed)
    days = np.unique(random.integers(TODAY - 420, TODAY, 90))
    table = pd.DataFrame({"day": days, "events": random.integers(1, 5, len(days))})
    found = weekly(table, TODAY)
    assert len(found) == WEEKS
    for first, events in found:
        inside = [day for day in days if first <= date(int(day)) < first + dt.timedelta(days=7)]
        assert events == table.loc[table["day"].isin(inside), "events"].sum()
    assert found[-1][0] + dt.timedelta(days=7) == date(TODAY)


def spans(found: Any) -> dict[str, list[tuple[int, int]]]:
    by_kind: dict[str, list[tuple[int, int]]] = {}
    for one in found.spans:
        by_kind.setdefault(one.kind, []).append(
            ((one.first - date(TODAY)).days, (one.last - date(TODAY)).days))
    return by_kind


def test_a_silence_lasts_from_the_day_after_the_last_activity(
    kept_of: Callable[..., Any], row_of: Callable[..., Any]
) -> None:
    """And who came yesterday is not silent; who never came has no day at all."""
    kept = kept_of([row_of("a"), row_of("b", last_day=TODAY - 1.0),
                    row_of("c", last_day=np.nan, expected=np.nan, usual_gap=np.nan)])
    first, second, third = (rhythm_of(row, NOBODY, kept) for _, row in kept.members.iterrows())
    assert (spans(first)["silence"], first.silent_days) == ([(-39, -1)], 40)
    assert "silence" not in spans(second)
    assert (third.last, third.silent_days, third.expected, third.usual_gap) == (None,) * 4


def test_seasons_stand_where_they_were_declared_or_learnt(
    kept_of: Callable[..., Any], row_of: Callable[..., Any]
) -> None:
    """A declared season by its dates, a learnt one where the silence of last year was."""
    start = date(TODAY - 10)
    text = f"{start:%m-%d}/{date(TODAY + 10):%m-%d}"
    kept = kept_of([
        row_of("a", off_season=text),
        row_of("b", state="off_season", segment="learnt", season_length=60.0, season_left=20.0),
        row_of("c", off_season="no season")])
    declared, learnt, broken = (spans(rhythm_of(row, NOBODY, kept))
                                for _, row in kept.members.iterrows())
    assert (-10, 10) in declared["off_season"]
    assert learnt["last_year"] == [(-40, 20)]
    assert set(broken) == {"silence"}


def test_a_festival_is_his_who_it_was_meant_for(
    kept_of: Callable[..., Any], row_of: Callable[..., Any]
) -> None:
    """One of another persona or region, and one long past, is not drawn."""
    calendar = [{"name": name, "start": TODAY + first, "end": TODAY + last, "persona": persona,
                 "region": region} for name, first, last, persona, region in (
                     ("diwali", -9, -3, "retailer", "java"), ("all", 2, 200, None, None),
                     ("others", -9, -3, "promoter", None), ("bali", -9, -3, None, "bali"),
                     ("long ago", -900, -800, None, None))]
    kept = kept_of([row_of("a")], calendar=calendar)
    found = rhythm_of(kept.members.iloc[0], NOBODY, kept)
    assert [one.name for one in found.spans if one.kind == "festival"] == ["diwali", "all"]
    assert spans(found)["festival"] == [(-9, -3), (2, 90)]
