"""Two whole worlds of two thousand members and a year, and a way to make small ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.contract import EVENT_TABLES, TABLES
from training.simulate import SimulationReport, simulate
from training.simulate.truth import Truth, read_truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np


@dataclass(frozen=True)
class Simulated:
    """An export on disk, read table by table."""

    folder: Path
    report: SimulationReport

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{name}.parquet")

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        return {name: self.table(name) for name in TABLES}

    @cached_property
    def truth(self) -> Truth:
        return read_truth(self.folder)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Every judged event once, with its kind and its truth."""
        parts = [self.tables[name].drop_duplicates().assign(kind=name) for name in EVENT_TABLES]
        whole = pd.concat(parts, ignore_index=True)
        return whole.merge(self.truth.events, on="event_id", how="left", validate="one_to_one")

    @cached_property
    def members(self) -> pd.DataFrame:
        """The first version of each member."""
        return self.tables["members"].drop_duplicates("member_id").set_index("member_id")


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[Simulated]:
    made = []
    for seed in (1, 2):
        folder = tmp_path_factory.mktemp("world") / str(seed)
        made.append(Simulated(folder, simulate(folder, members=2000, days=365, seed=seed)))
    return made


@pytest.fixture(scope="session")
def world(worlds: list[Simulated]) -> Simulated:
    return worlds[0]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Simulated]:
    def small(members: int = 60, days: int = 40, seed: int = 5, **more: Any) -> Simulated:
        folder = tmp_path / f"{members}-{days}-{seed}-{'-'.join(map(str, more.values()))}"
        return Simulated(folder, simulate(folder, members, days, seed, **more))

    return small


@pytest.fixture(scope="session")
def rank_auc() -> Callable[[np.ndarray, np.ndarray], float]:
    """Area under the ROC curve by mean ranks, whichever way round is better."""

    def area(values: np.ndarray, marked: np.ndarray) -> float:
        ranks = pd.Series(values).rank().to_numpy()
        inside, outside = int(marked.sum()), int((~marked).sum())
        found = (ranks[marked].sum() - inside * (inside + 1) / 2) / (inside * outside)
        return max(found, 1 - found)

    return area
