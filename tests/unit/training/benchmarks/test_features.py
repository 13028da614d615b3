"""The feature benchmark as a whole, on a small log and in one process."""

import json

import pytest

from features.errors import Unavailable
from training.benchmarks.features import benchmark
from training.benchmarks.features.bench import repeats
from training.benchmarks.features.child import run_child, run_here
from training.benchmarks.features.race import CATALOGS

KEYS = {
    "rows", "ratio_pandas", "ratio_duckdb", "ratio_polars", "ratio_floor", "live_us_p50",
    "live_us_p99", "recovery_per_s", "differing_values",
}


@pytest.fixture(scope="module")
def found():
    """Figures of a small run, with the shared store played by a fake."""
    steps = []
    figures = benchmark(
        rows=(3000,), seed=3, run=run_here, progress=lambda *step: steps.append(step),
        shared=lambda catalog, log: {"us_p50": len(catalog.names), "log": log.stem})
    return figures, steps


def test_the_contract_s_keys_are_there(found):
    """Every key of the contract has a number, and the whole is JSON."""
    figures = json.loads(json.dumps(found[0], allow_nan=False))
    assert {key for key in KEYS if isinstance(figures.get(key), int | float)} == KEYS
    assert figures["rows"] == 3000


def test_all_values_agree(found):
    """Peers and live give what batch gives; so many values were compared."""
    figures = found[0]
    assert figures["differing_values"] == 0
    assert figures["compared"]["live all"]["values"] == 3000 * len(CATALOGS["all"].names)
    assert {name.partition(",")[0] for name in figures["compared"]} >= {
        "duckdb 25", "duckdb-rewritten 25", "polars 25", "pandas 25", "live 25", "live all",
        "duckdb sql 25", "duckdb sql all"}


def test_the_shared_store_stands_beside_the_embedded_one(found):
    """What is measured outside this room is given the twenty-five and their log."""
    assert found[0]["live"]["shared"] == {"us_p50": 25, "log": "events-3000"}


def test_every_step_is_told_and_printed(found):
    """Progress names the races; the table names every engine."""
    figures, steps = found
    assert ("25 features, events-3000", 6, 6) in steps
    assert all(engine in figures["table"] for engine in ("jaga", "floor", "polars", "pandas"))


def test_slow_engines_are_left_out_of_large_logs():
    """pandas runs up to a few million events, peers up to some ten million, ours always."""
    assert "pandas" in repeats(1_000_000)
    assert "pandas" not in repeats(10_000_000)
    assert repeats(100_000_000) == {"jaga": 1}


def test_a_process_of_its_own_answers_as_this_one(tmp_path):
    """A child gives the figures of its module, and its error as one sentence."""
    module = "training.benchmarks.features.race"
    with pytest.raises(Unavailable, match="a measurement of floor 25; came FileNotFound"):
        run_child(module, "floor", "25", tmp_path / "missing.parquet", tmp_path / "missing.parquet")
