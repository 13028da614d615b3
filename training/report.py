"""`jaga report`: what one export tells by itself, as one HTML file.

The export is taken into a home that is thrown away afterwards, by the same ingest, features and
models that serve; nothing has to be set up and nothing is kept.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from features.contract import TABLES
from features.home import Home
from features.ingest import IngestReport, ingest
from features.progress import Progress, silent
from models.bundle import Bundle
from models.thresholds import Thresholds
from training.events import read_events
from training.findings.blind import blind
from training.findings.cases import cases
from training.findings.duplicates import duplicates
from training.findings.health import health
from training.findings.page import Page, Tile, count, share
from training.findings.slipping import Slippage, slipping
from training.fit_anomaly import fit_anomaly
from training.fit_inactivity import fit_inactivity
from training.labels import label
from training.train import event_bundle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.journal import Journal
    from features.mapping import Mapping as ExportMapping
    from training.findings.cases import Case
    from training.findings.duplicates import Duplicate
    from training.findings.health import Health

STEPS: Final = 5
SEED: Final = 0
"""A report of the same export is the same file."""


@dataclass(frozen=True)
class Report:
    """Where the report lies, and its head line."""

    path: Path
    page: Page

    def as_dict(self) -> dict[str, Any]:
        """Return what the command shows."""
        page = self.page
        return {
            "report": str(self.path), "headline": page.headline, "events": page.health.events,
            "members": page.health.members, "rejects": page.health.rejects,
            "duplicates": {one.title: one.count for one in page.duplicates},
            "cases": [case.member for case in page.cases],
            "slipping": [one.member for one in page.slipping],
            "not_seen": [gap.missing for gap in page.blind],
        }


def report(
    folder: Path, out: Path, mapping: ExportMapping | None = None, progress: Progress = silent
) -> Report:
    """Read an export and write one HTML file about it.

    Parameters
    ----------
    folder : Path
        The export.
    out : Path
        The file to write; its folder is made.
    mapping : Mapping, optional
        Reads a foreign export as it is.

    Raises
    ------
    BadInput
        The export can't be taken at all.
    """
    with tempfile.TemporaryDirectory(prefix="jaga-report-") as scratch:
        home = Home(Path(scratch))
        try:
            taken = ingest(home, folder, mapping=mapping, progress=progress)
            page = _page(home.journal(), taken, folder, progress)
        finally:
            home.close()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page.html(), encoding="utf-8")
    return Report(out, page)
