"""What was learnt of each mission's effect, as a bundle carries it.

Effects are on the chance of activity in the window after a decision, by what was decided and not
by what was delivered. A mission's effect is one number for everybody until the gate lets members
differ: by segment while data are too few for the gate, by a line in member features once a rule
for each member was shown to beat the best single mission.
"""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.contract import PERSONAS
from features.errors import Unavailable
from features.members.rhythm import MEMBER_CATALOG
from models.missions.effects import Effects
from models.uplift.personal import COLUMNS, Line, design
from models.uplift.shrinkage import Belief

if TYPE_CHECKING:
    from pathlib import Path

Floats = npt.NDArray[np.float64]
FILE: Final = "uplift.json"
VERSION: Final = 1
NORMAL: Final = 1.959964
OUTWEIGHED: Final = 0.5
"""Weight of the assumption from which an effect is not called measured."""
Level = Literal["single", "segment", "personal"]


@dataclass(frozen=True)
class MissionEffect:
    """One mission's effect.

    Parameters
    ----------
    overall : Belief
        Of the mission.
    unseen : Belief
        Of a segment without data.
    segments : dict of str to Belief
        By `segments`.
    assumed : float
        Weight of the assumption in ``overall``.
    treated, alone : int
        Decisions it was given in, and decisions that could have given it and gave nothing.
    line : Line or None
        Personal effects, where the gate let them live.
    """

    overall: Belief
    unseen: Belief
    segments: dict[str, Belief]
    assumed: float
    treated: int
    alone: int
    line: Line | None = None

    def by_segment(self, persona: Any, state: Any) -> tuple[Floats, Floats]:
        """Effect and its error of n members by their segments, shape (n,) each."""
        code, words = pd.factorize(np.asarray(state, dtype=object))
        table = np.array([[astuple(self.segments.get(f"{who}/{word}", self.unseen))
                           for word in words] for who in _WHO]).reshape(len(_WHO), -1, 2)
        own = table[_who(persona), code]
        return own[:, 0], own[:, 1]


@dataclass(frozen=True)
class UpliftModel:
    """Effects of all missions with enough decisions.

    Parameters
    ----------
    missions : dict of str to MissionEffect
    level : str
        Whether members differ: ``single`` (no), ``segment`` or ``personal``.
    best : str
        The best single mission, "" where none is shown to bring anybody back.
    why : str
        A sentence about the level.
    window_days : int
        Days after a decision in which activity counts.
    """

    missions: dict[str, MissionEffect]
    level: Level
    best: str
    why: str
    window_days: int

    def effects(
        self, mission_id: str, frame: pd.DataFrame, answers: pd.DataFrame
    ) -> Effects | None:
        """Effect of a mission on n members, with a 95 % interval.

        Parameters
        ----------
        mission_id : str
        frame, answers : DataFrame
            Member frame of n members, and what the inactivity model says of them (``state``).

        Returns
        -------
        Effects or None
            Always of basis ``measured``; None where the data do not outweigh the assumption: then
            the table of assumptions holds.

        Examples
        --------
        >>> one = MissionEffect(Belief(0.06, 0.01), Belief(0.06, 0.02), {}, 0.1, 900, 300)
        >>> model = UpliftModel({"streak": one}, "single", "streak", "one for all", 30)
        >>> two = pd.DataFrame({"persona": [0.0, 1.0]})
        >>> found = model.effects("streak", two, two.assign(state="slipping"))
        >>> found.value, found.low.round(3), found.basis
        (array([0.06, 0.06]), array([0.04, 0.04]), 'measured')
        >>> model.effects("training", two, two) is None
        True
        """
        found = self.missions.get(mission_id)
        if found is None or found.assumed >= OUTWEIGHED:
            return None
        if self.level == "personal" and found.line is not None:
            value, error = found.line.effects(design(frame))
        elif self.level == "single":
            value, error = (np.full(len(frame), one) for one in astuple(found.overall))
        else:
            value, error = found.by_segment(frame["persona"], answers["state"])
        return Effects(value, value - NORMAL * error, value + NORMAL * error, "measured")

    def save(self, folder: Path) -> None:
        """Write ``uplift.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        raw = {
            "version": VERSION, "level": self.level, "best": self.best, "why": self.why,
            "window_days": self.window_days, "columns": list(COLUMNS),
            "features": MEMBER_CATALOG.hashes,
            "missions": {name: asdict(one) for name, one in self.missions.items()},
        }  # fmt: skip
        text = json.dumps(raw, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> UpliftModel:
        """Read what `save` wrote.

        Raises
        ------
        Unavailable
            Where the file is missing, or a feature was declared otherwise when this was trained.
        """
        path = folder / FILE
        if not path.is_file():
            raise Unavailable(f"{FILE} of a bundle", f"nothing at {folder}", "train again")
        raw = json.loads(path.read_text(encoding="utf-8"))
        if (raw["version"], raw["columns"], raw["features"]) != (
                VERSION, list(COLUMNS), MEMBER_CATALOG.hashes):
            raise Unavailable("the member features that this bundle was trained on", "others",
                              "train again")
        return cls({name: _mission(one) for name, one in raw["missions"].items()}, raw["level"],
                   raw["best"], raw["why"], raw["window_days"])


def segments(persona: Any, state: Any) -> npt.NDArray[np.object_]:
    """Segment of each of n members: persona and state, the persona ``unknown`` where it is.

    Examples
    --------
    >>> segments([0.0, np.nan], ["slipping", "lapsed"]).tolist()
    ['retailer/slipping', 'unknown/lapsed']
    """
    words = np.array(_WHO, dtype=object)[_who(persona)]
    return np.asarray(words + "/" + np.asarray(state, dtype=object), dtype=object)


_WHO: Final = (*PERSONAS, "unknown")


def _who(persona: Any) -> npt.NDArray[np.int64]:
    """Index of each persona in `_WHO`."""
    return np.nan_to_num(np.asarray(persona, dtype=np.float64), nan=len(PERSONAS)).astype(np.int64)


def _mission(raw: dict[str, Any]) -> MissionEffect:
    return MissionEffect(
        Belief(**raw["overall"]), Belief(**raw["unseen"]),
        {name: Belief(**one) for name, one in raw["segments"].items()}, raw["assumed"],
        raw["treated"], raw["alone"], raw["line"] and Line.from_json(raw["line"]))
