"""The daily job: who inside stands out, written to the home, and read back by who shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from models.insiders.find import find_insiders, write_findings

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.home import Home
    from models.insiders.finding import Finding

PATTERN: Final = "[0-9]" * 4 + "-[0-9][0-9]-[0-9][0-9].json"


@dataclass(frozen=True)
class Looked:
    """What a look at the people inside found, and where it is written.

    Parameters
    ----------
    as_of : str
        The moment before which everything was known, RFC 3339.
    path : Path
    findings : tuple of Finding
    """

    as_of: str
    path: Path
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values; no ids."""
        kinds = [each.kind for each in self.findings]
        return {"as_of": self.as_of, "findings": len(kinds), "out": str(self.path),
                **{kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}}

    def lines(self, language: str) -> list[str]:
        """One sentence a finding, and its innocent explanation; English where it is not spoken."""
        def spoken(words: dict[str, str]) -> str:
            return words.get(language, words["en"])

        return [f"{each.kind:<16} {each.score:.3f}  {spoken(each.text)} ({spoken(each.innocent)})"
                for each in self.findings]


def insiders_folder(home: Home, program_id: str) -> Path:
    """Folder of a program's daily findings."""
    return home.path / "insiders" / program_id


def look(
    home: Home, program_id: str | None = None, as_of_ms: int | None = None,
    out: Path | None = None,
) -> Looked:
    """Find who stands out and write it to ``insiders/PROGRAM/DATE.json`` of a home.

    The date is the UTC day of the moment. The same journal gives the same file.

    Parameters
    ----------
    as_of_ms : int, optional
        UTC milliseconds; None: just after the journal's last event.
    out : Path, optional
        Another file to write beside it, ``.json`` or ``.parquet``.
    """
    journal = home.journal(program_id)
    moment = journal.as_of_ms if as_of_ms is None else as_of_ms
    found = find_insiders(journal, moment)
    as_of = datetime.fromtimestamp(moment / 1000, UTC)
    path = insiders_folder(home, journal.program.program_id) / f"{as_of.date()}.json"
    for each in [path] if out is None else [out, path]:
        write_findings(found, each)
    return Looked(as_of.isoformat(), out or path, tuple(found))


def has_looked(folder: Path) -> bool:
    """Whether the job ever left its findings in a folder, be they none."""
    return next(folder.glob(PATTERN), None) is not None


def newest_findings(folder: Path) -> list[dict[str, Any]]:
    """Read the findings of the newest day; empty where the job never ran, or found nobody."""
    newest = max(folder.glob(PATTERN), default=None)
    if newest is None:
        return []
    found: list[dict[str, Any]] = json.loads(newest.read_text(encoding="utf-8"))
    return found
