"""A journal with a bit of everything: proofs, missing facts, caps, invoices, peaks, lists."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.store.home import Home
from features.store.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START = pd.Timestamp("2025-03-03T00:00:00Z")
PERSONAS = ("retailer", "distributor", "promoter", "field_rep")
PROGRAM = """program_id: acme
timezone: Asia/Jakarta
currency: IDR
point_value: 10
languages: [en, id]
enforcement: observe
review_capacity_per_day: 3
caps: {points_per_day: 300, redemption_points_per_day: 250}
"""


def _moments(random: np.random.Generator, count: int) -> list[str]:
    minutes = np.sort(random.integers(0, 60 * 24 * 20, count))
    return [(START + pd.Timedelta(minutes=int(minute))).isoformat() for minute in minutes]


def _events(random: np.random.Generator, name: str, count: int) -> dict[str, Any]:
    member = random.integers(0, 40, count)
    return {"event_id": [f"{name}-{n}" for n in range(count)], "program_id": "acme",
            "member_id": [f"m-{n}" for n in member], "occurred_at": _moments(random, count),
            "points": random.choice([0, 20, 40, 80, 240], count),
            "device_id": [f"d-{n % 25}" for n in member],
            "channel": random.choice(["app", "file", "whatsapp"], count)}


def _scans(random: np.random.Generator, count: int) -> pd.DataFrame:
    codes = [f"C-{n}" for n in random.integers(850, 1500, count)]
    for kind, share in (("", 0.05), ("X", 0.05), ("P", 0.05), ("V", 0.03)):
        for at in np.flatnonzero(random.random(count) < share):
            codes[at] = kind and f"{kind}-{random.integers(0, 30)}"
    proof = random.choice(["qr", "invoice"], count, p=[0.8, 0.2])
    is_invoice = proof == "invoice"
    return pd.DataFrame({
        **_events(random, "s", count), "proof": proof,
        "code_id": np.where(is_invoice, "", codes),
        "outlet_id": [f"o-{n}" for n in random.integers(0, 12, count)],
        "seller_id": np.where(is_invoice, "seller-1", ""),
        "invoice_no": np.where(is_invoice, [f"I{n}" for n in random.integers(0, 60, count)], ""),
        "amount": np.where(is_invoice, random.choice([100, 200], count), np.nan),
        "invoice_lines_hash": np.where(is_invoice & (random.random(count) < 0.5), "h1", "")})


def write_more(folder: Path) -> Path:
    """Write what the made-up program lacks, in weeks after its last event."""
    random = np.random.default_rng(11)
    folder.mkdir(parents=True)
    (folder / "program.yaml").write_text(PROGRAM)
    pd.DataFrame({
        "member_id": [f"m-{n}" for n in range(38)], "program_id": "acme",
        "persona": [PERSONAS[n % 4] for n in range(38)], "joined_at": "2024-06-01T00:00:00Z",
        "known_at": _moments(random, 38), "region": [("java", "bali")[n % 2] for n in range(38)],
        "payout_id": [f"p-{n // 6}" for n in range(38)],
    }).to_csv(folder / "members.csv", index=False)
    pd.DataFrame({
        "code_id": [f"{kind}-{n}" for kind in "PV" for n in range(30)],
        "status": ["printed"] * 30 + ["void"] * 30,
    }).to_csv(folder / "codes.csv", index=False)
    _scans(random, 500).to_csv(folder / "scans.csv", index=False)
    pd.DataFrame({**_events(random, "r", 80), "referee_id": [f"m-{n % 40}" for n in range(80)],
                  "referee_kind": "member"}).to_csv(folder / "referrals.csv", index=False)
    pd.DataFrame({**_events(random, "x", 160), "reward_id": "voucher",
                  "payout_id": [f"p-{n % 9}" for n in range(160)],
                  }).to_csv(folder / "redemptions.csv", index=False)
    pd.DataFrame({
        "kind": ["shared_device", "shared_payout", "own_shop"],
        "subject_id": ["d-3", "p-1", "m-5"], "valid_from": "2025-03-06T00:00:00Z",
        "valid_to": ["2025-03-15T00:00:00Z", "", ""],
    }).to_csv(folder / "declarations.csv", index=False)
    pd.DataFrame({
        "campaign_id": ["c1", "c2", "c3"], "kind": ["festival", "campaign", "season"],
        "starts_at": ["2025-03-05T00:00:00Z", "2025-03-08T00:00:00Z", "2025-03-01T00:00:00Z"],
        "ends_at": ["2025-03-07T12:00:00Z", "2025-03-20T00:00:00Z", "2025-03-30T00:00:00Z"],
        "persona": ["", "retailer", ""], "region": ["", "", "bali"],
        "known_at": ["2025-03-05T09:00:00Z", "2025-03-07T00:00:00Z", "2025-03-04T00:00:00Z"],
    }).to_csv(folder / "campaigns.csv", index=False)
    labels = [("s-1", "fraud", "2025-03-10"), ("s-1", "legit", "2025-03-12"),
              ("s-2", "legit", "2025-03-10"), ("x-4", "fraud", "2025-03-11"),
              ("s-9", "fraud", "2025-03-12"), ("nobody", "fraud", "2025-03-12")]
    pd.DataFrame([{"event_id": event, "label": label, "decided_at": f"{day}T00:00:00Z"}
                  for event, label, day in labels]).to_csv(folder / "feedback.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def rich_path(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a home that nobody may write to."""
    folder = tmp_path_factory.mktemp("rich")
    shutil.copytree(made.path, folder / "home")
    home = Home(folder / "home")
    ingest(home, write_more(folder / "export"))
    home.close()
    return folder / "home"


@pytest.fixture(scope="session")
def rich(rich_path: Path, trained: Callable[..., str]) -> Any:
    """That home, opened, its champion trained on all of it."""
    home = Home(rich_path)
    trained(home, above=70)
    yield home
    home.close()
