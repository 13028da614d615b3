"""A store that stands still holds up who waits for it, and nobody else."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from features.exports.program import Program
from serving.acts import Acts
from serving.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator


class Standing:
    """A journal whose store answers only once something else has gone on."""

    key = 1
    program = Program(program_id="acme")

    def __init__(self) -> None:
        self.went_on = threading.Event()
        self.database = self

    def number(self, kind: str, name: str) -> int:
        assert self.went_on.wait(10), "it was read in the event loop"
        return 0

    def numbers(self, kind: str, names: list[str]) -> list[int]:
        return [self.number(kind, name) for name in names]

    @contextmanager
    def reading(self) -> Iterator[Standing]:
        yield self

    def rows(self, *asked: Any) -> list[Any]:
        return []


@pytest.mark.parametrize(("act", "asked"), [
    ("label", {"event_id": "s-1", "label": "fraud", "decided_at": "2026-01-01T00:00:00Z"}),
    ("declare", {"kind": "shared_device", "subject_id": "d-1"}),
    ("enlist", {"list": "deny", "kind": "member", "subject_id": "m-1", "by": "rina",
                "note": "It was proven.", "valid_to": None}),
])
def test_the_store_is_read_beside_the_loop(act: str, asked: dict[str, Any]) -> None:
    """Labels, declarations and lists look for what they are about in a thread."""
    journal = Standing()

    async def do(*_: Any) -> dict[str, Any]:
        return {"new": 1}

    async def beside() -> dict[str, Any]:
        live: Any = type("Live", (), {"journal": journal})
        acts = Acts(Served(live, do, lambda: 1_767_225_600_000), do)
        asyncio.get_running_loop().call_later(0.01, journal.went_on.set)
        return dict(await getattr(acts, act)(asked))

    assert asyncio.run(beside())["known"] is False
