from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from features.store.home import Home
from features.store.ingest import ingest

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.journal import Journal

PROGRAM = ("program_id: acme\ncurrency: USD\ntimezone: Asia/Jakarta\npoint_value: 0.01\n")
START = pd.Timestamp("2025-01-01T00:00:00+07:00")


def at(day: float, hour: float = 11.0) -> str:
    return (START + pd.Timedelta(days=day, hours=hour)).isoformat()


@pytest.fixture(scope="session")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    """Forty members in two regions over sixty days; a few redemptions, a campaign, a move."""
    room: Path = tmp_path_factory.mktemp("segments")
    dice = np.random.default_rng(3)
    members = [{"member_id": f"m{n}", "persona": "influencer", "joined_at": at(-5 + n % 30),
                "region": f"r{n % 2}", "tier": "bronze", "enrolled_by": f"m{n % 4}",
                "known_at": at(-5 + n % 30)} for n in range(40)]
    members.append({**members[0], "region": "r1", "known_at": at(40)})
    scans, spent = [], []
    for day in range(60):
        for n in dice.choice(40, 12, replace=False).tolist():
            number, sku = len(scans), int(dice.integers(3))
            twice = 2 if 20 <= day < 25 else 1
            scans.append({"event_id": f"s{number}", "member_id": f"m{n}", "proof": "qr",
                          "occurred_at": at(day, 9 + n / 10), "sku": f"k{sku}", "quantity": 1,
                          "points": 50 * (sku + 1) * twice, "code_id": f"c{number % 300}",
                          "batch_id": f"b{sku}",
                          "recorded_at": at(day + (2 if number % 17 == 0 else 0), 9 + n / 10)})
        if day % 3 == 0:
            spent.append({"event_id": f"x{day}", "member_id": "m1", "occurred_at": at(day, 20),
                          "points": 10, "reward_id": "mug", "reward_kind": "catalog",
                          "status": "cancelled" if day % 9 == 0 else "fulfilled",
                          "fulfilled_at": at(day + (30 if day % 2 else 1), 20)})
    campaigns = [{"campaign_id": "double", "kind": "campaign", "starts_at": at(20, 0),
                  "ends_at": at(25, 0), "multiplier": 2.0}]
    for name, rows in (("members", members), ("scans", scans), ("redemptions", spent),
                       ("campaigns", campaigns)):
        frame = pd.DataFrame(rows).assign(program_id="acme")
        if "recorded_at" in frame:
            frame = frame.sort_values("recorded_at")
        frame.to_csv(room / f"{name}.csv", index=False)
    (room / "program.yaml").write_text(PROGRAM)
    home = Home(room / "home")
    ingest(home, room)
    return home.journal()
