"""program.yaml: defaults, and errors that name the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from features.errors import BadConfig
from features.exports.program import Program, read_program

if TYPE_CHECKING:
    from pathlib import Path


def _read(tmp_path: Path, text: str) -> Program:
    path = tmp_path / "program.yaml"
    path.write_text(text)
    return read_program(path)


def test_only_the_id_is_needed(tmp_path: Path) -> None:
    """Every other setting has the contract's default."""
    program = _read(tmp_path, "program_id: acme")
    assert (program.name, program.timezone, program.currency) == ("acme", "UTC", "USD")
    assert (program.languages, program.label_maturity_days) == (("en",), 60)
    assert program.enforcement == "observe"
    assert program.caps.scans_per_day is None
    assert program.codes_complete_until_ms is None


def test_every_key_of_the_contract_is_taken(tmp_path: Path) -> None:
    """All keys of the contract reach the program, and the time becomes UTC milliseconds."""
    program = _read(tmp_path, """
        program_id: acme
        name: Acme Club
        timezone: Asia/Jakarta
        currency: IDR
        point_value: 100
        languages: [id, en]
        review_capacity_per_day: 30
        label_maturity_days: 45
        costs: {review: 5000, missed_fraud_multiplier: 2, false_decline: 9000}
        caps: {points_per_day: 1000, scans_per_day: 50, redemption_points_per_day: 5000}
        holdout: {global: 0.07, mission: 0.2}
        codes_complete_until: 2026-01-31T07:00:00+07:00
        enforcement: hold
        hold_days: 4
    """)
    assert program.codes_complete_until_ms == 1_769_817_600_000  # date -d 2026-01-31Z +%s
    assert (program.holdout.global_, program.holdout.mission) == (0.07, 0.2)
    assert (program.costs.review, program.costs.missed_fraud_multiplier) == (5000, 2)
    assert program.caps.redemption_points_per_day == 5000
    assert (program.enforcement, program.hold_days) == ("hold", 4)


def test_costs_follow_the_value_of_a_point(tmp_path: Path) -> None:
    """Costs that are not given are in proportion to what a point is worth."""
    cheap = _read(tmp_path, "program_id: a")
    dear = _read(tmp_path, "{program_id: a, point_value: 1, costs: {review: 7}}")
    assert dear.costs.false_decline == 100 * cheap.costs.false_decline
    assert dear.costs.review == 7


@pytest.mark.parametrize(("text", "wanted", "came"), [
    ("name: x", "program_id", "none"),
    ("program_id: 7", "quotes", "7"),
    ("program_id: ../up", "letters, digits", "../up"),
    ("{program_id: a, timezone: Mars/Olympus}", "IANA", "Mars/Olympus"),
    ("{program_id: a, timezone: ../../etc/passwd}", "IANA", "passwd"),
    ("{program_id: a, currency: Rupiah}", "ISO 4217", "Rupiah"),
    ("{program_id: a, languages: [xx-nowhere]}", "language code", "xx-nowhere"),
    ("{program_id: a, languages: []}", "at least 1", "[]"),
    ("{program_id: a, codes_complete_until: 2026-01-31T00:00:00}", "offset", "2026"),
    ("{program_id: a, codes_complete_until: 2026-01-31}", "offset", "2026"),
    ("{program_id: a, codes_complete_until: 1700000000}", "offset", "1700000000"),
    ("{program_id: a, caps: {scans_per_day: -1}}", "caps.scans_per_day", "-1"),
    ("{program_id: a, holdout: {global: 5}}", "holdout.global", "5"),
    ("{program_id: a, point_value: cheap}", "number", "cheap"),
    ("{program_id: a, enforcement: strict}", "observe", "strict"),
    ("{program_id: a, review_capacity_per_day: true}", "integer", "True"),
    ("[a, b]", "a key per setting", "list"),
    ("a: b: c", "YAML", "line 1"),
    ("{program_id: a, program_id: b}", "YAML", "program_id"),
    ("&a [*a]", "YAML", "values"),
])
def test_an_error_says_what_was_wanted_and_what_came(
    tmp_path: Path, text: str, wanted: str, came: str
) -> None:
    """A wrong setting is refused with the file, the key, what it holds and what to do."""
    with pytest.raises(BadConfig) as raised:
        _read(tmp_path, text)
    assert "program.yaml" in raised.value.wanted
    assert wanted in raised.value.wanted
    assert came in raised.value.came
    assert raised.value.remedy


def test_a_misspelt_key_is_corrected(tmp_path: Path) -> None:
    """An unknown key is refused with the key that was probably meant, at its own level."""
    with pytest.raises(BadConfig, match="write scans_per_day"):
        _read(tmp_path, "{program_id: a, caps: {scan_per_day: 3}}")


def test_a_missing_or_foreign_file_is_an_error_of_the_file(tmp_path: Path) -> None:
    """No file, and bytes that are no UTF-8, are said as such."""
    with pytest.raises(BadConfig, match=r"program\.yaml"):
        read_program(tmp_path / "program.yaml")
    (tmp_path / "program.yaml").write_bytes("name: café".encode("latin-1"))
    with pytest.raises(BadConfig, match="UTF-8"):
        read_program(tmp_path / "program.yaml")


def test_shared_parts_of_a_file_are_read(tmp_path: Path) -> None:
    """Aliases, which YAML writers use for repeated values, mean what they repeat."""
    shared = ["en", "id"]
    text = yaml.safe_dump({"program_id": "a", "languages": shared})
    assert _read(tmp_path, text).languages == ("en", "id")
    assert _read(tmp_path, "{program_id: &x abc, name: *x}").name == "abc"


def test_settings_survive_storage() -> None:
    """A program written as JSON is the same program when read again."""
    program = Program.model_validate({
        "program_id": "a", "holdout": {"global": 0.2},
        "codes_complete_until": "2026-01-31T00:00:00Z",
    })
    assert Program.model_validate_json(program.model_dump_json()) == program
    assert Program.model_validate_json(program.model_dump_json(by_alias=True)) == program


@pytest.mark.parametrize(("currency", "units"), [
    ("USD", 100), ("JPY", 1), ("KWD", 1000), ("MMK", 100), ("IDR", 100), ("VND", 1),
])
def test_minor_units_are_those_of_iso_4217(currency: str, units: int) -> None:
    """A currency has the digits that ISO 4217 lists, not those usual in print."""
    assert Program(program_id="a", currency=currency).minor_units == units


def test_messages_and_trials_have_defaults(tmp_path: Path) -> None:
    """Quiet nights, three missions in 90 days, a pause after two ignored, trials of one in 20."""
    program = _read(tmp_path, "program_id: a")
    hours = program.messages.quiet_hours
    assert hours is not None
    assert (hours.from_, hours.to, hours.then) == ("21:00", "08:00", "wait")
    assert (program.messages.most_in_90_days, program.messages.pause_after_ignored) == (3, 2)
    assert (program.exploration.floor, program.exploration.most) == (0.05, 4)
    loud = _read(tmp_path, "{program_id: a, messages: {quiet_hours: null}}")
    assert loud.messages.quiet_hours is None
    assert Program.model_validate(loud.model_dump(mode="json", by_alias=True)) == loud
    assert Program.model_validate(program.model_dump(mode="json", by_alias=True)) == program


@pytest.mark.parametrize(("text", "wanted"), [
    ('{quiet_hours: {from: "25:00", to: "08:00"}}', "a time of day"),
    ("{quiet_hours: {from: 21, to: 8}}", "quotes"),
    ('{quiet_hours: {from: "08:00", to: "08:00"}}', "quiet_hours: null"),
    ('{quiet_hours: {from: "21:00", to: "08:00", then: drop}}', "wait"),
    ("{most_in_90_days: 0}", "most_in_90_days"), ("{pause: 3}", "pause_days"),
])
def test_wrong_messages_are_refused_by_name(tmp_path: Path, text: str, wanted: str) -> None:
    """What is wrong with the hours or the counts is said with its key."""
    with pytest.raises(BadConfig, match=wanted):
        _read(tmp_path, f"{{program_id: a, messages: {text}}}")


@pytest.mark.parametrize(("text", "wanted"), [
    ("{floor: 0.5}", "exploration.floor"), ("{floor: 0.15, most: 4}", "at most 0.5"),
    ("{most: 0}", "exploration.most")])
def test_too_much_exploration_is_refused(tmp_path: Path, text: str, wanted: str) -> None:
    """The best choice stays the usual one."""
    with pytest.raises(BadConfig, match=wanted):
        _read(tmp_path, f"{{program_id: a, exploration: {text}}}")
