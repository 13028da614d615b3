"""The verb that measures: which options reach which benchmark."""

import json
import os
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from jaga.command import main
from jaga.verbs.measure import BENCHMARKS
from training.benchmarks.features.declared import TWENTY_FIVE
from training.benchmarks.features.log import Log, write_log

REDIS = os.environ.get("JAGA_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


@pytest.fixture
def told(monkeypatch):
    """What the verb handed to a benchmark, whichever was named."""
    found = {}

    def benchmark(data, progress, seed, **options):
        found.update(options, data=data, seed=seed)
        return {"rows": 7}

    monkeypatch.setitem(sys.modules, "a_benchmark", SimpleNamespace(benchmark=benchmark))
    for name in BENCHMARKS:
        monkeypatch.setitem(BENCHMARKS, name, "a_benchmark")
    return found


def test_sizes_and_seed_reach_the_features(told):
    """Rows may be given more than once; the last line is JSON."""
    done = CliRunner().invoke(main, [
        "benchmark", "features", "--rows", "2000", "--rows", "5000", "--seed", "3", "--json"])
    assert json.loads(done.stdout.splitlines()[-1]) == {"rows": 7}
    assert told["rows"] == (2000, 5000)
    assert (told["seed"], told["quick"], told["spark"], told["data"]) == (3, False, 0, None)
    assert told["shared"] is None


def test_public_data_must_be_named(told):
    """The others read files, and say so."""
    done = CliRunner().invoke(main, ["benchmark", "inactivity"])
    assert done.exit_code == 2
    assert "--data" in done.output
    assert told == {}


def test_the_others_get_no_options_of_the_features(told, tmp_path):
    """Folder and seed, and nothing else."""
    CliRunner().invoke(main, ["benchmark", "inactivity", "--data", str(tmp_path)])
    assert told == {"data": tmp_path, "seed": 0}


def test_a_redis_is_measured_on_the_log(told, tmp_path):
    """The shared store is given the records of the log and answers with its own latency."""
    CliRunner().invoke(main, ["benchmark", "features", "--redis", REDIS])
    write_log(Log(2000, 0), tmp_path / "log.parquet")
    found = told["shared"](TWENTY_FIVE, tmp_path / "log.parquet")
    assert found["events"] == 1000
    assert found["us_p99"] >= found["us_p50"] > found["kernel_us_p50"] > 0
