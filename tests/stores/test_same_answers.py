"""SQLite and PostgreSQL are two stores of one service: told the same, they say the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""


def events(count: int, seed: int) -> list[dict[str, Any]]:
    """Make up scans, referrals and redemptions, some of them twice, with all kinds of gaps."""
    random = np.random.default_rng(seed)
    found: list[dict[str, Any]] = []
    for number in range(count):
        member = f"m-{random.integers(32)}"
        kind = str(random.choice(["scan", "scan", "scan", "redemption", "referral"]))
        body = {"kind": kind, "event_id": f"x-{number}", "member_id": member,
                "points": int(random.choice([20, 40, 80])),
                "occurred_at": f"2025-03-0{random.integers(1, 6)}T03:00:00Z",
                "device_id": f"d-{random.integers(20)}"}
        if kind == "scan":
            body |= {"proof": "qr", "code_id": f"C-{900 + random.integers(count)}"}
        elif kind == "referral":
            body |= {"referee_id": f"m-{random.integers(64)}"}
        else:
            body |= {"reward_id": "kettle", "payout_id": f"p-{random.integers(9)}"}
        found.append(body)
        if random.random() < 0.1:
            found.append(found[random.integers(len(found))])
    return found


def told(services: Any, store: str, folder: Path, bodies: list[dict[str, Any]]) -> list[bytes]:
    """What a service over a store answers to bodies, one after the other, then as a batch."""
    with services(store, folder) as service:
        one_by_one = [service.post("/verdicts", body).content for body in bodies]
        sheet = "\n".join(json.dumps(body) for body in bodies)
        assert service.ask("POST", "/verdicts/batch", content=sheet).content.splitlines() == (
            one_by_one)
        return one_by_one


def test_both_stores_give_the_same_bytes(services: Any, tmp_path: Path) -> None:
    """Every verdict, reason and hold of the same events by the same clock."""
    bodies = events(150, seed=3)
    first, second = (told(services, store, tmp_path / store, bodies)
                     for store in ("sqlite", "postgresql"))
    assert first == second
    verdicts = [json.loads(answer)["verdict"] for answer in first]
    assert {"approve", "review", "decline"} == set(verdicts)
