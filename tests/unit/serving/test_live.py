"""The heart: exactly once, places, rows that become known, failures that leave no trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.catalog import CATALOG
from features.errors import BadInput, Conflict
from features.store.schema import DECISIONS
from serving.champion import bare_bundle, load_champion
from serving.commits import Commits, Work
from serving.explain import explain
from serving.live import Live
from serving.warmup import warm_up
from tests.unit.serving.acting import Acts, scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.journal import Journal


class Bench(Acts):
    """One program opened for a test, its clock a number that goes up."""

    def __init__(self, world: Any) -> None:
        self.home = world.home
        self.journal: Journal = self.home.journal()
        self.now = self.journal.as_of_ms + 60_000
        self.live = Live(self.journal, load_champion(self.home, self.journal), CATALOG)
        self.live.rebuild()
        self.commits = Commits(self.live)


@pytest.fixture
def bench(world: Any) -> Iterator[Bench]:
    made = Bench(world)
    yield made
    made.home.close()


def verdict(body: bytes) -> dict[str, Any]:
    return dict(json.loads(body))


def test_the_same_event_gets_the_same_bytes(bench: Bench) -> None:
    """A re-sent event is answered with the stored bytes and changes nothing."""
    first, again, other = bench.judge(scan("a"), scan("a"), scan("a", points=40))
    assert first == again
    assert isinstance(other, Conflict)
    assert bench.judge(scan("a")) == [first]
    assert bench.journal.verdict("a") == first


def test_unknown_fields_and_the_body_s_clock_are_ignored(bench: Bench) -> None:
    """recorded_at, outcome and strange fields neither matter nor make another body."""
    first, again = bench.judge(
        scan("a", colour="red", recorded_at="2020-01-01T00:00:00Z"), scan("a", outcome="refused"))
    assert first == again
    assert verdict(first)["decided_at"] > "2025-03-0"


def test_a_code_credited_a_second_ago_declines(bench: Bench) -> None:
    """Events of one commit see each other in their order."""
    first, second = bench.judge(scan("a", code_id="C-1200"),
                                scan("b", code_id="C-1200", member_id="m-4"))
    assert verdict(first)["verdict"] == "approve"
    assert verdict(second)["verdict"] == "decline"
    assert verdict(second)["hard_proof"] == ["code_credited_other"]
    assert verdict(second)["points_held"] == 20


def test_texts_are_in_the_member_s_language(bench: Bench) -> None:
    """What the partner is told follows his own language."""
    english, indonesian = bench.judge(scan("a", member_id="m-2", points=80),
                                      scan("bb", member_id="m-3", points=80))
    assert verdict(english)["partner_message"]["language"] == "en"
    assert verdict(indonesian)["partner_message"]["language"] == "id"


def test_a_bad_event_harms_nobody(bench: Bench) -> None:
    """A body that breaks the contract is refused alone, and names its field."""
    good, bad, kind, last = bench.judge(
        scan("a"), scan("b", points=-1), scan("c", kind="scans"), scan("ddd"))
    assert isinstance(bad, BadInput)
    assert bad.field == "points"
    assert isinstance(kind, BadInput)
    assert verdict(good)["event_id"] == "a"
    assert verdict(last)["event_id"] == "ddd"


def test_live_rows_act_on_the_next_event(bench: Bench) -> None:
    """A code voided a moment ago declines, one that was never printed holds."""
    bench.rows("codes", {"code_id": "C-1300", "status": "void"})
    void, unknown = bench.judge(scan("a", code_id="C-1300"), scan("b", code_id="nobody-printed"))
    assert verdict(void)["hard_proof"] == ["code_void"]
    assert verdict(unknown)["verdict"] == "review"
    assert verdict(unknown)["hard_proof"] == []


def test_a_rebuilt_state_judges_alike(bench: Bench) -> None:
    """State is a cache: after any history a fresh one gives the same features."""
    bench.judge(*(scan(f"e{n}", code_id=f"C-{1100 + n}", device_id="d-9") for n in range(20)))
    bench.rows("members", {"member_id": "m-new", "program_id": "acme", "persona": "promoter",
                           "joined_at": "2025-03-01T00:00:00Z"})
    bench.judge(scan("later", member_id="m-new", code_id="C-1400"))
    other = Live(bench.journal, bench.live.bundle, CATALOG)
    other.rebuild()
    with bench.journal.begin() as writing:
        body = scan("probe", code_id="C-1401", device_id="d-9")
        record = writing.event("scan", body, bench.now).record
    prepared = [live.observe_and_judge(record, "probe", "full") for live in (bench.live, other)]
    assert np.array_equal(prepared[0].vector, prepared[1].vector, equal_nan=True)
    assert prepared[0].body == prepared[1].body


def test_a_transaction_that_fails_leaves_no_trace(bench: Bench) -> None:
    """An unforeseen failure undoes its own event, in the journal and in the state."""
    def breaks(writing: Any) -> None:
        bench.live.judge(writing, scan("lost", code_id="C-1201"), bench.now + 1)
        raise ZeroDivisionError

    failed, good = bench.commits.commit([
        Work(breaks), Work(lambda w: bench.live.judge(w, scan("kept"), bench.now + 2))])
    assert isinstance(failed, ZeroDivisionError)
    assert verdict(good)["event_id"] == "kept"
    assert bench.journal.event("lost") is None
    again = bench.judge(scan("after", code_id="C-1201", member_id="m-5"))[0]
    assert verdict(again)["hard_proof"] == []


def test_events_decided_elsewhere_count_and_are_not_judged(bench: Bench) -> None:
    """A backfilled credit makes its code a double claim; asking for its verdict is a conflict."""
    works = [Work(lambda w: bench.live.take(w, scan("x", code_id="C-1202"), bench.now + 1))]
    assert bench.commits.commit(works) == [True]
    assert bench.commits.commit(works) == [False]
    bench.now += 1
    claim, asked = bench.judge(scan("y", code_id="C-1202", member_id="m-6"),
                               scan("x", code_id="C-1202"))
    assert verdict(claim)["hard_proof"] == ["code_credited_other"]
    assert isinstance(asked, Conflict)


def test_every_stored_verdict_can_be_derived_again(bench: Bench) -> None:
    """Explain derives byte-equal verdicts, reviews and declines included."""
    bench.judge(scan("a", points=80), scan("b", code_id="C-1"), scan("c", code_id="C-1203"))
    for name in "abc":
        explained = explain(bench.home, name)
        assert explained.equal, explained.differing
        assert explained.features_differing == []


def test_without_a_champion_proof_still_declines(bench: Bench) -> None:
    """No model: facts hold, scores are null, and the verdict says so."""
    live = Live(bench.journal, bare_bundle(bench.journal), CATALOG, "model")
    live.rebuild()
    warm_up(live)
    answer = Commits(live).commit([
        Work(lambda w: live.judge(w, scan("a", code_id="C-1"), bench.now + 1))])[0]
    assert verdict(answer)["hard_proof"] == ["code_credited_other"]
    assert verdict(answer)["degraded"] == "model"
    assert verdict(answer)["score"] is None


def test_a_decision_counts_though_the_clock_went_back(bench: Bench) -> None:
    """It lies behind its own event, also where that is the last one and of a later moment."""
    body = verdict(bench.judge(scan("a"))[0])
    assert body["verdict"] == "approve"
    earlier = bench.now - 3_600_000
    claw_back = Work(lambda w: w.decision("a", DECISIONS.index("clawed_back"), points_final=0,
                                          by="ana", reason="returned", at_ms=earlier), alone=True)
    assert isinstance(bench.commits.commit([claw_back])[0], int)
    bench.now = earlier
    other = verdict(bench.judge(scan("b", member_id="m-4"))[0])
    assert "code_credited_other" not in other["hard_proof"]
    third = verdict(bench.judge(scan("c", member_id="m-5"))[0])
    assert ("code_credited_other" in third["hard_proof"]) == (other["would_have"] == "approve")
