"""What waits in the outbox is handed over once in order, looked at before, and never lost."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from features.errors import Unavailable
from serving.casework import Casework, Opened
from serving.listed import ListEntry
from serving.lists import Lists
from serving.outbox import sender as sending
from serving.outbox.message import message_of
from serving.outbox.outbox import Outbox
from serving.outbox.patience import TRIES
from serving.outbox.relay import Relay, begin_relay
from serving.outbox.webhook import Answer

BUSY = Answer("http_500")
DOWN = Answer("unreachable", is_down=True)
DAY = 86_400_000


def test_what_is_sent_lies_in_the_outbox_and_then_at_the_receiver(desk: Any, receiver: Any) -> None:
    """One message a decision, with what the program needs to write to the member."""
    desk.decide("d-1", language="id", template_id="t-9")
    assert desk.send("d-1") == {"sent": ["d-1"], "held_out": [], "refused": []}
    assert desk.counts() == (1, 0)
    assert desk.run(receiver).sent == 1
    body = json.loads(receiver.seen[0].body)
    assert body["type"] == "mission.send"
    assert body["data"] == {
        "program_id": "acme", "decision_id": "d-1", "member_id": "m-1", "mission_id": "streak",
        "channel": "app", "language": "id", "template_id": "t-9", "message": "Scan a pack.",
        "cost_points": 60, "campaign_id": None, "valid_until": "2025-06-09T05:00:00.000Z"}
    assert desk.counts() == (0, 0)
    assert desk.deliveries() == [("d-1", "queued", ""), ("d-1", "sent", "")]


def test_asking_again_sends_nothing_again(desk: Any, receiver: Any) -> None:
    """Before and after it was sent."""
    desk.decide("d-1")
    first = [desk.send("d-1", "d-1"), desk.send("d-1")]
    assert desk.run(receiver).sent == 1
    assert [*first, desk.send("d-1")] == [first[0]] * 3
    assert desk.run(receiver).sent == 0
    assert len(desk.journal.frame("missions")) == 1


def test_a_held_out_member_is_logged_and_never_written_to(desk: Any, receiver: Any) -> None:
    """He and who is sent something differ by nothing but the draw: both can be refused."""
    desk.decide("d-1", holdout="global", mission_id="none", cost_points=0)
    assert desk.send("d-1")["held_out"] == ["d-1"]
    assert desk.counts() == (0, 0)
    desk.decide("d-2", holdout="mission", mission_id="none", member="m-2")
    desk.row("members", member_id="m-2", persona="retailer", consent=False,
             joined_at="2025-01-01T00:00:00Z")
    assert desk.send("d-2")["refused"] == [{"id": "d-2", "code": "no_consent"}]


def test_all_or_nothing_is_written(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the outbox can't be written the log is not either."""
    def break_(*_: Any) -> None:
        raise Unavailable("a disk", "none", "buy one")

    desk.decide("d-1")
    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "add", break_)
        with pytest.raises(Unavailable):
            desk.send("d-1")
    assert len(desk.journal.frame("missions")) == 0
    assert desk.send("d-1")["sent"] == ["d-1"]


def test_what_can_not_be_sent_is_refused_with_its_reason(desk: Any) -> None:
    """An id nobody knows, a member to whom nothing was offered, a decision that is too old."""
    desk.decide("d-none", mission_id="none")
    desk.decide("d-old")
    desk.now += 7 * DAY
    assert desk.send("d-none", "d-old", "d-new", "' OR 1=1")["refused"] == [
        {"id": "d-none", "code": "nothing_offered"}, {"id": "d-old", "code": "expired"},
        {"id": "d-new", "code": "unknown"}, {"id": "' OR 1=1", "code": "unknown"}]


def opts_out(desk: Any) -> None:
    desk.decide("d-before")
    desk.row("deliveries", decision_id="d-before", status="opted_out", at="2025-06-02T05:00:00Z")


def withdraws(desk: Any) -> None:
    desk.row("members", member_id="m-1", persona="retailer", consent=False,
             joined_at="2025-01-01T00:00:00Z")


def is_denied(desk: Any) -> None:
    desk.do(lambda writing: Lists(writing.store, writing.key).add(
        ListEntry("deny", "member", "m-1", desk.now, None, ""),
        writing.entities.number("member", "m-1"), "rina"))


def is_suspected(desk: Any) -> None:
    desk.do(lambda writing: Casework(writing.store, writing.key).open([Opened(
        writing.entities.number("event", "s-1"), writing.entities.number("member", "m-1"),
        "scan", 1, 1, 5, "review", True, 5.0, desk.now)]))


def time_passes(desk: Any) -> None:
    desk.now += 7 * DAY


@pytest.mark.parametrize(("happens", "code"), [
    (opts_out, "opted_out"), (withdraws, "no_consent"), (is_denied, "blocked"),
    (is_suspected, "open_case"), (time_passes, "expired")])
def test_what_is_not_right_any_more_is_not_sent(
    desk: Any, receiver: Any, happens: Any, code: str
) -> None:
    """The last look drops it, and the journal says why; a later try to send is refused."""
    desk.decide("d-1", "d-2")
    desk.decide("d-3", member="m-2")
    desk.send("d-1", "d-3")
    happens(desk)
    tally = desk.run(receiver)
    assert (tally.sent, tally.dropped[code]) == (
        (0, 2) if code == "expired" else (1, 1))
    assert "d-1" not in receiver.refs
    assert ("d-1", "failed", code) in desk.deliveries()
    assert desk.counts() == (0, 0)
    assert desk.send("d-2")["refused"] == [{"id": "d-2", "code": code}]


def test_what_the_program_sent_itself_is_not_sent_again(desk: Any, receiver: Any) -> None:
    """A delivery that it told of settles the message."""
    desk.decide("d-1")
    desk.send("d-1")
    desk.row("deliveries", decision_id="d-1", status="delivered", at="2025-06-02T05:00:00Z")
    assert desk.run(receiver).dropped == {"done_by_program": 1}
    assert receiver.seen == []
    assert [row[1] for row in desk.deliveries()] == ["queued", "delivered"]


def test_nobody_is_woken(at_night: Any, receiver: Any) -> None:
    """Messages wait for eight o'clock where the member is; to whom it is day now, they go."""
    at_night.decide("d-jakarta")
    at_night.decide("d-bogota", member="m-0")
    at_night.send("d-jakarta", "d-bogota")
    assert at_night.run(receiver).sent == 1
    assert receiver.refs == ["d-bogota"]
    at_night.now += 10 * 3_600_000 - 1
    assert at_night.run(receiver).sent == 0
    at_night.now += 1
    assert at_night.run(receiver).sent == 1


def test_a_program_may_skip_what_falls_into_the_night(
    tmp_path: Any, make_desk: Any, receiver: Any
) -> None:
    """With ``then: skip`` it is dropped."""
    desk = make_desk(tmp_path, '{from: "11:00", to: "13:00", then: skip}')
    desk.decide("d-1")
    desk.send("d-1")
    assert desk.run(receiver).dropped == {"quiet_hours": 1}
    assert desk.deliveries()[-1] == ("d-1", "failed", "quiet_hours")
    desk.home.close()


def test_a_member_s_messages_keep_their_order(desk: Any, receiver: Any) -> None:
    """The next one waits until the one before it is taken; other members' do not."""
    desk.offer("d-1", "d-2")
    desk.offer("d-3", member="m-2")
    receiver.answers = [BUSY]
    assert desk.run(receiver).sent == 1
    assert sorted(receiver.refs) == ["d-1", "d-3"]
    desk.now += 60_000
    assert desk.run(receiver).sent == 2
    assert receiver.refs[2:] == ["d-1", "d-2"]
    assert receiver.seen[2].message_id == receiver.seen[0].message_id


def test_a_message_nobody_takes_dies_and_can_be_woken(desk: Any, receiver: Any) -> None:
    """After the last try it is listed with its answer; the member's next one goes."""
    desk.decide("d-1")
    desk.send("d-1")
    receiver.answers = [BUSY] * TRIES
    for tries in range(1, TRIES + 1):
        assert desk.run(receiver).failed == 1, tries
        assert desk.run(receiver).failed == 0, "it waits"
        desk.now += 6 * 3_600_000
    with desk.journal.database.reading() as store:
        (dead,) = Outbox(store, desk.journal.key).dead()
    assert (dead.ref, dead.tries, dead.code) == ("d-1", TRIES, "http_500")
    assert desk.deliveries()[-1] == ("d-1", "failed", "http_500")
    assert desk.run(receiver).sent == 0
    desk.decide("d-2")
    desk.send("d-2")
    desk.do(lambda writing: Outbox(writing.store, writing.key).wake(desk.now))
    assert desk.run(receiver).sent == 2
    assert receiver.refs[-2:] == ["d-1", "d-2"]


def test_a_receiver_that_is_down_is_left_in_peace(desk: Any, receiver: Any) -> None:
    """It rests as long as it asks; then one message sees whether it is back. No try counts."""
    names = [desk.decide(f"d-{n}", member=f"m-{n}")[0] for n in range(8)]
    desk.send(*names)
    receiver.answers = [DOWN] * 7 + [Answer("http_503", False, 600_000, is_down=True), DOWN]
    sender = desk.sender(receiver)
    assert sender.run().failed == 8
    desk.now += 599_999
    assert sender.run().failed == 0
    desk.now += 1
    assert sender.run().failed == 1
    desk.now += 10_000
    assert sender.run().sent == 8
    assert {message.tries for message in receiver.seen} == {0}
    sender.close()


def test_a_look_that_is_too_old_is_taken_again(
    desk: Any, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be posted soon after the look is put back, and no try is counted."""
    desk.decide("d-1")
    desk.send("d-1")
    with monkeypatch.context() as patched:
        patched.setattr(sending, "FRESH_S", 0.0)
        sender = desk.sender(receiver)
        passes = iter([True, True, True, False])
        assert sender.run(lambda: next(passes, False)).sent == 0
    assert receiver.seen == []
    assert sender.run().sent == 1
    assert receiver.seen[0].tries == 0
    sender.close()


def test_who_dies_after_taking_leaves_it_to_the_next(desk: Any, receiver: Any) -> None:
    """Taken is not sent: after the lease another sender posts it, under the same id."""
    desk.decide("d-1")
    desk.send("d-1")

    class Dying:
        def post(self, message: Any) -> Answer:
            raise SystemExit(message.message_id)

        def close(self) -> None:
            """Nothing is open."""

    with pytest.raises(SystemExit) as died:
        desk.run(Dying())
    assert desk.run(receiver).sent == 0, "another has it"
    desk.now += sending.LEASE_MS
    assert desk.run(receiver).sent == 1
    assert receiver.seen[0].message_id == died.value.code


def test_what_came_of_a_post_survives_a_store_that_fails(desk: Any, receiver: Any) -> None:
    """The next run notes it; nothing is posted twice."""
    desk.decide("d-1")
    desk.send("d-1")
    calls = iter([True, False, True, True])

    def do(act: Any) -> Any:
        if not next(calls):
            raise Unavailable("a disk", "none", "buy one")
        return desk.do(act)

    sender = sending.Sender(desk.journal, receiver, do, lambda: desk.now)
    with pytest.raises(Unavailable):
        sender.run()
    assert sender.run().sent == 1
    assert receiver.refs == ["d-1"]
    assert desk.counts() == (0, 0)
    sender.close()


def test_without_a_webhook_the_program_has_its_time(desk: Any) -> None:
    """Messages lie there for a week; then they go, and the journal does not call them failed."""
    desk.decide("d-1")
    desk.send("d-1")
    desk.run(None)
    assert desk.counts() == (1, 0)
    desk.now += 7 * DAY
    desk.run(None)
    assert desk.counts() == (0, 0)
    assert [row[1] for row in desk.deliveries()] == ["queued"]


def test_other_kinds_of_messages_pass_without_a_look_at_the_member(
    desk: Any, receiver: Any
) -> None:
    """They are about no message to him, and leave no delivery."""
    withdraws(desk)
    member = desk.journal.number("member", "m-1")
    message = message_of("acme", "outcome.changed", "s-1", member, {"status": "released"},
                         desk.now)
    for _ in range(2):
        desk.do(lambda writing: Outbox(writing.store, writing.key).add([message]))
    assert desk.run(receiver).sent == 1
    assert desk.deliveries() == []


def test_order_holds_whatever_fails(desk: Any, receiver: Any) -> None:
    """Of each member, messages are taken in the order they were written, each once."""
    random = np.random.default_rng(4)
    written: dict[str, list[str]] = {}
    for n in range(60):
        member = f"m-{random.integers(4)}"
        written.setdefault(member, []).append(f"d-{n}")
        desk.offer(f"d-{n}", member=member)
    taken: list[Any] = []

    class Moody:
        def post(self, message: Any) -> Answer:
            mood = random.random()
            if mood < 0.6:
                taken.append(json.loads(message.body)["data"])
                return Answer("http_200", taken=True)
            return BUSY if mood < 0.8 else DOWN

        def close(self) -> None:
            """Nothing is open."""

    sender = desk.sender(Moody())
    for _ in range(400):
        sender.run()
        desk.now += 60_000
    sender.close()
    assert {member: [one["decision_id"] for one in taken if one["member_id"] == member]
            for member in written} == written
    assert desk.counts() == (0, 0)


def test_a_receiver_that_takes_others_is_not_down(desk: Any) -> None:
    """A message at which it fails while it takes the next ones is given up like any other."""
    desk.offer("d-0", member="m-0")

    class Choking:
        def post(self, message: Any) -> Answer:
            return DOWN if message.ref == "d-0" else Answer("http_200", taken=True)

        def close(self) -> None:
            """Nothing is open."""

    sender = desk.sender(Choking())
    for n in range(1, 2 + TRIES):
        desk.offer(f"d-{n}")
        desk.offer(f"e-{n}", member="m-2")
        assert sender.run().sent == 2, "others do not wait for it"
        desk.now += 6 * 3_600_000
    sender.close()
    assert desk.counts() == (0, 1)


def test_a_sender_that_comes_back_too_late_settles_nothing_of_others(
    desk: Any, receiver: Any
) -> None:
    """Another has sent its message meanwhile, and a new one lies where that one lay."""
    desk.offer("d-1")
    late = desk.sender(receiver)

    class Stalling:
        def post(self, message: Any) -> Answer:
            desk.now += sending.LEASE_MS
            assert desk.run(receiver).sent == 1, "another had the time to send it"
            desk.offer("d-2")
            return Answer("http_200", taken=True)

        def close(self) -> None:
            """Nothing is open."""

    late._receiver = Stalling()
    passes = iter([True, True])
    late.run(lambda: next(passes, False))
    late.close()
    assert receiver.refs == ["d-1"]
    assert desk.counts() == (1, 0), "d-2 still waits"
    assert [row[:2] for row in desk.deliveries()] == [
        ("d-1", "queued"), ("d-1", "sent"), ("d-2", "queued")]
    assert desk.run(receiver).sent == 1


def test_without_a_webhook_nothing_waits_for_one(desk: Any, receiver: Any) -> None:
    """The program sends from the answer; a webhook set up later is not told of the past."""
    desk.do(lambda writing: Relay(writing.store, writing.key).end())
    desk.offer("d-1")
    desk.change("s-1", "released")
    assert desk.counts() == (0, 0)
    assert [row[:2] for row in desk.deliveries()] == [("d-1", "queued")]
    begin_relay(desk.journal, desk.now)
    assert desk.run(receiver).sent == 0
    desk.offer("d-2")
    desk.change("s-1", "clawed_back", 0)
    assert desk.run(receiver).sent == 2
    assert sorted(receiver.refs) == ["d-2", "s-1"]
