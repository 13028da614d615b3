"""A policy that holds by score, with known truth: what was released tells the truth, unlike labels.

The oracle is the world itself: every event's truth is known to the test, and only what the policy
lets through, and what reviewers open, is shown to the estimators.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from training import metrics
from training.evaluate import OURS, Judged, compare
from training.holds import LEAST, hold_estimate
from training.labels import HONEST, UNKNOWN, Labels
from training.releases import Releases, inverse
from training.settings import read_settings
from training.weighted import weighted_share

DRAWS = 200


@dataclass(frozen=True)
class World:
    """Events with score, truth and member; those above ``limit`` would be held."""

    score: np.ndarray
    truth: np.ndarray
    member: np.ndarray
    held: np.ndarray
    chance: np.ndarray


def world(rows: int = 12_000, seed: int = 3) -> World:
    """Members of different guilt; the share released was 20 % for the surest, 5 % for the rest."""
    rng = np.random.default_rng(seed)
    member = rng.integers(0, rows // 6, rows)
    guilt = rng.beta(0.3, 5, rows // 6)
    truth = rng.random(rows) < guilt[member]
    score = np.clip(0.35 * truth + 0.3 * guilt[member] + rng.normal(0.3, 0.15, rows), 0, 1)
    held = score > 0.5
    return World(score, truth, member, held, np.where(score > 0.7, 0.2, 0.05))


WORLD = world()


def seen(rng: np.random.Generator) -> np.ndarray:
    """Held events that a draw lets through."""
    return WORLD.held & (rng.random(len(WORLD.held)) < WORLD.chance)


def test_the_released_share_is_unbiased_and_the_others_are_not() -> None:
    """Over 200 draws the weighted share centres on the truth, and its interval holds it."""
    expected = WORLD.truth[WORLD.held].mean()
    rng = np.random.default_rng(11)
    shares, plain, chosen = [], [], []
    for _ in range(DRAWS):
        drawn = seen(rng)
        shares.append(weighted_share(WORLD.truth[drawn], inverse(WORLD.chance[drawn]),
                                     WORLD.member[drawn]))
        plain.append(WORLD.truth[drawn].mean())
        opened = WORLD.held & (rng.random(len(drawn)) < WORLD.score**4)
        chosen.append(WORLD.truth[opened].mean())
    values = np.array([share.value for share in shares])
    error = values.std(ddof=1) / np.sqrt(DRAWS)
    assert abs(values.mean() - expected) < 3 * error
    inside = np.mean([share.low <= expected <= share.high for share in shares])
    assert 0.9 <= inside <= 0.99
    for biased in (plain, chosen):
        spread = np.std(biased, ddof=1) / np.sqrt(DRAWS)
        assert abs(np.mean(biased) - expected) > 10 * spread


@pytest.mark.parametrize("figure", [
    metrics.auc, metrics.average_precision, metrics.brier,
    lambda truth, score, weight=None: metrics.precision_at(
        truth, score, len(WORLD.truth) // 20, weight),
    lambda truth, score, weight=None: metrics.recall_at_fpr(truth, score, 0.02, weight),
    lambda truth, score, weight=None: metrics.points_stopped(
        truth, score, np.ones(len(truth)), 0.02, weight),
], ids=["auc", "ap", "brier", "precision at k", "recall", "stopped"])
def test_figures_of_what_passed_are_right_only_with_weights(figure) -> None:
    """Approved events and released ones, weighed, give the figure of the whole stream."""
    expected = figure(WORLD.truth, WORLD.score)
    rng = np.random.default_rng(5)
    weighted, plain = [], []
    for _ in range(DRAWS):
        rows = ~WORLD.held | seen(rng)
        weight = np.where(WORLD.held, inverse(WORLD.chance), 1.0)[rows]
        weighted.append(figure(WORLD.truth[rows], WORLD.score[rows], weight))
        plain.append(figure(WORLD.truth[rows], WORLD.score[rows]))
    off = abs(np.mean(weighted) - expected)
    assert off < 3 * np.std(weighted, ddof=1) / np.sqrt(DRAWS)
    assert abs(np.mean(plain) - expected) > 3 * off


def labels(drawn: np.ndarray) -> Labels:
    """What is known once everything has matured: only those let through show their end."""
    shown = ~WORLD.held | drawn
    target = np.where(shown, WORLD.truth.astype(np.int64), UNKNOWN)
    weight = np.where(drawn, inverse(WORLD.chance), np.where(target == HONEST, 0.3, 1.0))
    return Labels(target, weight, shown & WORLD.truth, 0, drawn)


def test_the_estimate_of_a_program_says_both_figures() -> None:
    """Enough releases give a share with interval, effective size and what reviewers chose."""
    drawn = seen(np.random.default_rng(2))
    event = np.arange(1, len(drawn) + 1)
    held = np.flatnonzero(WORLD.held)
    releases = Releases(event[held], WORLD.chance[held], drawn[held])
    found = hold_estimate(event, WORLD.member, labels(drawn), releases)
    assert found.enough
    assert found.precision.low < WORLD.truth[held].mean() < found.precision.high
    assert found.stands_for == pytest.approx(len(held), rel=0.25)
    assert LEAST < found.precision.effective < found.events
    assert f"{found.precision.value:.1%} is fraud" in found.sentence
    assert "No held event was decided" in found.sentence


def test_weights_reach_figures_and_intervals_of_a_comparison() -> None:
    """A comparison of weighted events is that of the events repeated, and its interval holds it."""
    rng = np.random.default_rng(4)
    rows = 600
    truth = (rng.random(rows) < 0.3).astype(np.int64)
    score, weight = truth * 0.4 + rng.random(rows), rng.integers(1, 6, rows)
    member, day = rng.integers(0, 150, rows), np.zeros(rows, np.int64)
    settings = read_settings().evaluation
    own = compare(Judged(truth, np.ones(rows, np.int64), member, day, weight.astype(float)),
                  {OURS: score}, 40, settings, 0)[0]
    many = [np.repeat(each, weight) for each in (truth, member, day, score)]
    full = compare(Judged(many[0], np.ones(len(many[0]), np.int64), many[1], many[2]),
                   {OURS: many[3]}, 40, settings, 0)[0]
    for name in ("auc", "ap", "precision_at_capacity", "recall_at_1pct", "stopped_1pct", "auc_low",
                 "auc_high"):
        assert own[name] == pytest.approx(full[name], abs=1e-9), name
