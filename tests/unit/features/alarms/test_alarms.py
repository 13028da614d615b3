"""Alarms know the past only, however the stream is cut, and survive a snapshot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.alarms import Alarms
from features.alarms.votes import VOTERS, Votes
from features.alarms.window import MOST, SEEN
from features.records import COLUMN


def busy(new_stream: Any, seed: int, rows: int = 400) -> np.ndarray:
    """A stream with honest days, errors of both kinds and a quiet time."""
    dice, stream = np.random.default_rng(seed), new_stream()
    for code in range(1, 100):
        stream.add("code", 0, code=code, sku=1, status=int(code % 9 > 0), dispatched_ms=stream.ms)
    stream.add("campaign", sku=2, multiplier=2_000_000, valid_from_ms=stream.ms,
               valid_to_ms=stream.ms + 10**9)
    for turn in range(rows):
        member, wrong = int(dice.integers(1, 60)), turn // 80 % 2
        if dice.random() < 0.1:
            stream.add("member", member=member, region=int(dice.integers(1, 4)), persona=1,
                       payout=int(dice.integers(1, 50)))
        stream.scan(member, 500 if wrong else 50, float(dice.exponential(20)),
                    sku=int(dice.integers(1, 3)),
                    code=int(dice.integers(1, 100)) + 1_000 * wrong)
    return stream.matrix


def asked(alarms: Alarms, matrix: np.ndarray) -> list[tuple[str, ...]]:
    """What is open for each record, taken in one by one."""
    found = []
    for record in matrix:
        found.append(alarms.open_for(record))
        alarms.note(record)
    return found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 500), max_size=6))
def test_where_the_stream_is_cut_does_not_matter(
    new_stream: Any, seed: int, cuts: list[int]
) -> None:
    """One by one, in slices, or at once: the same findings and the same memory."""
    matrix = busy(new_stream, seed)
    whole, sliced, single = Alarms(), Alarms(), Alarms()
    whole.note(matrix)
    for part in np.split(matrix, sorted(cut for cut in cuts if cut < len(matrix))):
        sliced.note(part)
    asked(single, matrix)
    asking = Alarms()
    noted = np.isin(matrix[:, COLUMN["kind"]], (0, 1, 2))
    told = asked(Alarms(), matrix)
    assert asking.ask(matrix, noted) == [told[index] for index in np.flatnonzero(noted)]
    assert whole.findings() == asking.findings()
    assert whole.findings()
    assert whole.findings() == sliced.findings() == single.findings()
    kept = [each.arrays() for each in (whole, sliced, single)]
    for name, cells in kept[0].items():
        assert all(np.array_equal(cells, other[name]) for other in kept[1:])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 400))
def test_nothing_later_matters(new_stream: Any, seed: int, cut: int) -> None:
    """What is open for an event is the same, whatever follows it."""
    matrix = busy(new_stream, seed)
    other = np.concatenate([matrix[:cut], busy(new_stream, seed + 1)[cut:]])
    assert asked(Alarms(), matrix)[:cut] == asked(Alarms(), other)[:cut]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 400))
def test_a_snapshot_goes_on_as_if_nothing_was(new_stream: Any, seed: int, cut: int) -> None:
    """Saved without pickle, read back, the same answers to the end."""
    matrix = busy(new_stream, seed)
    alarms = Alarms()
    alarms.note(matrix[:cut])
    again = Alarms.from_arrays(alarms.arrays())
    assert asked(again, matrix[cut:]) == asked(alarms, matrix[cut:])
    assert again.findings() == alarms.findings()


def test_asking_changes_nothing(new_stream: Any) -> None:
    """An event that is asked about and never taken in leaves no trace."""
    matrix = busy(new_stream, 5)
    alarms = Alarms()
    alarms.note(matrix)
    before = alarms.arrays()
    for record in matrix[-50:]:
        alarms.open_for(record)
    assert all(np.array_equal(cells, before[name]) for name, cells in alarms.arrays().items())


def test_records_of_other_kinds_are_nothing_to_them(new_stream: Any) -> None:
    """Labels, decisions and logins teach no alarm anything."""
    matrix = busy(new_stream, 6)
    noisy = np.repeat(matrix, 2, axis=0)
    noisy[1::2, COLUMN["kind"]] = 3 + np.arange(len(matrix)) % 7
    plain, other = Alarms(), Alarms()
    plain.note(matrix)
    other.note(noisy)
    assert plain.findings() == other.findings()


def test_memory_is_bounded_by_subjects_not_by_traffic(stream: Any) -> None:
    """Ten thousand members in a window leave no more than the newest."""
    for member in range(1, 3_000):
        stream.scan(member, 50 if member < 60 else 500, minutes=0.001)
    alarms = Alarms()
    alarms.note(stream.matrix)
    windows = [*alarms.jumps.windows.values(),
               *(each.window for each in alarms.jumps.open.values())]
    assert max(len(each.odd) for each in windows) <= MOST
    assert max(len(each.recent) for each in windows) <= SEEN


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 100), st.floats(1, 100)), min_size=1, max_size=300))
def test_votes_are_the_median_of_the_last_voters(cast: list[tuple[int, float]]) -> None:
    """Against a plain list of each member's last vote, in the order they were cast."""
    votes, plain = Votes(), {}
    for member, value in cast:
        votes.cast(member, value)
        plain.pop(member, None)
        plain[member] = value
        plain = dict(list(plain.items())[-VOTERS:])
    assert votes.level == pytest.approx(sorted(plain.values())[len(plain) // 2])
