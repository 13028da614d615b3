"""A challenger scores what is judged, and changes nothing of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from features.catalog import CATALOG
from features.exports.program import Retention
from features.places import place_ms
from models.champion import challenge, challenger, champion, promote, rollback
from models.judgement import judge
from serving.champion import load_bundle, load_champion
from serving.commits import Commits, Work
from serving.judged import SEVERITY
from serving.keeping.retention import apply_retention, longest_window_days
from serving.live import Live
from serving.policies import Policies
from serving.shadow import KEPT_EVERY_S, Shadow, shadow_of
from serving.succession import ready
from tests.unit.serving.acting import Acts, scan

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_MS = 86_400_000


class Bench(Acts):
    """A program that runs, with a stricter bundle beside its champion."""

    def __init__(self, world: Any, *, shadowed: bool = True, waiting: int = 50) -> None:
        self.home = world.home
        self.journal = self.home.journal()
        self.root = self.home.bundles("acme")
        self.now = self.journal.as_of_ms + 60_000
        self.live = Live(self.journal, load_champion(self.home, self.journal), CATALOG)
        self.live.rebuild()
        self.commits = Commits(self.live)
        limits = replace(self.live.bundle.thresholds, score={"scan": 1e-6})
        self.second = replace(self.live.bundle, thresholds=limits).save(self.root).name
        if shadowed:
            self.live.shadow = Shadow(self.root, self.journal,
                                      lambda name: ready(self.home, self.live, name), waiting)

    def score_all(self) -> None:
        while not self.live.shadow._queue.empty():
            self.live.shadow.score()

    def stored(self) -> list[tuple[Any, ...]]:
        self.live.shadow._kept_at = -KEPT_EVERY_S * 10
        while self.live.shadow._made:
            self.live.shadow._store()
        with self.home.database.reading() as store:
            return store.rows("SELECT event_id, bundle_id, place, score, anomaly, verdict "
                              "FROM shadow_scores ORDER BY place")


@pytest.fixture
def bench(world: Any) -> Iterator[Bench]:
    made = Bench(world)
    yield made
    made.home.close()


def test_what_the_challenger_would_have_said_is_stored(bench: Bench) -> None:
    """Its score, anomaly and verdict of each event, as if it had judged."""
    challenge(bench.root, bench.second)
    bench.live.shadow.look()
    told = [json.loads(body) for body in bench.judge(scan("a"), scan("bb", points=80))]
    bench.score_all()
    rows = bench.stored()
    strict = load_bundle(bench.home, bench.journal, bench.second)
    assert [row[1] for row in rows] == [bench.second] * 2
    assert [(row[3], row[4]) for row in rows] == [(one["score"], one["anomaly"]) for one in told]
    assert told[0]["verdict"] == "approve"
    assert [row[5] for row in rows] == [SEVERITY["review"]] * 2, strict.thresholds
    assert [str(name) for name in bench.journal.names("event", [row[0] for row in rows])] == [
        "a", "bb"]
    assert bench.live.shadow.scored == 2


def test_verdicts_are_the_same_bytes_with_and_without(world: Any, tmp_path: Any) -> None:
    """The same events at the same moments, judged in two copies of one home."""
    shutil.copytree(world.path, tmp_path / "other")
    other = type(world)(tmp_path / "other", world.keys)
    bodies = [scan("x" * n, points=20 * n, member_id=f"m-{n}") for n in range(1, 9)]
    answers = []
    for one, shadowed in ((world, True), (other, False)):
        made = Bench(one, shadowed=shadowed)
        if shadowed:
            challenge(made.root, made.second)
            made.live.shadow.look()
        answers.append(made.judge(*bodies))
        if shadowed:
            made.score_all()
            assert len(made.stored()) == len(bodies)
        made.home.close()
    assert answers[0] == answers[1]


def test_what_finds_no_room_is_dropped_and_counted(world: Any) -> None:
    """The writing thread never waits for the one that scores."""
    bench = Bench(world, waiting=3)
    challenge(bench.root, bench.second)
    bench.live.shadow.look()
    bench.judge(*(scan("y" * n) for n in range(1, 9)))
    bench.score_all()
    assert (bench.live.shadow.scored, bench.live.shadow.lost) == (3, 5)
    assert len(bench.stored()) == 3
    bench.home.close()


def test_a_verdict_that_was_not_committed_is_not_scored(bench: Bench) -> None:
    challenge(bench.root, bench.second)
    bench.live.shadow.look()

    def fail(writing: Any) -> None:
        bench.live.judge(writing, scan("lost"), bench.now + 1000)
        raise RuntimeError("a full disk")

    assert isinstance(bench.commits.commit([Work(fail)])[0], RuntimeError)
    bench.judge(scan("a"))
    bench.score_all()
    assert len(bench.stored()) == 1


def test_nobody_is_tried_where_nobody_is_named(bench: Bench) -> None:
    """Before a challenger, after its promotion, and after its rollback."""
    shadow = bench.live.shadow
    shadow.look()
    bench.judge(scan("a"))
    assert shadow._queue.empty()
    challenge(bench.root, bench.second)
    assert challenger(bench.root).name == bench.second
    shadow.look()
    promote(bench.root, bench.second)
    assert challenger(bench.root) is None
    shadow.look()
    bench.judge(scan("bb"))
    assert shadow._queue.empty()
    rollback(bench.root)
    assert challenger(bench.root) is None, "it is not tried again by itself"
    assert champion(bench.root).name != bench.second


def test_a_challenger_judges_by_the_policy_in_force(bench: Bench) -> None:
    """One that is applied while it is tried, too: both would then differ in the model alone."""
    challenge(bench.root, bench.second)
    bench.live.shadow.look()
    with bench.home.database.writing() as store:
        applied = Policies(store, bench.journal.key).apply(
            'version: "9"', "ana", bench.now, bench.journal.program)
    bench.live.shadow.look()
    assert bench.live.shadow._bundle.policy.version == applied.version


def test_a_challenger_that_can_not_be_read_is_told(bench: Bench) -> None:
    challenge(bench.root, bench.second)
    (bench.root / bench.second / "policy.yaml").write_text("damaged")
    bench.live.shadow.look()
    assert bench.live.shadow.refused == bench.second
    (body,) = bench.judge(scan("a"))
    assert isinstance(body, bytes)


def test_its_thread_scores_by_itself_and_what_is_left_is_stored_at_the_end(bench: Bench) -> None:
    """As the service runs it."""
    shadow = bench.live.shadow = shadow_of(bench.home, bench.live)
    challenge(bench.root, bench.second)
    shadow.start()
    names = iter(f"stream-{n}" for n in range(100_000))
    while shadow.scored < 5:
        bench.judge(scan(next(names)))
    shadow.keep()
    shadow.stop()
    shadow.close()
    with bench.home.database.reading() as store:
        (count,) = store.rows("SELECT count(*) FROM shadow_scores")[0]
    assert count == shadow.scored


def test_scores_go_with_the_features_of_approvals(bench: Bench) -> None:
    """By the same days of program.yaml, and no earlier."""
    challenge(bench.root, bench.second)
    bench.live.shadow.look()
    bench.judge(scan("a"))
    bench.score_all()
    (row,) = bench.stored()
    days = longest_window_days(CATALOG)
    bench.home.create(bench.journal.program.model_copy(
        update={"retention": Retention(vectors=days)}), bench.journal.missions)
    at = place_ms(row[2])
    early = apply_retention(bench.home, None, "ana", at + days * DAY_MS)
    assert early["shadow_scores"] == 0
    late = apply_retention(bench.home, None, "ana", at + days * DAY_MS + 2_000)
    assert late["shadow_scores"] == 1
    assert bench.stored() == []


def test_judging_for_a_challenger_and_judging_are_one(bench: Bench) -> None:
    """The stored score is what `judge` of that bundle says on the same features."""
    challenge(bench.root, bench.second)
    bench.live.shadow.look()
    bench.judge(scan("a", points=80))
    seen = bench.live.shadow._queue.get_nowait()
    bench.live.shadow._queue.put(seen)
    bench.score_all()
    (row,) = bench.stored()
    whole = judge(bench.live.shadow._bundle, bench.journal.program, seen.occasion,
                  seen.vector, enforcement="full")
    assert (row[3], row[4], row[5]) == (whole.score, whole.anomaly,
                                        SEVERITY[whole.would_have.value])
