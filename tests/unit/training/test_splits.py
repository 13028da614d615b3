import numpy as np
import pytest

from training.settings import read_settings
from training.splits import DAY_MS, Window, split

SHARES = read_settings().slices


def test_windows_follow_one_another_without_overlap() -> None:
    """Each slice begins where the one before ends, from the first event to the journal's end."""
    cut = split(7 * DAY_MS, 300 * DAY_MS, 350 * DAY_MS, 60, SHARES)
    windows = [cut.fit, cut.calibration, cut.thresholds, cut.kept_out, cut.future]
    edges = [windows[0].start_ms, *(window.end_ms for window in windows)]
    assert [window.start_ms for window in windows[1:]] == edges[1:-1]
    assert edges == sorted(edges)
    assert (edges[0], edges[-2], edges[-1]) == (7 * DAY_MS, 300 * DAY_MS, 350 * DAY_MS)


def test_the_gap_is_the_label_maturity() -> None:
    """Nothing of the last maturity before as_of is fitted, calibrated or used for thresholds."""
    cut = split(0, 365 * DAY_MS, 365 * DAY_MS, 60, SHARES)
    assert cut.kept_out == Window(305 * DAY_MS, 365 * DAY_MS)
    assert cut.future.days == 0


def test_a_young_program_keeps_most_of_its_history() -> None:
    """With less history than maturity the gap shrinks to its share."""
    cut = split(0, 40 * DAY_MS, 40 * DAY_MS, 60, SHARES)
    assert cut.kept_out.days == pytest.approx(40 * SHARES.max_gap_share)


def test_later_journal_changes_no_slice_before_as_of() -> None:
    """A journal that goes on after as_of is cut like one that ends there."""
    ends, goes_on = (split(0, 100 * DAY_MS, end * DAY_MS, 10, SHARES) for end in (100, 400))
    assert (ends.fit, ends.calibration, ends.thresholds, ends.kept_out) == (
        goes_on.fit, goes_on.calibration, goes_on.thresholds, goes_on.kept_out)


def test_a_window_is_half_open() -> None:
    """The start belongs to a window, the end does not."""
    assert Window(1, 3).holds(np.array([0, 1, 2, 3])).tolist() == [False, True, True, False]


def test_no_history_gives_empty_windows() -> None:
    """An as_of before the first event leaves nothing to learn from."""
    cut = split(10, 5, 20, 60, SHARES)
    assert cut.past.days == 0
