"""Whether members get effects of their own, and the lines that give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import RidgeCV

from models.uplift.arms import comparable
from models.uplift.crossfit import out_of_fold
from models.uplift.dr_learner import expected_outcomes, pseudo_outcomes
from models.uplift.personal import Line
from training.uplift.gate import Gate, gate
from training.uplift.learner import PENALTIES, dr_learner, logistic
from training.uplift.policies import best_of, chosen, doubly_robust, mean_of
from training.uplift.qini import interval, qini, qini_draws

if TYPE_CHECKING:
    from models.uplift.model import Level
    from models.uplift.personal import Scale
    from training.uplift.decisions import Decisions

Floats = npt.NDArray[np.float64]
GIVEN: Final = 2_000
ALONE: Final = 500
"""Decisions of each kind that a mission needs before members are told apart: with fewer, a paired
interval on public data was wider than any difference between members."""
PARTS: Final = 5
CUTS: Final = 3
"""Times the folds are cut anew: one cut may flatter."""


@dataclass(frozen=True)
class Personal:
    """The answer for the model: level, best single mission, lines, a sentence and figures."""

    level: Level
    best: str
    why: str
    lines: dict[str, Line] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)


def personal(
    log: Decisions, x: Floats, scale: Scale, pseudo: Floats, effects: dict[int, float],
    seed: int,
) -> Personal:
    """Judge personal effects by rows that no fit has seen, and fit them where they pass.

    Parameters
    ----------
    log : Decisions
    x : shape (n, columns)
        Standardised features of each decision.
    scale : Scale
        By which they are.
    pseudo : shape (n, arms)
        Outcome of each decision under each arm, right on average.
    effects : dict of int to float
        Mean effect of each arm that has one.
    """
    counts = {k: log.counts(k) for k in effects}
    ready = [k for k, (given, alone) in counts.items() if given >= GIVEN and alone >= ALONE]
    ready.sort(key=lambda k: -effects[k])
    if not ready:
        given, alone = (max(each) for each in zip(*counts.values(), strict=True))
        return Personal("segment", "", (
            f"Members of a segment share an effect: personal ones wait for a mission given "
            f"{GIVEN:,} times and held back {ALONE:,} times, and the most are {given:,} and "
            f"{alone:,}."))
    answer, effect = _judged(log, x, ready, seed)
    best = log.missions[ready[answer.best - 1] - 1] if answer.best else ""
    figures = {"personal_gain": answer.gain.value, "personal_gain_low": answer.gain.low,
               "personal_gain_high": answer.gain.high, "personal_passed": float(answer.passed),
               **_qini(log, ready[0], effect, seed)}  # fmt: skip
    if not answer.passed:
        return Personal("single", best, answer.sentence, {}, figures)
    lines = {log.missions[k - 1]: _line(log, x, scale, pseudo, k) for k in ready}
    return Personal("personal", best, answer.sentence, lines, figures)


def _judged(log: Decisions, x: Floats, ready: list[int], seed: int) -> tuple[Gate, Floats]:
    """The gate's answer over some cuts of the folds, and the mean effects of unseen rows."""
    rows = comparable(log.chance, ready[0])
    for k in ready[1:]:
        rows |= comparable(log.chance, k)
    chance, arms = log.chance[rows], log.chance.shape[1]
    kept = np.isin(np.arange(1, arms), ready)
    worth, singles = np.zeros(int(rows.sum())), np.zeros((int(rows.sum()), len(ready) + 1))
    every = np.zeros((len(log), arms - 1))
    for cut in range(seed, seed + CUTS):
        expected = expected_outcomes(logistic(), x, log.active, log.arm, arms, PARTS, cut,
                                     log.cluster)
        pseudo = pseudo_outcomes(log.active, log.arm, log.chance, expected)[rows]
        effect = out_of_fold(dr_learner(cut), x, log.active, arm=log.arm, propensity=log.chance,
                             parts=PARTS, seed=cut, clusters=log.cluster)
        own = best_of(np.where(kept, effect[rows], -np.inf), chance)
        worth += doubly_robust(pseudo, chosen(own, arms)) / CUTS
        for column, k in enumerate([0, *ready]):
            rule = chosen(_first_open(k, ready, chance), arms)
            singles[:, column] += doubly_robust(pseudo, rule) / CUTS
        every += effect / CUTS
    names = [log.missions[k - 1] for k in ready]
    return gate(worth, singles, names, log.cluster[rows]), every


def _first_open(arm: int, ready: list[int], chance: Floats) -> npt.NDArray[np.int64]:
    """One mission for everybody; who can't have it gets the best of the others that he can."""
    given = np.zeros(len(chance), dtype=np.int64)
    for k in [*reversed(ready), arm] if arm else []:
        given = np.where(chance[:, k] > 0, k, given)
    return given


def _qini(log: Decisions, arm: int, effect: Floats, seed: int) -> dict[str, float]:
    """Qini of the mission with the highest mean effect, each row for 1 / the chance of its arm."""
    rows = comparable(log.chance, arm) & np.isin(log.arm, (0, arm))
    treated, y, score = log.arm[rows] == arm, log.active[rows], effect[rows, arm - 1]
    weight = 1 / log.chance[rows, log.arm[rows]]
    low, high = interval(qini_draws([score], treated, y, seed, clusters=log.cluster[rows],
                                    weight=weight)[:, 0])
    return {"qini": qini(score, treated, y, weight), "qini_low": low, "qini_high": high}


def _line(log: Decisions, x: Floats, scale: Scale, pseudo: Floats, arm: int) -> Line:
    rows = comparable(log.chance, arm)
    effect = (pseudo[:, arm] - pseudo[:, 0])[rows]
    together = mean_of(effect, log.cluster[rows]).error / mean_of(effect).error
    penalty = float(RidgeCV(PENALTIES).fit(x[rows], effect).alpha_)
    return Line.fit(scale, x[rows], effect, penalty, max(together**2, 1.0))
