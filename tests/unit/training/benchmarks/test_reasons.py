"""The benchmark of reasons: what is compared is equal, and every figure is there."""

from __future__ import annotations

from training.benchmarks.reasons import benchmark


def test_ours_and_lightgbms_are_the_same_on_every_depth() -> None:
    """A quick run has the contract's keys, a line for each depth, and no difference to speak of."""
    found = benchmark(quick=True, seed=3)
    assert [run["depth"] for run in found["runs"]] == [6, 8, -1]
    assert all(run["max_abs_diff"] < 1e-9 and run["splits"] > 100 for run in found["runs"])
    assert {name: found["runs"][0][name] for name in (
        "us_per_row", "ratio_lightgbm", "max_abs_diff")}.items() <= found.items()
    assert len(found["table"].strip().split("\n")) == 4
