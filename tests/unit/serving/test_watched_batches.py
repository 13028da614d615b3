"""A watched batch: its codes wait for a person, wherever an event is judged, and no longer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.catalog import CATALOG
from features.records import COLUMN, COLUMNS, KINDS
from features.store.home import Home
from serving.backtest.candidate import candidates
from serving.backtest.sweep import sweep
from serving.champion import load_champion
from serving.circumstances import Circumstances
from serving.codebatches import CodeBatches
from serving.commits import Commits, Work
from serving.everyreason import every_reason
from serving.explain import explain
from serving.held import bits_of
from serving.history import judge_history
from serving.limping.known import Known
from serving.limping.mender import ALL, judge_unseen
from serving.listed import ListEntry
from serving.lists import Lists
from serving.live import Live
from tests.unit.serving.acting import Acts, scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.writing import Writing

HOUR = 3_600_000
WATCH = "watch.batch"


class Bench(Acts):
    """One program and its lists."""

    def __init__(self, path: Any) -> None:
        self.home = Home(path)
        self.journal = self.home.journal()
        self.now = self.journal.as_of_ms + 60_000
        self.count = 0
        self.open()

    def open(self) -> None:
        """Begin as a new process does."""
        self.live = Live(self.journal, load_champion(self.home, self.journal), CATALOG)
        self.live.rebuild()
        self.commits = Commits(self.live)

    def say(self, word: str, kind: str, name: str, lasts_ms: int | None = None) -> None:
        self.now += 1000
        entry = ListEntry(word, kind, name, self.now,
                          None if lasts_ms is None else self.now + lasts_ms, "Copies are about.")

        def act(writing: Writing) -> None:
            number = writing.entities.create(kind, name)
            Lists(writing.store, writing.key).add(entry, number, "rina")

        self.commits.commit([Work(act, alone=True)])

    def scan(self, name: str, code: str, **more: Any) -> dict[str, Any]:
        self.count += 1
        (body,) = self.judge(scan(name, **{
            "points": 20, "code_id": code, "member_id": f"m-{self.count}",
            "device_id": f"d-{self.count}", **more}))
        return dict(json.loads(body))

    def codes(self, batch: str, *names: str) -> None:
        self.rows("codes", *[{"program_id": "acme", "code_id": name, "batch_id": batch,
                              "status": "dispatched", "dispatched_at": "2024-12-01T00:00:00Z"}
                             for name in names])


@pytest.fixture
def bench(world: Any) -> Iterator[Bench]:
    made = Bench(world.path)
    made.codes("B-1", *[f"P-{n}" for n in range(20)])
    yield made
    made.home.close()


def told(verdict: dict[str, Any]) -> tuple[str, bool]:
    return verdict["verdict"], WATCH in [reason["code"] for reason in verdict["reasons"]]


def test_codes_of_a_watched_batch_wait_until_its_end(bench: Bench) -> None:
    """By the batch of the code or of the scan, whole and without proof; others pass."""
    assert told(bench.scan("before", "P-1")) == ("approve", False)
    bench.say("watch", "batch", "B-1", HOUR)
    held = bench.scan("held", "P-2")
    assert (told(held), held["points_held"], held["hard_proof"]) == (("review", True), 20, [])
    assert held["hold"]["then"] == "release"
    assert held["reasons"][0]["text"].startswith("Somebody watches the batch")
    assert told(bench.scan("named", "C-1101", batch_id="B-1")) == ("review", True)
    assert told(bench.scan("other", "C-1102")) == ("approve", False)
    assert told(bench.scan("moved", "P-3", batch_id="B-2")) == ("approve", False)
    bench.now += HOUR
    assert told(bench.scan("after", "P-4")) == ("approve", False)


def test_it_ends_by_hand(bench: Bench) -> None:
    """And what was held meanwhile still waits."""
    bench.say("watch", "batch", "B-1", HOUR)
    bench.scan("held", "P-1")
    bench.say("none", "batch", "B-1")
    assert told(bench.scan("free", "P-2")) == ("approve", False)
    with bench.journal.database.reading() as store:
        assert [row[0] for row in store.rows("SELECT is_open FROM cases WHERE program = ?",
                                             (bench.journal.key,))] == [1]


def test_proof_declines_and_nobody_is_above_a_watch(bench: Bench) -> None:
    """A code credited before is declined; a member who is allowed is held like everybody."""
    bench.scan("first", "P-1", member_id="m-4")
    bench.say("watch", "batch", "B-1", HOUR)
    bench.say("allow", "member", "m-3")
    again = bench.scan("again", "P-1", member_id="m-3")
    assert (told(again), again["hard_proof"]) == (("decline", True), ["code_credited_other"])
    assert told(bench.scan("trusted", "P-2", member_id="m-3")) == ("review", True)


def test_a_batch_is_watched_once_it_is_known_to_be_the_code_s(bench: Bench) -> None:
    """Codes that come later, that move in and out, and a batch nobody has named yet."""
    bench.say("watch", "batch", "B-9", HOUR)
    assert told(bench.scan("early", "C-1101")) == ("approve", False)
    bench.codes("B-9", "C-1102", "new")
    assert told(bench.scan("in", "C-1102")) == ("review", True)
    assert told(bench.scan("new", "new")) == ("review", True)
    bench.codes("B-8", "C-1102")
    bench.codes("B-9", "P-7")
    assert told(bench.scan("out", "C-1102", member_id="m-5"))[1] is False
    assert told(bench.scan("late", "P-7")) == ("review", True)


def test_every_way_to_judge_sees_the_same(bench: Bench) -> None:
    """Live, explained, told in full, replayed, tried again by a policy, and after a start."""
    bench.scan("a", "P-1")
    bench.say("watch", "batch", "B-1", HOUR)
    bench.scan("b", "P-2")
    bench.codes("B-1", "C-1103", "late")
    bench.scan("c", "C-1103")
    bench.codes("B-2", "P-3")
    bench.scan("d", "P-3")
    bench.say("none", "batch", "B-1")
    bench.scan("e", "P-4")
    bench.say("watch", "batch", "B-1", 30_000)
    bench.scan("f", "late")
    bench.now += 30_000
    bench.scan("g", "P-5")
    watched = {"a": False, "b": True, "c": True, "d": False, "e": False, "f": True, "g": False}
    journal = bench.journal
    for name, is_watched in watched.items():
        found = explain(bench.home, name)
        assert found.equal, found.differing
        assert told(found.verdict)[1] is is_watched, name
    circumstances = Circumstances()
    circumstances.recall(journal)
    every = {name: [each["code"] for each in every_reason(
        journal, bench.live.bundle, circumstances, name)] for name in watched}
    assert {name: WATCH in codes for name, codes in every.items()} == watched
    number = {journal.number("event", name): name for name in watched}
    seen = {number[int(record[COLUMN["event"]])]: "watch" in verdict.grounds
            for record, verdict in judge_history(bench.live, np.array(sorted(number)))}
    assert seen == watched
    (own,), _ = candidates(bench.home, journal, CATALOG)
    swept = sweep(journal, CATALOG, [own])
    at = {int(event): row for row, event in enumerate(swept.events.event)}
    tried = {name: bool(swept.acts[0].grounds[at[event]] & bits_of(("watch",)))
             for event, name in number.items()}
    assert tried == watched
    whole = sweep(journal, CATALOG, [own], judges_all=True)
    assert np.array_equal(whole.acts[0].grounds, swept.acts[0].grounds)
    bench.open()
    assert told(bench.scan("h", "P-6")) == ("approve", False)
    bench.say("watch", "batch", "B-1", HOUR)
    bench.open()
    assert told(bench.scan("i", "P-8")) == ("review", True)


def test_without_the_state_a_watch_holds_too(bench: Bench) -> None:
    """By the journal's own rows, at the event's place."""
    bench.say("watch", "batch", "B-1", HOUR)
    known = Known(bench.journal.program, bench.journal.key, ALL)
    bench.codes("B-1", "C-1105")
    bench.now += 1000
    found = {}
    with bench.live.begin() as writing:
        known.read(writing.store, bench.journal.last_place)
        for name, code in (("x", "P-9"), ("y", "C-1105"), ("z", "C-1106")):
            prepared = writing.event("scan", scan(name, points=10, code_id=code), bench.now)
            verdict = judge_unseen(known, writing.store, writing.program, prepared.record, name,
                                   bench.live.bundle)
            found[name] = "watch" in verdict.grounds
            bench.live.mender = None
            bench.live.judge(writing, scan(f"{name}{name}", points=10, code_id="C-1107"), bench.now)
    assert found == {"x": True, "y": True, "z": False}


def test_a_candidate_s_own_list_watches(bench: Bench, tmp_path: Any) -> None:
    """In place of the journal's: what is not on the file is not watched."""
    bench.scan("a", "P-1")
    bench.say("watch", "batch", "B-2", HOUR)
    path = tmp_path / "list.csv"
    path.write_text("list,kind,subject_id,note,valid_from,valid_to\n"
                    "watch,batch,B-1,Copies.,2025-01-01T00:00:00Z,2025-06-01T00:00:00Z\n")
    found, _ = candidates(bench.home, bench.journal, CATALOG, lists=path)
    swept = sweep(bench.journal, CATALOG, found)
    row = swept.events.event.tolist().index(bench.journal.number("event", "a"))
    assert [acts.verdict[row] for acts in swept.acts] == [0, 1]


def test_nothing_is_read_where_nothing_is_watched(bench: Bench) -> None:
    """Codes of other batches are not kept, nor looked up for who is only denied."""
    bench.say("deny", "device", "d-99")
    bench.codes("B-5", "Q-1")
    listed = bench.live.circumstances.listed
    assert not listed.watched
    assert not len(listed.codes.numbers())
    bench.say("watch", "batch", "B-5", HOUR)
    assert len(bench.live.circumstances.listed.codes.numbers()) == 1


@pytest.mark.parametrize("seed", range(20))
def test_codes_taken_in_are_those_read_anew(seed: int) -> None:
    """In any pieces, with repeats: as of every place the batch that a look through all finds."""
    random = np.random.default_rng(seed)
    rows = [(int(code), place, int(batch)) for place, (code, batch) in enumerate(zip(
        random.integers(1, 5, 40), random.integers(0, 4, 40), strict=True), start=1)]
    records = np.zeros((40, len(COLUMNS)), dtype=np.int64)
    records[:, COLUMN["kind"]] = KINDS.index("code")
    records[:, [COLUMN["code"], COLUMN["place"], COLUMN["batch"]]] = rows
    cut = int(random.integers(0, 40))
    codes = CodeBatches([2])
    for some in (records[:cut], records[max(cut - 5, 0):]):
        codes.note(some)
    for code in range(1, 5):
        for place in range(1, 43):
            known = [batch for of, at, batch in rows if of == code and at < place and batch]
            wanted = known[-1] if known else 0
            assert (codes.of(code, place) == 2) is (wanted == 2)
