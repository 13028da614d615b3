"""A small program with a trained bundle, whose live events meet often enough to be held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.store.home import Home
from features.store.ingest import ingest
from serving.keys import create_key
from tests.unit.serving.conftest import train

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM_ID = "acme"
MEMBERS = 60
CODES = 4_000
PROGRAM = """program_id: acme
timezone: Asia/Jakarta
currency: IDR
languages: [en, id]
enforcement: full
desk: {four_eyes_points: 1000000000}
"""
"""Its keys decide all day, far more than one pair of eyes otherwise may."""
START = pd.Timestamp("2025-01-01T08:00:00Z")


@dataclass(frozen=True)
class World:
    """A home, where its journal lies, and keys that may do everything."""

    path: Path
    key: str
    url: str | None = None

    def home(self) -> Home:
        return Home(self.path, self.url)


def make_world(folder: Path, events: int = 900, url: str | None = None, seed: int = 5) -> World:
    """Ingest a made-up history, train on it, and make a key of an admin."""
    home = Home(folder / "home", url)
    ingest(home, _write_export(folder / "export", events, seed))
    train(home)
    key = create_key(home, PROGRAM_ID, "admin")
    home.close()
    return World(folder / "home", key, url)


def _write_export(folder: Path, events: int, seed: int) -> Path:
    folder.mkdir(parents=True)
    (folder / "program.yaml").write_text(PROGRAM)
    random = np.random.default_rng(seed)
    pd.DataFrame({
        "member_id": [f"m-{n}" for n in range(MEMBERS)], "program_id": PROGRAM_ID,
        "persona": "retailer", "joined_at": "2024-06-01T00:00:00Z",
        "language": ["id" if n % 2 else "en" for n in range(MEMBERS)],
    }).to_csv(folder / "members.csv", index=False)
    pd.DataFrame({
        "code_id": [f"C-{n}" for n in range(CODES)], "sku": "wire", "points": 40,
        "status": "dispatched", "dispatched_at": "2024-12-01T00:00:00Z",
    }).to_csv(folder / "codes.csv", index=False)
    _scans(random, events).to_csv(folder / "scans.csv", index=False)
    return folder


def _scans(random: np.random.Generator, count: int) -> pd.DataFrame:
    seconds = np.sort(random.integers(0, 60 * 24 * 3600, count))
    member = random.integers(0, MEMBERS, count)
    return pd.DataFrame({
        "event_id": [f"h-{n}" for n in range(count)], "program_id": PROGRAM_ID,
        "member_id": [f"m-{n}" for n in member],
        "occurred_at": [(START + pd.Timedelta(seconds=int(s))).isoformat() for s in seconds],
        "points": random.choice([20, 40, 80], count), "proof": "qr",
        "code_id": [f"H-{n}" for n in range(count)],
        "device_id": [f"d-{n}" for n in member], "channel": "app", "capture": "camera",
    })


def event(random: Any, name: str, now_ms: int) -> dict[str, Any]:
    """A made-up live event; codes are claimed twice now and then, and high points look odd."""
    member = f"m-{random.randrange(MEMBERS)}"
    occurred = pd.Timestamp(now_ms - random.choice([0, 0, 0, 5_000, 86_400_000]), unit="ms",
                            tz="UTC")
    kind = random.choice(["scan", "scan", "scan", "scan", "referral", "redemption"])
    body = {"kind": kind, "event_id": name, "member_id": member, "points": random.choice(
        [20, 20, 40, 40, 40, 80]), "occurred_at": occurred.isoformat(),
        "device_id": f"d-{random.randrange(MEMBERS)}", "ip": f"10.0.0.{random.randrange(9)}",
        "channel": "app"}
    if kind == "scan":
        return body | {"proof": "qr", "code_id": f"C-{random.randrange(CODES)}",
                       "capture": "camera", "amount": random.randrange(1, 500)}
    if kind == "referral":
        return body | {"referee_id": f"m-{random.randrange(MEMBERS)}", "referee_kind": "member"}
    return body | {"reward_id": "r-1", "reward_kind": "cashback", "amount": 5,
                   "payout_id": f"p-{random.randrange(9)}"}


def row(random: Any, name: str, now_ms: int) -> tuple[str, dict[str, Any]]:
    """A made-up row that is no event, with an id of its own."""
    member = f"m-{random.randrange(MEMBERS)}"
    now = pd.Timestamp(now_ms, unit="ms", tz="UTC").isoformat()
    told: dict[str, dict[str, Any]] = {
        "account_changes": {"change_id": f"x-{name}", "member_id": member, "changed_at": now,
                            "what": "payout"},
        "activities": {"event_id": f"v-{name}", "member_id": member, "kind": "login",
                       "occurred_at": now},
        "adjustments": {"event_id": f"a-{name}", "member_id": member, "points": -3,
                        "occurred_at": now, "agent_id": "s-1"},
        "codes": {"code_id": f"N-{name}", "sku": "wire", "points": 40, "status": "void"},
        "members": {"member_id": f"n-{name}", "persona": "promoter", "joined_at": now},
    }
    table = random.choice(list(told))
    return table, told[table]
