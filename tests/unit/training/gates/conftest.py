"""Made-up trials: two bundles on the same events, better, worse or alike as a test wishes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.stakes import Stakes
from training.gates.trial import Side, Trial
from training.settings import read_settings
from training.splits import DAY_MS, Window

if TYPE_CHECKING:
    from collections.abc import Callable

GATES = read_settings().gates


def side(bundle_id: str, truth: np.ndarray, random: np.random.Generator, good: float,
         above: float = 0.8) -> Side:
    """A bundle that tells fraud from honest events by ``good`` standard deviations."""
    rank = 1 / (1 + np.exp(-(random.normal(0, 1, len(truth)) + good * truth - 2)))
    chance = np.where(truth == 1, truth.mean() + 0.5 * (rank - rank.mean()), rank)
    held = rank > above
    return Side(bundle_id, rank, np.clip(chance, 0, 1), held, held)


@pytest.fixture
def trial() -> Callable[..., Trial]:
    """Make a trial of so many events, a tenth of them fraud, all of them decided."""

    def make(events: int = 4_000, old: float = 2.0, new: float = 2.0, seed: int = 1) -> Trial:
        random = np.random.default_rng(seed)
        truth = (np.arange(events) % 10 == 0).astype(np.int64)
        member = random.integers(0, max(events // 4, 1), events)
        return Trial(
            Window(0, 30 * DAY_MS), truth, np.ones(events, bool), np.ones(events), member,
            random.choice([20, 40, 80], events),
            {"persona": np.where(np.arange(events) % 3 == 0, "promoter", "retailer"),
             "language": np.full(events, "en"), "region": np.full(events, "")},
            {"sign_far": (np.arange(events) % 5 == 1) & (truth == 0)},
            side("old", truth, random, old), side("new", truth, random, new),
            Stakes(0.01, 1.0, 0.05, 0.01), replace_draws(), seed)

    return make


def replace_draws() -> object:
    return GATES.model_copy(update={"draws": 40})


@pytest.fixture
def holding() -> Callable[..., Trial]:
    """A trial whose bundles would hold the given honest events for behaviour."""

    def change(trial: Trial, old: np.ndarray, new: np.ndarray) -> Trial:
        return replace(trial, champion=replace(trial.champion, by_behaviour=old),
                       challenger=replace(trial.challenger, by_behaviour=new))

    return change
