"""Signs: rarity among comparable events, and what the models make of it."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.catalog import CATALOG
from models.anomaly import AnomalyModel
from models.calibration import Calibration, logit
from models.fraud import FraudModel
from models.signs import LEAST, STEPS, STRONGEST, SignReader, SignTails, sign_names, summed

NAMES = ("event_kind", "sign_far", "event_points", "sign_own")
HASHES = dict.fromkeys(NAMES, "h")
FAMILIES = {"sign_far": "place", "sign_own": "code", "event_points": "amount",
            "event_kind": "context"}


def naive(column: np.ndarray, x: float) -> float:
    """Surprise of a value, counted one by one."""
    beyond = sum(1 for other in column if other >= x)
    return -np.log10((beyond + 0.5) / (len(column) + 1))


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """2,000 scans and 500 redemptions; few have a sign."""
    random = np.random.default_rng(3)
    kinds = np.repeat([0.0, 2.0], [2000, 500])
    signs = np.where(random.random((2500, 2)) < 0.05, random.integers(1, 9, (2500, 2)), 0)
    return np.column_stack([kinds, signs[:, 0], random.integers(1, 90, 2500), signs[:, 1]])


@pytest.fixture(scope="module")
def model(rows: np.ndarray) -> FraudModel:
    """Trees that learnt from the sums of signs beside the features."""
    reader = SignReader.fit(NAMES, rows)
    assert reader is not None
    inputs, surprises = reader.read(rows)
    target = (surprises.max(axis=1) > 1.9).astype(float)
    booster = lightgbm.train({"num_leaves": 5, "objective": "binary", "verbosity": -1,
                              "num_threads": 1}, lightgbm.Dataset(inputs, target), 20)
    return FraudModel(booster, Calibration.identity(), NAMES, HASHES, reader)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, 400, elements=st.integers(0, 6).map(float)), st.integers(1, 8))
def test_a_surprise_is_the_share_of_events_with_as_strong_a_sign(
    column: np.ndarray, x: int
) -> None:
    """Each surprise equals one counted naively; beyond all it is that of nobody."""
    tails = SignTails.fit(column[:, None], np.zeros(400, dtype=np.int64), kinds=1)
    found = tails.surprises(np.array([[float(x)]]), np.zeros(1, dtype=np.int64))
    assert found[0, 0] == pytest.approx(naive(column, x))


def test_a_long_tail_is_thinned_and_never_understated_at_its_end() -> None:
    """Of many values the largest are kept one by one; others are told by the next one kept."""
    column = np.random.default_rng(0).exponential(size=20_000)
    tails = SignTails.fit(column[:, None], np.zeros(20_000, dtype=np.int64), kinds=1)
    assert len(tails.values) <= STEPS
    for x in np.sort(column)[-200:]:
        found = tails.surprises(np.array([[x]]), np.zeros(1, dtype=np.int64))[0, 0]
        assert found == pytest.approx(naive(column, x))


@pytest.mark.parametrize("none", [0.0, np.nan, -1.0])
def test_no_sign_is_no_surprise(none: float) -> None:
    """Zero and unknown say nothing, whatever others show."""
    tails = SignTails.fit(np.ones((LEAST, 1)), np.zeros(LEAST, dtype=np.int64), kinds=1)
    assert tails.surprises(np.array([[none]]), np.zeros(1, dtype=np.int64))[0, 0] == 0.0


def test_too_few_comparable_events_say_nothing() -> None:
    """A kind with a handful of events calls nothing rare."""
    tails = SignTails.fit(np.zeros((LEAST - 1, 1)), np.zeros(LEAST - 1, dtype=np.int64), kinds=1)
    assert tails.surprises(np.array([[9.0]]), np.zeros(1, dtype=np.int64))[0, 0] == 0.0


def test_kinds_are_compared_among_themselves(rows: np.ndarray) -> None:
    """What is common among scans may be unheard of among redemptions."""
    signs = np.where(rows[:, :1] == 0, 5.0, 0.0)
    tails = SignTails.fit(signs, rows[:, 0].astype(np.int64))
    scan, redemption = tails.surprises(np.full((2, 1), 5.0), np.array([0, 2]))[:, 0]
    assert scan < 0.01 < 2.5 < redemption


def test_tails_come_back_from_their_arrays(rows: np.ndarray) -> None:
    """Stored and read, they give the same surprises."""
    tails = SignTails.fit(rows[:, [1, 3]], rows[:, 0].astype(np.int64))
    again = SignTails.from_arrays(tails.arrays())
    kinds = rows[:, 0].astype(np.int64)
    assert (again.surprises(rows[:, [1, 3]], kinds)
            == tails.surprises(rows[:, [1, 3]], kinds)).all()


def test_sums_are_of_the_strongest_first() -> None:
    """The second sum holds the two strongest, wherever they stand."""
    assert summed(np.array([[0.0, 3.0, 1.0, 2.0]])).tolist() == [[3.0, 5.0, 6.0]]


def test_one_row_equals_the_batch(model: FraudModel, rows: np.ndarray) -> None:
    """With signs too, the live path gives bit for bit the score of the batch."""
    assert [model.score_row(row) for row in rows[:200]] == model.score(rows[:200]).tolist()


def test_what_signs_add_is_told_by_the_strongest(model: FraudModel, rows: np.ndarray) -> None:
    """Contributions have one column a feature, add up, and name a sign where there is one."""
    parts = model.contributions(rows)
    assert parts.shape == (len(rows), len(NAMES) + 1)
    assert parts.sum(axis=1) == pytest.approx(logit(model.score(rows)), abs=1e-6)
    strong = np.argmax(rows[:, 1] * (rows[:, 3] == 0))
    assert parts[strong, 1] > max(parts[strong, 3], 0.5)
    assert model.contributions_row(rows[strong]) == pytest.approx(parts[strong], abs=1e-9)


def test_one_row_is_explained_as_in_the_batch(model: FraudModel, rows: np.ndarray) -> None:
    """With a sign and without, of a known kind and an unknown one."""
    asked = rows[:100].copy()
    asked[::5, 0] = np.nan
    asked[::7, [1, 3]] = 0.0
    wanted = model.contributions(asked)
    ours = np.array([model.contributions_row(row) for row in asked])
    assert ours == pytest.approx(wanted, abs=1e-12)


def test_a_kind_that_nobody_knows_surprises_nobody(model: FraudModel, rows: np.ndarray) -> None:
    """It is compared with nothing, and nothing is read beside the tails."""
    row = rows[0].copy()
    row[1] = 9.0
    for kind in (-1.0, 3.0, 1e6):
        row[0] = kind
        assert model.signs is not None
        assert model.signs.read_row(row)[len(NAMES):].tolist() == [0.0, 0.0, 0.0]


def test_a_model_with_signs_survives_storage(model: FraudModel, rows: np.ndarray, tmp_path) -> None:
    """Read from its folder it scores the same."""
    model.save(tmp_path)
    assert (FraudModel.load(tmp_path).score(rows) == model.score(rows)).all()


def test_a_booster_without_room_for_signs_is_refused(model: FraudModel) -> None:
    """Booster and signs belong together."""
    with pytest.raises(Exception, match=f"{len(NAMES)} features"):
        FraudModel(model.booster, model.calibration, NAMES, HASHES)
    assert model.booster.num_feature() == len(NAMES) + len(STRONGEST)


def test_the_anomaly_is_led_by_signs_and_says_them_first(rows: np.ndarray, tmp_path) -> None:
    """A sign nobody shows outranks every usual row, is named first, live as in batch."""
    kinds, personas = rows[:, 0].astype(np.int64), np.zeros(len(rows), dtype=np.int64)
    model = AnomalyModel.fit(rows, NAMES, HASHES, FAMILIES, kinds, personas, seed=1)
    odd = rows[0].copy()
    odd[1] = 50.0
    assert model.score_row(odd, 0, 0) > 0.999
    assert model.unusual(odd, 0, 0)[0].name == "sign_far"
    batch = model.score(rows[:100], kinds[:100], personas[:100])
    assert [model.score_row(row, 0, 0) for row in rows[:100]] == batch.tolist()
    model.save(tmp_path)
    again = AnomalyModel.load(tmp_path).bound(NAMES)
    assert (again.score(rows[:100], kinds[:100], personas[:100]) == batch).all()


def test_every_sign_of_the_catalogue_is_at_least_zero_and_known() -> None:
    """Signs of an event with everything unknown are zero: an unknown says nothing against."""
    assert len(sign_names(CATALOG.names)) > 30
    assert {CATALOG.families[name] for name in sign_names(CATALOG.names)}.isdisjoint(
        {"label", "declared", "other"})
