"""A member's own code again: kindly declined, and no mark against him; a retry is no event."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.catalog import CATALOG
from serving.champion import load_champion
from serving.live import Live

if TYPE_CHECKING:
    from collections.abc import Iterator

HONEST = frozenset({"velocity", "device", "code", "context", "peers", "network", "place", "amount",
                    "account", "after", "staff", "invoice"})
"""Families in which one more event may honestly show: it took place, on that phone, just then."""
MARKS = ("refused", "held", "fraud", "points_24h", "points_7d", "points_30d", "scans_10m",
         "scans_24h", "returns", "taken_back")
"""Parts of names of features that would count it against the member."""


class Undo(Exception):
    """Leaves a transaction without committing it."""


class Twin:
    """One program judged twice from the same past: with a re-scan in between, and without."""

    def __init__(self, world: Any) -> None:
        self.home = world.home
        self.journal = self.home.journal()
        self.bundle = load_champion(self.home, self.journal)
        self.now = self.journal.as_of_ms + 60_000

    def run(self, *bodies: dict[str, Any]) -> list[dict[str, Any]]:
        """Judge events in a transaction that is undone; verdicts with their features."""
        live = Live(self.journal, self.bundle, CATALOG)
        live.rebuild()
        told: list[dict[str, Any]] = []
        with suppress(Undo), live.begin() as writing:
            for body in bodies:
                now_ms = self.now + body["minute"] * 60_000
                told.append(json.loads(live.judge(writing, body, now_ms)))
            rows = writing.store.rows(
                "SELECT vector FROM verdicts WHERE program = ? ORDER BY place DESC LIMIT ?",
                (writing.key, len(bodies)))
            for each, (vector,) in zip(told, reversed(rows), strict=True):
                each["vector"] = np.frombuffer(vector)
            raise Undo
        return told


@pytest.fixture(scope="module")
def twin(made: Any) -> Iterator[Twin]:
    twin = Twin(made)
    yield twin
    twin.home.close()


def scan(name: str, minute: int, **more: Any) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 20, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00+07:00", "minute": minute, "device_id": "d-3",
            **more}


def differing(left: Any, right: Any) -> list[str]:
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    return [CATALOG.names[int(index)] for index in np.flatnonzero(~same)]


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize("gap", [1, 40, 3000])
@pytest.mark.parametrize("points", [20, 40])
def test_own_code_again_is_no_mark(twin: Twin, times: int, gap: int, points: int) -> None:
    """However often he scans his code again, the next event is judged as if he had not."""
    first = scan("first", 0, code_id="C-1200")
    again = [scan(f"again-{n}", 1 + n, code_id="C-1200") for n in range(times)]
    then = scan("then", 10 + gap, code_id="C-1201", points=points)
    *_, plain = twin.run(first, then)
    _, *rescans, after = twin.run(first, *again, then)
    for told in rescans:
        assert (told["verdict"], told["hard_proof"]) == ("decline", ["code_credited_self"])
        assert told["partner_message"]["code"] == "partner.already_yours"
    assert (after["verdict"], after["points_held"]) == (plain["verdict"], plain["points_held"])
    names = differing(after["vector"], plain["vector"])
    assert {CATALOG.families[name] for name in names} <= HONEST
    assert [name for name in names if name.startswith("member")
            and any(mark in name for mark in MARKS)] == []


def test_own_code_again_fills_no_cap(twin: Twin) -> None:
    """What he asked for twice and got once counts once against the day's points."""
    program = twin.journal.program
    asked = 20 + 20 + 20
    caps = program.caps.model_copy(update={"points_per_day": asked, "scans_per_day": 3})
    twin.journal.program = program.model_copy(update={"caps": caps})
    try:
        *_, told = twin.run(
            scan("a", 0, code_id="C-1200", member_id="m-9"),
            *(scan(f"b{n}", 1 + n, code_id="C-1200", member_id="m-9") for n in range(3)),
            scan("c", 8, code_id="C-1201", member_id="m-9"),
            scan("d", 9, code_id="C-1202", member_id="m-9"))
        *_, plain = twin.run(
            scan("a", 0, code_id="C-1200", member_id="m-9"),
            scan("c", 8, code_id="C-1201", member_id="m-9"),
            scan("d", 9, code_id="C-1202", member_id="m-9"))
        *_, beyond = twin.run(
            *(scan(f"e{n}", n, code_id=f"C-{1210 + n}", member_id="m-9") for n in range(4)))
    finally:
        twin.journal.program = program
    assert [reason["code"] for reason in told["reasons"] if "cap" in reason["code"]] == []
    assert (told["verdict"], told["score"]) == (plain["verdict"], plain["score"])
    assert "cap.points_per_day" in [reason["code"] for reason in beyond["reasons"]]


def test_a_retry_is_never_a_duplicate(twin: Twin) -> None:
    """The same id again is answered from the store: no second event, no trace in the next."""
    first, then = scan("first", 0, code_id="C-1200"), scan("then", 5, code_id="C-1201")
    _, plain = twin.run(first, then)
    live = Live(twin.journal, twin.bundle, CATALOG)
    live.rebuild()
    told: list[bytes] = []

    with suppress(Undo), live.begin() as writing:
        told.extend(live.judge(writing, first, twin.now + n) for n in range(3))
        told.append(live.judge(writing, then, twin.now + 5 * 60_000))
        assert writing.store.rows("SELECT COUNT(*) FROM verdicts WHERE place > ?",
                                  (twin.journal.last_place,)) == [(2,)]
        raise Undo
    assert len(set(told[:3])) == 1
    assert json.loads(told[0])["verdict"] == "approve"
    again = json.loads(told[3])
    assert (again["score"], again["anomaly"]) == (plain["score"], plain["anomaly"])
