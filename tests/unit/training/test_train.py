import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from features.catalog import CATALOG
from features.errors import BadInput, Conflict, NotFound
from features.places import first_place
from features.store.home import Home
from models import champion
from models.bundle import Bundle
from training.promote import promote, rollback
from training.registry import Registry
from training.settings import read_settings
from training.splits import DAY_MS
from training.train import build, train
from training.trained import TrainReport

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow, Evidently and shap warn on import
SETTINGS = read_settings()
OWN = """- name: event_minute
  meaning: Minute of the hour
  unit: min
  formula: floor(local_ms / 60000) % 60
"""


def let_through(home: Home, every: int) -> None:
    """Store verdicts that let scans through by a chance of one in ten, before and after as_of."""
    journal = home.journal()
    scans = journal.frame("scans", columns=["event_id"])[::every]
    with home.database.writing() as store:
        store.many(
            "INSERT INTO verdicts (program, event_id, place, bundle_id, policy_version, verdict, "
            "points_held, body, vector, decided_ms, release_chance, released) "
            "VALUES (?, ?, ?, 'b', 'p', 0, 0, ?, ?, 0, 0.1, 1)",
            [(journal.key, int(event), int(place), b"{}", b"")
             for event, place in zip(scans["event_id"], scans["place"], strict=True)])


@pytest.fixture(scope="module")
def home(settled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("train") / "home"
    shutil.copytree(settled, folder)
    (folder / "features").mkdir()
    (folder / "features/own.yaml").write_text(OWN)
    opened = Home(folder)
    let_through(opened, every=20)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def as_of(home: Home) -> int:
    return home.journal().as_of_ms - 30 * DAY_MS


@pytest.fixture(scope="module")
def first(home: Home, as_of: int) -> TrainReport:
    return train(home, as_of=as_of)


def truncated(settled: Path, folder: Path, as_of_ms: int) -> Home:
    """A home whose journal ends just before a moment."""
    shutil.copytree(settled, folder)
    place = first_place(as_of_ms)
    with sqlite3.connect(folder / "journal.sqlite") as store:
        tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master "
                                                  "WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
            if "place" in columns:
                store.execute(f"DELETE FROM {table} WHERE place >= ?", (place,))
        last = max(store.execute(f"SELECT max(place) FROM {table}").fetchone()[0] or 0
                   for table in ("scans", "referrals", "redemptions"))
        store.execute("UPDATE programs SET last_place = ?", (last,))
    store.close()
    return Home(folder)


def test_the_first_bundle_is_champion_everywhere(
    home: Home, first: TrainReport, tmp_path: Path
) -> None:
    """Pointer and registry agree on who serves, and the bundle loads with today's features."""
    root = home.bundles(first.program_id)
    folder = champion.champion(root)
    assert folder is not None
    assert (first.role, folder.name) == ("champion", first.bundle_id)
    copied = Registry(home.path, SETTINGS).load(first.program_id, "champion", tmp_path)
    assert json.loads((copied / "manifest.json").read_text())["bundle_id"] == first.bundle_id
    bundle = Bundle.load(folder, home.catalog(first.program_id))
    assert bundle.fraud is not None
    assert bundle.anomaly is not None


def test_a_program_s_own_features_are_learnt_from(home: Home, first: TrainReport) -> None:
    """They stand in the bundle with hash and meaning; without their declaration it is refused."""
    root = home.bundles(first.program_id)
    bundle = Bundle.load(root / first.bundle_id)
    assert tuple(bundle.event_features) == (*CATALOG.names, "event_minute")
    assert bundle.needed["event_minute"] == home.catalog().hashes["event_minute"]
    assert bundle.meanings == {"event_minute": "Minute of the hour"}
    with pytest.raises(BadInput, match="a missing feature event_minute"):
        bundle.bound(CATALOG)


def test_a_run_holds_what_the_bundle_was_made_from(home: Home, first: TrainReport) -> None:
    """Windows, metrics with the ends of their intervals, and every hash of a feature."""
    run = Registry(home.path, SETTINGS).run_of(first.program_id, first.bundle_id)
    assert run is not None
    assert {name for name in run["params"] if name.startswith("window.")} == {
        f"window.{name}" for name in ("fit", "calibration", "thresholds", "kept_out", "future")}
    assert {f"hold_precision_{end}" for end in ("value", "low", "high")} <= set(run["metrics"])
    (path,) = (home.path / "mlartifacts").glob(f"{run['run_id']}/artifacts/data/data.json")
    said = json.loads(path.read_text())
    assert said["event_features"] == dict(home.catalog().hashes)
    assert said["windows"] == first.windows
    folders = {part.name for part in path.parents[1].iterdir()}
    assert {"bundle", "card", "drift", "data"} <= folders


def test_the_papers_are_written(home: Home, first: TrainReport) -> None:
    """Card, plots and drift report lie together, and the card names what it can't do."""
    folder = home.path / "reports" / first.program_id / first.bundle_id
    names = {path.name for path in folder.iterdir()}
    assert {"card.md", "drift.json", "drift.html", "families.png", "shap.png"} <= names
    assert "can't do" in (folder / "card.md").read_text(encoding="utf-8")


def test_what_was_let_through_by_chance_is_learnt_from_and_told(
    home: Home, first: TrainReport
) -> None:
    """Report and card say the share of fraud among holds with its interval, or that it is few."""
    told = first.as_dict()["released"]
    assert told["enough"]
    assert told["precision"]["low"] <= told["precision"]["value"] <= told["precision"]["high"]
    card = Path(first.card).read_text(encoding="utf-8")
    assert f"## What was let through by chance\n\n{told['sentence']}" in card
    weight = build(home.journal(), home.journal().as_of_ms, SETTINGS, 0,
                   catalog=home.catalog()).known.labels.weight
    assert 0 < (weight == 10).mean() < 0.1


def test_the_report_is_plain_json(first: TrainReport) -> None:
    """What the command prints holds no NaN and names labels, limits and drift."""
    told = json.loads(json.dumps(first.as_dict(), allow_nan=False))
    assert told["supervised"] is True
    assert told["labels"]["fit"]["fraud"] > 0
    assert set(told["limits"]) == {"score", "anomaly", "ring"}
    assert told["drift"]["sentence"]


def test_nothing_in_the_bundle_knows_what_follows(
    settled: Path, home: Home, first: TrainReport, as_of: int, tmp_path: Path
) -> None:
    """A journal that ends at as_of gives the same bundle to the byte."""
    cut = truncated(settled, tmp_path / "cut", as_of)
    let_through(cut, every=20)
    again = build(cut.journal(), as_of, SETTINGS, seed=0, catalog=home.catalog())
    cut.close()
    assert again.bundle.save(tmp_path / "again").name == first.bundle_id
    assert again.known.cut.future.days == 0


def test_later_bundles_are_challengers_until_promoted(
    home: Home, first: TrainReport, as_of: int
) -> None:
    """A second bundle waits; promote and rollback move pointer and aliases together."""
    second = train(home, as_of=as_of - DAY_MS, seed=1)
    assert second.role == "challenger"
    assert champion.challenger(home.bundles(first.program_id)).name == second.bundle_id
    with pytest.raises(Conflict, match="run jaga gates first"):
        promote(home)
    assert promote(home, without_gates="A trial.")["champion"] == second.bundle_id
    assert champion.history(home.bundles(first.program_id))[-1] == second.bundle_id
    assert rollback(home)["champion"] == first.bundle_id
    with pytest.raises(NotFound, match="champion before"):
        rollback(home)


def test_three_members_get_sentences(
    three_members: Path, home_of: Callable[[Path], Home]
) -> None:
    """A handful of events gives a bundle that says what it lacks, and no traceback."""
    home = home_of(three_members)
    told = train(home).as_dict()
    assert told["supervised"] is False
    assert any("Wanted 100 labelled events" in sentence for sentence in told["sentences"])
    assert any("too few to say what is usual" in sentence for sentence in told["sentences"])
    assert told["results"] == []
    assert told["released"]["sentence"].startswith("Not enough")
    assert "Too little to compare" in told["drift"]["sentence"]


def test_one_class_only_ships_the_label_free_bundle(
    world: Path, tmp_path: Path, home_of: Callable[[Path], Home]
) -> None:
    """Labels that are all honest are said to be too few frauds; no score is served."""
    import pandas as pd

    export = tmp_path / "one-class"
    shutil.copytree(world, export, ignore=shutil.ignore_patterns("truth"))
    feedback = pd.read_parquet(export / "feedback.parquet")
    feedback[feedback["label"] == "legit"].to_parquet(export / "feedback.parquet")
    journal = home_of(export).journal()
    built = build(journal, journal.as_of_ms, SETTINGS, seed=0)
    assert "frauds" in built.fitted.sentences[0]
    assert built.bundle.fraud is None
    assert built.bundle.thresholds.score == {}
    assert built.bundle.thresholds.anomaly


def test_an_as_of_before_everything_is_no_error(
    three_members: Path, home_of: Callable[[Path], Home]
) -> None:
    """Nothing known yet gives an empty bundle and sentences."""
    journal = home_of(three_members).journal()
    built = build(journal, DAY_MS, SETTINGS, seed=0)
    assert len(built.known.past) == 0
    assert built.fitted.sentences
