"""The program's own error is nobody's fraud: one alarm, one nudge, and few who wait."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np
import pandas as pd
import pytest

from features.alarms import Alarms
from features.catalog import CATALOG
from features.engine.state import State
from features.records import COLUMN, SCORED
from features.store.home import Home
from features.store.ingest import ingest
from models.bundle import Bundle
from models.calibration import fit_calibration
from models.champion import promote
from models.fraud import FraudModel
from models.policy import Policy
from models.thresholds import Thresholds
from serving.champion import load_champion
from serving.explain import explain
from serving.history import judge_history
from serving.live import Live
from serving.nudges import Nudges
from serving.replay import replay
from training.simulate import simulate

if TYPE_CHECKING:
    from pathlib import Path

DAYS = pd.Timedelta(days=1)
DAY = 86_400_000
TIMES = 10
POLICIES = {
    "heard": Policy.read().text,
    "ignored": 'version: "1"\nalarms: {code_file_stale: hold}\n',
}


@dataclass
class Errors:
    """A simulated program that made two mistakes in its last weeks.

    The code file of one product never came for what was printed last; in the last two days the
    points of all others were multiplied by ten. ``before`` and ``after`` are its export, cut.
    """

    before: Path
    after: Path
    stale: set[str]
    mistyped: set[str]
    program_id: str


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{name}.parquet")


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> Errors:
    """A small world of the simulator, with mistakes as large as programs make them."""
    folder = tmp_path_factory.mktemp("errors")
    whole, before, after = (folder / name for name in ("whole", "before", "after"))
    simulate(out=whole, members=700, days=150, seed=9)
    scans = read(whole, "scans")
    cut = scans["recorded_at"].max() - 24 * DAYS
    first = scans["sku"].value_counts().index[0]
    late = scans["recorded_at"] > cut
    is_stale = late & (scans["sku"] == first) & scans["code_id"].notna()
    is_dear = (scans["recorded_at"] > cut + 22 * DAYS) & (scans["sku"] != first)
    scans.loc[is_dear, "points"] *= TIMES
    fraud = read(whole / "truth", "events")
    fraud = set(fraud.loc[fraud["is_fraud"], "event_id"])
    for part in (before, after):
        part.mkdir()
        for path in whole.glob("*.yaml"):
            (part / path.name).write_text(path.read_text())
    for path in whole.glob("*.parquet"):
        table = scans if path.stem == "scans" else pd.read_parquet(path)
        if path.stem == "codes":
            table = table[~table["code_id"].isin(scans.loc[is_stale, "code_id"])]
        if "recorded_at" in table:
            table[table["recorded_at"] > cut].to_parquet(after / path.name)
            table = table[table["recorded_at"] <= cut]
        table.to_parquet(before / path.name)
    read(before, "members").head(1).to_parquet(after / "members.parquet")
    program = str(scans["program_id"].iloc[0])
    return Errors(before, after, set(scans.loc[is_stale, "event_id"]) - fraud,
                  set(scans.loc[is_dear, "event_id"]) - fraud, program)


@pytest.fixture(scope="module", params=[*POLICIES])
def replayed(request: Any, errors: Errors, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The last weeks through `replay`, under a policy that hears of alarms, and one that does not.

    The model takes many points for fraud.
    """
    folder = tmp_path_factory.mktemp(request.param)
    home = Home(folder / "home")
    ingest(home, errors.before)
    fit(home, errors.program_id, POLICIES[request.param])
    replay(home, errors.after, folder / "rows.parquet")
    rows = pd.read_parquet(folder / "rows.parquet").set_index("event_id")
    yield request.param, home, rows
    home.close()


def fit(home: Home, program_id: str, policy: str) -> None:
    journal = home.journal()
    state = State(CATALOG, journal.program.timezone)
    both = np.concatenate([state.replay(records) for records in journal.records()])
    points = np.nan_to_num(both[:, CATALOG.names.index("event_points")])
    is_much = points > np.quantile(points, 0.98)
    booster = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "num_threads": 2, "num_leaves": 7, "seed": 0},
        lightgbm.Dataset(both, is_much.astype(float), params={"verbosity": -1}), 20)
    raw = booster.predict(both, raw_score=True)
    fraud = FraudModel(booster, fit_calibration(raw, is_much.astype(float)), CATALOG.names,
                       CATALOG.hashes)
    bundle = Bundle(
        program_id, journal.as_of_ms, dict(CATALOG.hashes), dict(CATALOG.families),
        dict(CATALOG.units), policy=Policy.parse(policy), fraud=fraud,
        thresholds=Thresholds({"scan": 0.6}))
    promote(home.bundles(program_id), bundle.save(home.bundles(program_id)).name)


def opened(home: Home) -> Live:
    """As after a restart without a snapshot."""
    journal = home.journal()
    live = Live(journal, load_champion(home, journal, CATALOG), CATALOG)
    live.rebuild()
    return live


def told(home: Home) -> dict[str, tuple[str, ...]]:
    """Alarms open for each event, asked one record at a time in the journal's order."""
    journal, alarms, found = home.journal(), Alarms(), {}
    for records in journal.records():
        for record in records:
            if record[COLUMN["kind"]] < SCORED:
                found[int(record[COLUMN["event"]])] = alarms.open_for(record)
            alarms.note(record)
    names = journal.names("event", np.array([*found]))
    return dict(zip(map(str, names), found.values(), strict=True))


def codes(rows: pd.DataFrame) -> pd.Series:
    """Codes of the reasons of each row."""
    return rows["reasons"].map(lambda text: {reason["code"] for reason in json.loads(text)})


def not_approved(rows: pd.DataFrame, of: set[str]) -> pd.DataFrame:
    return rows[rows.index.isin(of) & (rows["verdict"] != "approve")]


def test_a_stale_file_does_not_hold_a_thousand_members(replayed: Any, errors: Errors) -> None:
    """Once the alarm is open few are held, and not for the file; without it, every one."""
    policy, home, rows = replayed
    alarms = told(home)
    explained = {event for event in errors.stale if "code_file_stale" in alarms[event]}
    assert len(explained) > 0.9 * len(errors.stale) > 300
    waiting = not_approved(rows, explained)
    if policy == "ignored":
        assert len(waiting) == len(explained)
        assert codes(waiting).map({"alarm.code_file_stale", "fact.code_unknown"}.issubset).all()
    else:
        assert len(waiting) < len(explained) / 3
        stale_alone = {"alarm.code_file_stale", "fact.code_unknown"}.issuperset
        assert not codes(waiting).map(stale_alone).any()


def test_a_mistyped_multiplier_holds_by_caps_and_facts_alone(replayed: Any, errors: Errors) -> None:
    """The many points are no mark against anybody; caps and facts hold, and the alarm is named."""
    policy, home, rows = replayed
    alarms = told(home)
    explained = {event for event in errors.mistyped if "points_jump" in alarms[event]}
    assert len(explained) > 0.5 * len(errors.mistyped) > 100
    waiting = not_approved(rows, explained)
    waiting = waiting[waiting["hard_proof"].map(len) == 0]
    found = codes(waiting)
    assert found.map(lambda each: "alarm.points_jump" in each).all()
    assert found.map(lambda each: "cap.points_per_day" in each).sum() > 10
    firm = found.map(lambda each: any(code.startswith(("cap.", "fact.")) for code in each))
    if policy == "heard":
        assert firm.all()
    else:
        assert (~firm).sum() > 30


def test_there_is_one_nudge_for_each_error(replayed: Any) -> None:
    """One sentence each with its size and next step, however many members it touched."""
    _, home, _ = replayed
    live = opened(home)
    now = home.journal().as_of_ms
    told = Nudges(live.journal, lambda: now, live=live).answer()["nudges"]
    assert [one["money"] for one in told] == sorted((one["money"] for one in told), reverse=True)
    stale, jump = sorted(told, key=lambda one: one["kind"])
    assert [stale["kind"], jump["kind"]] == ["alarm.code_file_stale", "alarm.points_jump"]
    assert stale["subject"]["kind"] == "sku"
    assert all(stale["subject"]["id"] in stale[said] for said in ("text", "next_step"))
    assert (stale["members"] > 100, stale["events"] > 300) == (True, True)
    assert Nudges(live.journal, lambda: now + 40 * DAY, live=live).answer()["nudges"] == []


def test_live_history_and_a_restart_agree(replayed: Any, errors: Errors) -> None:
    """Judged again on the journal, a verdict given live is the same to the byte."""
    _, home, rows = replayed
    journal = home.journal()
    asked = sorted(errors.stale | errors.mistyped)
    wanted = np.sort(journal.numbers("event", asked))
    live = Live(journal, load_champion(home, journal, CATALOG), CATALOG)
    verdicts = {v.event_id: v.to_json_bytes() for _, v in judge_history(live, wanted)}
    with journal.database.reading() as store:
        stored = store.rows("SELECT event_id, body FROM verdicts WHERE program = ?",
                            (journal.key,))
    names = journal.names("event", np.array([row[0] for row in stored]))
    bodies = dict(zip(map(str, names), (bytes(row[1]) for row in stored), strict=True))
    assert verdicts == {event: bodies[event] for event in asked}
    kept = [each.circumstances.alarms.arrays() for each in (live, opened(home))]
    assert all(np.array_equal(cells, kept[1][name]) for name, cells in kept[0].items())
    some = [rows.index[codes(rows).map(lambda each, code=code: f"alarm.{code}" in each)][-1]
            for code in ("code_file_stale", "points_jump") if codes(rows).map(
                lambda each, code=code: f"alarm.{code}" in each).any()]
    assert [explain(home, event).differing for event in some] == [{}] * len(some)
