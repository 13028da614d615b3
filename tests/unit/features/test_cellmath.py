"""Expressions of a mapping: what they say, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest

from features.errors import BadConfig
from features.exports.cellfunctions import evaluate
from features.exports.cellmath import columns_of, parse_expression
from features.exports.cellreading import Cells, Scope


def _evaluate(text: str, columns: dict[str, list[Any]] | None = None, **scope: Any) -> list[Any]:
    arrays = {name: Cells(pa.array(cells)) for name, cells in (columns or {"A": [None]}).items()}
    size = len(next(iter(arrays.values())).values)
    node = parse_expression(text)
    return evaluate(node, arrays, Scope(size, **scope)).joined().to_pylist()


@pytest.mark.parametrize(("text", "value"), [
    ("1 + 2 * 3 - 4 / 8", 6.5),
    ("-(2 - 5)", 3),
    ("1 / 0", None),
    ("1 + None", None),
    ("abs(-2.5)", 2.5),
    ("sign(-3)", -1),
    ("round(2.5)", 3),
    ("round(-2.5)", -3),
    ("round(139.12000000000003, 2)", 139.12),
    ("round(85.65000000000001, 2)", 85.65),
    ("round(-0.125, 2)", -0.13),
    ("round(9007199254740991.0, 15)", 9007199254740991.0),
    ("round(57.16 * 100)", 5716),
    ("floor(-1.5)", -2),
    ("ceil(-1.5)", -1),
    ("int(-1.5)", -1),
    ("int(9007199254740992 * 9007199254740992)", None),
    ("number('1,234.50')", 1234.5),
    ("number(' +7 ')", 7),
    ("number('12,50')", "12,50"),
    ("number('n/a') + 1", "n/a"),
    ("str(17850.0)", "17850"),
    ("str(1.5)", "1.5"),
    ("str(True)", "true"),
    ("concat('a', 1, 'b')", "a1b"),
    ("concat('a', None)", None),
    ("lower('ÄB') == 'äb'", True),
    ("upper(strip('  x '))", "X"),
    ("replace('Rp 12.500', 'Rp ', '')", "12.500"),
    ("if_else(1 > 0, 'yes', 'no')", "yes"),
    ("if_else(None, 'yes', 'no')", None),
    ("if_else(True, 'ok', number('bad'))", "ok"),
    ("coalesce(None, 'b')", "b"),
    ("is_unknown(None)", True),
    ("is_in('b', 'a', 'b')", True),
    ("'10' < '9'", True),
    ("number('10') < 9", False),
    ("'10' == 10", True),
    ("None and False", False),
    ("None or 'yes'", True),
    ("not 'n'", True),
    ("col('A') == None", None),
    ("row", 1),
])
def test_a_formula_has_the_value_it_would_have_by_hand(text: str, value: object) -> None:
    """Operators and functions do what their names say; what cannot be read stays as text."""
    (came,) = _evaluate(text)
    assert came == value
    assert type(came) is type(value) or {type(came), type(value)} == {int, float}


@pytest.mark.parametrize(("text", "moment"), [
    ("time('31/12/2025 23:30', '%d/%m/%Y %H:%M')", "2025-12-31T16:30:00"),
    ("time('20251231', '%Y%m%d')", "2025-12-30T17:00:00"),
    ("time(20251231, '%Y%m%d')", "2025-12-30T17:00:00"),
    ("time('2025-12-31T23:30:00+02:00', '%Y-%m-%dT%H:%M:%S%z')", "2025-12-31T21:30:00"),
    ("time(1767225600, 'unix_s')", "2026-01-01T00:00:00"),
    ("time('1767225600500', 'unix_ms')", "2026-01-01T00:00:00.500000"),
    ("days_after('2025-12-31T23:30:00Z', 7)", "2026-01-07T23:30:00"),
    ("days_after('2025-12-31 23:30', 0.5)", "2026-01-01T04:30:00"),
])
def test_times_are_read_in_the_sources_zone(text: str, moment: str) -> None:
    """A time without an offset is local to the source, and seven days are 168 hours."""
    (came,) = _evaluate(text, timezone="Asia/Jakarta")
    assert came.replace(tzinfo=None).isoformat() == moment


def test_an_hour_that_comes_twice_is_its_first() -> None:
    """At the end of summer time the earlier instant is taken, at its start the first after it."""
    times = _evaluate("time(A, '%Y-%m-%d %H:%M')",
                      {"A": ["2025-10-26 01:30", "2025-03-30 01:30"]}, timezone="Europe/London")
    assert [time.isoformat() for time in times] == [
        "2025-10-26T00:30:00+00:00", "2025-03-30T01:00:00+00:00"]


def test_a_decimal_comma_is_a_setting_of_the_source() -> None:
    """With a decimal comma, points group thousands."""
    assert _evaluate("number(A) * 2", {"A": ["1.234,50", "7", "1,5"]}, decimal=",") == [
        2469.0, 14.0, 3.0]


def test_a_cell_that_cannot_be_read_keeps_its_text() -> None:
    """One bad cell neither stops nor spoils the others."""
    came = _evaluate("round(A * 100)", {"A": ["1.5", "n/a", None, "2"]})
    assert came == ["150", "n/a", None, "200"]


def test_columns_are_found_by_any_name() -> None:
    """Names that are no identifiers are written with col."""
    assert columns_of(parse_expression('col("Unit Price") * QTY')) == ["Unit Price", "QTY"]
    assert _evaluate('col("row") + row', {"row": [10, 20]}) == [11, 22]


@pytest.mark.parametrize("text", [
    "open('x')", "__import__('os')", "A.b", "A[0]", "lambda: 1", "[1]", "{1}", "(1, 2)",
    "A if B else C", "f'{A}'", "b'x'", "1j", "...", "A := 1", "*A", "round(x=1)", "2 ** 9",
    "A // B", "A % B", "A @ B", "~A", "A < B < C", "A in B", "A is B", "round()", "abs(1, 2)",
    "round(A, B)", "round(A, -1)", "round(A, True)", "time(A)", "time(A, B)", "col(A)",
    "is_in(A, B)", "sum(min(A))", "sum(row)", "min()", "A; B", "", "  ", "import os", "\0",
    "9" * 400, "1e999", "(" * 300, "-" * 900 + "1", "not " * 200 + "A", "A" * 2000,
])
def test_everything_else_is_refused(text: str) -> None:
    """What is not listed has no meaning: it is refused, with what to do, and never run."""
    with pytest.raises(BadConfig) as raised:
        parse_expression(text)
    assert raised.value.remedy


def test_a_misspelt_function_is_corrected() -> None:
    """An unknown function is refused with the one that was probably meant."""
    with pytest.raises(BadConfig, match="write floor"):
        parse_expression("flor(A)")


def test_a_wrong_format_of_times_is_refused() -> None:
    """A format that no clock knows is an error of the mapping, not of the cells."""
    with pytest.raises(BadConfig, match="format of times"):
        _evaluate("time(A, '%Q')", {"A": ["1"]})


def test_numbers_do_not_overflow() -> None:
    """Results that no number can hold are unknown."""
    assert _evaluate("A * A", {"A": [1e300, math.nan, 2.0]}) == [None, None, 4.0]
