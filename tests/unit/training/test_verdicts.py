"""Replayed verdicts against the truth: who is counted where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from training.simulate import simulate
from training.verdicts import by_group, figures, judged_rows, over_worlds, spread

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> Path:
    """A small world with its truth."""
    folder = tmp_path_factory.mktemp("world")
    simulate(folder, 150, 120, 3)
    return folder


@pytest.fixture(scope="module")
def replayed(export: Path) -> pd.DataFrame:
    """Everything approved, but one honest event held by behaviour and one for a fact."""
    scans = pd.read_parquet(export / "scans.parquet", columns=["event_id", "member_id", "points"])
    rows = scans.drop_duplicates("event_id").assign(
        kind="scan", verdict="approve", points_held=0, reasons="[]")
    rows["hard_proof"] = [[] for _ in range(len(rows))]
    truth = pd.read_parquet(export / "truth" / "events.parquet").set_index("event_id")
    honest = rows["event_id"].map(truth["is_fraud"]).eq(False)
    first, second = rows.index[honest][:2]
    for row, code in ((first, "reason.sign_far"), (second, "fact.code_unknown")):
        rows.loc[row, ["verdict", "points_held", "reasons"]] = [
            "review", 1, json.dumps([{"code": code}])]
    return rows


def test_a_hold_for_a_fact_is_no_hold_by_behaviour(export: Path, replayed: pd.DataFrame) -> None:
    """Both count as held, one of them as held by behaviour, neither as declined."""
    rows = judged_rows(replayed, export)
    honest = int((~rows["is_fraud"]).sum())
    found = figures(rows)
    assert found["honest_held"] == pytest.approx(2 / honest, abs=1e-5)
    assert found["honest_by_behaviour"] == pytest.approx(1 / honest, abs=1e-5)
    assert (found["honest_declined"], found["points_stopped"]) == (0, 0.0)


def test_another_method_is_judged_by_what_it_would_hold(
    export: Path, replayed: pd.DataFrame
) -> None:
    """Holding exactly the frauds stops all points and no honest event."""
    rows = judged_rows(replayed, export)
    found = figures(rows, rows["is_fraud"].to_numpy())
    assert (found["points_stopped"], found["honest_held"]) == (1.0, 0.0)


def test_every_event_with_a_pattern_is_in_one_group(export: Path, replayed: pd.DataFrame) -> None:
    """Groups split the events that belong to any, and lose none."""
    rows = judged_rows(replayed, export)
    patterns = by_group(rows)["pattern"]
    assert sum(one["events"] for one in patterns.values()) == int((rows["pattern"] != "").sum())
    assert {"persona", "language", "region", "look_alike"} < set(by_group(rows))


def test_a_figure_that_no_world_tells_has_no_mean() -> None:
    """None is left out, and stays None where there is nothing else."""
    assert spread([None, None])["mean"] is None
    assert over_worlds([{"a": 0.5}, {"a": None}])["a"]["mean"] == 0.5
