"""Parts of a result, read side by side."""

from __future__ import annotations

import pyarrow as pa
import pytest

from features.errors import Unavailable
from features.sql.alignment import aligned

KEYS = pa.table({"pos": [2, 5, 6], "member": [1, 2, 3]})


def part(positions, **columns):
    """A part of whole numbers."""
    return pa.table({"pos": pa.array(positions, pa.int64())} | {
        name: pa.array(values, pa.int64()) for name, values in columns.items()})


def test_a_position_that_a_part_lacks_is_null():
    """Every position of the first part has one row, in its order."""
    table = aligned([KEYS, part([2, 5, 6], a=[7, 8, 9]), part([5], b=[4])])
    assert table.to_pydict() == {
        "pos": [2, 5, 6], "member": [1, 2, 3], "a": [7, 8, 9], "b": [None, 4, None]}


def test_a_part_without_rows_is_null():
    """A slice in which no record has the entity keeps its rows."""
    assert aligned([KEYS, part([], a=[])]).column("a").to_pylist() == [None, None, None]


def test_a_slice_without_judged_records_has_no_rows():
    """The columns are there, rows are not."""
    table = aligned([part([], member=[]), part([], a=[])])
    assert (table.column_names, len(table)) == (["pos", "member", "a"], 0)


@pytest.mark.parametrize(("positions", "came"), [
    ([5, 5], "do not ascend"), ([6, 5], "do not ascend"), ([3], "no judged record"),
    ([6, 7], "no judged record"),
])
def test_parts_that_do_not_fit_are_refused(positions, came):
    """A part out of order, with a position twice or one too many, is an error, never a row."""
    with pytest.raises(Unavailable, match=came):
        aligned([KEYS, part(positions, a=positions)])
