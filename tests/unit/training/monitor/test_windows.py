"""What the last days are held against: never the future, and last year where it is known."""

import numpy as np
import pytest

from features.errors import BadInput
from training.monitor.windows import Windows, choose
from training.settings import read_settings
from training.splits import DAY_MS, Window

SETTINGS = read_settings().monitor


def chosen(days: int, rush: tuple[int, int] = (0, 0), as_of: int | None = None,
           peaks: tuple[Window, ...] = ()) -> Windows:
    """Windows after so many days of twenty events, three times as many in a rush."""
    sizes = [60 if rush[0] <= day < rush[1] else 20 for day in range(days)]
    ms = np.concatenate([np.linspace(day * DAY_MS, (day + 1) * DAY_MS - 1, size).astype(np.int64)
                         for day, size in enumerate(sizes)])
    return choose(ms, (days if as_of is None else as_of) * DAY_MS, 100 * DAY_MS, peaks, SETTINGS)


def test_no_window_reaches_into_the_days_that_are_looked_at() -> None:
    """Every reference ends before the current window begins, and that at the moment."""
    found = chosen(200)
    assert found.current == Window(186 * DAY_MS, 200 * DAY_MS)
    spans = [one for spans in (*found.references.values(), *found.served) for one in spans]
    assert max(one.end_ms for one in spans) <= found.current.start_ms
    assert min(one.start_ms for spans in found.served for one in spans) >= 100 * DAY_MS


def test_the_same_weeks_of_last_year_are_used_where_the_journal_has_them() -> None:
    """And the sentence says which were used."""
    young, old = chosen(200), chosen(400)
    assert "last_year" not in young.references
    assert "does not reach back" in young.sentence
    assert old.references["last_year"] == (Window(22 * DAY_MS, 36 * DAY_MS),)
    assert "same weeks of last year" in old.sentence


def test_a_rush_is_held_against_a_rush() -> None:
    """Weeks with as much going on come first; an announced season comes before all others."""
    two = tuple(Window(day * DAY_MS, (day + 14) * DAY_MS) for day in (60, 186))
    found = chosen(200, rush=(186, 200), peaks=two)
    assert Window(60 * DAY_MS, 74 * DAY_MS) in [
        Window(one.start_ms // DAY_MS * DAY_MS, one.end_ms // DAY_MS * DAY_MS)
        for one in found.references["similar"]]


def test_an_empty_window_is_refused_with_a_sentence() -> None:
    """Nothing to look at is nothing to conclude from."""
    with pytest.raises(BadInput, match="events in the 14 days before"):
        chosen(100, as_of=130)
