"""The peers of the feature benchmark compute what ours computes, value by value."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training.benchmarks.features.compare import Compared, compare_files
from training.benchmarks.features.declared import TWENTY_FIVE
from training.benchmarks.features.log import Log, write_log
from training.benchmarks.features.ours import batch
from training.benchmarks.features.race import PEERS

ROWS = 4000


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A log of so many events that hardly any window is empty, and our features of it."""
    folder = tmp_path_factory.mktemp("log")
    write_log(Log(ROWS, 4), folder / "log.parquet")
    batch(TWENTY_FIVE, folder / "log.parquet", folder / "ours.parquet")
    return folder


def test_there_are_twenty_five():
    """As many features as the benchmark speaks of, over four entities."""
    assert len(TWENTY_FIVE.names) == 25
    assert {name.partition("_")[0] for name in TWENTY_FIVE.names} == {
        "member", "device", "code", "outlet"}


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_gives_every_value(log, tmp_path, peer):
    """All twenty-five columns of a peer hold our numbers, and unknown where ours is."""
    PEERS[peer](log / "log.parquet", tmp_path / "theirs.parquet")
    assert compare_files(log / "ours.parquet", tmp_path / "theirs.parquet") == Compared(
        25 * ROWS, 0)


def write(path, **columns):
    """A file of places and features."""
    pq.write_table(pa.table(columns), path)
    return path


def test_values_are_compared_whatever_the_order(tmp_path):
    """Rows are joined by place; unknown equals unknown and nothing else."""
    ours = write(tmp_path / "a", place=[1, 2, 3], n=[1.0, None, 3.0])
    theirs = write(tmp_path / "b", place=[3, 2, 1], n=[3, None, 1])
    other = write(tmp_path / "c", place=[1, 2, 3], n=[1, 0, 4])
    assert compare_files(ours, theirs) == Compared(3, 0)
    assert compare_files(ours, other) == Compared(3, 2)


def test_what_is_left_out_differs(tmp_path):
    """Other places, or a feature that is not there, count as differing values."""
    ours = write(tmp_path / "a", place=[1, 2], n=[1.0, np.nan], m=[1.0, 2.0])
    assert compare_files(ours, write(tmp_path / "b", place=[1, 2], n=[1.0, np.nan])) == (4, 2)
    assert compare_files(ours, write(tmp_path / "c", place=[1, 5], n=[1.0, 1.0])) == (4, 4)
