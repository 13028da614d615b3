"""Replay, score and suggest over a small home."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from features.errors import BadInput, NotFound, Unavailable
from features.store.home import Home
from serving.explain import explain
from serving.replay import replay
from serving.score import score
from serving.sending import sort_out
from serving.suggest import suggest

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ["event_id", "member_id", "kind", "recorded_at", "points", "verdict", "points_held",
           "score", "anomaly", "hard_proof", "reasons", "in_sample"]


@pytest.fixture
def export(world: Any, tmp_path: Path) -> Path:
    """A second export of the same program: its old scans, and a week of new ones."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "program.yaml").write_text("program_id: acme\nlanguages: [en, id]\n")
    start = pd.Timestamp("2025-03-03T08:00:00Z")
    times = [start + pd.Timedelta(minutes=37 * n) for n in range(200)]
    new = pd.DataFrame({
        "event_id": [f"n-{n:03}" for n in range(200)], "program_id": "acme", "proof": "qr",
        "member_id": [f"m-{n % 30}" for n in range(200)], "points": [20, 40, 80, 20] * 50,
        "occurred_at": [time.isoformat() for time in times],
        "code_id": [f"C-{900 + n}" for n in range(200)], "outcome": "credited",
    })
    new.loc[100, "code_id"] = "C-905"
    old = pd.DataFrame({
        "event_id": ["h-10", "h-11"], "program_id": "acme", "proof": "qr",
        "member_id": "someone-else", "points": 1, "occurred_at": "2025-01-01T00:00:00Z",
        "code_id": "x", "outcome": "credited",
    })
    pd.concat([new, old]).to_csv(folder / "scans.csv", index=False)
    pd.DataFrame({"member_id": ["m-0"], "program_id": ["acme"], "persona": ["retailer"],
                  "joined_at": ["2024-06-01T00:00:00Z"], "language": ["en"],
                  "channels": ["whatsapp"], "consent": [True], "tier": ["gold"],
                  "region": ["java"]}).to_csv(folder / "members.csv", index=False)
    return folder


def rows(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path)


def test_replay_judges_new_events_once(world: Any, export: Path, tmp_path: Path) -> None:
    """New events are appended and judged; a second replay returns the same rows."""
    home = world.home
    first = replay(home, export, tmp_path / "first.parquet")
    again = replay(home, export, tmp_path / "again.parquet")
    assert (first.new, again.new, first.rows, first.rejects) == (200, 0, 200, 2)
    left, right = rows(tmp_path / "first.parquet"), rows(tmp_path / "again.parquet")
    assert list(left.columns) == COLUMNS
    assert left.drop(columns="hard_proof").equals(right.drop(columns="hard_proof"))
    assert left["event_id"].tolist() == [f"n-{n:03}" for n in range(200)]
    assert left["recorded_at"].iloc[1] == pd.Timestamp("2025-03-03T08:37:00Z")
    assert not left["in_sample"].any()
    home.close()


def test_a_conflicting_row_takes_no_verdict_away(world: Any, tmp_path: Path) -> None:
    """The same id with another body is a reject; the event that is stored keeps its row."""
    folder = tmp_path / "twice"
    folder.mkdir()
    (folder / "program.yaml").write_text("program_id: acme\n")
    pd.DataFrame({
        "member_id": ["m-1"], "program_id": "acme", "persona": "retailer",
        "joined_at": "2024-06-01T00:00:00Z",
    }).to_csv(folder / "members.csv", index=False)
    pd.DataFrame({
        "event_id": ["q-1", "q-1", "q-2"], "member_id": "m-1", "program_id": "acme",
        "occurred_at": "2025-03-04T00:00:00Z", "points": [5, 9, 5], "proof": "qr",
        "code_id": ["C-1", "C-1", "C-2"],
    }).to_csv(folder / "scans.csv", index=False)
    home = world.home
    for name in ("first", "again"):
        done = replay(home, folder, tmp_path / f"{name}.parquet")
        assert rows(tmp_path / f"{name}.parquet")["event_id"].tolist() == ["q-1", "q-2"]
        assert done.rejects == 1
    home.close()


def test_replay_enforces_and_explains(world: Any, export: Path, tmp_path: Path) -> None:
    """A code claimed twice declines whatever the file said; its verdict can be derived again."""
    home = world.home
    replay(home, export, tmp_path / "out.parquet")
    row = rows(tmp_path / "out.parquet").set_index("event_id").loc["n-100"]
    assert row["verdict"] == "decline"
    assert list(row["hard_proof"]) == ["code_credited_other"]
    assert json.loads(row["reasons"])[0]["code"] == "proof.code_credited_other"
    assert home.journal().event("n-100")[1]["outcome"] == 2
    assert explain(home, "n-100").equal
    home.close()


def test_a_second_export_continues_the_first(world: Any, export: Path, tmp_path: Path) -> None:
    """Half of the events, then all of them, gives what all of them at once give."""
    whole = pd.read_csv(export / "scans.csv")
    once, home = world.home, Home(shutil.copytree(world.path, tmp_path / "other"))
    replay(once, export, tmp_path / "once.parquet")
    whole.head(90).to_csv(export / "scans.csv", index=False)
    replay(home, export, tmp_path / "half.parquet")
    whole.to_csv(export / "scans.csv", index=False)
    replay(home, export, tmp_path / "rest.parquet")
    left, right = rows(tmp_path / "once.parquet"), rows(tmp_path / "rest.parquet")
    assert left.drop(columns="hard_proof").equals(right.drop(columns="hard_proof"))
    once.close()
    home.close()


def test_ingested_events_are_judged_before_their_place(
    world: Any, made: Any, tmp_path: Path
) -> None:
    """History without verdicts is judged on what was known then, in sample, and stays as it was."""
    home = world.home
    before = home.journal().last_place
    report = replay(home, made.path.parent / "export", tmp_path / "out.parquet")
    out = rows(tmp_path / "out.parquet")
    assert (report.new, len(out)) == (0, 900)
    assert out["in_sample"].all()
    assert home.journal().last_place == before
    assert home.journal().verdict("h-10") is None
    assert not (out["verdict"] == "decline").any()
    home.close()


def test_replay_leaves_a_running_service_alone(world: Any, export: Path, tmp_path: Path) -> None:
    """While another process holds the right to write, replay says so and changes nothing."""
    home = world.home
    other = FileLock(world.path / "writer.lock", is_singleton=False)
    with other, pytest.raises(Unavailable, match="right to write"):
        replay(home, export, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()
    home.close()


def test_score_writes_a_row_a_member(world: Any, tmp_path: Path) -> None:
    """Every member has an anomaly, a chance of silence and a state; reasons only who slips."""
    home = world.home
    report = score(home, tmp_path / "scores")
    table = rows(tmp_path / "scores" / "members.parquet")
    assert len(table) == report.members == 30
    assert {"member_id", "as_of", "anomaly", "p_inactive", "horizon_days",
            "expected_next_activity", "state", "reasons"} <= set(table.columns)
    assert table["p_inactive"].between(0, 1).all()
    assert table["anomaly"].dropna().between(0, 1).all()
    needs = table["state"].isin(["slipping", "lapsed"])
    assert table["reasons"].notna().equals(needs)
    assert (table["as_of"] == table["as_of"].iloc[0]).all()
    home.close()


def test_scores_know_nothing_of_later(world: Any, tmp_path: Path) -> None:
    """A score as of a past moment is the same whatever happened after it."""
    home = world.home
    moment = int(pd.Timestamp("2025-02-01T00:00:00Z").timestamp() * 1000)
    score(home, tmp_path / "one", as_of=moment)
    with home.journal().begin() as writing:
        prepared = writing.event("scan", {
            "event_id": "late", "member_id": "m-1", "points": 5, "proof": "qr",
            "occurred_at": "2025-03-20T00:00:00Z"}, home.journal().as_of_ms + 10**9)
        writing.insert(prepared, 0)
    score(home, tmp_path / "two", as_of=moment)
    left, right = (rows(tmp_path / name / "members.parquet") for name in ("one", "two"))
    assert left.equals(right)
    home.close()


def test_suggestions_rank_missions(world: Any, tmp_path: Path) -> None:
    """Suggestions carry effect, basis and cost; a budget bounds what they spend."""
    home = world.home
    moment = int(pd.Timestamp("2025-03-22T00:00:00Z").timestamp() * 1000)
    report = suggest(home, tmp_path / "out.parquet", as_of=moment)
    table = rows(tmp_path / "out.parquet")
    assert report.suggestions > 0
    assert table["rank"].tolist() == list(range(1, report.suggestions + 1))
    assert {"decision_id", "member_id", "mission_id", "channel", "effect", "effect_low",
            "effect_high", "basis", "cost_points", "reasons"} <= set(table.columns)
    tight = suggest(home, tmp_path / "tight.parquet", budget=120, as_of=moment)
    assert tight.cost_points <= 120
    home.close()


def test_suggestions_can_be_sent_by_their_id(world: Any, tmp_path: Path) -> None:
    """Every decision is kept, held-out ones too; a dry run keeps none; a segment is a part."""
    home = world.home
    moment = int(pd.Timestamp("2025-03-22T00:00:00Z").timestamp() * 1000)
    out = tmp_path / "out.parquet"
    ask: dict[str, Any] = {"as_of": moment, "now_ms": moment}
    dry = suggest(home, out, is_dry=True, segment={"persona": "retailer"}, **ask)
    names = rows(out)["decision_id"].tolist()
    key = home.journal().key
    with home.database.reading() as store:
        assert dry.kept == 0
        assert sort_out(store, key, names, moment).answer["sent"] == []
    done = suggest(home, out, segment={"persona": "retailer"}, **ask)
    assert done.suggestions == dry.suggestions > 0
    assert done.kept >= done.suggestions + done.held_out
    assert done.power["held_out"] == done.held_out
    with home.database.reading() as store:
        assert sort_out(store, key, names, moment).answer["sent"] == names
    with home.writer.held():
        assert suggest(Home(home.path), out, channel_capacity={"whatsapp": 1}, **ask).kept
    assert len(rows(out)) <= 1
    home.close()


@pytest.mark.parametrize(("ask", "wanted"), [
    ({"segment": {"shoe": "42"}}, "persona"), ({"segment": {"persona": "king"}}, "retailer"),
    ({"channel_capacity": {"fax": 1}}, "whatsapp"), ({"budget": -1}, "budget")])
def test_suggestions_of_what_is_not_there_are_refused(
    world: Any, tmp_path: Path, ask: dict[str, Any], wanted: str
) -> None:
    """An unknown segment, value or channel, and a budget below zero; no file is written."""
    with pytest.raises(BadInput, match=wanted):
        suggest(world.home, tmp_path / "out.parquet", **ask)
    assert not (tmp_path / "out.parquet").exists()


def test_explain_needs_a_verdict(world: Any) -> None:
    """An event that was only ingested has nothing to explain."""
    home = world.home
    with pytest.raises(NotFound):
        explain(home, "h-1")
    assert np.isfinite(home.journal().last_place)
    home.close()
