"""The generated log and records of the feature benchmark."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.catalog import CATALOG
from features.engine.state import State
from features.records import COLUMN, KINDS, SCORED
from training.benchmarks.features import log as features_log
from training.benchmarks.features.facts import fact_slices
from training.benchmarks.features.log import COLUMNS, Log, write_log
from training.benchmarks.features.ours import ZONE


@pytest.fixture
def short_slices(monkeypatch):
    """Slices so short that a small log has several."""
    monkeypatch.setattr(features_log, "SLICE", 3000)


def whole(log):
    """The columns of a log in one piece."""
    parts = list(log.slices())
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@pytest.mark.usefixtures("short_slices")
def test_a_seed_is_a_log():
    """The same seed gives the same columns, another one gives others."""
    first, again, other = (whole(Log(7000, seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in COLUMNS)
    assert not np.array_equal(first["member"], other["member"])


@pytest.mark.usefixtures("short_slices")
def test_places_are_unique_and_increase_over_all_slices():
    """Every event is after the one before, with equal times among them."""
    log = whole(Log(20_000, 0))
    assert (np.diff(log["place"]) > 0).all()
    assert (np.diff(log["ts_ms"]) == 0).any()
    assert np.array_equal(log["place"] >> 20, log["ts_ms"])


def test_tails_are_heavy():
    """A hundredth of the members have a sixth of the events, one outlet a twentieth."""
    log = whole(Log(100_000, 0))
    members = np.sort(np.bincount(log["member"]))[::-1]
    assert members[: 4000 // 100].sum() > len(log["member"]) / 6
    assert np.bincount(log["outlet"]).max() > len(log["outlet"]) / 20
    assert len(np.unique(log["code"])) < 0.97 * len(log["code"])


def test_the_file_holds_the_slices(tmp_path):
    """Parquet has every column, in the order of places."""
    write_log(Log(5000, 3), tmp_path / "log.parquet")
    table, log = pq.read_table(tmp_path / "log.parquet"), whole(Log(5000, 3))
    assert tuple(table.column_names) == COLUMNS
    assert all(np.array_equal(table[name].to_numpy(), log[name]) for name in COLUMNS)


@pytest.mark.usefixtures("short_slices")
def test_records_come_in_order_and_know_their_events():
    """Places and seqs never step back; what speaks of an event comes after it and is like it."""
    records = np.concatenate(list(fact_slices(Log(9000, 0))))
    place, seq = records[:, 0], records[:, COLUMN["seq"]]
    assert (np.diff(place) >= 0).all()
    assert np.array_equal(seq, np.arange(1, len(records) + 1))
    events = records[records[:, COLUMN["kind"]] < SCORED]
    assert np.array_equal(events[:, COLUMN["event"]], np.arange(1, 9001))
    labels = records[records[:, COLUMN["kind"]] == KINDS.index("feedback")]
    spoken = events[labels[:, COLUMN["event"]] - 1]
    assert len(labels) > 0
    assert (labels[:, 0] > spoken[:, 0]).all()
    assert np.array_equal(labels[:, COLUMN["member"]], spoken[:, COLUMN["member"]])


NEVER_HERE = {"sign_teleport", "sign_shop_role", "sign_serial_reuse"}
"""Signs of journeys and claims that the log does not hold; the features they are made of move."""


@pytest.mark.usefixtures("short_slices")
def test_records_stir_every_feature():
    """Every feature of the catalogue is known at times, and not the same for all."""
    records = np.concatenate(list(fact_slices(Log(30_000, 0))))
    matrix = State(CATALOG, ZONE).replay(records)
    dull = [name for name, column in zip(CATALOG.names, matrix.T, strict=True)
            if np.isnan(column).all() or np.nanmin(column) == np.nanmax(column)]
    assert set(dull) <= NEVER_HERE
