"""Shares of the log-odds of silence by family, exact for every rung of the ladder.

Trees: exact SHAP values, the rhythm terms counted as rhythm. Regression: coefficient times
distance from the mean, its rhythm terms split further into days silent, repeat days and tenure.
The ensemble is a weighted mean in log-odds, and so are its shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from features.members.rhythm import MEMBER_CATALOG
from models.inactivity.ladder import RFM_WEIGHT, RHYTHM_WEIGHT, TREES_WEIGHT
from models.inactivity.reasons import FAMILIES
from models.inactivity.rfm import COLUMNS
from models.inactivity.rhythms import PLAYERS
from models.inactivity.trees import TERM_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from models.inactivity.ladder import Parts
    from models.inactivity.rfm import Rfm
    from models.inactivity.rhythms import Rhythms
    from models.inactivity.trees import Trees

Floats = npt.NDArray[np.float64]
BASE = len(FAMILIES)


def family_shares(
    parts: Parts, rhythms: Rhythms, usual: Floats, table: pd.DataFrame, horizon: Any
) -> Floats:
    """Log-odds by family before calibration.

    Parameters
    ----------
    parts : Parts
        Fitted models of the rung.
    rhythms : Rhythms
        The models behind the rhythm terms of ``table``.
    usual : shape (3,)
        The usual member's days silent, repeat days and tenure.
    table : DataFrame
        Member frame of n started members joined with its rhythm terms.
    horizon : shape (n,)
        Days ahead.

    Returns
    -------
    shape (n, len(FAMILIES) + 1)
        Families, then the base; a row adds up to the raw log-odds.
    """
    split = {kind: rhythms.shares(table, horizon, kind, usual) for kind in ("mbg", "bg")}
    rhythm = _spread(split["mbg"])
    if parts.rfm is None:
        return rhythm
    line = _rfm_shares(parts.rfm, table, split)
    if parts.trees is None:
        return line
    return np.asarray(RFM_WEIGHT * line + TREES_WEIGHT * _tree_shares(parts.trees, table)
                      + RHYTHM_WEIGHT * rhythm)  # fmt: skip


def _spread(split: Floats) -> Floats:
    """Columns of the three players and the base laid out by family."""
    shares = np.zeros((len(split), BASE + 1))
    for i, family in enumerate(PLAYERS):
        shares[:, FAMILIES.index(family)] = split[:, i]
    shares[:, BASE] = split[:, -1]
    return shares


def _rfm_shares(rfm: Rfm, table: pd.DataFrame, split: dict[str, Floats]) -> Floats:
    shares = np.zeros((len(table), BASE + 1))
    shares[:, BASE] = rfm.intercept
    parts = rfm.parts(table)
    for i, (name, family) in enumerate(COLUMNS.items()):
        if family == "btyd":
            steepness = rfm.weight[i] / rfm.spread[i]
            shares += steepness * _spread(split[name.removeprefix("logit_")])
            shares[:, BASE] -= steepness * rfm.mean[i]
        else:
            shares[:, FAMILIES.index(family)] += parts[:, i]
    return shares


def _tree_shares(trees: Trees, table: pd.DataFrame) -> Floats:
    families = MEMBER_CATALOG.families | dict.fromkeys(TERM_COLUMNS, "rhythm")
    group = [FAMILIES.index(families[name]) for name in trees.columns]
    return trees.shares(table, group, BASE)
