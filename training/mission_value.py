"""What a choice of missions is really worth, by the sealed truth of a simulated program.

The worth of a mission for a member is the one suggestions are made by, with the true effect in
place of the known one. Beside a choice stand the best that any model of these features could
choose, and the choice of somebody who knows every member's effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NONE: Final = -1
FOLDS: Final = 5
NORMAL: Final = 1.96


def sealed_effects(export: Path, names: Sequence[str], missions: Sequence[str]) -> Floats:
    """Rise of the chance of activity by mission, shape (names, missions), from the truth.

    Who waits for missions puts off what he would have done anyway: his effect is worth nothing.
    """
    from training.simulate.truth import read_truth

    truth = read_truth(export)
    table = truth.effects.pivot_table(index="member_id", columns="mission_id", values="effect")
    effects = table.reindex(index=list(names), columns=list(missions)).fillna(0.0).to_numpy()
    farming = truth.members.loc[truth.members["pattern"] == "mission_farming", "member_id"]
    return np.where(np.isin(list(names), farming)[:, None], 0.0, effects)


def reachable_effects(frame: pd.DataFrame, effects: Floats, seed: int) -> Floats:
    """The part of true effects that features tell, shape (n, m), by folds of members left out.

    A regression on the truth itself: no log of decisions could teach a model of these features
    more, so that what it chooses is the best within reach.
    """
    columns = frame.loc[:, frame.nunique() > FOLDS].to_numpy(dtype=np.float64)
    told = np.zeros_like(effects)
    for train, test in KFold(FOLDS, shuffle=True, random_state=seed).split(columns):
        for j in range(effects.shape[1]):
            model = HistGradientBoostingRegressor(
                max_iter=120, learning_rate=0.06, min_samples_leaf=40, random_state=seed)
            told[test, j] = model.fit(columns[train], effects[train, j]).predict(columns[test])
    return told


def worth_of(chosen: Ints, worth: Floats) -> Floats:
    """Worth of what each of n members gets, shape (n,); nothing is worth 0.

    >>> worth_of(np.array([1, -1]), np.array([[2.0, 5.0], [7.0, 1.0]])).tolist()
    [5.0, 0.0]
    """
    rows = np.arange(len(chosen))
    return np.where(chosen == NONE, 0.0, worth[rows, np.maximum(chosen, 0)])


def difference(own: Floats, other: Floats) -> dict[str, float]:
    """Sum over n members of own worth less the other, with its 95 % interval over members."""
    gain = own - other
    reach = NORMAL * float(gain.std()) * np.sqrt(len(gain))
    total = float(gain.sum())
    return {"value": total, "low": total - reach, "high": total + reach}


def share(part: Floats, whole: Floats) -> float | None:
    """Share of one total in another; None where there is nothing to have."""
    total = float(whole.sum())
    return float(part.sum()) / total if total > 0 else None
