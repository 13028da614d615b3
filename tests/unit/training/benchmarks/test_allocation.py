"""The benchmark of allocations: a generated program that pinches, and figures that are true."""

import numpy as np
import pytest

from models.missions.allocation import allocate
from training.benchmarks import allocation
from training.benchmarks.allocation import benchmark, by_highs, program


@pytest.mark.parametrize("alike", [False, True])
def test_every_limit_of_the_program_pinches(alike):
    """Without any one kind of limit more could be gained."""
    asked = program(300, 1, alike)
    whole = allocate(**asked).value
    for name, free in (("budget", None), ("capacity", {}), ("most", None)):
        assert allocate(**(asked | {name: free})).value > whole
    assert alike == (len(np.unique(asked["gain"][np.isfinite(asked["gain"])])) <= 60)


def test_the_linear_program_is_never_below_the_best():
    """HiGHS with and without whole members, and ours between."""
    asked = program(60, 2)
    best, relaxed = by_highs(asked, whole=True), by_highs(asked, whole=False)
    assert best <= relaxed * (1 + 1e-9)
    assert allocate(**asked).value == pytest.approx(best)


def test_all_figures_come_out(monkeypatch):
    """Gaps near 0, peers beside, and a table for people."""
    for name, size in (("PEER", 400), ("SMALL", 30), ("SMALL_RUNS", 1)):
        monkeypatch.setattr(allocation, name, size)
    steps = []
    found = benchmark(None, lambda name, done, of: steps.append((name, done, of)), 3, members=3000)
    assert steps == [("allocation", done, 4) for done in range(1, 5)]
    assert 0 <= found["gap"] < 0.01
    assert 0 <= found["gap_alike"] < 0.02
    assert found["small"] == {"members": 30, "runs": 2, "exact": 2,
                              "missed_mean": pytest.approx(0, abs=1e-9),
                              "missed_most": pytest.approx(0, abs=1e-9)}
    assert found["peer"]["bound_above_highs"] < 1e-5
    assert "3,000 members x 10 missions, alike" in found["table"]
    assert found["peak_mb"] > 10
