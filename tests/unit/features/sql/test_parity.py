"""Two sources of rows compared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.engine.declarations import Catalog
from features.engine.definition import Aggregate
from features.records import COLUMNS
from features.sql.parity import check_parity, compare, kernel_rows, parts_parity

COUNTS = Catalog([Aggregate("count", entity="member", aggregate="count", window="24h"),
                  Aggregate("age", entity="device", aggregate="age")])


def rows(places, width=2):
    """One slice: features are the places."""
    places = np.array(places, np.int64)
    return places, np.repeat(places[:, None].astype(float), width, axis=1)


def test_slices_of_any_size_are_matched_by_place():
    """Rows meet whatever the slices they come in, empty ones too."""
    found = compare(["a", "b"], [rows([1, 2, 3]), rows([]), rows([4, 5])],
                    [rows([1]), rows([2, 3, 4]), rows([5])])
    assert found.as_dict() == {"rows": 5, "values": 10, "alone": 0, "differing_values": 0,
            "differing": {}}


def test_every_differing_value_is_counted_by_feature():
    """One changed value, one lost and one made up are three."""
    places, matrix = rows([1, 2, 3])
    other = matrix.copy()
    other[0, 1], other[1, 1], other[2, 0] = 9, np.nan, -3
    found = compare(["a", "b"], [(places, matrix)], [(places, other)])
    assert found.differing == {"a": 1, "b": 2}


def test_rows_of_one_side_only_are_counted():
    """A row that one source lacks is no agreement."""
    found = compare(["a", "b"], [rows([1, 2]), rows([7])], [rows([2, 3])])
    assert (found.rows, found.alone, found.differing_values) == (1, 3, 3)


def test_kernel_and_sql_agree_over_parts_of_a_table(sql, tmp_path):
    """Records in Parquet parts give no differing value; other columns do not disturb."""
    records = sql.crowd(400)
    parts = [tmp_path / f"{i}.parquet" for i in range(2)]
    for part, half in zip(parts, (records[:150], records[150:]), strict=True):
        columns = {name: half[:, i] for i, name in enumerate(COLUMNS)}
        pq.write_table(pa.table(columns | {"note": ["x"] * len(half)}), part)
    found = parts_parity(parts, COUNTS, sql.zone)
    assert (int((records[:, 2] < 3).sum()), 0) == (found.rows, found.differing_values)


def test_a_changed_definition_is_found(sql):
    """A kernel with another window differs from the SQL."""
    records = sql.crowd(400)
    other = Catalog([Aggregate("count", entity="member", aggregate="count", window="30d"),
                     Aggregate("age", entity="device", aggregate="age")])
    assert check_parity(lambda: [records], COUNTS, sql.zone).differing_values == 0
    found = compare(COUNTS.names, kernel_rows([records], other, sql.zone),
                    kernel_rows([records], COUNTS, sql.zone))
    assert {"count"} == set(found.differing)
