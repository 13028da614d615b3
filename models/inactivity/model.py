"""The chance that a member stays silent, by whichever model the program is big enough for.

`InactivityModel.fit` climbs the ladder on training snapshots; `InactivityModel.predict` answers
for a member frame: chance, horizon, expected day, state, and reasons for those who slip.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import Unavailable
from features.members.rhythm import MEMBER_CATALOG
from models.inactivity.btyd import sigmoid
from models.inactivity.calibration import Lines
from models.inactivity.expected import expected_days
from models.inactivity.horizons import Horizons
from models.inactivity.ladder import Parts, choose, fit_parts
from models.inactivity.lessons import figures, first_day, labelled, same_season, today
from models.inactivity.reasons import FAMILIES, explain
from models.inactivity.rfm import Rfm
from models.inactivity.rhythms import Rhythms, usual_history
from models.inactivity.shares import family_shares
from models.inactivity.starters import Starters
from models.inactivity.states import states
from models.inactivity.supply import with_supply
from models.inactivity.trees import Trees
from models.inactivity.waits import Waits
from models.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.inactivity.snapshots import Snapshot

Floats = npt.NDArray[np.float64]
EXPLAINED: Final = ("slipping", "lapsed")
MODEL_FILE, TREES_FILE = "inactivity.json", "inactivity.lgb.txt"
VERSION: Final = 2


@dataclass(frozen=True)
class InactivityModel:
    """A fitted ladder.

    Parameters
    ----------
    rung, why : str
        What the ladder chose, and the sentence that says why.
    horizons : Horizons
        Days ahead by persona.
    rhythms : Rhythms
        Label-free models, fitted at the moment of training.
    usual : shape (3,)
        Days silent, repeat days and tenure of the usual member: the base of rhythm shares.
    parts : Parts
        Regression and trees, where the rung has them.
    lines : Lines
        Calibration by persona and season.
    starters : Starters
        For members without any activity.
    waits : Waits
        How much longer than their rhythm members take to come back.
    figures : dict of str to float
        What the comparison saw on members left out: log-loss by rung, ``ece``, rows.
    """

    rung: str
    why: str
    horizons: Horizons
    rhythms: Rhythms
    usual: Floats
    parts: Parts
    lines: Lines
    starters: Starters
    waits: Waits
    figures: dict[str, float]

    @classmethod
    def fit(
        cls, snapshots: Sequence[Snapshot], frame: pd.DataFrame, horizons: Horizons, seed: int
    ) -> InactivityModel:
        """Fit on labelled snapshots of the past and on today's histories.

        Parameters
        ----------
        snapshots : sequence of Snapshot
            Each with its horizon over by the moment of training; none is fine, then the rhythm
            model alone serves.
        frame : DataFrame
            Member frame as of the moment of training: no labels, only histories.
        horizons : Horizons
            Days ahead by persona.
        seed : int
            Of folds and trees.

        Examples
        --------
        >>> from features.members.known import Known
        >>> from features.members.rhythm import bare_members, member_frame
        >>> days = pd.DataFrame({"member": [1, 1, 2], "day": [10, 20, 12]})
        >>> for name in ("events", "scans", "redemptions", "visits", "points", "quantity", "skus"):
        ...     days[name] = 1.0
        >>> frame = member_frame(Known(30, days, bare_members(days)))
        >>> InactivityModel.fit([], frame, Horizons(60), seed=0).rung
        'btyd'
        """
        table = labelled(snapshots)
        started = table[table["days_since_last"].notna()]
        choice = choose(started, seed)
        chosen = started.iloc[choice.rows]
        silent = chosen["silent"].to_numpy(dtype=bool)
        lines = Lines.fit(choice.raw, silent, chosen["persona"],
                          chosen["today"] == chosen["today"].max(), same_season(chosen, frame))
        rhythms = Rhythms.fit(frame, seed)
        return cls(
            choice.rung, choice.why, horizons, rhythms, usual_history(frame),
            fit_parts(choice.rung, started, seed), lines,
            Starters.fit(table[table["days_since_last"].isna()], first_day(frame)),
            Waits.fit(rhythms, started, today(frame)),
            figures(choice, lines.apply(choice.raw, chosen["persona"]), silent),
        )  # fmt: skip

    def table(self, frame: pd.DataFrame, horizon: Any = None) -> pd.DataFrame:
        """Member frame of started members joined with the rhythm terms."""
        ahead = self.horizons.of(frame["persona"]) if horizon is None else horizon
        return frame.join(self.rhythms.terms(frame, ahead))

    def log_odds(self, table: pd.DataFrame) -> Floats:
        """Calibrated log-odds of silence of n started members, shape (n,)."""
        return self.lines.apply(self.parts.log_odds(table), table["persona"])

    def p_inactive(self, frame: pd.DataFrame) -> Floats:
        """Chance of no qualifying activity within each member's horizon, shape (n,)."""
        started = frame["days_since_last"].notna().to_numpy()
        p = self.starters.p_none(frame)
        if started.any():
            p[started] = sigmoid(self.log_odds(self.table(frame[started])))
        return p

    def shares(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Log-odds that each family adds, and the base, of n started members.

        The families and the base add up to the calibrated log-odds: calibration is a straight
        line per persona, so its slope scales every share and its shift belongs to the base.

        Returns
        -------
        DataFrame
            Index of ``frame``, columns `FAMILIES` and ``base``.
        """
        ahead = self.horizons.of(frame["persona"])
        raw = family_shares(self.parts, self.rhythms, self.usual, self.table(frame), ahead)
        slope, shift = self.lines.of(frame["persona"])
        raw *= slope[:, None]
        raw[:, -1] += shift
        return pd.DataFrame(raw, index=frame.index, columns=[*FAMILIES, "base"])

    def predict(
        self, frame: pd.DataFrame, texts: Texts | None = None,
        language: str | Sequence[str] = "en",
    ) -> pd.DataFrame:  # fmt: skip
        """Answer for every member of a frame.

        Parameters
        ----------
        frame : DataFrame
            Member frame of n members.
        texts : Texts or None
            Words of the reasons; None: the catalogues that come with Jaga.
        language : str or sequence of str, length n
            Language of the reasons.

        Returns
        -------
        DataFrame
            Index member; ``p_inactive`` (0..1), ``horizon_days`` (int), then
            ``expected_next_activity``, ``low`` and ``high`` (days since 1970, NaN where nobody
            is expected), ``state``, ``segment`` and ``reasons`` (tuple of `Reason`; empty but
            for slipping and lapsed).
        """
        p = self.p_inactive(frame)
        horizon = self.horizons.of(frame["persona"])
        state, segment = states(frame, p, horizon)
        day, low, high = expected_days(self.rhythms, self.waits, frame, state)
        return pd.DataFrame({
            "p_inactive": p, "horizon_days": horizon, "expected_next_activity": day, "low": low,
            "high": high, "state": state, "segment": segment,
            "reasons": self._reasons(frame, state, texts, language),
        }, index=frame.index)  # fmt: skip

    def _reasons(
        self, frame: pd.DataFrame, state: Any, texts: Texts | None, language: str | Sequence[str]
    ) -> pd.Series:
        told = pd.Series([()] * len(frame), index=frame.index, dtype=object)
        rows = np.flatnonzero(np.isin(state, EXPLAINED))
        if len(rows):
            mine = frame.iloc[rows]
            spoken = [language] * len(rows) if isinstance(language, str) else [
                language[int(row)] for row in rows]
            shares = self.shares(mine)[list(FAMILIES)].to_numpy()
            words = texts or Texts.read()
            reasons = with_supply(explain(mine, shares, words, spoken), mine, shares, words, spoken)
            told.iloc[rows] = pd.Series(reasons, index=mine.index, dtype=object)
        return told

    def save(self, folder: Path) -> None:
        """Write ``inactivity.json``, and ``inactivity.lgb.txt`` where there are trees."""
        folder.mkdir(parents=True, exist_ok=True)
        raw = {
            "version": VERSION, "rung": self.rung, "why": self.why, "figures": self.figures,
            "horizons": {"overall": self.horizons.overall,
                         "by_persona": {str(k): v for k, v in self.horizons.by_persona.items()}},
            "rhythms": self.rhythms.to_json(), "usual": self.usual.tolist(),
            "rfm": self.parts.rfm.to_json() if self.parts.rfm else None,
            "trees": list(self.parts.trees.columns) if self.parts.trees else None,
            "lines": self.lines.to_json(), "starters": self.starters.to_json(),
            "waits": self.waits.to_json(),
            "features": MEMBER_CATALOG.hashes,
        }  # fmt: skip
        text = json.dumps(raw, indent=1, sort_keys=True, allow_nan=False)
        (folder / MODEL_FILE).write_text(text + "\n", encoding="utf-8")
        if self.parts.trees:
            (folder / TREES_FILE).write_text(self.parts.trees.to_text(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> InactivityModel:
        """Read what `save` wrote.

        Raises
        ------
        Unavailable
            Where a file is missing, or a feature was declared otherwise when this was trained.
        """
        raw = _read(folder)
        trees = None
        if raw["trees"]:
            text = (folder / TREES_FILE).read_text(encoding="utf-8")
            trees = Trees.from_text(text, tuple(raw["trees"]))
        horizons = {int(k): int(v) for k, v in raw["horizons"]["by_persona"].items()}
        return cls(
            raw["rung"], raw["why"], Horizons(raw["horizons"]["overall"], horizons),
            Rhythms.from_json(raw["rhythms"]), np.array(raw["usual"]),
            Parts(Rfm.from_json(raw["rfm"]) if raw["rfm"] else None, trees),
            Lines.from_json(raw["lines"]), Starters(**raw["starters"]),
            Waits.from_json(raw["waits"]), raw["figures"],
        )  # fmt: skip


def _read(folder: Path) -> dict[str, Any]:
    path = folder / MODEL_FILE
    if not path.is_file():
        raise Unavailable(f"{MODEL_FILE} of a bundle", f"nothing at {folder}", "train again")
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    changed = sorted(name for name, one in MEMBER_CATALOG.hashes.items()
                     if raw["features"].get(name) != one)  # fmt: skip
    if changed or raw["version"] != VERSION:
        raise Unavailable("the member features that this bundle was trained on",
                          ", ".join(changed[:5]) or f"version {raw['version']}", "train again")
    return raw
