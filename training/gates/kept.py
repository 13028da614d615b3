"""What gates found about a bundle, kept beside its reports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from models.files import replace_text

if TYPE_CHECKING:
    from pathlib import Path

    from training.gates.finding import Gates

FILE: Final = "gates.json"


def keep_gates(home: Path, found: Gates) -> Path:
    """Write what was found, in place of what was found before, and give the file."""
    folder = home / "reports" / found.program_id / found.bundle_id
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found.as_dict(), indent=1, ensure_ascii=False)
    replace_text(folder / FILE, text)
    return folder / FILE


def read_gates(home: Path, program_id: str, bundle_id: str) -> dict[str, Any] | None:
    """Read what gates found about a bundle, as `Gates.as_dict`; None where none looked."""
    try:
        found = json.loads((home / "reports" / program_id / bundle_id / FILE).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None
