from pathlib import Path

import pandas as pd
import pytest

from training.evaluate import against_truth


@pytest.fixture(scope="module")
def replayed(world: Path) -> pd.DataFrame:
    """Verdict rows that approve everything."""
    tables = {"scan": "scans", "referral": "referrals", "redemption": "redemptions"}
    parts = [pd.read_parquet(world / f"{table}.parquet", columns=["event_id", "points"])
             .assign(kind=kind) for kind, table in tables.items()]
    rows = pd.concat(parts).drop_duplicates("event_id")
    return rows.assign(points_held=0, hard_proof=[[] for _ in range(len(rows))])


def test_approving_everything_stops_nothing(world: Path, replayed: pd.DataFrame) -> None:
    """No points held, no honest event touched."""
    found = against_truth(replayed, world)
    for part in (found["earning"], found["redemption"]):
        assert part["honest_held"] == 0
        assert part["honest_declined"] == 0
    assert found["earning"]["points_stopped"] == 0
    assert set(found["patterns"].values()) == {0.0}


def test_holding_everything_stops_all_and_harms_all(world: Path, replayed: pd.DataFrame) -> None:
    """All fraudulent points are stopped, and every honest event waits."""
    found = against_truth(replayed.assign(points_held=replayed["points"]), world)
    assert found["earning"]["points_stopped"] == 1
    assert found["earning"]["honest_held"] > 0.99
    assert set(found["patterns"].values()) == {1.0}
    assert min(found["look_alikes"].values()) > 0.9


def test_declined_honest_events_are_counted(world: Path, replayed: pd.DataFrame) -> None:
    """An honest event with hard proof is a declined one."""
    truth = pd.read_parquet(world / "truth" / "events.parquet")
    honest = truth.loc[~truth["is_fraud"], "event_id"].iloc[0]
    proof = [["code_void"] if name == honest else [] for name in replayed["event_id"]]
    found = against_truth(replayed.assign(hard_proof=proof), world)
    assert found["earning"]["honest_declined"] + found["redemption"]["honest_declined"] == 1
