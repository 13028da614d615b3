"""Formulas over one row: the bits of `evaluate` over many."""

from __future__ import annotations

import numpy as np
import pytest

from features.catalog import CATALOG
from features.engine.expression import compile_formula, evaluate
from features.engine.formularow import evaluate_row
from features.engine.state import State
from features.places import MISSING

FORMULAS = (
    "a", "7", "unknown", "a + b * c - d", "a / b", "a % b", "min(a, b)", "max(a, -b)",
    "default(a, b)", "where(a, b, c)", "where(a > b, c / d, unknown) + 1", "sqrt(a)", "abs(a)",
    "floor(a / 3)", "hour(a)", "weekday(a)", "known(a)", "not a", "a and b", "a or b or c",
    "a == b", "a != b", "a < b", "a <= b", "a >= b")


def rows(many: int, columns: int) -> np.ndarray:
    """Integers small and large of both signs, some zero, some unknown."""
    random = np.random.default_rng(0)
    shape = many, columns
    found = random.integers(-10, 10, shape) * 10 ** random.integers(0, 14, shape)
    found[random.random(found.shape) < 0.2] = MISSING
    return found


def both(code: np.ndarray, starts: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Answers of `evaluate`, and of `evaluate_row` row by row."""
    together = np.empty((len(asked), len(starts) - 1))
    alone = np.zeros_like(together)
    evaluate(code, starts, asked, together)
    for row, out in zip(asked, alone, strict=True):
        evaluate_row(code, starts, row, out)
    return together, alone


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_row_alone_equals_a_row_among_many(formula) -> None:
    """Every operation gives the same bits, unknown in and unknown out."""
    code = compile_formula(formula, "here:1", lambda name: [(0, "abcd".index(name))])
    together, alone = both(np.array(code), np.array([0, len(code)]), rows(200, 4))
    assert alone.tobytes() == together.tobytes()


def test_the_catalogue_of_a_row_alone_equals_that_of_many() -> None:
    """All features that ship, on rows of any integers."""
    state = State(CATALOG, "UTC")
    together, alone = both(state._code, state._starts, rows(100, len(state.integers)))
    assert np.array_equal(alone, together, equal_nan=True)
