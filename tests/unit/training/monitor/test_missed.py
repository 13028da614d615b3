"""More fraud gets past: how seldom chance alarms, and how soon a change does."""

import numpy as np

from training.monitor.missed import evidence, look
from training.settings import read_settings

SETTINGS = read_settings().monitor


def first_alarm(counts: np.ndarray, mean: float) -> int:
    """Weeks until the statistic passes the limit; one more than there are where it never does."""
    for week in range(1, len(counts) + 1):
        if evidence(counts[:week], np.full(week, mean)) >= SETTINGS.missed_weeks:
            return week
    return len(counts) + 1


def test_chance_alarms_more_seldom_than_stated() -> None:
    """While nothing changes an alarm comes once in the stated weeks at most, on average."""
    rng = np.random.default_rng(3)
    waits = [first_alarm(rng.poisson(4.0, 300), 4.0) for _ in range(40)]
    assert np.mean(waits) > SETTINGS.missed_weeks


def test_three_times_as_much_is_told_within_a_month() -> None:
    """Whatever calm there was before: a bet may begin in any week."""
    rng = np.random.default_rng(4)
    for _ in range(10):
        counts = np.concatenate([rng.poisson(3.0, 20), rng.poisson(12.0, 5)])
        assert 20 < first_alarm(counts, 4.0) <= 25


def test_a_short_past_says_nothing() -> None:
    """Eight weeks before the model learnt are needed to know what is usual."""
    weeks = np.full(10, 2)
    assert look(weeks, weeks * 100, 7, SETTINGS)[1].passed is None
    assert look(weeks, weeks * 100, 10, SETTINGS)[1].passed is None
