"""Where a monitor leaves what it found, and how the newest of it is found again.

One folder a look: ``monitor.json`` for machines and the pages, and ``drift.html``, Evidently's page
for people. The monitor itself learns and tracks, and is no part of what serves.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

REPORT: Final = "monitor.json"
PAGE: Final = "drift.html"
PATTERN: Final = "[0-9]" * 4 + "-[0-9][0-9]-[0-9][0-9]"


def monitor_folder(home: Path, program_id: str) -> Path:
    """Folder of a program's looks, one folder a day."""
    return home / "monitor" / program_id


def newest_look(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """Folder and report of the newest look that can be read; None where there is none.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> newest_look(Path(tempfile.mkdtemp())) is None
    True
    """
    for found in sorted(folder.glob(PATTERN), reverse=True):
        try:
            report = json.loads((found / REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(report, dict) and isinstance(report.get("gates"), list):
            return found, report
    return None
