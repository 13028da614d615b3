"""Whatever stands in a mapping: it is data. It never runs, and fails only as bad input."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import BadInput
from features.exports.cellmath import AGGREGATES, COUNTS, parse_expression
from features.exports.export import read_export
from features.exports.mapping import parse_mapping

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.sampled_from([*COUNTS, *AGGREGATES, "col", "open", "eval", "__import__", "A", "row"])
LEAVES = st.one_of(
    NAMES, st.integers(-9, 10**20).map(str), st.text(max_size=6).map(repr),
    st.sampled_from(["A", "B", "T", "row", "None", "True", "1.5", "'%d/%m/%Y'", "'unix_s'", "''"]))


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    args = st.lists(inner, max_size=3).map(", ".join)
    return st.one_of(
        st.tuples(NAMES, args).map(lambda call: f"{call[0]}({call[1]})"),
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "<", "==", "and", "or", "%", "."]),
                  inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        inner.map(lambda text: f"-{text}"))


EXPRESSIONS = st.recursive(LEAVES, _grown, max_leaves=8)
LOOSE = settings(max_examples=150, deadline=None,
                 suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make everything that a smuggled call could reach fail the test."""
    def refuse(*_: object, **__: object) -> NoReturn:
        pytest.fail("something of a mapping was run")

    monkeypatch.setattr(os, "system", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A source with a number, a text and a time in each row, some unknown."""
    (tmp_path / "s.csv").write_text(
        "A,B,T\n1.5,x,2026-01-01 10:00\n,,\n-3,\"2,5\",31/12/2025\n1e30,NaN,true\n")
    return tmp_path


@LOOSE
@given(text=st.one_of(st.text(max_size=200), EXPRESSIONS))
def test_any_text_is_an_expression_or_bad_input(nothing_runs: None, text: str) -> None:
    """Reading an expression gives a tree or BadInput, nothing else."""
    with suppress(BadInput):
        parse_expression(text)


@LOOSE
@given(text=EXPRESSIONS, column=st.sampled_from(["points", "occurred_at", "sku", "amount",
                                                 "mock_location", "channel"]),
       distinct=st.booleans())
def test_any_expression_computes_or_is_bad_input(
    nothing_runs: None, folder: Path, text: str, column: str, distinct: bool
) -> None:
    """Reading a table through any expression gives its rows or BadInput, nothing else."""
    columns = {"event_id": {"template": "{row}"}, "member_id": {"value": "m"},
               "occurred_at": {"value": "2026-01-01T00:00:00Z"}, "points": {"value": 1},
               "proof": {"value": "qr"}, column: {"expr": text}}
    rule = {"source": "s.csv", "columns": columns} | ({"distinct": "B"} if distinct else {})
    members = {"source": "s.csv", "columns": {
        "member_id": "A", "persona": {"value": "retailer"}, "joined_at": "T"}}
    written = yaml.safe_dump({"program": {"program_id": "a"},
                              "tables": {"scans": rule, "members": members}})
    with suppress(BadInput):
        export = read_export(folder, parse_mapping(written))
        assert sum(map(len, export.chunks("scans"))) == (3 if distinct else 4)


@LOOSE
@given(text=st.text(max_size=300))
def test_any_text_is_a_mapping_or_bad_input(nothing_runs: None, text: str) -> None:
    """Reading a mapping gives a mapping or BadInput, nothing else."""
    with pytest.raises(BadInput):
        parse_mapping(text)


TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
              st.dates()),
    lambda inner: st.one_of(st.lists(inner, max_size=3),
                            st.dictionaries(st.text(max_size=5), inner, max_size=3)), max_leaves=6)


@LOOSE
@given(place=st.sampled_from([("program",), ("missions",), ("timezone",), ("tables",),
                              ("tables", "outlets"), ("tables", "outlets", "source"),
                              ("tables", "outlets", "csv"), ("tables", "outlets", "where"),
                              ("tables", "outlets", "distinct"), ("tables", "outlets", "columns"),
                              ("tables", "outlets", "columns", "kind"),
                              ("tables", "outlets", "columns", "kind", "map")]),
       tree=TREES)
def test_any_value_at_any_key_is_read_or_bad_input(place: tuple[str, ...], tree: object) -> None:
    """Whatever YAML can say at a key is taken or refused with what to do."""
    whole: dict[str, object] = {"program": {"program_id": "a"}, "tables": {"outlets": {
        "source": "o.csv", "columns": {"outlet_id": "A", "kind": {"from": "B"}}}}}
    level: object = whole
    for key in place[:-1]:
        assert isinstance(level, dict)
        level = level[key]
    assert isinstance(level, dict)
    level[place[-1]] = tree
    with suppress(BadInput):
        parse_mapping(yaml.safe_dump(whole))
