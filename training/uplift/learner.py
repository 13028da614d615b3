"""The learner that personal effects come from.

It was chosen by how well it predicts left-out effects of rows, not by the Qini it is judged by:
simple learners did that as well as boosted ones, and products of features made it worse. It uses
the known chances of the arms, so it can't be wrong on average: doubly robust effects over logistic
outcome models, then a line in standardised features, whose penalty is the one that predicts
left-out effects best.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.uplift.dr_learner import DRLearner

STRENGTH: Final = 0.1
"""Inverse penalty of the outcome models on standardised features."""
PENALTIES: Final = np.logspace(0, 5, 11)
"""Ridge penalties to choose from; the largest leaves next to nothing of the differences."""


def logistic() -> Any:
    """Chance of activity as a penalised logistic regression on standardised features."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=1000))


def line() -> Any:
    """Line in standardised features, its penalty chosen by leaving out each row."""
    return make_pipeline(StandardScaler(), RidgeCV(PENALTIES))


def dr_learner(seed: int, outcome: Any = None) -> DRLearner:
    """Our learner; ``outcome`` models another outcome than a chance."""
    return DRLearner(outcome or logistic(), line(), seed=seed)
