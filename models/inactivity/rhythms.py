"""The buy-till-you-die models of a program: one pair for all, one per persona with enough members.

They turn a member frame into *terms*: chances and log-odds of silence that the other models read
as columns, and that stand alone where a program is too small for anything else.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.inactivity.btyd import Btyd, logit

Floats = npt.NDArray[np.float64]
TERMS: Final = ("logit_mbg", "logit_bg", "none_mbg", "none_bg", "alive_mbg", "alive_bg")
PERSONA_MEMBERS: Final = 200
"""Members a persona needs for its own pair; a fit of 50 is stable, its calibration is not."""
PRIOR: Final = 1.0
"""Weight of the assumed program in a fit: three regulars alone would leave everybody certain."""
SAMPLE: Final = 25_000
"""Histories a fit reads at most: the error of its parameters is then far below a percent."""
PLAYERS: Final = ("silence", "rhythm", "reach")
"""Families of the three things a rhythm model sees: days silent, repeat days, tenure."""


@dataclass(frozen=True)
class Rhythms:
    """Fitted pairs (bg, mbg) by persona index; -1 is everybody."""

    pairs: dict[int, tuple[Btyd, Btyd]]

    @classmethod
    def fit(cls, frame: pd.DataFrame, seed: int) -> Rhythms:
        """Fit on every history of the frame; the assumed pair where nobody has come yet."""
        started = frame[frame["days_since_last"].notna()]
        pairs = {-1: _pair(started, seed)}
        for persona, members in started.groupby("persona"):
            if PERSONA_MEMBERS <= len(members) < len(started):
                pairs[int(persona)] = _pair(members, seed)
        return cls(pairs)

    def terms(self, frame: pd.DataFrame, horizon: Any) -> pd.DataFrame:
        """Chance of silence through the horizon, and of being alive, by both models.

        Parameters
        ----------
        frame : DataFrame
            Member frame of n started members.
        horizon : shape (n,)
            Days ahead.

        Returns
        -------
        DataFrame
            Same index, columns ``TERMS``.
        """
        table = {name: np.full(len(frame), np.nan) for name in TERMS}
        ahead = season_ahead(frame, horizon)
        for rows, pair in self._groups(frame):
            history = _history(frame, rows)
            for model in pair:
                none = model.p_none(*history, ahead[rows])
                columns = {"logit": logit(none), "none": none, "alive": model.p_alive(*history)}
                for name, values in columns.items():
                    table[f"{name}_{model.kind}"][rows] = values
        return pd.DataFrame(table, index=frame.index)

    def wait(self, frame: pd.DataFrame, share: float) -> Floats:
        """Days until the next activity of ``share`` of those who come back, shape (n,)."""
        days = np.full(len(frame), np.nan)
        for rows, (_, mbg) in self._groups(frame):
            x, _, seen = _history(frame, rows)
            days[rows] = mbg.wait(x, seen, share)
        return days

    def shares(self, frame: pd.DataFrame, horizon: Any, kind: str, usual: Floats) -> Floats:
        """Split the log-odds of silence of one model among days silent, repeat days and tenure.

        Exact Shapley values of the three inputs against the usual member, so that they and the
        base add up to the log-odds.

        Parameters
        ----------
        frame : DataFrame
            Member frame of n started members.
        horizon : shape (n,)
            Days ahead.
        kind : {"bg", "mbg"}
            Which of the pair.
        usual : shape (3,)
            Days silent, repeat days and tenure of the usual member.

        Returns
        -------
        shape (n, 4)
            Columns `PLAYERS`, then the base.
        """
        split = np.zeros((len(frame), len(PLAYERS) + 1))
        ahead = season_ahead(frame, horizon)
        for rows, (bg, mbg) in self._groups(frame):
            model = bg if kind == "bg" else mbg
            x, last, seen = _history(frame, rows)
            split[rows] = _shapley(model, (seen - last, x, seen), usual, ahead[rows])
        return split

    def to_json(self) -> dict[str, Any]:
        """Plain values for `from_json`."""
        return {str(p): [asdict(model) for model in pair] for p, pair in self.pairs.items()}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Rhythms:
        """Build what `to_json` wrote."""
        return cls({int(p): (Btyd(**bg), Btyd(**mbg)) for p, (bg, mbg) in raw.items()})

    def _groups(self, frame: pd.DataFrame) -> list[tuple[Any, tuple[Btyd, Btyd]]]:
        """Rows of each pair of models."""
        persona = frame["persona"].fillna(-1).to_numpy().astype(np.int64)
        chosen = np.where(np.isin(persona, list(self.pairs)), persona, -1)
        return [(np.flatnonzero(chosen == p), pair) for p, pair in self.pairs.items()]


def season_ahead(frame: pd.DataFrame, horizon: Any) -> Floats:
    """Days of the horizon that are not in a declared off season, at least one, shape (n,).

    >>> frame = pd.DataFrame({"off_season_now": [1.0, 0.0, 0.0], "off_season_left": [20.0, 0, 0],
    ...                       "off_season_start": [0.0, 50.0, np.nan]})
    >>> season_ahead(frame, 60).tolist()
    [40.0, 50.0, 60.0]
    """
    ahead = np.broadcast_to(np.asarray(horizon, dtype=np.float64), len(frame))
    off = (frame["off_season_now"] > 0).to_numpy()
    until = frame["off_season_start"].fillna(np.inf).to_numpy()
    open_days = np.where(off, ahead - frame["off_season_left"], np.minimum(ahead, until))
    return np.maximum(open_days, 1.0)


def usual_history(frame: pd.DataFrame) -> Floats:
    """Median days silent, repeat days and tenure of started members, shape (3,)."""
    columns = frame[["days_since_last", "repeat_days", "tenure"]].dropna()
    return columns.median().to_numpy() if len(columns) else np.array([30.0, 1.0, 180.0])


def _pair(frame: pd.DataFrame, seed: int) -> tuple[Btyd, Btyd]:
    if frame.empty:
        return Btyd.assumed("bg"), Btyd.assumed("mbg")
    if len(frame) > SAMPLE:
        frame = frame.sample(SAMPLE, random_state=seed)
    history = _history(frame, np.arange(len(frame)))
    return (Btyd.fit("bg", *history, prior=PRIOR), Btyd.fit("mbg", *history, prior=PRIOR))


def _history(frame: pd.DataFrame, rows: Any) -> tuple[Floats, Floats, Floats]:
    """Repeat days, days from first to last, and tenure: what the models call x, t_x and T."""
    columns = ("repeat_days", "active_span", "tenure")
    x, last, seen = (frame[name].to_numpy(dtype=np.float64)[rows] for name in columns)
    return x, last, seen


def _shapley(
    model: Btyd, own: tuple[Floats, Floats, Floats], usual: Floats, horizon: Floats
) -> Floats:
    """Shapley values of (silence, x, tenure) and the base, shape (n, 4)."""
    count = len(own)
    values = {}
    for mask in itertools.product((False, True), repeat=count):
        silence, x, seen = (
            o if taken else np.full_like(o, u)
            for o, u, taken in zip(own, usual, mask, strict=True)
        )
        values[mask] = logit(model.p_none(x, np.maximum(seen - silence, 0.0), seen, horizon))
    split = np.zeros((len(own[0]), count + 1))
    for player in range(count):
        for mask, value in values.items():
            if mask[player]:
                size = sum(mask) - 1
                weight = math.factorial(size) * math.factorial(count - size - 1)
                without = (*mask[:player], False, *mask[player + 1 :])
                split[:, player] += weight * (value - values[without]) / math.factorial(count)
    split[:, count] = values[(False,) * count]
    return split
