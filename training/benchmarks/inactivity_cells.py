"""Chances of silence beside what came: ranking, calibration by cell, and who is spared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import PERSONAS
from models.inactivity.calibration import expected_error
from training.metrics import auc

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

CELL: Final = 200
"""Member-dates a cell needs: below, three points are luck."""
CALLED: Final = ("slipping", "lapsed")


def figures(rows: pd.DataFrame) -> dict[str, Any]:
    """Judge member-dates.

    Parameters
    ----------
    rows : DataFrame
        ``p, p_bgnbd, p_silence, silent, persona, season, state, low, high, came, started,
        resting``; the peers know only members who started.

    Returns
    -------
    dict
        ``members, inactive``, then of the members who started ``auc, logloss, ece`` and the same
        with ``_bgnbd`` and ``_silence``; ``ece_all`` with those who never started; ``cells`` of
        persona and season with at least `CELL` rows, in points, and ``worst_cell``; ``resting``:
        members of a crop season out of season who had not left and came back, and the shares of
        them called slipping and lapsed; ``coverage`` of the 80 % range by those who came back.
    """
    started = rows[rows["started"]]
    silent = started["silent"].to_numpy(dtype=bool)
    told: dict[str, Any] = {"members": len(started), "inactive": float(silent.mean())}
    for who in ("", "_bgnbd", "_silence"):
        p = np.clip(started[f"p{who}"].to_numpy(), 1e-6, 1 - 1e-6)
        told |= {f"auc{who}": auc(silent, p), f"logloss{who}": _loss(silent, p),
                 f"ece{who}": expected_error(p, silent)}  # fmt: skip
    told["ece_all"] = expected_error(rows["p"].to_numpy(), rows["silent"].to_numpy(dtype=bool))
    told["cells"] = cells(rows)
    told["worst_cell"] = max((abs(cell["off"]) for cell in told["cells"]), default=None)
    resting = rows[rows["resting"] & rows["came"].notna()]
    told["resting"] = {"members": len(resting), **{
        state: float((resting["state"] == state).mean()) if len(resting) else None
        for state in CALLED}}  # fmt: skip
    back = rows[rows["came"].notna() & rows["high"].notna()]
    inside = back["came"].between(back["low"], back["high"])
    told["coverage"] = float(inside.mean()) if len(back) else None
    return told


def cells(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean chance and what came of each persona and season, worst first.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"persona": 0.0, "season": "Q1", "p": 0.25,
    ...                      "silent": np.arange(400) % 4 == 0})
    >>> cells(rows)[0]["off"], cells(rows)[0]["persona"]
    (0.0, 'retailer')
    """
    told = []
    for (persona, season), cell in rows.groupby(["persona", "season"]):
        if len(cell) >= CELL:
            said, came = float(cell["p"].mean()), float(cell["silent"].mean())
            told.append({"persona": PERSONAS[int(persona)], "season": season,
                         "members": len(cell), "said": said, "came": came,
                         "off": 100 * (said - came)})  # fmt: skip
    return sorted(told, key=lambda cell: -abs(cell["off"]))


def _loss(silent: npt.NDArray[np.bool_], p: npt.NDArray[np.float64]) -> float:
    return float(-np.where(silent, np.log(p), np.log1p(-p)).mean())
