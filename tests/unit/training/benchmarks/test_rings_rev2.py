"""The rating benchmark knows nothing of what anybody says about the judged."""

import numpy as np
import pandas as pd
import pytest

from features.errors import NotFound
from training.benchmarks import ratings as ratings_room
from training.benchmarks import rings_rev2
from training.benchmarks.companions import companions
from training.benchmarks.ratings import PROTOCOL, Labelled, outgoing, read_ratings
from training.benchmarks.rings_rev2 import judge, measure, rehearse

USERS = 24


@pytest.fixture(scope="module")
def network():
    """A busy network in which many rate each other back, and the last user rates nobody."""
    rng = np.random.default_rng(5)
    pairs = [(rater, ratee) for rater in range(USERS) for ratee in range(USERS + 1)
             if rater != ratee and rng.random() < 0.3]
    order = rng.permutation(len(pairs))
    rater, ratee = np.array(pairs)[order].T
    return pd.DataFrame({
        "rater": rater, "ratee": ratee, "weight": rng.integers(-10, 11, len(pairs)),
        "second": np.sort(rng.uniform(0, 3e6, len(pairs)))})


@pytest.fixture
def small(monkeypatch):
    """Few and small forests: what is tested needs no good ones."""
    monkeypatch.setattr(rings_rev2, "REPEATS", 1)
    monkeypatch.setattr(rings_rev2, "TREES", 20)


def received_taken_away(network, user):
    return network[network["ratee"] != user].reset_index(drop=True)


def received_turned(network, user):
    turned = network["weight"].where(network["ratee"] != user, -network["weight"] - 1)
    return network.assign(weight=turned)


@pytest.mark.parametrize("change", [received_taken_away, received_turned])
def test_no_rating_received_matters(network, change):
    """Every user's row is the same whether others praised him, damned him or never met him."""
    full = outgoing(network, np.arange(USERS))
    for user in range(USERS):
        alone = outgoing(change(network, user), np.array([user])).reindex(columns=full.columns)
        np.testing.assert_allclose(alone.to_numpy(float)[0], full.loc[user].to_numpy(float),
                                   rtol=1e-9, atol=1e-9)


def test_a_feature_that_leaks_would_be_seen(network, monkeypatch):
    """The test above fails as soon as one feature reads a rating received."""
    honest = ratings_room.companions

    def leaking(ratings, users):
        said = ratings.groupby("ratee")["weight"].mean()
        return honest(ratings, users).assign(said=lambda table: said.reindex(table.index))

    monkeypatch.setattr(ratings_room, "companions", leaking)
    with pytest.raises(AssertionError):
        test_no_rating_received_matters(network, received_turned)


def test_labels_made_of_ratings_received_can_not_be_told(small):
    """Who is only spoken ill of, and acts like everybody, is found no better than by chance."""
    rng = np.random.default_rng(0)
    size, users = 6000, 200
    rater, ratee = rng.integers(0, users, size), rng.integers(0, users, size)
    fraud = (np.arange(users) % 2).astype(np.int64)
    network = pd.DataFrame({
        "rater": rater, "ratee": ratee, "second": np.sort(rng.uniform(0, 1e7, size)),
        "weight": np.where(fraud[ratee] == 1, -9, 2)})
    network = network[rater != ratee].drop_duplicates(["rater", "ratee"]).reset_index(drop=True)
    found = measure(Labelled(network, np.arange(users), fraud))
    assert 0.35 < found["auc"] < 0.65


def test_what_frauds_do_is_found(small):
    """Users who give only their worst, in bursts, are told from the others."""
    rng = np.random.default_rng(1)
    fraud = (np.arange(120) % 2).astype(np.int64)
    rater = rng.integers(0, 120, 3000)
    network = pd.DataFrame({
        "rater": rater, "ratee": rng.integers(120, 400, 3000),
        "second": np.sort(rng.uniform(0, 1e7, 3000)),
        "weight": np.where(fraud[rater] == 1, -10, rng.integers(1, 4, 3000))})
    network = network.drop_duplicates(["rater", "ratee"]).reset_index(drop=True)
    found = measure(Labelled(network, np.arange(120), fraud))
    assert {"auc", "auc_sd", "ap", "auc_active", "auc_lightgbm"} <= set(found)
    assert found["auc"] > 0.97
    assert "TGFraud" in found["table"]


def test_the_judged_teach_nothing():
    """A row's score is the same whoever is judged with it, and its label is never asked for."""
    rng = np.random.default_rng(2)
    train, rows = rng.normal(size=(80, 4)), rng.normal(size=(10, 4))
    fraud = (train[:, 0] > 0).astype(np.int64)
    assert judge(train, fraud, rows, 0)[:3] == pytest.approx(judge(train, fraud, rows[:3], 0))


def test_the_sixteen_are_those_of_the_protocol():
    """Counts, means, deviations and gaps of a hand-made rater are those worked out by hand."""
    day = 86_400.0
    network = pd.DataFrame({
        "rater": [1, 2, 1, 2, 1], "ratee": [8, 8, 9, 9, 7], "weight": [10, -2, 4, 6, -1],
        "second": [0.0, 60.0, 100.0, 200.0, day + 100.0]})
    row = outgoing(network, np.array([1, 3]))
    assert row.loc[1, list(PROTOCOL)].to_dict() == pytest.approx({
        "count": 3, "mean": 13 / 3, "sd": np.std([10, 4, -1], ddof=1), "min": -1, "max": 10,
        "negative": 1 / 3, "extreme": 1 / 3, "deviation": (12 - 2) / 2, "abs_deviation": 7,
        "popularity": 2 / 3, "median_popularity": 1, "median_gap": (100 + day) / 2,
        "min_gap": 100, "span": day + 100, "most_a_day": 2, "active_days": 2})
    assert row.loc[3, "count"] == 0
    assert row.loc[3].drop("count").isna().all()


def test_companions_are_counted_without_what_they_say_of_one():
    """Two raters of the same three ratees are companions, alike but for what only one rates."""
    network = pd.DataFrame({
        "rater": [1, 1, 1, 2, 2, 2, 2, 2, 3], "ratee": [5, 6, 7, 5, 6, 7, 8, 1, 5],
        "weight": [1, 1, 1, 1, 1, 3, 1, -10, 1], "second": np.arange(9.0)})
    row = companions(network, np.array([1])).loc[1]
    assert row[["corated", "companions", "likest", "likest_gives"]].tolist() == [2, 1, 0.75, 4]
    assert row["agree"] == 0.75


def test_files_are_read_in_order_of_time(tmp_path, small):
    """The network comes sorted, a label of -1 is a fraud, and a missing file is named."""
    rng = np.random.default_rng(3)
    lines = [f"{a},{b},{rng.integers(-10, 11)},{rng.uniform(0, 1e6)}"
             for a in range(60) for b in range(60) if a != b and rng.random() < 0.2]
    (tmp_path / "otc_network.csv").write_text("\n".join(lines))
    with pytest.raises(NotFound, match=r"otc_gt\.csv"):
        read_ratings(tmp_path)
    (tmp_path / "otc_gt.csv").write_text("3,-1\n4,+1\n")
    known = read_ratings(tmp_path)
    assert known.ratings["second"].is_monotonic_increasing
    assert (known.user.tolist(), known.fraud.tolist()) == ([3, 4], [1, 0])


def test_settings_are_rehearsed_on_users_without_a_label(tmp_path, monkeypatch):
    """Nobody who is labelled takes part in the choice."""
    rng = np.random.default_rng(4)
    lines = [f"{a},{b},{-5 if b % 3 == 0 else 3},{rng.uniform(0, 1e6)}"
             for a in range(60) for b in range(60) if a != b and rng.random() < 0.2]
    (tmp_path / "otc_network.csv").write_text("\n".join(lines))
    (tmp_path / "otc_gt.csv").write_text("".join(f"{user},-1\n" for user in range(10)))
    seen = []
    monkeypatch.setattr(rings_rev2, "measure", lambda known, seed: seen.append(known) or {})
    rehearse(tmp_path)
    assert min(seen[0].user) >= 10
    assert (seen[0].fraud == (seen[0].user % 3 == 0)).all()
