"""What the simulator writes is an export of the contract, to the letter."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import TABLES, Column
from features.exports.export import read_export
from features.exports.missions import read_missions
from features.exports.program import read_program
from features.store.ingest import clean_export
from training.simulate import STORIES

KINDS = {
    "id": pa.types.is_string, "time": pa.types.is_timestamp, "points": pa.types.is_integer,
    "integer": pa.types.is_integer, "money": pa.types.is_floating,
    "decimal": lambda kind: pa.types.is_floating(kind) or pa.types.is_integer(kind),
    "degrees": pa.types.is_floating, "boolean": pa.types.is_boolean, "enum": pa.types.is_string,
    "set": pa.types.is_string, "private": pa.types.is_string,
}


def typed_as_declared(column: Column, kind: pa.DataType) -> bool:
    return KINDS[column.type](kind)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_the_contract_s_and_typed(world, name):
    """A table holds the contract's columns and no others, each of its type."""
    schema = pq.read_schema(world.folder / f"{name}.parquet")
    extra = set(schema.names) - {*TABLES[name].names, "program_id", "known_at"}
    wrong = [c.name for c in TABLES[name].columns if c.name in schema.names
             and not typed_as_declared(c, schema.field(c.name).type)]
    assert (set(), []) == (extra, wrong)


@pytest.mark.parametrize("name", TABLES)
def test_required_cells_are_filled_and_words_are_known(world, name):
    """No required cell is empty, and enums hold the contract's words only."""
    frame, table = world.tables[name], TABLES[name]
    assert not frame[list(table.required)].isna().to_numpy().any()
    assert not frame["program_id"].isna().any()
    for column in table.columns:
        if column.type == "enum" and column.name in frame:
            assert set(frame[column.name].dropna()) <= set(column.values)


def test_times_carry_utc(world):
    """Times are timestamps with a zone."""
    schema = pq.read_schema(world.folder / "scans.parquet")
    assert schema.field("occurred_at").type == pa.timestamp("ms", tz="UTC")


def test_every_contract_column_is_used(world):
    """The export fills every column of the contract, but that no mission asks for referrals."""
    empty = {(name, column) for name, frame in world.tables.items()
             for column in TABLES[name].names if column not in frame or frame[column].isna().all()}
    assert empty == {("referrals", "mission_id")}


def test_the_product_s_own_reader_rejects_nothing(make):
    """Every row of every story passes the product's normaliser."""
    for story in STORIES:
        clean = clean_export(read_export(make(members=150, days=60, story=story).folder))
        assert len(clean.rejects) == 0


@pytest.mark.parametrize("story", STORIES)
def test_settings_are_readable_and_speak_three_languages(make, story):
    """program.yaml and missions.yaml pass their schemas; texts are there in en, id and es."""
    folder = make(members=20, days=10, story=story).folder
    program = read_program(folder / "program.yaml")
    missions = read_missions(folder / "missions.yaml", program)
    assert len(missions) >= 6
    assert all({"en", "id", "es"} <= set(mission.texts) for mission in missions)
    assert program.minor_units == 10 ** STORIES[story].digits


def test_money_has_no_more_digits_than_its_currency(make):
    """Guaranies have no cents."""
    amounts = make(members=80, days=60, story="farmers").tables["scans"]["amount"].dropna()
    assert len(amounts) > 0
    assert (amounts == amounts.round()).all()
