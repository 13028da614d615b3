"""The sealed truth: which events were forged, who left, what each mission does.

Only evaluation opens it; nothing that learns or serves may import this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "truth"
PARTS: Final = ("events", "members", "effects", "insiders")


@dataclass(frozen=True)
class Truth:
    """What really happened.

    Parameters
    ----------
    events : frame of event_id, is_fraud, pattern, look_alike, ring_id, is_novel
        One row per judged event; ``pattern`` and ``look_alike`` are empty where there is none.
        ``is_novel`` marks the patterns that begin only late in the run.
    members : frame of member_id, persona, rhythm, ring_id, pattern, left_at, back_at, season
        ``left_at`` is when the member really stopped, ``back_at`` when he came back. Who farms
        missions has the pattern ``mission_farming``, and no forged event for it.
    effects : frame of member_id, mission_id, effect
        Chance that sending the mission makes the member active within 14 days when he would
        not have been; below zero where it drives him away.
    insiders : frame of agent_id, role, pattern, look_alike
        Staff who cheat, and staff who only look like it; ``role`` is clerk or reviewer.
    """

    events: pd.DataFrame
    members: pd.DataFrame
    effects: pd.DataFrame
    insiders: pd.DataFrame


def write_truth(out: Path, **parts: pa.Table) -> None:
    """Write the parts of the truth under ``out/truth``."""
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in PARTS:
        pq.write_table(parts[name], folder / f"{name}.parquet", compression="zstd")


def read_truth(export: Path) -> Truth:
    """Open the truth of a simulated export.

    Raises
    ------
    NotFound
        The folder is no simulated export.
    """
    missing = [name for name in PARTS if not (export / FOLDER / f"{name}.parquet").exists()]
    if missing:
        raise NotFound("a simulated export with its truth",
                       f"{export} without truth/{missing[0]}.parquet",
                       "make one with jaga simulate")
    return Truth(**{name: pd.read_parquet(export / FOLDER / f"{name}.parquet") for name in PARTS})
