"""Lines are answered in their order while they come, with a bounded number under way."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import numpy as np
import pytest

from serving.errors import TooMany
from serving.streaming import exchange
from serving.streaming.exchange import AT_WORK, Exchange
from serving.streaming.lines import Lines

LIMIT = 100


class Caller:
    """Sends the chunks of a body and takes the answer, as slowly as a test has it."""

    def __init__(self, chunks: list[bytes], *, leaves: bool = False) -> None:
        self.chunks = chunks
        self.leaves = leaves
        self.sent: list[dict[str, Any]] = []
        self.taken = asyncio.Event()
        self.taken.set()
        self.asked = 0

    async def receive(self) -> dict[str, Any]:
        await asyncio.sleep(0)
        self.asked += 1
        if self.asked <= len(self.chunks):
            return {"type": "http.request", "body": self.chunks[self.asked - 1],
                    "more_body": self.leaves or self.asked < len(self.chunks)}
        if self.leaves:
            return {"type": "http.disconnect"}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            await self.taken.wait()
        self.sent.append(message)

    @property
    def lines(self) -> list[bytes]:
        body = b"".join(message.get("body", b"") for message in self.sent)
        return body.splitlines()


async def echo(line: bytes) -> bytes:
    await asyncio.sleep(0.001 * (len(line) % 3))
    return b"<" + line + b">"


async def answered(caller: Caller, answer: Any = echo, **more: Any) -> None:
    await Exchange(answer, LIMIT, "application/x-ndjson", **more)(
        {"type": "http"}, caller.receive, caller.send)


@pytest.mark.parametrize("seed", range(20))
def test_however_a_body_is_cut_its_lines_are_the_same(seed: int) -> None:
    """Chunks of any size give the lines that splitting the whole gives."""
    random = np.random.default_rng(seed)
    body = bytes(random.choice([10, 10, 13, 97, 98, 32], 400).astype(np.uint8))
    cuts = [0, *sorted(random.integers(0, len(body), 30)), len(body)]
    lines = Lines(10_000)
    found = [line for start, end in itertools.pairwise(cuts)
             for line in lines.feed(body[start:end])]
    whole = [line.strip() for line in body.split(b"\n") if line.strip()]
    assert [*found, *lines.end()] == whole


def test_answers_come_in_the_order_of_their_lines() -> None:
    """The quick wait for the slow before them."""
    names = [b"x" * (number % 7 + 1) + b"%d" % number for number in range(200)]
    caller = Caller([b"\n".join(names[start:start + 9]) + b"\n" for start in range(0, 200, 9)])
    asyncio.run(answered(caller))
    assert caller.lines == [b"<" + name + b">" for name in names]
    assert caller.sent[0]["status"] == 200
    assert caller.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert Exchange.running == 0


def test_a_line_that_is_too_long_has_its_error_in_its_place() -> None:
    """Nothing of it is kept, and the next one is answered."""
    caller = Caller([b"a\n", b"b" * 80, b"b" * 80, b"b\nc\n", b"d" * 200])
    asyncio.run(answered(caller))
    first, second, third, last = caller.lines
    assert (first, third) == (b"<a>", b"<c>")
    for line in (second, last):
        assert json.loads(line)["error"]["code"] == "too_large"


def test_few_lines_are_at_work_at_once() -> None:
    """However many have come."""
    running, most = 0, 0

    async def slow(line: bytes) -> bytes:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return line

    caller = Caller([b"\n".join(b"%d" % number for number in range(100))])
    asyncio.run(answered(caller, slow))
    assert most == AT_WORK
    assert len(caller.lines) == 100


def test_a_caller_who_does_not_read_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the room for his answers is full nothing more is read; then it goes on."""
    monkeypatch.setattr(exchange, "ROOM", 1_000)

    async def run() -> tuple[int, int]:
        caller = Caller([b"%050d\n" % number for number in range(1_000)])
        caller.taken.clear()
        task = asyncio.create_task(answered(caller))
        for _ in range(2_000):
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        stalled = caller.asked
        caller.taken.set()
        await task
        return stalled, len(caller.lines)

    stalled, all_of_them = asyncio.run(run())
    assert stalled < 1_000 // 50 + 2 * AT_WORK
    assert all_of_them == 1_000


def test_work_stops_when_the_caller_leaves() -> None:
    """What had begun is given up, what had not never begins."""
    begun: list[bytes] = []

    async def forever(line: bytes) -> bytes:
        begun.append(line)
        await asyncio.sleep(3600 if line == b"5" else 0)
        return line

    caller = Caller([b"%d\n" % number for number in range(7)], leaves=True)

    async def run() -> None:
        await asyncio.wait_for(answered(caller, forever), 5)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exchange, "PATIENCE_S", 1.0)
        asyncio.run(run())
    assert len(begun) <= 7
    assert caller.sent[-1].get("more_body", True), "an answer that was cut has no end"
    assert Exchange.running == 0


def test_a_body_that_stops_coming_is_ended_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lines so far are answered."""
    monkeypatch.setattr(exchange, "PATIENCE_S", 0.05)

    class Silent(Caller):
        async def receive(self) -> dict[str, Any]:
            if self.asked:
                await asyncio.sleep(3600)
            return await super().receive() | {"more_body": True}

    caller = Silent([b"a\nb\n"])
    asyncio.run(answered(caller))
    assert caller.lines[:2] == [b"<a>", b"<b>"]
    assert "the next line within" in json.loads(caller.lines[2])["error"]["message"]
    assert caller.sent[-1]["more_body"] is False


def test_bytes_that_end_no_line_do_not_hold_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then is no progress; a line now and then is."""
    monkeypatch.setattr(exchange, "PATIENCE_S", 0.2)

    class Drip(Caller):
        async def receive(self) -> dict[str, Any]:
            await asyncio.sleep(0.02)
            return await super().receive()

    never_ends = Drip([b"a\n", *[b"b"] * 200, b"\n"])
    asyncio.run(answered(never_ends))
    assert never_ends.asked < 100
    assert never_ends.lines[0] == b"<a>"
    assert "the next line within" in json.loads(never_ends.lines[1])["error"]["message"]
    ends_some = Drip([b"b", b"c\n"] * 30)
    asyncio.run(answered(ends_some))
    assert ends_some.lines == [b"<bc>"] * 30


def test_others_go_first_for_a_while() -> None:
    """A line asks before each start, and takes its turn in the end though nobody lets it."""
    asked: list[int] = []

    def always(at_work: int) -> bool:
        asked.append(at_work)
        return True

    caller = Caller([b"a\nb\n"])
    asyncio.run(answered(caller, must_yield=always))
    assert caller.lines == [b"<a>", b"<b>"]
    assert len(asked) >= 2 * 20


def test_there_is_room_for_some_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is refused before anything is read."""
    monkeypatch.setattr(Exchange, "running", exchange.AT_ONCE)
    with pytest.raises(TooMany):
        Exchange(echo, LIMIT, "application/x-ndjson")


def test_one_program_leaves_room_for_others() -> None:
    """It has some of the places, never all of them; they are free once its batches have ended."""
    refused: list[str] = []

    async def run() -> None:
        callers = [Caller([b"a\n"]) for _ in range(exchange.OF_ONE)]
        for caller in callers:
            caller.taken.clear()
        held = [asyncio.create_task(answered(caller, owner="acme")) for caller in callers]
        await asyncio.sleep(0.01)
        for owner in ("acme", "globex"):
            try:
                Exchange(echo, LIMIT, "application/x-ndjson", owner=owner)
            except TooMany:
                refused.append(owner)
        for caller in callers:
            caller.taken.set()
        await asyncio.gather(*held)
        await answered(Caller([b"a\n"]), owner="acme")

    asyncio.run(run())
    assert exchange.OF_ONE < exchange.AT_ONCE
    assert refused == ["acme"]
    assert not +Exchange.owned
