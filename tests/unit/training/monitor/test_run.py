"""A monitor's look from end to end, over a small simulated program."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from features.errors import BadInput, NotFound
from features.store.home import Home
from models.answers import rfc3339
from models.trusthistory import TrustHistory
from training.benchmarks.drift_worlds import learn
from training.monitor.run import look, monitor, scores_of, settle
from training.settings import read_settings
from training.splits import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow and Evidently warn on import
SETTINGS = read_settings()


class Made(NamedTuple):
    """A home with a champion that learnt until fifty days before its end."""

    home: Home
    bundle: Any
    events: Any
    end_ms: int


@pytest.fixture(scope="module")
def made(settled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("monitor") / "home"
    shutil.copytree(settled, folder)
    home = Home(folder)
    end = home.journal().as_of_ms
    bundle, events = learn(home, end - 50 * DAY_MS)
    yield Made(home, bundle, events, end)
    home.close()


def told(made: Made, as_of_ms: int, **more: Any) -> dict[str, Any]:
    return look(made.home.journal(), made.bundle, made.events, as_of_ms, SETTINGS,
                **more).as_dict()


def test_a_look_is_written_logged_and_settles_nothing_that_is_so_already(made: Made) -> None:
    """Every gate has a sentence; the page is Evidently's; a sound model gets no row."""
    report = monitor(made.home, events=made.events)
    body = json.loads((report.folder / "monitor.json").read_text())
    assert body == json.loads(json.dumps(report.as_dict()))
    assert [gate["code"] for gate in body["gates"]] == [
        "data_drift", "score_drift", "fraud_mode", "label_share", "label_delay", "missed_fraud",
        "parity", "model_age"]
    assert all(gate["sentence"].endswith(".") for gate in body["gates"])
    assert (report.folder / "drift.html").stat().st_size > 10_000
    assert report.folder.parent == made.home.path / "monitor" / report.program_id
    assert body["trust"]["weight"] == 1.0
    assert settle(made.home, report) is None


def test_a_look_knows_nothing_of_what_comes_later(made: Made) -> None:
    """With the days after the moment cut off, it says the same to the last digit."""
    at = made.end_ms - 20 * DAY_MS
    before = made.events.take(made.events.ms < at)
    short = made._replace(events=before)
    assert told(made, at) == told(short, at)
    score = scores_of(made.bundle, made.events)
    assert told(made, at, score=score) == told(made, at)


def test_a_label_of_later_moves_no_look_back(made: Made, tmp_path: Path) -> None:
    """Feedback that comes after the moment is not seen, whatever it says."""
    at = made.end_ms - 20 * DAY_MS
    before = told(made, at)
    journal = made.home.journal()
    names = journal.names("event", made.events.event[-400:])
    rows = pd.DataFrame({"event_id": names, "label": "fraud", "source": "audit",
                         "decided_at": rfc3339(at + DAY_MS)})
    with journal.begin() as writing:
        writing.rows("feedback", rows, arrival_ms=made.end_ms)
    assert told(made, at) == before


def test_features_that_moved_lower_the_trust_until_they_are_back(made: Made) -> None:
    """Well past its limit drift lowers the weight; a look back at calmer days does not."""
    matrix = made.events.matrix.copy()
    late = made.events.ms >= made.end_ms - 14 * DAY_MS
    matrix[late] = matrix[late] * 7 + 1000
    moved = made._replace(events=type(made.events)(**{
        **{name: getattr(made.events, name) for name in made.events.__dataclass_fields__},
        "matrix": matrix}))
    report = look(made.home.journal(), moved.bundle, moved.events, made.end_ms, SETTINGS)
    assert report.gate("data_drift").passed is False
    assert report.has_drifted
    assert report.trust.weight < 1
    settled = settle(made.home, report)
    assert settled is not None
    assert settle(made.home, report) is None
    with made.home.database.reading() as store:
        history = TrustHistory.read(store, made.home.journal().key)
    assert history.of(made.bundle.bundle_id, settled.known_ms - 1).weight == 1
    assert history.of(made.bundle.bundle_id, settled.known_ms).weight == report.trust.weight
    assert told(made, made.end_ms - 20 * DAY_MS)["trust"]["weight"] == 1


def test_features_served_otherwise_are_told(made: Made) -> None:
    """The same bits pass; one verdict with another feature closes the gate."""
    journal, bundle = made.home.journal(), made.bundle
    rows = np.flatnonzero(made.events.ms >= made.end_ms - 5 * DAY_MS)[:60]
    with made.home.database.writing() as store:
        for row in rows.tolist():
            store.run(
                "INSERT INTO verdicts (program, event_id, place, bundle_id, policy_version, "
                "verdict, points_held, body, vector, decided_ms) "
                "VALUES (?, ?, ?, ?, 'p', 0, 0, ?, ?, 0)",
                (journal.key, int(made.events.event[row]), int(made.events.place[row]),
                 bundle.bundle_id, b"{}", bundle.narrow(made.events.matrix[row]).tobytes()))
    parity = {gate["code"]: gate for gate in told(made, made.end_ms)["gates"]}["parity"]
    assert (parity["passed"], parity["value"]) == (True, 0.0)
    other = made.events.matrix[rows[0]] + 1
    with made.home.database.writing() as store:
        store.run("UPDATE verdicts SET vector = ? WHERE program = ? AND event_id = ?",
                  (bundle.narrow(other).tobytes(), journal.key, int(made.events.event[rows[0]])))
    parity = {gate["code"]: gate for gate in told(made, made.end_ms)["gates"]}["parity"]
    assert parity["passed"] is False
    assert "1 of 60 verdicts" in parity["sentence"]


def test_an_empty_window_and_a_home_without_a_model_are_refused(
    made: Made, tmp_path: Path
) -> None:
    """Each with what to do."""
    with pytest.raises(BadInput, match="wait until events come in"):
        told(made, made.end_ms + 60 * DAY_MS)
    bare = Home(tmp_path / "bare")
    bare.create(made.home.journal().program)
    with pytest.raises(NotFound, match="run jaga train first"):
        monitor(bare)
    bare.close()


