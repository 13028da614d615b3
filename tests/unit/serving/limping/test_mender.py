"""A state that is lost: verdicts go on, say so, and are counted once it is whole again."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.catalog import CATALOG
from features.errors import Unavailable
from features.exports.program import Program
from features.store.home import Home
from models.champion import promote
from models.parity import served_parity
from serving.champion import bare_bundle, load_champion
from serving.commits import Commits, Work
from serving.explain import explain
from serving.limping import mender as mending
from serving.limping.mender import Mender
from serving.live import Live
from tests.unit.serving.acting import Acts, scan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.store.journal import Journal


class Bench(Acts):
    """One program whose mender works when the test lets it."""

    def __init__(self, world: Any) -> None:
        self.home = world.home
        self.journal: Journal = self.home.journal()
        self.now = self.journal.as_of_ms + 60_000
        self.live = self.fresh()
        self.live.mender = self.mender = Mender(self.live, self.fresh, threading.Lock())
        self.go = threading.Event()
        self.go.set()
        self.commits = Commits(self.live)
        made = self.mender._made
        self.mender._made = lambda: (self.go.wait(60), made())[1]  # type: ignore[method-assign]

    def fresh(self) -> Live:
        journal = self.journal.twin()
        return Live(journal, load_champion(self.home, journal), CATALOG)

    def lose(self) -> None:
        """Lose the state, with a mending that has read what was credited and waits."""
        self.go.clear()
        self.live.is_whole = False
        self.mender.mend()
        while self.mender._known is None:
            pass

    def heal(self) -> None:
        self.go.set()
        self.mender.wait()
        self.mender.mend()
        assert self.live.is_whole


@pytest.fixture
def bench(world: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(mending, "SHORT_S", 0.0)
    made = Bench(world)
    made.heal()
    yield made
    made.go.set()
    made.mender.wait()
    made.home.close()


def told(body: Any) -> dict[str, Any]:
    assert isinstance(body, bytes), body
    return dict(json.loads(body))


def policy(bench: Bench, fail: dict[str, Any]) -> None:
    """Give the program a policy with such a ``fail``, by a bundle of its own."""
    from dataclasses import replace

    from models.policy import Policy

    text = json.dumps({"version": "f", "fail": fail})
    bundle = replace(bench.live.bundle, policy=Policy.parse(text))
    root = bench.home.bundles("acme")
    promote(root, bundle.save(root).name)
    bench.live.bundle = load_champion(bench.home, bench.journal)


def test_proof_declines_without_a_state(bench: Bench) -> None:
    """Credited before or a moment ago, void, or twice in one commit; the rest is approved."""
    bench.rows("codes", {"code_id": "C-1300", "status": "void"})
    bench.lose()
    answers = [told(body) for body in bench.judge(
        scan("old", code_id="C-8"), scan("first", code_id="C-1200"),
        scan("second", code_id="C-1200", member_id="m-4"), scan("again", code_id="C-1200"),
        scan("void", code_id="C-1300"), scan("strange", code_id="nobody-printed"))]
    assert [answer["hard_proof"] for answer in answers] == [
        ["code_credited_other"], [], ["code_credited_other"], ["code_credited_self"],
        ["code_void"], []]
    assert [answer["verdict"] for answer in answers] == [
        "decline", "approve", "decline", "decline", "decline", "review"]
    assert {answer["degraded"] for answer in answers} == {"state"}
    assert {(answer["score"], answer["anomaly"]) for answer in answers} == {(None, None)}
    assert answers[1]["partner_message"]["language"] == "id"


def test_what_came_meanwhile_counts_once_the_state_is_whole(bench: Bench) -> None:
    """The state after a mending is, number by number, that of a start from the whole journal."""
    bench.lose()
    bench.judge(*(scan(f"e{n}", code_id=f"C-{1100 + n}", device_id="d-9") for n in range(20)))
    bench.rows("members", {"member_id": "m-new", "program_id": "acme", "persona": "promoter",
                           "joined_at": "2025-03-01T00:00:00Z"})
    bench.judge(scan("new", member_id="m-new", code_id="C-1400"))
    bench.heal()
    other = bench.fresh()
    other.rebuild()
    assert bench.live.head == other.head
    with bench.journal.begin() as writing:
        record = writing.event("scan", scan("probe", code_id="C-1401", device_id="d-9"),
                               bench.now).record
    found = [live.observe_and_judge(record, "probe", "full") for live in (bench.live, other)]
    assert np.array_equal(found[0].vector, found[1].vector, equal_nan=True)
    assert found[0].body == found[1].body
    day = CATALOG.names.index("device_members_24h")
    assert found[0].vector[day] >= 1


def test_exactly_once_before_during_and_after(bench: Bench) -> None:
    """The same event gets the same bytes, whatever was away at its first or second coming."""
    before = bench.judge(scan("a", code_id="C-1201"))
    bench.lose()
    during = bench.judge(scan("a", code_id="C-1201"), scan("b", code_id="C-1202"))
    bench.heal()
    after = bench.judge(scan("a", code_id="C-1201"), scan("b", code_id="C-1202"))
    assert during == after == [*before, during[1]]
    assert told(during[1])["degraded"] == "state"
    assert told(before[0])["degraded"] is False
    assert told(bench.judge(scan("c", code_id="C-1202"))[0])["hard_proof"] == [
        "code_credited_self"]


def test_above_the_limit_of_the_policy_it_holds_and_releases(bench: Bench) -> None:
    """What asks for more is held by behaviour's days, says why, and is credited at the end."""
    policy(bench, {"hold_above": {"scan": 50, "redemption": "never"}})
    bench.lose()
    at_most, above, spent = (told(body) for body in bench.judge(
        scan("a", points=50, code_id="C-1201"), scan("b", points=51, code_id="C-1202"),
        {"kind": "redemption", "event_id": "c", "member_id": "m-3", "points": 9_999,
         "reward_id": "fan", "occurred_at": "2025-03-05T10:00:00Z"}))
    assert (at_most["verdict"], spent["verdict"]) == ("approve", "approve")
    assert (above["verdict"], above["points_held"], above["hold"]["then"]) == (
        "review", 51, "release")
    (reason,) = above["reasons"]
    assert (reason["code"], reason["value"], reason["usual"]) == ("degraded.state", 51, 50)
    assert "51" in reason["text"]
    bench.heal()
    with bench.journal.database.reading() as store:
        assert store.rows("SELECT hold_then FROM cases ORDER BY opened_ms DESC LIMIT 1") == [(0,)]


def test_explain_derives_what_was_judged_without_a_state(bench: Bench) -> None:
    """Byte by byte, whatever came later; features were not served, so none are compared."""
    policy(bench, {"hold_above": {"scan": 50}})
    bench.lose()
    bench.judge(scan("a", code_id="C-1201"), scan("b", code_id="C-1201", member_id="m-4"),
                scan("c", points=60, code_id="C-1203"), scan("d", code_id="nobody-printed"))
    bench.rows("codes", {"code_id": "nobody-printed", "status": "dispatched"})
    bench.heal()
    bench.judge(scan("e", code_id="C-1201", member_id="m-5"))
    for name in "abcde":
        found = explain(bench.home, name)
        assert found.equal, (name, found.differing)
        assert not found.features_differing
    found = served_parity(bench.home, bench.journal, CATALOG)
    assert (found.events, found.differing.total(), found.unread) == (1, 0, 0)


def test_until_the_credits_are_known_nothing_is_answered(bench: Bench) -> None:
    """Without them proof can't speak: the caller is asked to come again, and nothing is stored."""
    bench.live.is_whole = False
    bench.mender._read = lambda: bench.go.wait(60)  # type: ignore[method-assign]
    bench.go.clear()
    assert isinstance(bench.judge(scan("a"))[0], Unavailable)
    assert bench.journal.verdict("a") is None


def test_a_second_mending_credits_no_code_twice(bench: Bench) -> None:
    """It reads anew while a transaction is open, whose credits it can't know; later ones it does.
    """
    bench.lose()

    def read_again(writing: Any) -> None:
        reader = threading.Thread(target=bench.mender._read)
        reader.start()
        reader.join()

    def scanned(name: str, member: str) -> Work:
        return Work(lambda w: bench.live.judge(
            w, scan(name, code_id="C-1200", member_id=member), bench.now))

    bench.now += 1000
    first, _, second = bench.commits.commit(
        [scanned("first", "m-3"), Work(read_again), scanned("second", "m-4")])
    (third,) = bench.judge(scan("third", code_id="C-1200", member_id="m-5"))
    assert [told(body)["hard_proof"] for body in (first, second, third)] == [
        [], ["code_credited_other"], ["code_credited_other"]]


def test_who_waits_for_another_programs_state_is_answered(bench: Bench) -> None:
    """Only states are made one at a time; what was credited is read at once."""
    with bench.mender._turn:
        bench.live.is_whole = False
        deadline = time.monotonic() + 20
        while bench.mender._known is None and time.monotonic() < deadline:
            bench.mender.mend()
        (answer,) = bench.judge(scan("a", code_id="C-8"))
        assert told(answer)["degraded"] == "state"
        assert told(answer)["hard_proof"] == ["code_credited_other"]
    bench.heal()


def test_a_journal_that_does_not_continue_is_mended_beside(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits in the writing thread for a state that is made anew."""
    def rebuilds(*_: object, **__: object) -> int:
        raise AssertionError("the writing thread makes a state")

    bench.judge(scan("a"))
    bench.go.clear()
    monkeypatch.setattr(bench.live, "rebuild", rebuilds)
    bench.live.head = bench.live.head._replace(number=bench.live.head.number - 1, mark=1)
    bench.live.catch_up()
    assert not bench.live.is_whole
    bench.heal()
    assert bench.live.head == bench.journal.head


def test_a_work_that_fails_costs_the_others_no_more_than_a_mark(bench: Bench) -> None:
    """Its state is mended beside; the events around it are answered, and once only."""
    def breaks(writing: Any) -> None:
        bench.live.judge(writing, scan("broken", code_id="C-1210"), bench.now)
        raise ZeroDivisionError

    bench.now += 1000
    works = [Work(lambda w: bench.live.judge(w, scan("a", code_id="C-1211"), bench.now)),
             Work(breaks),
             Work(lambda w: bench.live.judge(w, scan("b", code_id="C-1210"), bench.now))]
    first, broken, last = bench.commits.commit(works)
    assert isinstance(broken, ZeroDivisionError | Unavailable)
    bench.mender.wait()
    again = bench.judge(scan("a", code_id="C-1211"), scan("b", code_id="C-1210"))
    assert [told(body)["verdict"] for body in again] == ["approve", "approve"]
    assert all(isinstance(body, Unavailable) or body == stored
               for body, stored in zip((first, last), again, strict=True))
    assert bench.live.is_whole


def test_a_store_that_refuses_is_tried_before_the_state_is_taken_over(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole state would be lost again with the next event, and with every one after it."""
    from features.store.database import Database

    full = True
    writing = Database.writing

    def refuse(self: Any) -> Any:
        if full:
            raise Unavailable("a disk with room", "none", "make some")
        return writing(self)

    bench.live.is_whole = False
    bench.mender.lost(Unavailable("a disk with room", "none", "make some"))
    bench.mender.wait()
    monkeypatch.setattr(Database, "writing", refuse)
    for _ in range(2):
        assert isinstance(bench.judge(scan("a"))[0], Unavailable)
        with pytest.raises(Unavailable):
            bench.mender.rest()
    assert not bench.live.is_whole
    full = False
    bench.mender.rest()
    assert bench.live.is_whole
    assert told(bench.judge(scan("a"))[0])["degraded"] is False


def test_what_comes_while_an_empty_journal_is_read_counts_once(tmp_path: Path) -> None:
    """A program's very first event may come between two looks of the mending."""
    home = Home(tmp_path)
    journal = home.create(Program(program_id="young"))
    twin = journal.twin()
    live, other = (Live(each, bare_bundle(each), CATALOG, "model") for each in (twin, journal))
    other.rebuild()
    records = twin.records

    def late(*asked: Any, **more: Any) -> Any:
        Commits(other).commit([Work(lambda w: other.judge(w, scan("first"), 1_740_000_000_000))])
        return records(*asked, **more)

    twin.records = late  # type: ignore[method-assign]
    live.rebuild()
    twin.records = records  # type: ignore[method-assign]
    live.catch_up()
    assert live.head == other.head
    with journal.begin() as writing:
        record = writing.event("scan", scan("probe"), 1_740_000_001_000).record
    vectors = [each.observe_and_judge(record, "probe", None).vector for each in (live, other)]
    assert np.array_equal(*vectors, equal_nan=True)
    home.close()
