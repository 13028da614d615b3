from dataclasses import replace

import numpy as np
import pytest

from models.stakes import Stakes
from training.thresholds import Slice, limit

HARM = 0.1
STAKES = Stakes(point_value=1.0, multiplier=1.0, review=2.0, unknown=HARM)


def slice_of(fraud: np.ndarray, points: int = 100, capacity: float = 1e9) -> Slice:
    return Slice(fraud.astype(float), np.full(len(fraud), points), days=10.0, capacity=capacity)


def held(score: np.ndarray, threshold: float | None) -> np.ndarray:
    return score >= (2.0 if threshold is None else threshold)


@pytest.fixture
def score() -> np.ndarray:
    return np.random.default_rng(1).permutation(np.linspace(0.001, 0.999, 1000))


def test_reviewers_are_never_given_more_than_they_can_look_at(score: np.ndarray) -> None:
    """Held events a day stay within the capacity."""
    found = limit(score, slice_of(score, capacity=3.0), STAKES, honest_held=0.5)
    assert found.bound_by == "capacity"
    assert held(score, found.threshold).sum() <= 30


def test_no_more_honest_events_wait_than_allowed(score: np.ndarray) -> None:
    """The expected share of honest events held stays within its limit."""
    truth = (score > 0.9).astype(float)
    found = limit(score, slice_of(truth), None, honest_held=0.01)
    mask = held(score, found.threshold)
    assert (mask & (truth == 0)).sum() <= 0.01 * (truth == 0).sum()
    assert mask[truth == 1].all()


def test_events_without_worth_are_not_held(score: np.ndarray) -> None:
    """Where nothing can be saved nothing is held, however likely fraud is."""
    cheap = limit(score, slice_of(score, points=0), STAKES, honest_held=0.5)
    assert cheap.threshold is None


def test_costs_hold_where_the_expected_gain_turns(score: np.ndarray) -> None:
    """With sure probabilities the threshold is where p x value = (1 - p) x harm of a hold."""
    found = limit(score, slice_of(score, points=1), STAKES, honest_held=0.99)
    assert found.bound_by == "costs"
    assert found.threshold == pytest.approx(HARM / (1 + HARM), abs=0.01)


def test_dearer_partners_raise_the_limit(score: np.ndarray) -> None:
    """What a wrong hold of each event costs moves the limit to where p x value = (1 - p) x it."""
    part = slice_of(score, points=1)
    dear = replace(part, harm=np.full(len(score), 3.0))
    found = limit(score, dear, STAKES, honest_held=0.99)
    assert found.bound_by == "costs"
    assert found.threshold == pytest.approx(0.75, abs=0.01)
    assert found.threshold > limit(score, part, STAKES, honest_held=0.99).threshold


def test_an_empty_slice_holds_nothing() -> None:
    """No events give no threshold and no error."""
    empty = np.zeros(0)
    assert limit(empty, Slice(empty, empty.astype(int), 10, 5), STAKES, 0.01).threshold is None


def test_ties_are_not_split() -> None:
    """Where everything scores the same, all or nothing is held, here nothing."""
    score = np.full(100, 0.7)
    assert limit(score, slice_of(np.zeros(100)), None, 0.01).threshold is None
