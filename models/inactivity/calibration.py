"""From a model's log-odds to a chance that holds in each persona and season.

A straight line in log-odds per persona, and a shift for the season where the same season of
last year was seen, each only where it proves itself; else the chance stays as it is. Straight
lines keep reasons additive: shares are scaled, the base moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from models.inactivity.btyd import sigmoid

Floats = npt.NDArray[np.float64]
EVERYBODY: Final = -1
AS_IT_IS: Final = (1.0, 0.0)
PERSONA_ROWS: Final = 200
CLASS_ROWS: Final = 20
"""Rows of a persona, and of its rarer outcome, that a line of its own needs."""
SLOPE_SPREAD, SHIFT_SPREAD = 0.25, 0.5
"""How far a line may stray before data must speak for it (log-odds)."""
SURE: Final = 2.0
LEAST_SLOPE: Final = 0.1


@dataclass(frozen=True)
class Lines:
    """Slope and shift by persona index, and the shift of this season by persona index."""

    lines: dict[int, tuple[float, float]] = field(default_factory=lambda: {EVERYBODY: (1.0, 0.0)})
    season: dict[int, float] = field(default_factory=dict)

    @classmethod
    def fit(cls, raw: Floats, silent: Any, persona: Any, latest: Any, same_season: Any) -> Lines:
        """Fit on n predictions of rows that no model was fitted on.

        A persona's line is fitted on the older snapshots and kept only where it predicts the
        latest one better by more than chance: what mends yesterday often spoils tomorrow.

        Parameters
        ----------
        raw : shape (n,)
            Log-odds.
        silent : bool, shape (n,)
            What came.
        persona : shape (n,)
            Index; NaN is nobody's persona, and keeps the chance as it is.
        latest : bool, shape (n,)
            Rows of the latest snapshot.
        same_season : bool, shape (n,)
            Rows of the season that is scored next, a year earlier.
        """
        silent, latest = np.asarray(silent, dtype=bool), np.asarray(latest, dtype=bool)
        lines, season = {EVERYBODY: AS_IT_IS}, {}
        known = np.asarray(persona, dtype=np.float64)
        for index in np.unique(known[np.isfinite(known)]).astype(int).tolist():
            mine = known == index
            old, new = mine & ~latest, mine & latest
            if _enough(silent[old]) and _enough(silent[new]):
                slope, shift = _line(raw[old], silent[old])
                if _better(slope * raw[new] + shift, raw[new], silent[new]):
                    lines[index] = _line(raw[mine], silent[mine])
            seen = mine & np.asarray(same_season, dtype=bool)
            if _enough(silent[seen]):
                slope, shift = lines.get(index, AS_IT_IS)
                log_odds = slope * raw[seen] + shift
                move = _shift(log_odds, silent[seen])
                if _better(log_odds + move, log_odds, silent[seen]):
                    season[index] = move
        return cls(lines, season)

    def of(self, persona: Any) -> tuple[Floats, Floats]:
        """Slope and shift of each row, shape (n,) each.

        >>> Lines({-1: (1.0, 0.0), 2: (0.5, 0.25)}, {2: 0.25}).of([2.0, np.nan])
        (array([0.5, 1. ]), array([0.5, 0. ]))
        """
        index = np.nan_to_num(np.asarray(persona, dtype=np.float64), nan=EVERYBODY).astype(int)
        slope, shift = np.empty(len(index)), np.empty(len(index))
        for one in np.unique(index).tolist():
            line = self.lines.get(one, self.lines[EVERYBODY])
            slope[index == one] = line[0]
            shift[index == one] = line[1] + self.season.get(one, 0.0)
        return slope, shift

    def apply(self, raw: Floats, persona: Any) -> Floats:
        """Calibrated log-odds, shape (n,)."""
        slope, shift = self.of(persona)
        return np.asarray(slope * raw + shift)

    def to_json(self) -> dict[str, Any]:
        """Plain values for `from_json`."""
        return {"lines": {str(k): list(v) for k, v in self.lines.items()},
                "season": {str(k): v for k, v in self.season.items()}}  # fmt: skip

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Lines:
        """Build what `to_json` wrote."""
        return cls({int(k): (v[0], v[1]) for k, v in raw["lines"].items()},
                   {int(k): float(v) for k, v in raw["season"].items()})  # fmt: skip


def _enough(silent: Any) -> bool:
    return len(silent) >= PERSONA_ROWS and CLASS_ROWS <= silent.sum() <= len(silent) - CLASS_ROWS


def _better(log_odds: Floats, than: Floats, silent: Any) -> bool:
    """Whether log-loss falls by more than two standard errors of the mean."""
    sign = np.where(silent, -1.0, 1.0)
    gain = np.logaddexp(0.0, sign * than) - np.logaddexp(0.0, sign * log_odds)
    return bool(gain.mean() > SURE * gain.std() / np.sqrt(len(gain)))


def _line(raw: Floats, silent: Any) -> tuple[float, float]:
    """Most likely slope and shift, drawn to the chance as it is."""

    def loss(line: Floats) -> float:
        fit = np.logaddexp(0.0, np.where(silent, -1.0, 1.0) * (line[0] * raw + line[1])).sum()
        strayed = np.square((line - AS_IT_IS) / (SLOPE_SPREAD, SHIFT_SPREAD)).sum() / 2
        return float(fit + strayed)

    found = minimize(loss, np.array(AS_IT_IS), method="Nelder-Mead").x
    return max(float(found[0]), LEAST_SLOPE), float(found[1])


def _shift(log_odds: Floats, silent: Any) -> float:
    """Shift of the log-odds that gives the season its own rate, drawn to none."""

    def loss(shift: Floats) -> float:
        fit = np.logaddexp(0.0, np.where(silent, -1.0, 1.0) * (log_odds + shift[0])).sum()
        return float(fit + (shift[0] / SHIFT_SPREAD) ** 2 / 2)

    return float(minimize(loss, np.zeros(1), method="Nelder-Mead").x[0])


def expected_error(p: Floats, silent: Any, bins: int = 10) -> float:
    """Expected calibration error over bins of equal mass.

    >>> expected_error(np.array([0.5, 0.5]), np.array([True, False]), bins=1)
    0.0
    """
    order = np.argsort(p, kind="stable")
    came = np.asarray(silent, dtype=np.float64)
    parts = [rows for rows in np.array_split(order, bins) if len(rows)]
    return float(sum(len(r) * abs(p[r].mean() - came[r].mean()) for r in parts) / len(p))


def log_loss(log_odds: Floats, silent: Any) -> float:
    """Mean log-loss of log-odds, chances kept within six decimals of 0 and 1.

    >>> round(log_loss(np.array([0.0]), np.array([True])), 4)
    0.6931
    """
    p = np.clip(sigmoid(log_odds), 1e-6, 1 - 1e-6)
    return float(-np.where(np.asarray(silent, dtype=bool), np.log(p), np.log1p(-p)).mean())
