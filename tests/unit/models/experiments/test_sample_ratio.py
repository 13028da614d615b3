"""Splits that went wrong are found, those that did not are not, also for who looks each night."""

import numpy as np
import pytest
from scipy.stats import chi2

from features.errors import BadInput
from models.experiments.sample_ratio import sample_ratio


def test_it_is_the_chi_square_test():
    """The p of the textbook sum, two arms and three."""
    for counts, shares in (([880, 120], [0.9, 0.1]), ([500, 300, 250], [0.5, 0.3, 0.2])):
        planned = np.array(shares) * sum(counts)
        score = ((np.array(counts) - planned) ** 2 / planned).sum()
        assert sample_ratio(counts, shares).p == pytest.approx(chi2.sf(score, len(counts) - 1))


def test_a_split_gone_wrong_alarms_and_says_so():
    """One control in ten lost among 20,000 members."""
    found = sample_ratio([18_000, 1_800], [0.9, 0.1])
    assert found.alarm
    assert found.sentence == (
        "The split is not as planned; do not use the result until you know why: 18,000 and 1,800 "
        "members, planned 17,820 and 1,980 (p < 0.001).")


def test_small_arms_are_counted_exactly():
    """Twelve heads of twelve: 2 in 4096; three arms by their worst, times three."""
    assert sample_ratio([12, 0], [0.5, 0.5]).p > 2 / 4096 * 0.99
    assert sample_ratio([8, 0], [0.5, 0.5]).p == pytest.approx(2 / 2**8)
    assert sample_ratio([6, 0, 0], [0.2, 0.4, 0.4]).p == pytest.approx(3 * 0.2**6)
    assert sample_ratio([0, 0], [0.5, 0.5]).p == 1


def test_looking_every_night_does_not_raise_false_alarms():
    """Of sound splits watched over 30 nights few fall below .05 at any; single looks do often."""
    rng = np.random.default_rng(1)
    once = always = 0
    for _ in range(200):
        counts = np.cumsum(rng.multinomial(50, [0.8, 0.2], size=30), axis=0)
        found = [sample_ratio(night, [0.8, 0.2]) for night in counts.tolist()]
        once += min(one.p for one in found) < 0.05
        always += min(one.p_always for one in found) < 0.05
    assert always <= 200 * 0.05 + 3 * np.sqrt(200 * 0.05 * 0.95)
    assert once > 30


def test_the_night_watch_finds_what_is_wrong():
    """A third of the control group lost."""
    assert sample_ratio([9_000, 670], [0.9, 0.1]).p_always < 1e-6


@pytest.mark.parametrize(("counts", "shares"), [
    ([5], [1.0]), ([5, 5], [0.5, 0.4]), ([5, 5], [1.0, 0.0]), ([-1, 5], [0.5, 0.5]),
    ([5, 5, 5], [0.5, 0.5]),
])
def test_what_makes_no_sense_is_refused(counts, shares):
    """One arm, shares that do not add up, arms without a plan."""
    with pytest.raises(BadInput, match="planned shares"):
        sample_ratio(counts, shares)
