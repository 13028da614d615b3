"""The anomaly benchmark fits on its own part, and shows no scorer a label."""

import inspect
import json

import numpy as np
import pytest

from features.errors import BadInput, NotFound
from models.detector import Detector
from training.benchmarks import anomaly_adbench
from training.benchmarks.anomaly_adbench import (
    SCORERS,
    SEEDS,
    benchmark,
    drawn,
    measure,
    read_set,
    split,
)


@pytest.fixture
def rows():
    """Six hundred usual rows and thirty far out in every column."""
    rng = np.random.default_rng(0)
    return np.vstack([rng.normal(size=(600, 4)), rng.normal(size=(30, 4)) + 6])


TRUTH = np.repeat([0, 1], [600, 30])


def test_at_most_ten_thousand_are_drawn_and_the_seed_decides():
    """A large set is thinned without doubles, a small one is taken as it is."""
    truth = np.zeros(30_000, np.int64)
    truth[::100] = 1
    kept = drawn(truth, 1)
    assert len(kept) == len(set(kept.tolist())) == 10_000
    assert np.array_equal(kept, drawn(truth, 1))
    assert not np.array_equal(kept, drawn(truth, 2))
    assert np.array_equal(drawn(truth[:500], 1), np.arange(500))


def test_with_too_few_anomalies_the_first_six_are_appended():
    """A set in which the draw finds none is judged by its first six."""
    truth = np.zeros(1_000_000, np.int64)
    truth[-10:] = 1
    assert drawn(truth, 3)[10_000:].tolist() == list(range(999_990, 999_996))


def test_columns_are_scaled_by_the_training_part_alone(rows):
    """Training columns fill 0..1; a test row may lie beyond, and moves no training row."""
    train, test, judged = split(rows, TRUTH, 1)
    assert (train.min(axis=0), train.max(axis=0)) == (pytest.approx(0), pytest.approx(1))
    assert (len(train), len(test), judged.sum()) == (441, 189, 9)
    far_out = []
    for row in range(0, len(rows), 9):
        moved = rows.copy()
        moved[row] *= 1000
        again, beyond, _ = split(moved, TRUTH, 1)
        assert (again.min(), again.max()) == (pytest.approx(0), pytest.approx(1))
        if np.abs(beyond).max() > 20:
            far_out.append(row)
            assert np.array_equal(again, train)
    assert 0.2 < len(far_out) / 70 < 0.4


def test_labels_reach_no_scorer(rows, monkeypatch):
    """A scorer is given training rows, test rows and a seed, and its figures follow the truth."""
    seen = []

    def spy(train, test, seed):
        seen.append((train, test, seed))
        return test[:, 0]

    monkeypatch.setattr(anomaly_adbench, "SCORERS", {"": spy})
    assert measure(rows, TRUTH, 2)["auc"] > 0.99
    assert all(len(inspect.signature(scorer).parameters) == 3 for scorer in SCORERS.values())
    train, test, seed = seen[0]
    assert (train.shape[1], test.shape[1], seed) == (4, 4, 2)


def test_anomalies_of_the_training_part_stay_in_it(rows):
    """All are fitted on what is there: the anomalies among it too."""
    train, _, _ = split(rows, TRUTH, 1)
    assert (train.mean(axis=1) > 0.6).sum() == 21


@pytest.mark.parametrize("name", list(SCORERS))
def test_a_score_does_not_depend_on_the_other_test_rows(rows, name):
    """Rows are judged one by one: half of the test part scores as it does in the whole."""
    train, test, _ = split(rows, TRUTH, 1)
    whole = SCORERS[name](train, test, 1)
    assert whole[:50] == pytest.approx(SCORERS[name](train, test[:50], 1), abs=1e-12)


def test_ours_is_the_product_s_detector(rows):
    """Whatever the detector is, is measured."""
    train, test, _ = split(rows, TRUTH, 1)
    assert np.array_equal(SCORERS[""](train, test, 1), Detector.fit(train, 1).score(test))


def test_labels_by_lot_are_not_found(rows):
    """Anomalies that are none give no better than chance."""
    truth = np.random.default_rng(9).permutation(TRUTH)
    found = [measure(rows, truth, seed)["auc"] for seed in SEEDS]
    assert 0.3 < np.mean(found) < 0.7


def test_the_contract_s_keys_are_there(rows, tmp_path, monkeypatch):
    """Means over sets and seeds, a row a set, and a table; a missing set is named."""
    monkeypatch.setattr(anomaly_adbench, "SETS", ("one", "two"))
    np.savez(tmp_path / "one.npz", X=rows, y=TRUTH)
    with pytest.raises(NotFound, match=r"two\.npz"):
        benchmark(tmp_path)
    np.savez(tmp_path / "two.npz", X=rows[:, :2], y=TRUTH)
    found = json.loads(json.dumps(benchmark(tmp_path)))
    assert min(found["auc"], found["auc_iforest"], found["auc_ecod"]) > 0.95
    assert [run["name"] for run in found["runs"]] == ["one", "two"]
    assert found["auc"] == pytest.approx(np.mean([run["auc"] for run in found["runs"]]), abs=1e-4)
    assert "mean" in found["table"]


def test_a_file_that_is_no_set_is_refused(tmp_path):
    """It must hold rows and labels."""
    np.savez(tmp_path / "odd.npz", Z=np.zeros(3))
    with pytest.raises(BadInput, match="arrays X and y"):
        read_set(tmp_path, "odd")
