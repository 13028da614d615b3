"""Trust in a model: what it changes in a verdict, from when on, and that it is derived again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.catalog import CATALOG
from models.trust import Trust
from models.trusthistory import TrustHistory, settle_trust
from serving.champion import load_champion
from serving.commits import Commits, Work
from serving.explain import explain
from serving.history import judge_history
from serving.keeping.tables import tables_of
from serving.live import Live
from serving.policies import Policies, with_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.home import Home

LIMIT = 0.95
"""Of the score, by the policy that is put in force here."""


class Bench:
    """A home with a champion and its service."""

    def __init__(self, world: Any) -> None:
        self.home: Home = world.home
        self.journal = self.home.journal()
        self.now = self.journal.as_of_ms + 60_000
        self.live = Live(self.journal, load_champion(self.home, self.journal), CATALOG)
        self.live.rebuild()
        self.commits = Commits(self.live)
        self.codes = 900
        self.hold_from(LIMIT)

    def hold_from(self, limit: float) -> None:
        with self.home.database.writing() as store:
            Policies(store, self.journal.key).apply(
                f'version: "here"\nthresholds: {{score: {limit}}}', "ana", self.now,
                self.journal.program)

    def judge(self, name: str, points: int = 80, **more: Any) -> dict[str, Any]:
        self.now += 1000
        self.codes += 1
        body = {"kind": "scan", "event_id": name, "member_id": "m-3", "points": points,
                "proof": "qr", "occurred_at": "2025-03-05T10:00:00+07:00",
                "code_id": f"C-{self.codes}"} | more
        work = Work(lambda writing: self.live.judge(writing, body, self.now))
        return dict(json.loads(self.commits.commit([work])[0]))

    def trust(self, weight: float, code: str = "score_drift", bundle_id: str = "") -> Trust | None:
        one = Trust(bundle_id or self.live.bundle.bundle_id, weight, code, self.now)
        with self.home.database.writing() as store:
            return settle_trust(store, self.journal.key, one)


@pytest.fixture
def bench(world: Any) -> Iterator[Bench]:
    made = Bench(world)
    yield made
    made.home.close()


def test_a_lowered_trust_multiplies_the_odds_and_is_told(bench: Bench) -> None:
    """The score stays what it is; what it holds goes by its odds times the weight."""
    before = bench.judge("a")
    bench.trust(0.25)
    after = bench.judge("b")
    assert min(before["score"], after["score"]) >= LIMIT > Trust("b", 0.25).of(after["score"])
    assert (before["verdict"], after["verdict"]) == ("review", "approve")
    assert "trust" not in before
    bench.hold_from(0.8)
    assert bench.judge("c")["verdict"] == "review"
    assert after["trust"]["weight"] == 0.25
    assert "25 %" in after["trust"]["sentence"]


def test_trust_in_another_bundle_says_nothing_of_this_one(bench: Bench) -> None:
    """And once trust is whole again a verdict is as if it had never been lowered."""
    bench.trust(0.25, bundle_id="another")
    assert "trust" not in bench.judge("a")
    bench.trust(0.5)
    assert bench.judge("b")["trust"]["weight"] == 0.5
    bench.trust(1.0, "sound")
    last = bench.judge("c")
    assert last["verdict"] == "review"
    assert "trust" not in last


def test_proof_needs_no_trust(bench: Bench) -> None:
    """A code credited to somebody else declines, however little the model is trusted."""
    bench.trust(0.25)
    code = {"code_id": "C-1", "member_id": "m-29"}
    assert bench.judge("dup", points=20, **code)["verdict"] == "decline"


def test_at_half_the_anomaly_holds_as_if_it_were_alone(bench: Bench) -> None:
    """Its limit is then that of a bundle without a score; above half it is the usual one."""
    alone = replace(bench.live.bundle.thresholds, anomaly_alone={"scan": 0.0})
    bench.live.bundle = replace(bench.live.bundle, thresholds=alone)
    assert bench.judge("a", points=20)["verdict"] == "approve"
    bench.trust(0.75)
    assert bench.judge("b", points=20)["verdict"] == "approve"
    bench.trust(0.5)
    held = bench.judge("c", points=20)
    assert (held["verdict"], held["hard_proof"]) == ("review", [])


def test_each_verdict_is_derived_again_under_the_trust_of_its_own_moment(bench: Bench) -> None:
    """Before, while it is lowered and after: to the byte, and none knows a later trust."""
    bench.judge("before")
    bench.trust(0.25)
    bench.judge("low")
    bench.trust(0.5)
    bench.judge("half")
    bench.trust(1.0, "sound")
    bench.judge("after")
    for name in ("before", "low", "half", "after"):
        assert explain(bench.home, name).equal, name


def test_a_replay_knows_no_later_trust(bench: Bench) -> None:
    """Events judged from the journal again meet the trust that was known at their place."""
    names = ["before", "low", "after"]
    stored = [bench.judge("before")]
    bench.trust(0.25)
    stored.append(bench.judge("low"))
    bench.trust(1.0, "sound")
    stored.append(bench.judge("after"))
    live = Live(bench.journal, with_policy(bench.journal, bench.live.bundle), CATALOG)
    wanted = np.sort(bench.journal.numbers("event", names))
    again = [verdict for _, verdict in judge_history(live, wanted)]
    assert [one.to_json() for one in again] == stored


def test_a_row_is_never_dated_before_what_was_judged_without_it(bench: Bench) -> None:
    """Whoever settles with a clock that is behind waits for the next event to act."""
    bench.judge("a")
    late = bench.now
    bench.now -= 500_000
    settled = bench.trust(0.5)
    assert settled is not None
    assert settled.known_ms > late
    assert explain(bench.home, "a").equal


def test_a_trust_that_is_there_already_writes_no_row(bench: Bench) -> None:
    """Rows are only added, where something changed."""
    first = bench.trust(0.5)
    assert first is not None
    assert bench.trust(0.5) is None
    assert bench.trust(0.75) is not None
    with bench.home.database.reading() as store:
        history = TrustHistory.read(store, bench.journal.key)
        assert "trust" in {table.name for table in tables_of(store)}
    weights = [row.weight for row in history.rows(bench.live.bundle.bundle_id)]
    assert weights == [0.5, 0.75]
    assert history.of(first.bundle_id, first.known_ms - 1).weight == 1.0
