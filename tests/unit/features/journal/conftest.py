from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from features.store.home import Home
from features.store.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from features.store.ingest import IngestReport

PROGRAM = "program_id: acme\ncurrency: USD\n"


def at(minute: int) -> str:
    """A time so many minutes after the start of 2026."""
    moment = pd.Timestamp("2026-01-01T00:00:00Z") + pd.Timedelta(minutes=minute)
    return moment.isoformat()


def member(name: str, **cells: object) -> dict[str, object]:
    return {"member_id": name, "program_id": "acme", "persona": "retailer",
            "joined_at": "2025-06-01T00:00:00Z", **cells}


def scan(name: str, minute: int, **cells: object) -> dict[str, object]:
    return {"event_id": name, "program_id": "acme", "member_id": "m1",
            "occurred_at": at(minute), "points": "10", "proof": "qr", **cells}


@pytest.fixture
def rows() -> object:
    """Builders of raw rows: ``rows.member``, ``rows.scan``, ``rows.at``."""
    class Rows:
        at = staticmethod(at)
        member = staticmethod(member)
        scan = staticmethod(scan)

    return Rows


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = Home(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """Write tables of raw rows as CSV into a new folder; members m1 and m2 unless given."""
    made = iter(range(100))

    def write(program: str = PROGRAM, **tables: list[dict[str, object]]) -> Path:
        folder = tmp_path / f"export{next(made)}"
        folder.mkdir()
        (folder / "program.yaml").write_text(program)
        tables = {"members": [member("m1"), member("m2")], **tables}
        for name, cells in tables.items():
            pd.DataFrame(cells).to_csv(folder / f"{name}.csv", index=False)
        return folder

    return write


@pytest.fixture
def put(home: Home, export: Callable[..., Path]) -> Callable[..., IngestReport]:
    """Ingest tables of raw rows."""
    def run(**tables: list[dict[str, object]]) -> IngestReport:
        return ingest(home, export(**tables))

    return run
