"""Announced peaks: for whom, when, and from when they are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.contract import CAMPAIGN_KINDS
from features.places import MISSING, first_place
from features.records import COLUMN
from serving.peaks import Peaks

HOUR = 3_600_000
START, END = 100 * HOUR + 5, 200 * HOUR


def campaign(**more: object) -> dict[str, object]:
    return {"place": first_place(HOUR), "campaign_id": 1, "kind": CAMPAIGN_KINDS.index("campaign"),
            "starts_at": START, "ends_at": END, "persona": MISSING, "region": 0, "sku": 0, **more}


def running(ms: int, *rows: dict[str, object], persona: int = -1, region: int = 0, sku: int = 0
            ) -> tuple[str, ...]:
    record = np.zeros(len(COLUMN), dtype=np.int64)
    record[COLUMN["place"]] = first_place(ms)
    record[COLUMN["sku"]] = sku
    return Peaks(pd.DataFrame(list(rows))).of(record, ms, persona, region)


@pytest.mark.parametrize(("ms", "found"), [
    (START - 1, ()), (START, ("campaign",)), (END - 1, ("campaign",)), (END, ())])
def test_a_peak_runs_from_its_start_up_to_its_end(ms, found) -> None:
    """Half-open, to the millisecond, within an hour too."""
    assert running(ms, campaign()) == found


def test_a_peak_is_known_from_its_place_only() -> None:
    """What was announced afterwards excuses nothing that was judged before."""
    late = campaign(place=first_place(150 * HOUR))
    assert running(149 * HOUR, late) == ()
    assert running(151 * HOUR, late) == ("campaign",)


def test_the_newest_version_counts() -> None:
    """A campaign that is moved ends where the last version says, wherever that lies."""
    moved = campaign(place=first_place(120 * HOUR), starts_at=300 * HOUR, ends_at=400 * HOUR)
    assert [running(hour * HOUR, campaign(), moved) for hour in (110, 130, 350)] == [
        ("campaign",), (), ("campaign",)]


def test_a_peak_reaches_whom_it_is_for() -> None:
    """Persona, region and goods narrow it; who is of none is not reached."""
    for name, own in (("persona", 2), ("region", 7), ("sku", 9)):
        only = campaign(**{name: own})
        assert running(START, only, **{name: own}) == ("campaign",)
        assert running(START, only, **{name: own + 1}) == ()
        assert running(START, only) == ()
        assert running(START, campaign(), **{name: own}) == ("campaign",)


def test_each_kind_is_told_once() -> None:
    """Two campaigns and a festival are two kinds."""
    festival = campaign(campaign_id=3, kind=CAMPAIGN_KINDS.index("festival"))
    assert running(START, campaign(), campaign(campaign_id=2), festival) == (
        "campaign", "festival")
    assert Peaks().of(np.zeros(len(COLUMN), dtype=np.int64), START, 0, 0) == ()
