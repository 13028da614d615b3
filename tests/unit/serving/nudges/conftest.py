"""Findings as a night makes them, on a home whose journal has the segments they name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from models.nudges.finding import Finding
from serving.nudges.kept import FILE, keep, nights_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY_MS = 86_400_000
NIGHT_MS = 1_740_873_600_000
"""2025-03-02 00:00 UTC, behind the last event of the small home."""


def made_up(kind: str = "drop", segment_kind: str = "region", segment: int | str = 1,
            **changes: Any) -> Finding:
    """A finding with figures that nobody computed."""
    given: dict[str, Any] = {
        "since_day": 20_139, "until_day": 20_146, "size": -0.3, "low": -0.4, "high": -0.2,
        "expected": 200.0, "observed": 140.0, "p_value": 1e-6, "q_value": 0.001, "money": 90.0,
        "what": "active_days", "evidence": {"days": 7.0, "spread": 1.0}}
    return Finding(kind, segment_kind, segment, **(given | changes))


@pytest.fixture
def finding() -> Callable[..., Finding]:
    """Makes findings."""
    return made_up


@pytest.fixture
def night() -> Callable[..., Path]:
    """Keeps findings as a night of a home, some days after the first; the file."""
    def put(home: Path, found: list[Finding], day: str = "2025-03-01", days: int = 0,
            before: Any = None) -> Path:
        path = nights_of(home, "acme") / day / FILE
        keep(path, NIGHT_MS + days * DAY_MS, 400, found, before, {})
        assert json.loads(path.read_text())["tested"] == 400
        return path

    return put
