"""The quick way over columns answers as the oracle does, cell by cell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract import TABLES, Column
from features.errors import BadCell
from features.exports.program import Program
from features.places import MISSING
from features.store.cells import parse_cell
from features.store.columns import read_column

PROGRAM = Program(program_id="acme", currency="USD")
COLUMNS = {
    "id": Column("x", "id", kind="x"), "needed": Column("x", "id", required=True, kind="x"),
    "time": Column("x", "time"), "points": Column("x", "points", True, low=0, high=10**12),
    "integer": Column("x", "integer"), "money": Column("x", "money", low=0, high=10**15),
    "decimal": Column("x", "decimal", low=0, high=10**15),
    "degrees": Column("x", "degrees", low=-90_000_000, high=90_000_000),
    "boolean": Column("x", "boolean"), "enum": Column("x", "enum", values=("qr", "barcode")),
    "set": Column("x", "set", values=("app", "sms")), "private": Column("x", "private"),
}
digits = st.text("0123456789", max_size=20)
numbers = st.builds(
    lambda sign, whole, point, part, power: f"{sign}{whole}{point}{part}{power}",
    st.sampled_from(["", "-", "+"]), digits, st.sampled_from(["", "."]), digits,
    st.sampled_from(["", "e-05", "E2", "e999", "e"]))
times = st.builds(
    "{:04d}-{:02d}-{:02d}{}{:02d}:{:02d}:{:02d}{}{}".format,
    st.sampled_from([1969, 1970, 1999, 2026, 2199, 2200, 2201, 9999]), st.integers(0, 13),
    st.integers(0, 32), st.sampled_from(["T", "t", " ", ""]), st.integers(0, 24),
    st.integers(0, 60), st.integers(0, 60),
    st.sampled_from(["", ".5", ".123", ".999999", ".123456789", ".1234567891", "."]),
    st.sampled_from(["Z", "z", "+07:00", "-23:59", "+24:00", "+0700", "", "-00:00"]))
texts = st.one_of(
    st.text(max_size=6), numbers, times, st.sampled_from([
        "true", "False", "TRUE", "qr", "QR", "app;sms", "app; fax", ";", " qr ", "", " \t",
        "nan", "inf", "a\0b", "x" * 2001, "é" * 1001]))
typed = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-1000, 1000).map(lambda x: round(x, 2)),
    st.datetimes(datetime(1960, 1, 1), datetime(2210, 1, 1), timezones=st.sampled_from(  # noqa: DTZ001
        [UTC, timezone(timedelta(hours=7))])), st.datetimes(), st.decimals(), st.dates())


def oracle(column: Column, cells: list[Any]) -> list[Any]:
    """Value, None for unknown, or the sentence of the bad cell in a tuple."""
    answers: list[Any] = []
    for cell in cells:
        try:
            value = parse_cell(column, cell, PROGRAM)
        except BadCell as error:
            answers.append((error.sentence,))
        else:
            answers.append(None if value in ("", MISSING) else value)
    return answers


def quick(column: Column, cells: pd.Series) -> list[Any]:
    values, faults = read_column(column, cells, PROGRAM)
    answers: list[Any] = values.to_pylist()
    for fault in faults:
        assert answers[fault.index] is None
        answers[fault.index] = (fault.sentence,)
    return answers


@pytest.mark.parametrize("kind", COLUMNS)
@settings(max_examples=120, deadline=None)
@given(cells=st.lists(texts, min_size=1, max_size=12))
def test_columns_of_text_read_as_their_cells_do(kind: str, cells: list[str]) -> None:
    """A column of text gives each cell's value, or each bad cell's sentence."""
    column = COLUMNS[kind]
    try:
        series = pd.Series(pa.array(cells).to_pandas())
    except UnicodeEncodeError:
        series = pd.Series(cells, dtype=object)
    assert quick(column, series) == oracle(column, cells)


@pytest.mark.parametrize("kind", COLUMNS)
@settings(max_examples=60, deadline=None)
@given(cells=st.lists(st.one_of(texts, typed), min_size=1, max_size=8))
def test_columns_of_mixed_cells_read_as_their_cells_do(kind: str, cells: list[Any]) -> None:
    """Cells of several types in one column are read one by one."""
    column = COLUMNS[kind]
    assert quick(column, pd.Series(cells, dtype=object)) == oracle(column, cells)


@pytest.mark.parametrize("kind", COLUMNS)
@settings(max_examples=60, deadline=None)
@given(cells=st.lists(st.one_of(
    st.floats(allow_nan=True), st.floats(-2000, 2000).map(lambda x: round(x, 2)),
    st.integers(-5, 10**17).map(float)), min_size=1, max_size=10))
def test_columns_of_floats_read_as_their_cells_do(kind: str, cells: list[float]) -> None:
    """A column of floats gives what each float alone would."""
    column = COLUMNS[kind]
    assert quick(column, pd.Series(np.array(cells))) == oracle(column, cells)


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("dtype", ["int64", "Int64", "uint64", "boolean"])
@settings(max_examples=30, deadline=None)
@given(cells=st.lists(st.integers(0, 2**63 - 1) | st.integers(0, 200), min_size=1, max_size=10))
def test_columns_of_integers_read_as_their_cells_do(
    kind: str, dtype: str, cells: list[int]
) -> None:
    """A column of integers or of truth gives what each cell alone would."""
    column = COLUMNS[kind]
    asked: list[Any] = [cell % 2 == 0 for cell in cells] if dtype == "boolean" else cells
    assert quick(column, pd.Series(asked, dtype=dtype)) == oracle(column, asked)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Jakarta"])
@settings(max_examples=40, deadline=None)
@given(cells=st.lists(st.none() | st.datetimes(datetime(1960, 1, 1), datetime(2210, 1, 1)),  # noqa: DTZ001
                      min_size=1, max_size=8))
def test_columns_of_times_read_as_their_cells_do(
    unit: str, zone: str | None, cells: list[datetime | None]
) -> None:
    """Times with an offset are read down to the millisecond; naive ones are bad cells."""
    column = COLUMNS["time"]
    series = pd.Series(cells, dtype=f"datetime64[{unit}]")
    series = series if zone is None else series.dt.tz_localize("UTC").dt.tz_convert(zone)
    values = quick(column, series)
    expected = oracle(column, pa.array(series, from_pandas=True).to_pylist())
    assert values == expected


def test_every_column_of_the_contract_has_a_type_that_is_tested_here() -> None:
    """No type of the contract is left out of these properties."""
    there = {column.type for table in TABLES.values() for column in table.columns}
    assert there == {column.type for column in COLUMNS.values()}
