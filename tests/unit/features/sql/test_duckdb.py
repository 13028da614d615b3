"""DuckDB as an engine: short of memory, out of range, not installed."""

from __future__ import annotations

import sys

import pytest

from features.engine.declarations import Catalog
from features.engine.definition import Aggregate, over
from features.errors import BadInput, Unavailable
from features.sql.export import write_records
from features.sql.rows import sql_features, sql_rows

SHORT = 30_000_000
"""Bytes of memory, far less than what the records take."""

WIDE = Catalog([
    *over(("1h", "24h", "7d", "30d"), "count_{w}", entity="member", aggregate="count"),
    *over(("1h", "24h", "7d", "30d"), "devices_{w}", entity="member", aggregate="distinct",
          argument="device"),
    *over(("1h", "24h"), "points_{w}", entity="outlet", aggregate="sum", argument="points"),
])


def test_what_memory_cannot_hold_lies_on_disk(sql):
    """Records of several times the memory limit give the kernel's rows."""
    records = sql.crowd(150_000, days=60, entities=8000)
    assert records.nbytes > 2.5 * SHORT
    settings = {"memory_limit": f"{SHORT // 1_000_000}MB", "threads": 1}
    assert sql.differing(WIDE, records, **settings) == []


def test_nothing_stays_in_the_scratch_folder(sql, tmp_path):
    """A run leaves its scratch folder as it found it, also one that is not read to the end."""
    rows = sql_rows([sql.crowd(300)], WIDE, sql.zone, folder=tmp_path, rows=50)
    next(rows)
    assert len(list(tmp_path.iterdir())) == 1
    rows.close()
    assert list(tmp_path.iterdir()) == []


def test_a_sum_beyond_64_bits_stops(sql):
    """A sum that leaves 64 bits is an error, never another number."""
    catalog = Catalog([Aggregate("sum", entity="member", aggregate="sum", argument="points")])
    records = sql.stream(*[("scan", i, {"member": 1, "points": 1 << 62}) for i in range(3)])
    with pytest.raises(BadInput, match="a number that fits into 64 bits"):
        list(sql_rows([records], catalog, sql.zone))


def test_rows_come_in_the_order_of_places(sql):
    """Slices of the result follow each other, whatever their size."""
    records = sql.crowd(2000)
    places = [place for keys, _ in sql_features([records], WIDE, sql.zone, rows=37)
              for place in keys["place"]]
    assert sorted(places) == places
    assert int((records[:, 2] < 3).sum()) == len(places)


def test_a_stream_without_records_has_no_rows(sql):
    """No records, no rows, no error."""
    assert list(sql_rows([], WIDE, sql.zone)) == []


def test_records_out_of_order_are_refused(sql, tmp_path):
    """A record older than the one before it, also in the slice before, is refused."""
    records = sql.crowd(10)
    with pytest.raises(BadInput, match="in the order of their places"):
        write_records([records[5:], records[:5]], tmp_path)


def test_another_engine_is_refused(sql):
    """The error names the engines there are."""
    with pytest.raises(BadInput, match="duckdb, spark"):
        list(sql_rows([sql.crowd(3)], WIDE, sql.zone, engine="flink"))


@pytest.mark.parametrize(("engine", "package", "extra"), [
    ("duckdb", "duckdb", "sql"), ("spark", "pyspark.sql", "spark")])
def test_an_engine_that_is_not_installed_says_its_extra(sql, monkeypatch, engine, package, extra):
    """The error says which extra to install."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Unavailable, match=rf"jaga\[{extra}\]"):
        list(sql_rows([sql.crowd(3)], WIDE, sql.zone, engine=engine))


def test_spark_without_java_says_so(sql, monkeypatch):
    """The error says that Spark needs Java 17."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(Unavailable, match="Java 17"):
        list(sql_rows([sql.crowd(3)], WIDE, sql.zone, engine="spark"))
