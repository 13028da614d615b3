"""Rings in verdicts: held by what was published at midnight, told in words, the same everywhere."""

from __future__ import annotations

import json
import shutil
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.catalog import CATALOG
from features.store.home import Home
from features.store.ingest import ingest
from models.bundle import Bundle
from models.champion import champion, promote
from models.thresholds import Thresholds
from serving.champion import load_champion
from serving.circumstances import Circumstances
from serving.commits import Commits, Work
from serving.everyreason import every_reason
from serving.explain import explain
from serving.history import judge_history
from serving.live import Live
from serving.replay import replay
from serving.snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIDNIGHT = pd.Timestamp("2025-03-04T00:00:00Z")
HOUR = 3_600_000
WORDS = "One of 5 connected accounts: 5 share one payout account; 5 joined within 7 days."
OF_RINGS = ("ring", "ring_size", "ring_facts")


def export(folder: Path, **tables: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "program.yaml").write_text("program_id: acme\nenforcement: full\n")
    for table, rows in tables.items():
        pd.DataFrame(rows).assign(program_id="acme").to_csv(folder / f"{table}.csv", index=False)
    return folder


def at(hours: float) -> pd.Timestamp:
    return MIDNIGHT + pd.Timedelta(hours=hours)


def scan(name: str, member: str, hours: float) -> dict[str, Any]:
    return {"event_id": name, "member_id": member, "occurred_at": at(hours).isoformat(),
            "points": 20, "proof": "qr", "code_id": f"C-{1000 + int(name[1:])}",
            "device_id": f"d-{member}"}


EVENTS = [scan(f"e{n}", member, hours) for n, (member, hours) in enumerate([
    ("r-0", -30), ("r-1", -26), ("m-1", -20), ("r-1", -2), ("r-2", 1), ("m-2", 2), ("r-4", 20),
    ("r-3", 26), ("m-3", 27), ("r-0", 80), ("r-0", 81)])]
"""The day the five join, before and after the first midnight, a second, days of silence."""


@pytest.fixture
def home(world: Any, tmp_path: Path) -> Iterator[Home]:
    """A champion that holds rings; five accounts on one wallet joined on the second of March."""
    opened = world.home
    root = opened.bundles("acme")
    folder = champion(root)
    assert folder is not None
    bundle = Bundle.load(folder)
    limits = Thresholds(ring={"scan": 0.3})
    promote(root, replace(bundle, thresholds=limits).save(root).name)
    ingest(opened, export(tmp_path / "ring", members=[
        {"member_id": f"r-{n}", "persona": "retailer", "joined_at": at(-36 + n).isoformat(),
         "payout_id": "w-1", "language": "en"} for n in range(5)], scans=[scan("e99", "m-5", -37)]))
    yield opened
    opened.close()


class Bench:
    """A program judged live, each event at its own time."""

    def __init__(self, home: Home) -> None:
        self.home, self.journal = home, home.journal()
        self.live = self.fresh()
        self.live.rebuild()

    def fresh(self, snapshots: Snapshots | None = None) -> Live:
        journal = self.home.journal()
        return Live(journal, load_champion(self.home, journal), CATALOG, snapshots=snapshots)

    def snapshots(self) -> Snapshots:
        return Snapshots(self.home.path / "states", self.journal, CATALOG)

    def judge(self, event: dict[str, Any]) -> dict[str, Any]:
        ms = round(pd.Timestamp(event["occurred_at"]).timestamp() * 1000)
        body = {"kind": "scan", **event}
        answer = Commits(self.live).commit([Work(lambda w: self.live.judge(w, body, ms))])[0]
        assert isinstance(answer, bytes), answer
        return dict(json.loads(answer))


@pytest.fixture
def bench(home: Home) -> Bench:
    return Bench(home)


def ring_of(answer: dict[str, Any]) -> dict[str, Any] | None:
    told = [reason for reason in answer["reasons"] if reason["code"] == "ring.members"]
    return told[0] if told else None


def test_a_ring_holds_from_the_midnight_after_it_shows(bench: Bench) -> None:
    """Its members are held by what they share, in words that name nobody; others are not."""
    answers = {event["event_id"]: bench.judge(event) for event in EVENTS}
    assert [name for name, answer in answers.items() if answer["verdict"] != "approve"] == [
        "e3", "e4", "e6", "e7", "e9", "e10"]
    held = answers["e4"]
    assert (held["verdict"], held["hard_proof"]) == ("review", [])
    reason = held["reasons"][0]
    assert (reason["code"], reason["text"], reason["value"]) == ("ring.members", WORDS, 5)
    assert reason["contribution"] is None
    assert held["hold"] is not None


def test_live_explained_replayed_and_from_history_agree(
    bench: Bench, tmp_path: Path, home: Home
) -> None:
    """One event has one ring: answered live, derived again, replayed, judged from the journal."""
    for name in ("replayed", "history"):
        shutil.copytree(home.path, tmp_path / name)
    live = {event["event_id"]: bench.judge(event) for event in EVENTS}
    assert sum(ring_of(answer) is not None for answer in live.values()) == 6
    for name in live:
        explained = explain(home, name)
        assert explained.equal, explained.differing

    folder = export(tmp_path / "events", scans=EVENTS, members=[])
    (folder / "members.csv").write_text("member_id,program_id,persona,joined_at\n"
                                        "m-0,acme,retailer,2024-06-01T00:00:00Z\n")
    with closing(Home(tmp_path / "replayed")) as other:
        replay(other, folder, tmp_path / "out.parquet")
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    replayed = {row["event_id"]: json.loads(row["reasons"]) for row in rows}
    assert replayed == {name: answer["reasons"] for name, answer in live.items()}

    with closing(Home(tmp_path / "history")) as other:
        ingest(other, folder)
        bench = Bench(other)
        wanted = np.sort(bench.journal.numbers("event", list(live)))
        judged = {verdict.event_id: [reason.to_json() for reason in verdict.reasons]
                  for _, verdict in judge_history(bench.fresh(), wanted)}
    assert judged == replayed


@pytest.mark.parametrize("stop", [3, 4, 6, 8])
def test_a_restart_from_a_snapshot_knows_the_same_rings(bench: Bench, stop: int) -> None:
    """Also where the snapshot was taken before the day's rings were asked for."""
    for event in EVENTS[:stop]:
        bench.judge(event)
    snapshots = bench.snapshots()
    whole = bench.fresh()
    whole.rebuild()
    snapshots.keep(whole.snapshot() if stop % 2 else bench.live.snapshot())
    lives = [bench.live, bench.fresh(snapshots), whole]
    assert lives[1].rebuild() == 0
    told = []
    for live in lives:
        bench.live = live
        told.append(_asked(bench, EVENTS[stop]))
    assert told[0] == told[1] == told[2]
    assert (told[0][0] > 0.3) == EVENTS[stop]["member_id"].startswith("r")


def _asked(bench: Bench, event: dict[str, Any]) -> list[Any]:
    """What an event that is not stored would be told of its ring."""
    ms = round(pd.Timestamp(event["occurred_at"]).timestamp() * 1000)
    record = np.array([])
    with suppress(ZeroDivisionError), bench.journal.begin() as writing:
        record = writing.event("scan", event, ms).record
        raise ZeroDivisionError
    links = bench.live.circumstances.links
    links.note(record.reshape(1, -1))
    found = bench.live.circumstances.occasion(record, "probe", links.rings)
    return [getattr(found, name) or 0.0 for name in OF_RINGS]


def test_an_idle_moment_prepares_the_day_and_changes_nothing(bench: Bench) -> None:
    """Rings weighed after midnight are used, and weighed anew where something came in late."""
    for event in EVENTS[:3]:
        bench.judge(event)
    links = bench.live.circumstances.links
    ms = round(at(-1).timestamp() * 1000)
    links.prepare(ms)
    assert links._ready is None
    bench.judge(EVENTS[3])
    for _ in range(2):
        links.prepare(ms + 2 * HOUR)
    ready = links._ready
    assert ready is not None
    bench.judge(EVENTS[4])
    assert links.rings is ready
    links.prepare(ms + 26 * HOUR)
    again = links._ready
    late = scan("e90", "m-9", 23.5)
    bench.judge(late)
    assert links._ready is again
    told = bench.judge(EVENTS[7])
    assert links.rings is not again
    assert ring_of(told) is not None
    assert explain(bench.home, EVENTS[7]["event_id"]).equal


def test_a_wallet_declared_innocent_releases_from_the_next_midnight(bench: Bench) -> None:
    """A declared cooperative is no ring, and the earlier verdict stays what it was."""
    held = bench.judge(EVENTS[4])
    assert ring_of(held) is not None
    row = pd.DataFrame([{"program_id": "acme", "kind": "shared_payout", "subject_id": "w-1",
                         "valid_from": at(3).isoformat()}])
    Commits(bench.live).commit([Work(lambda w: w.rows(
        "declarations", row, arrival_ms=round(at(3).timestamp() * 1000)), alone=True)])
    assert ring_of(bench.judge(EVENTS[6])) is not None
    assert bench.judge(EVENTS[7])["verdict"] == "approve"
    assert explain(bench.home, "e4").equal


def test_all_reasons_of_an_event_keep_its_ring(bench: Bench) -> None:
    """Asked later, the ring is told as it was then, whatever today's rings say."""
    stored = bench.judge(EVENTS[4])
    circumstances = Circumstances()
    circumstances.recall(bench.journal)
    every = every_reason(bench.journal, bench.live.bundle, circumstances, "e4")
    assert every[0] == ring_of(stored)
    assert len(every) >= len(stored["reasons"])


def test_thresholds_without_rings_hold_nobody_for_one(bench: Bench) -> None:
    """A bundle trained before rings has no limit on them."""
    bench.live.bundle = replace(bench.live.bundle, thresholds=Thresholds())
    assert bench.judge(EVENTS[4])["verdict"] == "approve"
