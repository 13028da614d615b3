from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from features.contract import CODES, MEMBERS, MISSIONS, SCANS, Column
from features.errors import BadCell
from features.exports.program import Program
from features.places import MISSING
from features.store.cells import parse_cell

DOLLARS = Program(program_id="acme", currency="USD")
YEN = Program(program_id="acme", currency="JPY")


@pytest.mark.parametrize(("name", "cell", "value"), [
    ("occurred_at", "2026-01-01T00:00:00Z", 1_767_225_600_000),
    ("occurred_at", "2026-01-01 07:00:00.0019+07:00", 1_767_225_600_001),
    ("occurred_at", datetime(2026, 1, 1, tzinfo=UTC), 1_767_225_600_000),
    ("points", "7", 7), ("points", " 7.0 ", 7), ("points", 7.0, 7), ("points", Decimal(7), 7),
    ("amount", "12.5", 1250), ("amount", 0.29, 29), ("amount", Decimal("0.290"), 29),
    ("quantity", "1.5", 1_500_000), ("quantity", "1e-06", 1),
    ("lat", "-6.2000004", -6_200_000), ("mock_location", "True", 1), ("mock_location", False, 0),
    ("proof", "serial", 2), ("code_id", 7, "7"), ("code_id", 7.0, "7"), ("code_id", " a b ", "a b"),
])
def test_a_good_cell_becomes_its_integer_or_text(name: str, cell: object, value: object) -> None:
    """Each type of column reads the forms that exports write."""
    assert parse_cell(SCANS.column(name), cell, DOLLARS) == value


@pytest.mark.parametrize(("name", "cell", "came"), [
    ("proof", "photo", "photo"), ("proof", "QR", "QR"),
    ("occurred_at", "2026-01-01T00:00:00", "2026-01-01T00:00:00"),
    ("occurred_at", datetime(2026, 1, 1), "without an offset"),  # noqa: DTZ001
    ("occurred_at", "20000-01-01T00:00:00Z", "20000"), ("occurred_at", "2026-02-30T00:00:00Z", ""),
    ("occurred_at", "1969-12-31T23:59:59Z", "1969"), ("occurred_at", 1_767_225_600, "1767225600"),
    ("points", "5.5", "5.5"), ("points", "-1", "-1"), ("points", "1e3", "1e3"),
    ("points", True, "True"), ("points", float("inf"), "inf"), ("points", "٣", "٣"),
    ("amount", "12.345", "more digits"), ("amount", 0.001, "more digits"), ("amount", "-1", "-1"),
    ("lat", "91", "91"), ("lat", "nan", "nan"), ("mock_location", "yes", "yes"),
    ("member_id", "", "an empty cell"), ("points", None, "an empty cell"),
    ("code_id", "a\0b", ""), ("code_id", "x" * 2001, "2001 bytes"),
    ("code_id", "\ud800", "Unicode"),
])
def test_a_bad_cell_says_what_was_expected_and_what_came(
    name: str, cell: object, came: str
) -> None:
    """The error names the field, and its sentence holds what came."""
    with pytest.raises(BadCell) as caught:
        parse_cell(SCANS.column(name), cell, DOLLARS)
    assert caught.value.field == name
    assert came in caught.value.sentence
    assert caught.value.sentence.startswith("expected ")


def test_the_currency_sets_how_many_digits_an_amount_may_have() -> None:
    """Yen have no minor unit."""
    amount = SCANS.column("amount")
    assert parse_cell(amount, "12", YEN) == 12
    with pytest.raises(BadCell, match="at most 0 digits"):
        parse_cell(amount, "12.5", YEN)


def test_a_set_is_a_bit_mask_and_refuses_an_unknown_word() -> None:
    """Words are separated by semicolons, in any order."""
    channels = MEMBERS.column("channels")
    assert parse_cell(channels, "app; whatsapp", DOLLARS) == 0b101
    with pytest.raises(BadCell, match="came fax"):
        parse_cell(channels, "app;fax", DOLLARS)


@pytest.mark.parametrize("cell", ["", "  ", None, float("nan")])
def test_an_empty_cell_is_unknown(cell: object) -> None:
    """Unknown is MISSING for a value and the empty text for an id."""
    assert parse_cell(CODES.column("points"), cell, DOLLARS) == MISSING
    assert parse_cell(CODES.column("sku"), cell, DOLLARS) == ""


def test_a_propensity_of_nothing_is_out_of_bounds() -> None:
    """Bounds hold for what is stored."""
    with pytest.raises(BadCell, match=r"from 0\.000001 to 1"):
        parse_cell(MISSIONS.column("propensity"), "0.0000001", DOLLARS)


def test_huge_numbers_are_refused_and_break_nothing() -> None:
    """Numbers beyond 64 bits are bad cells like others."""
    for kind in ("points", "money", "decimal", "integer"):
        column = Column("x", kind)  # type: ignore[arg-type]
        for cell in (10**400, "9" * 30, 1e300, Decimal("1e400"), Decimal("sNaN").copy_abs()):
            try:
                value = parse_cell(column, cell, DOLLARS)
            except BadCell:
                continue
            assert value == MISSING
