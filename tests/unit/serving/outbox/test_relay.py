"""What became of points reaches the webhook: all of it, in order, from a point that is stated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.outbox import relay
from serving.outbox.jobs import forget, go_back
from serving.outbox.outbox import Outbox
from serving.outbox.patience import TRIES
from serving.outbox.relay import Relay, begin_relay
from serving.outbox.webhook import Answer

if TYPE_CHECKING:
    import pytest

    from serving.outbox.message import Message

REFUSED = Answer("http_422")
DOWN = Answer("unreachable", is_down=True)
DAY = 86_400_000


def told(receiver: Any) -> list[dict[str, Any]]:
    """The outcomes that a receiver was handed, in the order of the posts."""
    return [json.loads(message.body)["data"] for message in receiver.seen]


def test_the_webhook_tells_what_the_feed_tells(desk: Any, receiver: Any) -> None:
    """The same rows in the same order, each under an id of its own, with the program's."""
    for event, status in (("s-1", "released"), ("s-2", "kept"), ("s-3", "partial")):
        desk.change(event, status)
        desk.now += 1
    assert desk.counts() == (0, 0), "a decision costs its writer nothing more"
    assert desk.run(receiver).sent == 3
    assert told(receiver) == [{"program_id": "acme"} | row for row in desk.feed()]
    assert {message.kind for message in receiver.seen} == {"outcome.changed"}
    assert len({message.message_id for message in receiver.seen}) == 3
    assert json.loads(receiver.seen[0].body)["timestamp"] == desk.feed()[0]["changed_at"]
    assert desk.run(receiver).sent == 0


def test_a_status_waits_for_the_one_before_it(desk: Any, receiver: Any) -> None:
    """Of one event, however often the first is tried; other events do not wait."""
    desk.change("s-1", "released")
    desk.change("s-2", "kept", 0)
    desk.change("s-1", "clawed_back", 0)
    receiver.answers = [REFUSED]
    assert desk.run(receiver).sent == 1
    assert receiver.refs == ["s-1", "s-2"]
    desk.now += 60_000
    assert desk.run(receiver).sent == 2
    assert [row["status"] for row in told(receiver)[2:]] == ["released", "clawed_back"]


def test_a_message_for_the_morning_does_not_hold_up_points(at_night: Any, receiver: Any) -> None:
    """Missions wait for their hour, and outcomes of the same member do not."""
    at_night.offer("d-1")
    at_night.change("s-1", "released")
    assert at_night.run(receiver).sent == 1
    assert receiver.refs == ["s-1"]
    assert at_night.counts() == (1, 0)


def test_points_go_before_offers(desk: Any, receiver: Any) -> None:
    """However many missions were written first."""
    for n in range(1, 8):
        desk.offer(f"d-{n}", member=f"m-{n}")
    desk.change("s-1", "released")
    assert desk.run(receiver).sent == 8
    assert receiver.refs[0] == "s-1"


def test_a_receiver_that_is_away_for_weeks_loses_nothing(desk: Any, receiver: Any) -> None:
    """No try counts while it takes nothing, and an outcome never expires."""
    desk.change("s-1", "released")
    receiver.answers = [DOWN] * 60
    sender = desk.sender(receiver)
    for _ in range(60):
        assert (sender.run().dead, desk.counts()) == (0, (1, 0))
        desk.now += DAY
    desk.change("s-1", "clawed_back", 0)
    assert sender.run().sent == 2
    sender.close()
    assert [row["status"] for row in told(receiver)[-2:]] == ["released", "clawed_back"]


def dies(desk: Any, receiver: Any) -> None:
    """Have the receiver refuse what is due until it is given up."""
    receiver.answers = [REFUSED] * TRIES
    for _ in range(TRIES):
        desk.run(receiver)
        desk.now += 6 * 3_600_000
    assert desk.counts()[1] == 1


def test_what_was_given_up_and_overtaken_does_not_come_back(desk: Any, receiver: Any) -> None:
    """Once the receiver has a later status of the event, the earlier one is settled."""
    desk.change("s-1", "released")
    dies(desk, receiver)
    desk.change("s-1", "clawed_back", 0)
    assert desk.run(receiver).sent == 1
    assert desk.counts() == (0, 0)
    assert told(receiver)[-1]["status"] == "clawed_back"


def test_what_was_given_up_goes_first_when_it_is_woken(desk: Any, receiver: Any) -> None:
    """A later status that the receiver does not have yet follows it."""
    desk.change("s-1", "released")
    dies(desk, receiver)
    desk.change("s-1", "clawed_back", 0)
    desk.do(lambda writing: Relay(writing.store, writing.key).put("acme", desk.now))
    desk.do(lambda writing: Outbox(writing.store, writing.key).wake(desk.now))
    assert desk.run(receiver).sent == 2
    assert [row["status"] for row in told(receiver)[-2:]] == ["released", "clawed_back"]


def test_few_lie_in_the_outbox_however_many_there_are(
    desk: Any, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest waits in the feed, is counted as waiting, and comes in order."""
    monkeypatch.setattr(relay, "ROOM", 3)
    for n in range(20):
        desk.change(f"s-{1 + n % 7}", ("released", "clawed_back")[n % 2])
    receiver.answers = [DOWN] * 3
    sender = desk.sender(receiver)
    sender.run()
    with desk.journal.database.reading() as store:
        assert Outbox(store, desk.journal.key).counts() == (3, 0)
        assert Relay(store, desk.journal.key).behind() == 17
    desk.now += 60_000
    assert sender.run().sent == 20
    sender.close()
    seen: dict[str, list[int]] = {}
    for row in told(receiver)[3:]:
        seen.setdefault(row["event_id"], []).append(row["seq"])
    assert sum(map(len, seen.values())) == 20
    assert all(one == sorted(one) for one in seen.values())


def test_outcomes_that_are_refused_do_not_hold_up_the_others(
    desk: Any, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many wait for their next try, and however many wait behind them."""
    monkeypatch.setattr(relay, "ROOM", 3)
    for name in ("s-1", "s-2", "s-3"):
        desk.change(name, "released")
    receiver.answers = [REFUSED] * 3
    assert desk.run(receiver).sent == 0
    for name in ("s-1", "s-2", "s-3"):
        desk.change(name, "clawed_back", 0)
    desk.change("s-4", "released")
    assert desk.run(receiver).sent == 1
    assert receiver.refs[3:] == ["s-4"]
    desk.now += 60_000
    desk.run(receiver)
    for name in ("s-1", "s-2", "s-3"):
        seen = [row["status"] for row in told(receiver)[3:] if row["event_id"] == name]
        assert seen == ["released", "clawed_back"]


def test_a_webhook_that_was_away_goes_on_where_it_was(desk: Any, receiver: Any) -> None:
    """Without its URL a service sends nothing and keeps the mark; nothing piles up meanwhile."""
    desk.change("s-1", "released")
    assert desk.run(receiver).sent == 1
    desk.change("s-2", "released")
    desk.run(None)
    assert desk.counts() == (0, 0)
    begin_relay(desk.journal, desk.now)
    assert desk.run(receiver).sent == 1
    assert receiver.refs == ["s-1", "s-2"]


def test_a_receiver_restored_from_a_backup_is_told_again(desk: Any, receiver: Any) -> None:
    """From the cursor that it has, under the ids and with the bytes of the first time."""
    seqs = [desk.change(f"s-{n}", "released") for n in (1, 2, 3)]
    desk.run(receiver)
    assert go_back(desk.home, seqs[0]) == {"waiting": 2, "dead": 0}
    assert desk.run(receiver).sent == 2
    assert [(one.message_id, one.body) for one in receiver.seen[3:]] == [
        (one.message_id, one.body) for one in receiver.seen[1:3]]


def test_a_webhook_that_was_forgotten_begins_anew(desk: Any, receiver: Any) -> None:
    """What waited for it goes with it, the dead too; the feed still tells everything."""
    desk.change("s-1", "released")
    dies(desk, receiver)
    desk.offer("d-1")
    assert forget(desk.home) == {"dropped": 2}
    assert desk.counts() == (0, 0)
    begin_relay(desk.journal, desk.now)
    assert desk.run(receiver).sent == 0
    assert [row["event_id"] for row in desk.feed()] == ["s-1"]


def test_whatever_fails_each_event_ends_as_the_feed_does(desk: Any) -> None:
    """A moody receiver that only believes what it takes: order of each event, nothing twice."""
    random = np.random.default_rng(7)
    taken: list[dict[str, Any]] = []

    class Moody:
        def post(self, message: Message) -> Answer:
            mood = random.random()
            if mood < 0.5:
                taken.append(json.loads(message.body)["data"])
                return Answer("http_200", taken=True)
            return REFUSED if mood < 0.7 else DOWN

        def close(self) -> None:
            """Nothing is open."""

    sender = desk.sender(Moody())
    for n in range(80):
        desk.change(f"s-{1 + random.integers(7)}", ("released", "kept", "clawed_back")[n % 3], n)
        sender.run()
        desk.now += 10_000
    for _ in range(200):
        sender.run()
        desk.now += 60_000
    sender.close()
    assert desk.counts() == (0, 0)
    assert sorted(row["seq"] for row in taken) == [row["seq"] for row in desk.feed()]
    for event in {row["event_id"] for row in taken}:
        mine = [row["seq"] for row in taken if row["event_id"] == event]
        assert mine == sorted(mine)
