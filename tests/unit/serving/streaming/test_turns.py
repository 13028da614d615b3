"""Lines of a body are judged in their order, those that are tried again as well."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from features.errors import BadInput, Unavailable
from serving.errors import TooMany
from serving.streaming.exchange import AT_WORK, Exchange
from serving.streaming.turns import Turns

PAUSE_S = 0.005
BUSY = TooMany("fewer requests at once", "a full line", "try again in a second")
AWAY = Unavailable("the database", "no answer", "start it")


class Judge:
    """Refuses some lines before it takes them, the first times they come."""

    def __init__(self, refusals: dict[bytes, int], error: Exception = BUSY) -> None:
        self.left = Counter(refusals)
        self.error = error
        self.taken: list[bytes] = []

    async def __call__(self, line: bytes) -> bytes:
        if self.left[line] > 0:
            self.left[line] -= 1
            raise self.error
        self.taken.append(line)
        await asyncio.sleep(0)
        return line


def exchanged(judge: Judge, lines: list[bytes], patience_s: float = 30.0) -> list[bytes]:
    """Send lines as one body through the exchange; the answers."""
    sent = bytearray()

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"\n".join(lines), "more_body": False}

    async def send(message: Any) -> None:
        sent.extend(message.get("body", b""))

    async def run() -> None:
        turns = Turns(judge, PAUSE_S, patience_s)
        await Exchange(turns.answer, 100, "application/x-ndjson")({"type": "http"}, receive, send)

    asyncio.run(run())
    return bytes(sent).splitlines()


@pytest.mark.parametrize("error", [BUSY, AWAY])
@pytest.mark.parametrize("seed", range(4))
def test_lines_that_are_shed_are_judged_in_their_order(seed: int, error: Exception) -> None:
    """Whichever are refused, and however often, none of those behind goes before them."""
    random = np.random.default_rng(seed)
    lines = [b"%d" % number for number in range(60)]
    refusals = {line: int(random.integers(1, 4)) for line in lines if random.random() < 0.2}
    judge = Judge(refusals, error)
    assert exchanged(judge, lines) == lines
    assert judge.taken == lines
    assert +judge.left == Counter()


def test_lines_that_are_done_together_still_are() -> None:
    """No line waits for one before it that is being done: they share a commit."""
    most = 0
    running = 0

    async def slow(line: bytes) -> bytes:
        nonlocal most, running
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return line

    lines = [b"%d" % number for number in range(50)]
    assert exchanged(slow, lines) == lines  # type: ignore[arg-type]
    assert most == AT_WORK


def test_a_line_has_its_error_once_it_was_tried_for_long_enough() -> None:
    """What waited behind it is tried once at least, and those after it begin anew."""
    judge = Judge({b"1": 10**9, b"2": 1})
    answers = exchanged(judge, [b"0", b"1", b"2", b"3"], patience_s=0.05)
    assert [answers[0], answers[3]] == [b"0", b"3"]
    assert {json.loads(answers[at])["error"]["code"] for at in (1, 2)} == {"too_many"}
    assert judge.taken == [b"0", b"3"]


def test_a_line_nobody_foresaw_has_its_error_and_ends_no_other() -> None:
    """An error of ours, and one of a library, whose text is not shown."""
    for error, code in ((BadInput("a", "b", "c"), "bad_input"), (KeyError("secret"), "internal")):
        first, second = exchanged(Judge({b"1": 1}, error), [b"1", b"2"])
        assert json.loads(first)["error"]["code"] == code
        assert b"secret" not in first
        assert second == b"2"
