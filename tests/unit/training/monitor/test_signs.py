"""Another mode of fraud, told by signs: a wave is found, a busy week and a single hand are not."""

import numpy as np
import pytest

from training.monitor import signs
from training.monitor.gate import Gate
from training.settings import read_settings
from training.splits import DAY_MS

SETTINGS = read_settings().monitor
NAMES = ("points", "sign_far", "sign_burst")
WEEKS = 30


def events(busy: float = 1.0, wave: int = 0, hands: int = 40, seed: int = 0) -> tuple:
    """Thirty weeks of three hundred events; the last one as busy and with a wave as asked."""
    rng = np.random.default_rng(seed)
    sizes = [300] * (WEEKS - 1) + [round(300 * busy)]
    ms = np.concatenate([np.sort(rng.integers(week * 7 * DAY_MS, (week + 1) * 7 * DAY_MS, size))
                         for week, size in enumerate(sizes)])
    ms[0] = 0
    member = rng.integers(0, 400, len(ms))
    matrix = np.abs(rng.normal(size=(len(ms), 3)))
    if wave:
        last = np.flatnonzero(ms >= (WEEKS - 1) * 7 * DAY_MS)[:wave]
        matrix[last, 1] = 99.0
        member[last] = 1000 + np.arange(wave) % hands
    return matrix, member, ms


def gate_of(matrix: np.ndarray, member: np.ndarray, ms: np.ndarray) -> Gate:
    return signs.look(NAMES, matrix, member, ms, WEEKS * 7 * DAY_MS, 18 * 7 * DAY_MS,
                      SETTINGS)[1]


@pytest.mark.parametrize("seed", range(3))
def test_a_calm_week_and_a_busy_one_are_no_alarm(seed: int) -> None:
    """Twice as many events light twice as many signs; nothing is new."""
    assert gate_of(*events(seed=seed)).passed
    assert gate_of(*events(busy=2.0, seed=seed)).passed


def test_a_wave_of_many_hands_is_told_with_its_sign() -> None:
    """Forty events of a kind of which two a week were usual."""
    gate = gate_of(*events(wave=40))
    assert gate.passed is False
    assert "sign_far" in gate.sentence


def test_one_hand_is_no_wave() -> None:
    """The same forty events by one member are a case for the desk."""
    assert gate_of(*events(wave=40, hands=1)).passed


def test_too_few_weeks_say_nothing() -> None:
    """After a month nobody knows what is usual."""
    matrix, member, ms = events()
    early = ms < 9 * 7 * DAY_MS
    _, gate = signs.look(NAMES, matrix[early], member[early], ms[early], 9 * 7 * DAY_MS,
                         5 * 7 * DAY_MS, SETTINGS)
    assert gate.passed is None
