"""Logs of experiments whose effects are known."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest


class World(NamedTuple):
    """Rows, outcomes, arms, their chances, and the true effect of each mission on each row."""

    x: Any
    y: Any
    arm: Any
    chance: Any
    effect: Any


@pytest.fixture
def world() -> Callable[..., World]:
    """Make a log of n rows with two missions, drawn by chances that depend on the row or not."""

    def make(n: int = 4000, seed: int = 0, tilt: float = 0.0) -> World:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(n, 4))
        odds = np.exp(np.column_stack([np.zeros(n), tilt * x[:, 0], -tilt * x[:, 0]]))
        chance = odds / odds.sum(axis=1, keepdims=True)
        arm = (rng.random(n)[:, None] > chance.cumsum(axis=1)).sum(axis=1)
        effect = np.column_stack([1.0 + x[:, 1], 0.5 - x[:, 2]])
        own = np.column_stack([np.zeros(n), effect])[np.arange(n), arm]
        return World(x, 2 * x[:, 0] + own + rng.normal(size=n), arm, chance, effect)

    return make
