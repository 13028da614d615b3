"""What is found for many events at once is what is found for each alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract import CAMPAIGN_KINDS, EVENT_KINDS, PERSONAS
from features.places import MISSING, first_place
from features.records import COLUMN, KINDS, SCORED
from models.anomaly import AnomalyModel
from models.thresholds import Thresholds, weighed
from serving.backtest.gate import _unweighed
from serving.backtest.people import People
from serving.circumstances import Circumstances
from serving.codebatches import CodeBatches
from serving.listed import ALLOW, DENY, WATCH, Listed
from serving.peaks import Peaks

seeds = st.integers(0, 10_000)


def stream(random: np.random.Generator, count: int) -> np.ndarray:
    records = np.zeros((count, len(COLUMN)), dtype=np.int64)
    records[:, COLUMN["place"]] = np.sort(random.integers(0, 400, count)) * (1 << 20) + np.arange(
        count)
    for name, high in (("member", 5), ("region", 3), ("device", 4), ("sku", 3), ("payout", 4)):
        records[:, COLUMN[name]] = random.integers(0, high, count)
    records[:, COLUMN["kind"]] = random.choice(
        [0, 1, 2, KINDS.index("member"), KINDS.index("code")], count)
    records[:, COLUMN["persona"]] = random.choice([MISSING, *range(len(PERSONAS))], count)
    return records


@given(seeds, st.integers(1, 40))
def test_people_are_those_of_circumstances(seed: int, size: int) -> None:
    """Slice by slice, personas are what the one-by-one path tells at each event."""
    records = stream(np.random.default_rng(seed), 120)
    people, one = People(), Circumstances()
    for start in range(0, len(records), size):
        part = records[start:start + size]
        personas, regions = people.of(part)
        told = []
        for record in part:
            if record[COLUMN["kind"]] < SCORED:
                told.append(one.occasion(record, "e").persona)
                assert regions[len(told) - 1] == one._regions.get(int(record[COLUMN["member"]]), 0)
            else:
                one.meet(record[None, :])
        assert [None if index < 0 else PERSONAS[index] for index in personas] == told


@given(seeds)
def test_peaks_run_for_many_as_for_one(seed: int) -> None:
    """Versions, personas, regions and goods included."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame([{
        "place": first_place(int(random.integers(0, 400))), "campaign_id": int(random.integers(4)),
        "kind": int(random.integers(len(CAMPAIGN_KINDS))),
        "starts_at": int(random.integers(0, 300)), "ends_at": int(random.integers(100, 400)),
        "sku": int(random.choice([0, MISSING, 1])), "persona": int(random.choice([MISSING, 0, 1])),
        "region": int(random.choice([0, MISSING, 1])),
    } for _ in range(8)]).sort_values("place", kind="stable")
    records, peaks = stream(random, 60), Peaks(rows)
    personas, regions = random.integers(-1, 2, 60), random.integers(0, 3, 60)
    bits = peaks.running(records, personas, regions)
    for record, persona, region, found in zip(records, personas, regions, bits, strict=True):
        ms = int(record[COLUMN["place"]]) >> 20
        words = peaks.of(record, ms, int(persona), int(region))
        assert found == sum(1 << CAMPAIGN_KINDS.index(word) for word in words)


@given(seeds)
def test_what_a_list_denies_or_watches_is_never_overlooked(seed: int) -> None:
    """Every event that an entry holds at its moment is among those that name what it is about."""
    random = np.random.default_rng(seed)
    listed = Listed([(str(random.choice(["member", "device", "payout"])),
                      int(random.integers(1, 4)), int(random.choice([DENY, ALLOW])),
                      int(random.integers(100, 400)), int(random.integers(0, 300)))
                     for _ in range(3)] + [("batch", 2, WATCH, 300, 100)])
    records = stream(random, 60)
    records[:, COLUMN["batch"]] = random.integers(0, 3, 60)
    records[:, COLUMN["code"]] = random.integers(0, 6, 60)
    listed.codes = CodeBatches([2], [(1, 0, 2), (2, 200 << 20, 2), (3, 0, 2), (3, 150 << 20, 1)])
    may = listed.may_hold(records)
    for record, found in zip(records, may, strict=True):
        own = listed.of(record, int(record[COLUMN["place"]]) >> 20)
        assert found or not (own.denied or own.watched)


@settings(deadline=None, max_examples=20)
@given(seeds, st.floats(0.3, 1), st.booleans())
def test_an_anomaly_that_reaches_its_limit_is_never_ruled_out(
    seed: int, least: float, has_signs: bool
) -> None:
    """With signs and without, at limits that are reached exactly too; few others are let in."""
    random = np.random.default_rng(seed)
    names = ["a", "b", "c", *(["sign_x", "sign_y"] if has_signs else [])]
    matrix = random.normal(size=(1500, len(names)))
    matrix[:, 3:] = np.where(matrix[:, 3:] > 1, matrix[:, 3:], 0.0)
    kinds = random.integers(0, len(EVENT_KINDS), 1500)
    personas = random.integers(-1, 2, 1500)
    hashes = dict.fromkeys(names, "h")
    families = dict.fromkeys(names, "velocity")
    model = AnomalyModel.fit(matrix, names, hashes, families, kinds, personas, 0)
    scores = model.score(matrix, kinds, personas)
    wanted = np.where(kinds == 2, np.inf, np.where(kinds == 1, np.sort(scores)[-40], least))
    may = model.may_reach(matrix, kinds, personas, wanted)
    assert (may | (scores < wanted)).all()
    assert not may[kinds == 2].any()
    assert (may & (scores < wanted)).mean() <= 0.01


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 10**6), st.floats(1, 10**4))
def test_a_limit_moved_by_points_is_never_too_high(
    limit: float, number: float, points: int, usual: float
) -> None:
    """Whatever reaches a limit with its points reaches the limit that is looked at."""
    reaches = weighed(np.array([number]), np.array([points]), usual)[0] >= limit
    assert Thresholds(usual_points={"scan": usual}).weigh("scan", number, points) >= limit or (
        not reaches)
    if reaches:
        assert number >= _unweighed(np.array([limit]), np.array([points]), usual)[0]
