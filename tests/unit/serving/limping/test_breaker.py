"""Models that fail or are slow: left alone, asked again, and never waited for twice in vain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from features.catalog import CATALOG
from serving.champion import load_champion
from serving.commits import Commits, Work
from serving.explain import explain
from serving.limping.breaker import LONGEST_REST_S, REST_S, TIMES, Breaker
from serving.live import Live

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_S = 0.25


class Clock:
    """Seconds that a test lets pass; a model may let some pass too."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Model:
    """Judges in so many seconds, or raises."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.takes, self.asked, self.is_broken = clock, 0.0, 0, False

    def __call__(self, degraded: Any) -> Any:
        if degraded:
            return degraded
        self.asked += 1
        self.clock.now += self.takes
        if self.is_broken:
            raise FloatingPointError
        return False


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(clock: Clock) -> Model:
    return Model(clock)


def ask(breaker: Breaker, model: Model, times: int = 1) -> list[Any]:
    return [breaker.guard(model, LIMIT_S) for _ in range(times)]


def test_slow_some_times_in_a_row_it_rests_and_is_tried_again(clock: Clock, model: Model) -> None:
    """Each slow verdict is whole itself; those after it do without until one probe was quick."""
    breaker = Breaker(clock)
    model.takes = 1.2 * LIMIT_S
    assert ask(breaker, model, TIMES + 5) == [False] * TIMES + ["model"] * 5
    assert (model.asked, breaker.opened) == (TIMES, 1)
    clock.now += REST_S
    model.takes = 0.01
    assert ask(breaker, model, 3) == [False] * 3
    assert not breaker.is_open


def test_one_slow_verdict_is_no_reason(clock: Clock, model: Model) -> None:
    """The machine stalls now and then; only what is slow again and again is left alone."""
    breaker = Breaker(clock)
    for _ in range(10):
        model.takes = 1.2 * LIMIT_S
        assert ask(breaker, model, TIMES - 1) == [False] * (TIMES - 1)
        model.takes = 0.0
        assert ask(breaker, model) == [False]
    assert breaker.opened == 0


def test_one_that_hangs_is_enough(clock: Clock, model: Model) -> None:
    """As long as some slow ones together: nobody waits for that a second time."""
    breaker = Breaker(clock)
    model.takes = TIMES * LIMIT_S
    assert ask(breaker, model, 2) == [False, "model"]


def test_one_that_raises_is_left_alone_at_once(clock: Clock, model: Model) -> None:
    """Its own event is answered too; each probe that fails doubles the rest, up to a bound."""
    breaker = Breaker(clock)
    model.is_broken = True
    rests = []
    for _ in range(7):
        assert ask(breaker, model, 3) == ["model"] * 3
        started = clock.now
        while breaker.is_open:
            clock.now += 0.5
        rests.append(clock.now - started)
    assert model.asked == 7
    assert rests == [min(REST_S * 2**n, LONGEST_REST_S) for n in range(7)]
    model.is_broken = False
    assert ask(breaker, model) == [False]
    model.is_broken = True
    ask(breaker, model)
    clock.now += REST_S
    assert not breaker.is_open


@pytest.fixture
def live(world: Any) -> Iterator[Live]:
    home = world.home
    journal = home.journal()
    made = Live(journal, load_champion(home, journal), CATALOG)
    made.rebuild()
    made.breaker = Breaker()
    yield made
    home.close()


def test_a_broken_model_is_answered_without_and_derived_so(
    live: Live, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proof declines, features are stored as ever, and `explain` gives the same bytes."""
    assert live.bundle.anomaly is not None
    kind = type(live.bundle.anomaly)
    with monkeypatch.context() as broken:
        broken.setattr(kind, "score_row", lambda *_: 1 / 0)
        answers = _judge(live, "a", "b")
    (whole,) = _judge(live, "c")
    assert [answer["degraded"] for answer in (*answers, whole)] == ["model"] * 3
    assert {answer["bundle_id"] for answer in answers} == {live.bundle.bundle_id}
    assert [answer["score"] for answer in answers] == [None, None]
    assert answers[1]["hard_proof"] == ["code_credited_self"]
    found = explain(world.home, "a")
    assert found.equal
    assert not found.features_differing


def _judge(live: Live, *names: str) -> list[dict[str, Any]]:
    now = live.journal.as_of_ms + 1000
    works = [Work(lambda w, n=name: live.judge(w, {
        "kind": "scan", "event_id": n, "member_id": "m-3", "points": 20, "proof": "qr",
        "occurred_at": "2025-03-05T10:00:00+07:00", "code_id": "C-1200"}, now))
        for name in names]
    return [json.loads(body) for body in Commits(live).commit(works)]
