"""Batch: slices in, features out, never more than a few slices at once."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.catalog import CATALOG
from features.engine.batch import AHEAD, records_from, replay_slices
from features.engine.state import State
from features.places import MISSING
from features.records import COLUMN
from features.rowfile import write_rows

FIELDS = (pa.field("place", pa.int64()),)


@pytest.fixture
def records():
    """Give events, and a label between each two."""
    rng = np.random.default_rng(5)
    index = np.arange(2_000)
    return records_from({
        "place": (index + 1) << 34, "seq": index + 1, "kind": np.where(index % 3 == 2, 3, 0),
        "event": index // 3 + 1, "label": np.where(index % 3 == 2, index % 2, MISSING),
        **{name: rng.integers(0, 20, 2_000) for name in ("member", "device", "code", "outlet")}})


def cut(records, *at):
    """Slices of records."""
    return np.split(records, at)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("at", [(), (1,), (700, 700, 701), tuple(range(50, 2_000, 50))])
def test_threads_and_slices_change_no_bit(records, threads, at):
    """However a stream is cut, and with whatever threads, the bits are those of one replay."""
    found = list(replay_slices(CATALOG, "Asia/Jakarta", cut(records, *at), threads))
    whole = State(CATALOG, "Asia/Jakarta").replay(records)
    judged = records[records[:, COLUMN["kind"]] < 3]
    assert np.array_equal(np.concatenate([keys for keys, _ in found]), judged)
    came = np.concatenate([matrix for _, matrix in found])
    assert came.tobytes(order="C") == whole.tobytes(order="C")


def test_only_a_few_slices_are_taken_ahead(records):
    """A slow writer holds the reader up: the output never piles up in memory."""
    taken = []

    def slices():
        for part in cut(records, *range(100, 2_000, 100)):
            taken.append(part)
            yield part

    ahead = []
    for done, _ in enumerate(replay_slices(CATALOG, "UTC", slices()), 1):
        ahead.append(len(taken) - done)
    assert max(ahead) == AHEAD
    assert len(ahead) == len(taken) == 20


def test_what_goes_wrong_is_raised_and_leaves_no_file(records, tmp_path):
    """Records out of order stop the batch; nothing appears under the file's name."""
    out = tmp_path / "rows.parquet"
    with pytest.raises(Exception, match="order of their places"):
        write_rows(out, FIELDS, CATALOG, (
            ([pa.array(keys[:, 0])], matrix)
            for keys, matrix in replay_slices(CATALOG, "UTC", [records, records])))
    assert not out.exists()


def test_a_file_has_keys_features_nulls_and_hashes(records, tmp_path):
    """Every value comes back as it was, unknown as null, under the hash of its definition."""
    out = tmp_path / "new" / "rows.parquet"
    rows = list(replay_slices(CATALOG, "UTC", cut(records, 900)))
    count = write_rows(out, FIELDS, CATALOG, (([pa.array(k[:, 0])], m) for k, m in rows))
    table = pq.read_table(out)
    matrix = np.concatenate([m for _, m in rows])
    assert count == len(table) == len(matrix)
    assert table.column_names == ["place", *CATALOG.names]
    assert json.loads(table.schema.metadata[b"features"]) == CATALOG.hashes
    for i, name in enumerate(CATALOG.names):
        column = table[name]
        assert column.null_count == int(np.isnan(matrix[:, i]).sum())
        assert np.array_equal(column.to_numpy(), matrix[:, i], equal_nan=True)
