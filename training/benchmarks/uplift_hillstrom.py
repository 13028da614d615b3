"""Uplift on Hillstrom's e-mail challenge: our learner beside its peers, and the gate.

64,000 customers drawn at random into men's mail, women's mail and none; did they visit, buy, spend?
A documented protocol: scores by five-fold cross-fitting, ranked once. The mean of ten seeds of the
folds is the figure, since one cut may flatter. Our learner was not chosen by it
(`training.uplift.learner`); the settings of the peers are those of the protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.progress import Progress, silent
from models.uplift.crossfit import out_of_fold
from models.uplift.dr_learner import DRLearner, expected_outcomes, pseudo_outcomes
from models.uplift.t_learner import TLearner
from models.uplift.x_learner import XLearner
from training.benchmarks.mail import MAILS, OUTCOMES, Mail, read_mail
from training.uplift.gate import Gate, gate
from training.uplift.learner import dr_learner, logistic
from training.uplift.policies import (
    best_of,
    chosen,
    doubly_robust,
    everybody,
    mean_of,
    snips,
)
from training.uplift.qini import interval, qini, qini_draws, uplift_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Floats = npt.NDArray[np.float64]
SEEDS: Final = 10
PARTS: Final = 5
TREES: Final[dict[str, Any]] = {
    "n_estimators": 80, "learning_rate": 0.05, "num_leaves": 8, "min_child_samples": 200,
    "reg_lambda": 10.0, "subsample": 0.8, "subsample_freq": 1, "colsample_bytree": 0.8,
    "random_state": 0, "verbose": -1, "n_jobs": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip
OURS, T_LOGISTIC = "DR ours", "T logistic"


def benchmark(data: Path, seed: int = 0, progress: Progress = silent) -> dict[str, Any]:
    """Figures of every learner, and whether the gate refuses a rule for each customer.

    Parameters
    ----------
    data : Path
        Folder with ``hillstrom.csv``.
    seed : int
        First of the ten seeds of the folds, and that of the bootstraps.
    progress : callable
        Told of each cell and each seed.

    Returns
    -------
    dict
        ``qini_womens_visit`` of ours per 1,000, mean of ten seeds, with its interval ``qini_low,
        qini_high``; ``qini_t_logistic``; ``gain`` of ours over it with its paired interval;
        ``personal_policy_refused`` and the gate's figures; ``cells``: every learner, mail and
        outcome with the first seed; ``policies``: visits and spend per customer.

    Raises
    ------
    NotFound
        Where the file is missing.
    """
    mail = read_mail(data)
    cells: list[dict[str, Any]] = []
    drawn = 3 * len(OUTCOMES)
    total = drawn + 2 * SEEDS
    for mails, name in (((1,), "womens"), ((2,), "mens"), ((1, 2), "any")):
        for outcome in OUTCOMES:
            cells += _cell(mail, mails, name, outcome, seed)
            progress("uplift", len({(one["mail"], one["outcome"]) for one in cells}), total)

    def step(done: int) -> None:
        progress("uplift", drawn + done, total)

    found = _ten_seeds(mail, seed, step)
    answer = _gate(mail, seed, step)
    return {
        **found, "personal_policy_refused": not answer.passed, "best_single": MAILS[answer.best],
        "personal": answer.personal.as_dict(), "personal_gain": answer.gain.as_dict(),
        "gate": answer.sentence, "cells": cells, "policies": _policies(mail, seed),
    }


class RiskFirst(TLearner):
    """What a churn score would do: whoever is least likely to come without a mail goes first."""

    def predict(self, x: Any) -> Floats:
        """Minus the chance of a visit without a mail, shape (n, 1)."""
        return -self.expected_[0](np.asarray(x, dtype=np.float64))[:, None]


def learners(outcome: str, seed: int) -> dict[str, Any]:
    """Ours and its peers, by name, for an outcome."""
    if outcome == "spend":
        trees, plain = LGBMRegressor(**TREES), _ridge()
    else:
        trees, plain = LGBMClassifier(**TREES), logistic()
    return {
        OURS: dr_learner(seed, plain),
        T_LOGISTIC if outcome != "spend" else "T ridge": TLearner(plain),
        "DR ridge": DRLearner(plain, _ridge(), seed=seed),
        "X ridge": XLearner(plain, _ridge()),
        "T LightGBM": TLearner(trees),
        "X LightGBM": XLearner(trees, LGBMRegressor(**TREES)),
        "DR LightGBM": DRLearner(trees, LGBMRegressor(**TREES), seed=seed),
        "highest risk first": RiskFirst(plain),
    }


def _ridge() -> Any:
    return make_pipeline(StandardScaler(), Ridge(50.0))


def _scores(mail: Mail, mails: tuple[int, ...], outcome: str, learner: Any, seed: int) -> Floats:
    """Effects by fits that have not seen the row, shape (rows,)."""
    rows, treated = mail.of(mails)
    share = treated.mean()
    chance = np.tile([1 - share, share], (len(treated), 1))
    return out_of_fold(learner, mail.x[rows], mail.outcomes[outcome][rows], arm=treated,
                       propensity=chance, parts=PARTS, seed=seed)[:, 0]


def _cell(
    mail: Mail, mails: tuple[int, ...], name: str, outcome: str, seed: int
) -> list[dict[str, Any]]:
    rows, treated = mail.of(mails)
    y = mail.outcomes[outcome][rows]
    named = learners(outcome, seed)
    scores = [_scores(mail, mails, outcome, learner, seed) for learner in named.values()]
    draws = qini_draws(scores, treated, y, seed)
    ends = [interval(column) for column in draws.T]
    return [{"mail": name, "outcome": outcome, "learner": learner,
             "qini": qini(score, treated, y), "qini_low": low, "qini_high": high,
             "uplift_30": uplift_at(score, treated, y).as_dict()}
            for learner, score, (low, high) in zip(named, scores, ends, strict=True)]


def _ten_seeds(mail: Mail, seed: int, step: Callable[[int], None]) -> dict[str, Any]:
    """Ours and the T-logistic over the same ten seeds and the same bootstraps."""
    rows, treated = mail.of((1,))
    y = mail.outcomes["visit"][rows]
    scores: dict[str, list[Floats]] = {OURS: [], T_LOGISTIC: []}
    for one in range(seed, seed + SEEDS):
        named = learners("visit", one)
        for name, own in scores.items():
            own.append(_scores(mail, (1,), "visit", named[name], one))
        step(one - seed + 1)
    ours, theirs = ([qini(score, treated, y) for score in own] for own in scores.values())
    draws = qini_draws([*scores[OURS], *scores[T_LOGISTIC]], treated, y, seed)
    drawn, beside = draws[:, :SEEDS].mean(axis=1), draws[:, SEEDS:].mean(axis=1)
    low, high = interval(drawn)
    gain_low, gain_high = interval(drawn - beside)
    return {
        "qini_womens_visit": float(np.mean(ours)), "qini_low": low, "qini_high": high,
        "qini_t_logistic": float(np.mean(theirs)),
        "gain": float(np.mean(ours) - np.mean(theirs)),
        "gain_low": gain_low, "gain_high": gain_high,
        "qini_by_seed": ours, "qini_t_logistic_by_seed": theirs,
    }


def _gate(mail: Mail, seed: int, step: Callable[[int], None]) -> Gate:
    """Our best mail for each customer against the best for all, over ten seeds of the folds."""
    y, chance = mail.outcomes["visit"], _thirds(mail)
    personal, singles = np.zeros(len(y)), np.zeros(chance.shape)
    for one in range(seed, seed + SEEDS):
        pseudo = _pseudo(mail, "visit", logistic(), one)
        effect = out_of_fold(dr_learner(one), mail.x, y, arm=mail.arm, propensity=chance,
                             parts=PARTS, seed=one)
        rule = chosen(best_of(effect, chance), len(MAILS))
        personal += doubly_robust(pseudo, rule) / SEEDS
        singles += pseudo / SEEDS
        step(SEEDS + one - seed + 1)
    return gate(personal, singles, MAILS[1:])


def _policies(mail: Mail, seed: int) -> list[dict[str, Any]]:
    """Visits and spend per customer under the protocol's policies, by both estimates."""
    chance, arms = _thirds(mail), len(MAILS)
    found = []
    for outcome, trees in (("visit", LGBMClassifier(**TREES)), ("spend", LGBMRegressor(**TREES))):
        y = mail.outcomes[outcome]
        expected = expected_outcomes(trees, mail.x, y, mail.arm, arms, PARTS, seed)
        pseudo = pseudo_outcomes(y, mail.arm, chance, expected)
        effect = expected[:, 1:] - expected[:, :1]
        rank = np.argsort(np.argsort(-effect[:, 1], kind="stable"))
        policies = {
            "nobody": everybody(0, chance), "all womens": everybody(1, chance),
            "all mens": everybody(2, chance),
            "argmax T LightGBM": chosen(best_of(effect, chance), arms),
            "womens-only buyers womens, else mens": chosen(np.where(mail.womens_only, 1, 2), arms),
            **{f"top {share:.0%} by uplift mens":
               chosen(np.where(rank < share * len(y), 2, 0), arms) for share in (0.3, 0.5, 0.7)},
        }  # fmt: skip
        for name, policy in policies.items():
            worth = mean_of(doubly_robust(pseudo, policy))
            found.append({"outcome": outcome, "policy": name, **worth.as_dict(),
                          "snips": snips(y, mail.arm, chance, policy).as_dict()})
    return found


def _pseudo(mail: Mail, outcome: str, base: Any, seed: int) -> Floats:
    y = mail.outcomes[outcome]
    expected = expected_outcomes(base, mail.x, y, mail.arm, len(MAILS), PARTS, seed)
    return pseudo_outcomes(y, mail.arm, _thirds(mail), expected)


def _thirds(mail: Mail) -> Floats:
    return np.full((len(mail.arm), len(MAILS)), 1 / len(MAILS))
