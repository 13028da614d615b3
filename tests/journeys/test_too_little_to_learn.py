"""Too little to learn from: the command says so, and what needs no label serves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from click.testing import CliRunner

from features.catalog import CATALOG
from features.contract import TABLES
from features.members.member_catalog import MEMBER_CATALOG
from features.store.home import Home
from jaga.command import main
from models.bundle import Bundle
from models.champion import champion
from training.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow, Evidently and shap warn on import


def told(*arguments: object) -> dict[str, Any]:
    """Run the command with ``--json``: its last line."""
    done = CliRunner().invoke(main, [*map(str, arguments), "--json"])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Tables of a small simulated export."""
    folder = tmp_path_factory.mktemp("world")
    simulate(folder, members=60, days=90, seed=3, story="electricians")
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES
            if (folder / f"{name}.parquet").exists()}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all programs that are trained on."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def trained(
    world: dict[str, pd.DataFrame], shared: Path, tmp_path: Path
) -> Callable[[str, pd.DataFrame | None, int], tuple[dict[str, Any], Bundle, Path]]:
    """Ingest the world as a program with these labels and so many members, and train on it."""
    def train(
        name: str, labels: pd.DataFrame | None, members: int = 60
    ) -> tuple[dict[str, Any], Bundle, Path]:
        export = tmp_path / name
        export.mkdir()
        (export / "program.yaml").write_text(f"program_id: {name}\n")
        busiest = world["scans"]["member_id"].value_counts().index[:members]
        for table in ("members", "scans", "redemptions", "activities", "codes"):
            rows = world[table]
            if "member_id" in rows.columns:
                rows = rows[rows["member_id"].isin(busiest)]
            if "program_id" in rows.columns:
                rows = rows.assign(program_id=name)
            rows.to_parquet(export / f"{table}.parquet")
        if labels is not None:
            labels.to_parquet(export / "feedback.parquet")
        assert told("ingest", export, "--home", shared)["rejects"] == 0
        report = told("train", "--home", shared, "--program", name)
        opened = Home(shared)
        folder = champion(opened.bundles(name))
        opened.close()
        assert folder is not None
        assert folder.name == report["bundle_id"]
        return report, Bundle.load(folder, CATALOG, MEMBER_CATALOG), export

    return train


def _labels(world: dict[str, pd.DataFrame], label: str) -> pd.DataFrame:
    """Every event with the same label, found just before the last one."""
    events = pd.concat([world[name] for name in ("scans", "redemptions")])
    last = events["recorded_at"].fillna(events["occurred_at"]).max() - pd.Timedelta("1s")
    ids = events["event_id"].drop_duplicates()
    return pd.DataFrame({"event_id": ids, "label": label, "decided_at": last})


@pytest.mark.parametrize(("name", "label", "words"), [
    ("no-labels", None, "came 0 and 0"),
    ("honest-only", "legit", "30 frauds among them to learn from"),
    ("fraud-only", "fraud", "came only fraud"),
])
def test_labels_that_teach_nothing_give_the_label_free_bundle(
    name: str, label: str | None, words: str, world: dict[str, pd.DataFrame], shared: Path,
    trained: Callable[..., tuple[dict[str, Any], Bundle, Path]], tmp_path: Path,
) -> None:
    """Training says so; verdicts have no score but an anomaly, members an inactivity."""
    report, bundle, export = trained(name, None if label is None else _labels(world, label))
    assert report["supervised"] is False
    assert words in report["sentences"][0]
    assert "without a fraud score; to do: label" in report["sentences"][0]
    assert bundle.fraud is None
    assert bundle.inactivity is not None
    here = ("--home", shared, "--program", name)
    told("score", "--out", tmp_path / "scores", *here)
    members = pd.read_parquet(tmp_path / "scores" / "members.parquet")
    assert members["p_inactive"].between(0, 1).all()
    told("replay", export, "--out", tmp_path / "verdicts.parquet", *here)
    verdicts = pd.read_parquet(tmp_path / "verdicts.parquet")
    assert verdicts["score"].isna().all()
    if label != "fraud":
        assert verdicts["anomaly"].between(0, 1).all()
        assert members["anomaly"].between(0, 1).sum() > len(members) / 2


def test_three_members_give_the_label_free_bundle(
    shared: Path, trained: Callable[..., tuple[dict[str, Any], Bundle, Path]], tmp_path: Path,
) -> None:
    """What a handful of members can't tell is said, and every verb goes on without it."""
    report, bundle, export = trained("three-members", None, 3)
    assert report["supervised"] is False
    assert "came 0 and 0" in report["sentences"][0]
    assert "3 members" in report["sentences"][-1]
    assert (bundle.fraud, bundle.inactivity is None) == (None, False)
    here = ("--home", shared, "--program", "three-members")
    assert told("score", "--out", tmp_path / "scores", *here)["members"] == 3
    assert told("suggest", "--out", tmp_path / "suggestions.parquet", *here)["cost_points"] == 0
    told("replay", export, "--out", tmp_path / "verdicts.parquet", *here)
    verdicts = pd.read_parquet(tmp_path / "verdicts.parquet")
    assert len(verdicts) > 10
    assert verdicts["score"].isna().all()


@pytest.mark.parametrize(("seed", "words"), [(7, ""), (11, "take more members")])
def test_the_smallest_demo_ends_or_says_why_not(seed: int, words: str, shared: Path) -> None:
    """Three members for a month: nothing to show is no error, nothing that happened is one."""
    done = CliRunner().invoke(main, [
        "demo", "--members", "3", "--days", "30", "--story", "resellers", "--seed", str(seed),
        "--no-serve", "--home", str(shared)])
    assert done.exit_code == (2 if words else 0), done.output
    assert words in done.stderr
