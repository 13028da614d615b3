"""Drift in a small simulated year: a loud change is told within a week, the calm before is not."""

from pathlib import Path

import pytest

from features.errors import BadInput
from training.benchmarks.drift_worlds import Nights, benchmark, figures, watch_world

pytestmark = pytest.mark.filterwarnings("ignore")  # Evidently warns on import


def test_a_loud_change_of_mode_is_told_within_a_week(tmp_path: Path) -> None:
    """And no night before it is an alarm."""
    seen = watch_world(tmp_path, "farmers", 1, 400, 215, learnt=120, change=190, first=187,
                       times=14.0)
    assert seen.false == []
    assert seen.delay is not None


def test_an_alarm_of_before_is_none_of_the_change() -> None:
    """The same gate goes on; another one is news. Both ways are counted."""
    old = Nights("farmers", 1, ("a",), {9: ("data_drift",), 10: ("data_drift",),
                                        11: ("data_drift",)}, 1, 10, frozenset({9}))
    new = Nights("retail", 2, ("b",), {13: ("fraud_mode",)}, 1, 10, frozenset())
    assert (old.delay, old.false, old.at_peak) == (None, [9], [9])
    assert (new.delay, new.false, new.at_peak) == (3, [], [])
    found = figures([old, new])
    assert (found["found"]["value"], found["at_peak"]["value"]) == (0.5, 0.5)
    assert found["delay"] == 3


def test_a_year_too_short_for_the_change_is_refused() -> None:
    """Before anything is simulated."""
    with pytest.raises(BadInput, match="the fraud changes on day"):
        benchmark(worlds=1, days=200)
