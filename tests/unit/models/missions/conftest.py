"""A scene of a few members whose states and settings a test can change."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.exports.missions import Mission
from features.exports.program import Program
from features.members.rhythm import CONTEXT, MEMBER_CATALOG
from models.answers import Reason
from models.missions.suggestions import Scene

TODAY = 20_000
USUAL = {"today": TODAY, "days_since_last": 40.0, "last_day": TODAY - 40, "tenure": 300.0,
         "cadence": 10.0, "points_mean": 100.0, "repeat_days": 20.0, "consent": 1.0,
         "channels": 0b0101, "persona": 0.0, "missions_90": 0.0, "open_holds": 0.0,
         "opted_out": 0.0, "blocked": 0.0, "days_since_joined": 400.0}


def mission(name, cost, **settings):
    texts = {"en": f"Do {name}.", "id": f"Lakukan {name}."}
    return Mission(id=name, cost_points=cost, texts=texts, **settings)


def build(count=4, missions=None, holdout=(0.0, 0.0), settings=None, **columns):
    """A scene of ``count`` slipping members; a column may be one value or one for each.

    Nothing is tried and nobody held out, unless the program's ``settings`` say so.
    """
    index = pd.Index(np.arange(1, count + 1), name="member")
    frame = pd.DataFrame(np.nan, index=index, columns=[*MEMBER_CATALOG.names, *CONTEXT])
    for name, value in (USUAL | columns).items():
        if name in frame:
            frame[name] = value
    frame = frame.astype(np.float64)
    reason = (Reason("inactive.silence", "Silent.", 1.0, 40, 10),)
    answers = pd.DataFrame({
        "p_inactive": columns.get("p_inactive", 0.6), "horizon_days": 60,
        "state": columns.get("state", "slipping"), "segment": columns.get("segment", ""),
        "reasons": pd.Series([reason] * count, index=index),
    }, index=index)
    offered = [mission("streak", 20), mission("visit", 60)] if missions is None else missions
    program = Program.model_validate({
        "program_id": "acme", "languages": ["en", "id"], "exploration": {"floor": 0.0},
        "holdout": {"global": holdout[0], "mission": holdout[1]}, **(settings or {})})
    offers = pd.DataFrame({name: np.empty(0, dtype=np.int64) for name in
                           ("decision_id", "member_id", "day", "mission_id", "holdout",
                            "intended")})
    return Scene(program, offered, frame, answers, [f"m-{i}" for i in index],
                 ["en"] * count, offers, pd.DataFrame({"member": [1], "day": [TODAY - 40]}),
                 {m.id: i for i, m in enumerate(offered, start=1)})


@pytest.fixture
def scene():
    """Build a scene; ``scene.mission`` builds a mission, ``scene.change`` replaces a field."""
    build.mission = mission
    build.change = replace
    build.today = TODAY
    return build
