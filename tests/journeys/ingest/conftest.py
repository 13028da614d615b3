from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from features.store.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

INGEST = """
import sys
from features.store.home import Home
from features.store.ingest import ingest
from features.progress import silent

def tell(label, done, total):
    print(label, flush=True)

report = ingest(Home(sys.argv[1]), sys.argv[2], progress=tell)
print("done", report.is_handed_over, report.tables["scans"].new, flush=True)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = Home(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """Write an export of ``count`` scans whose ids start with ``prefix``."""
    def write(prefix: str, count: int) -> Path:
        folder = tmp_path / prefix
        folder.mkdir()
        (folder / "program.yaml").write_text("program_id: acme\n")
        pd.DataFrame([{"member_id": "m1", "program_id": "acme", "persona": "retailer",
                       "joined_at": "2025-01-01T00:00:00Z"}]).to_csv(
            folder / "members.csv", index=False)
        start = pd.Timestamp("2026-01-01T00:00:00Z")
        pd.DataFrame({
            "event_id": [f"{prefix}{number:06d}" for number in range(count)],
            "program_id": "acme", "member_id": "m1",
            "occurred_at": start + pd.to_timedelta(range(count), unit="s"), "points": 1,
            "proof": "qr",
        }).to_parquet(folder / "scans.parquet")
        return folder

    return write


@pytest.fixture
def command(tmp_path: Path, home: Home) -> Callable[[Path], list[str]]:
    """The command line of another process that ingests a folder into the home."""
    script = tmp_path / "other.py"
    script.write_text(INGEST)
    return lambda folder: [sys.executable, str(script), str(home.path), str(folder)]
