"""Policies in force: applied while a service runs, kept with verdicts, derived again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.catalog import CATALOG
from features.errors import BadConfig, BadInput, NotFound
from features.exports.program import Program
from features.store.home import Home
from models.policy import Policy
from models.thresholds import Thresholds
from serving.champion import bare_bundle, load_champion
from serving.commits import Commits, Work
from serving.explain import explain
from serving.history import judge_history
from serving.live import Live
from serving.policies import Policies, with_policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRICT = 'version: "strict"\nthresholds: {score: 0.0, anomaly: never}\n'
LAX = 'version: "lax"\nthresholds: {score: never, anomaly: never}\n'
RELEASING = STRICT + "random_release: {share: 0.2, most_points: 500, per_day: 3, salt: s}\n"


class Bench:
    """A home with a champion, its service, and policies applied beside it."""

    def __init__(self, world: Any) -> None:
        self.home: Home = world.home
        self.journal = self.home.journal()
        self.now = self.journal.as_of_ms + 60_000
        self.live = Live(self.journal, load_champion(self.home, self.journal), CATALOG)
        self.live.rebuild()
        self.commits = Commits(self.live)
        self.codes = 900

    def judge(self, *names: str) -> list[dict[str, Any]]:
        works = []
        for name in names:
            self.now += 1000
            self.codes += 1
            body = {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 20,
                    "proof": "qr", "occurred_at": "2025-03-05T10:00:00+07:00",
                    "code_id": f"C-{self.codes}"}
            works.append(Work(lambda w, b=body, n=self.now: self.live.judge(w, b, n)))
        return [json.loads(answer) for answer in self.commits.commit(works)]

    def apply(self, text: str, by: str = "ana", ms: int | None = None) -> Policy:
        with self.home.database.writing() as store:
            return Policies(store, self.journal.key).apply(
                text, by, self.now if ms is None else ms, self.journal.program)


@pytest.fixture
def bench(world: Any) -> Iterator[Bench]:
    made = Bench(world)
    yield made
    made.home.close()


def test_a_policy_applied_while_the_service_runs_judges_the_next_event(bench: Bench) -> None:
    """No restart; each verdict names the policy it was given under."""
    before = bench.judge("a")[0]
    strict = bench.apply(STRICT)
    held = bench.judge("b")[0]
    lax = bench.apply(LAX)
    passed = bench.judge("c")[0]
    assert [each["verdict"] for each in (before, held, passed)] == ["approve", "review", "approve"]
    assert held["policy_version"] == strict.version == Policy.parse(STRICT).version
    assert passed["policy_version"] == lax.version
    assert before["policy_version"] == bare_bundle(bench.journal).policy.version


def test_the_policy_in_force_replaces_that_of_every_bundle(bench: Bench) -> None:
    """A champion loaded later judges by it too."""
    version = bench.apply(STRICT).version
    assert load_champion(bench.home, bench.journal).policy.version == version


def test_a_stored_verdict_is_derived_with_the_policy_of_its_time(bench: Bench) -> None:
    """Byte for byte, whatever was applied since."""
    bench.judge("a")
    bench.apply(STRICT)
    bench.judge("b")
    bench.apply(LAX)
    bench.judge("c")
    for name in "abc":
        assert explain(bench.home, name).equal, name


def test_the_history_is_kept(bench: Bench) -> None:
    """Who, when and the text as it was; at each moment one policy is in force."""
    bench.apply(STRICT, "ana", 1000)
    bench.apply("# kinder\n" + LAX, " budi ", 2000)
    with bench.home.database.reading() as store:
        policies = Policies(store, bench.journal.key)
        assert [(each.number, each.author, each.from_ms) for each in policies.history()] == [
            (1, "ana", 1000), (2, "budi", 2000)]
        assert policies.history()[1].text == "# kinder\n" + LAX
        found = [policies.in_force(ms) for ms in (999, 1000, 1999, 2000)]
        assert [each and each.name for each in found] == [None, "strict", "strict", "lax"]
        assert policies.in_force().name == "lax"


def test_applying_what_is_in_force_changes_nothing(bench: Bench) -> None:
    """The same text again is the same policy."""
    bench.apply(STRICT)
    bench.apply(STRICT)
    with bench.home.database.reading() as store:
        assert Policies(store, bench.journal.key).head == 1


def test_a_clock_that_is_behind_does_not_reorder_the_history(bench: Bench) -> None:
    """The later policy is in force from the earlier one's moment at the soonest."""
    bench.apply(STRICT, ms=5000)
    bench.apply(LAX, ms=4000)
    with bench.home.database.reading() as store:
        assert [each.from_ms for each in Policies(store, bench.journal.key).history()] == [
            5000, 5000]


@pytest.mark.parametrize(("text", "by", "error"), [
    ('version: "2"\nthresholds: {score: 1.5}', "ana", BadConfig),
    ('version: "2"\ncosts: {missed_fraud_multiplier: -1}', "ana", BadConfig),
    ('version: "2"\nenforcement: [{mode: full, share: 0}]', "ana", BadConfig),
    ("a: [", "ana", BadConfig),
    (LAX, "  ", BadInput),
])
def test_a_wrong_policy_leaves_the_one_in_force(bench: Bench, text, by, error) -> None:
    """Refused with a sentence; nothing is written."""
    version = bench.apply(STRICT).version
    with pytest.raises(error):
        bench.apply(text, by)
    assert with_policy(bench.journal, bare_bundle(bench.journal)).policy.version == version
    assert bench.judge("a")[0]["policy_version"] == version


def test_the_policies_of_programs_are_apart(bench: Bench) -> None:
    """A policy is a program's own."""
    other = bench.home.create(Program(program_id="other"))
    bench.apply(STRICT)
    with bench.home.database.reading() as store:
        assert Policies(store, other.key).in_force() is None


def test_a_verdict_whose_policy_is_gone_says_so(bench: Bench) -> None:
    """Neither the bundle's nor one that was applied."""
    with pytest.raises(NotFound, match="the policy 9-none of a verdict"):
        with_policy(bench.journal, bare_bundle(bench.journal), "9-none")


def test_a_policy_that_can_not_be_read_stops_no_verdict(bench: Bench) -> None:
    """What an older version took and this one refuses is left; the one before judges on."""
    version = bench.judge("a")[0]["policy_version"]
    with bench.home.database.writing() as store:
        store.run("INSERT INTO policies (program, number, version, text, from_ms, author) "
                  "VALUES (?, 1, 'x', 'no policy', 0, 'ana')", (bench.journal.key,))
    assert bench.judge("b")[0]["policy_version"] == version


def stored(bench: Bench) -> list[tuple[float | None, int, int]]:
    with bench.home.database.reading() as store:
        return [(row[0], int(row[1]), int(row[2])) for row in store.rows(
            "SELECT release_chance, released, verdict FROM verdicts WHERE program = ? "
            "AND place > 0 ORDER BY place", (bench.journal.key,))]


def test_releases_are_stored_with_their_chance_and_capped_by_day(bench: Bench) -> None:
    """Three a day at the most, across transactions; a day later they begin anew."""
    bench.apply(RELEASING)
    for start in range(0, 60, 20):
        bench.judge(*(f"r{number}" for number in range(start, start + 20)))
    first = stored(bench)
    assert len(first) == 60
    assert sum(was for _, was, _ in first) == 3
    last = max(row for row, (_, was, _) in enumerate(first) if was)
    assert {chance for chance, _, _ in first[: last + 1]} == {0.2}
    assert {chance for chance, _, _ in first[last + 1 :]} == {0.0}
    assert all((verdict == 0) == bool(was) for _, was, verdict in first)
    bench.now += 86_400_000
    bench.judge(*(f"s{number}" for number in range(40)))
    assert sum(was for _, was, _ in stored(bench)) == 6


def test_a_released_verdict_is_derived_again(bench: Bench) -> None:
    """Also the ones before and after the cap: the count of that moment is known."""
    bench.apply(RELEASING)
    names = [f"r{number}" for number in range(30)]
    told = bench.judge(*names)
    passed = [each["event_id"] for each in told if each["verdict"] == "approve"]
    assert len(passed) == 3
    for name in (passed[0], passed[-1], names[-1]):
        assert explain(bench.home, name).equal, name


def test_history_is_judged_with_the_releases_it_would_have_had(bench: Bench) -> None:
    """Events without a verdict: the cap of a day holds, and the same are drawn again."""
    bundle = replace(bench.live.bundle, policy=Policy.parse(RELEASING),
                     thresholds=Thresholds({"scan": 0.0}))
    wanted = np.sort(bench.journal.frame("scans", columns=["event_id"])["event_id"].to_numpy())
    runs = []
    for _ in range(2):
        live = Live(bench.journal, bundle, CATALOG)
        runs.append([verdict for _, verdict in judge_history(live, wanted)])
    assert runs[0] == runs[1]
    zone = bench.journal.program.zone
    days = [np.datetime64(int(each.decided_at_ms) + 7 * 3_600_000, "ms").astype("datetime64[D]")
            for each in runs[0] if each.released]
    assert str(zone) == "Asia/Jakarta"
    assert len(days) > 60
    assert max(days.count(day) for day in set(days)) <= 3


def test_a_sandbox_answers_the_same_bytes_again(tmp_path: Path) -> None:
    """Reserved events are stored as any other."""
    home = Home(tmp_path / "home")
    journal = home.create(Program(program_id="sandbox"))
    live = Live(journal, bare_bundle(journal), CATALOG, "model")
    live.rebuild()
    body = {"kind": "scan", "event_id": "sandbox-decline-1", "member_id": "anybody", "points": 20,
            "proof": "qr", "occurred_at": "2025-03-05T10:00:00+07:00"}
    first, again = Commits(live).commit([
        Work(lambda w, n=n: live.judge(w, body, 1_741_143_700_000 + n)) for n in range(2)])
    assert first == again == journal.verdict("sandbox-decline-1")
    assert json.loads(first)["hard_proof"] == ["code_credited_other"]
    assert json.loads(first)["verdict"] == "decline"
    assert explain(home, "sandbox-decline-1").equal
    home.close()
