"""What a night found, as one file: figures and numbers of the journal, no name of anybody."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from models.files import replace_text
from models.nudges.finding import Finding

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "nudges.json"
FOLDER: Final = "nightly"
VERSION: Final = 1
LONGEST: Final = len("2025-06-30T010000")


def nights_of(home: Path, program_id: str) -> Path:
    """Folder of a program's nights; each writes into one of its own in there."""
    return home / FOLDER / program_id


@dataclass(frozen=True)
class Seen:
    """A finding of a night.

    Parameters
    ----------
    finding : Finding
    first_ms : int
        As of which night it was seen first, without a night between that did not see it.
    members : tuple of int
        Of a ring, who is in it: numbers in the journal.
    """

    finding: Finding
    first_ms: int
    members: tuple[int, ...] = ()


@dataclass(frozen=True)
class Kept:
    """All that a night found.

    Parameters
    ----------
    as_of_ms : int
    tested : int
        Segments and tests that the false ones are counted over.
    seen : tuple of Seen
        The dearest first.
    """

    as_of_ms: int
    tested: int
    seen: tuple[Seen, ...]

    @property
    def ring_names(self) -> dict[int, int]:
        """Name of the ring of each member of a ring that was told."""
        return {member: int(one.finding.segment) for one in self.seen for member in one.members}


def keep(path: Path, as_of_ms: int, tested: int, findings: list[Finding],
         before: Kept | None, rings: dict[int, list[int]]) -> Kept:
    """Write what a night found; the file appears only when it is whole.

    Parameters
    ----------
    path : Path
        The file.
    as_of_ms, tested : int
        As in `Kept`.
    findings : list of Finding
    before : Kept or None
        What the night before found: what is still seen keeps its first night.
    rings : dict of ring to members
    """
    first = {one.finding.key: one.first_ms for one in before.seen} if before else {}
    seen = tuple(
        Seen(one, first.get(one.key, as_of_ms),
             tuple(rings.get(int(one.segment), ())) if one.segment_kind == "ring" else ())
        for one in findings)
    kept = Kept(as_of_ms, tested, seen)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, json.dumps({
        "version": VERSION, "as_of_ms": as_of_ms, "tested": tested,
        "findings": [asdict(one.finding) | {"first_ms": one.first_ms, "members": one.members}
                     for one in seen]}, indent=1) + "\n")
    return kept


def read(path: Path) -> Kept:
    """Read the file of a night."""
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    seen = []
    for row in raw["findings"]:
        first_ms, members = row.pop("first_ms"), row.pop("members")
        also = tuple((kind, segment) for kind, segment in row.pop("also"))
        seen.append(Seen(Finding(**row, also=also), first_ms, tuple(members)))
    return Kept(int(raw["as_of_ms"]), int(raw["tested"]), tuple(seen))


def newest(folder: Path | None, before_ms: int | None = None) -> Kept | None:
    """Read what the newest night of a program found; None where no night looked yet.

    Parameters
    ----------
    folder : Path or None
        Of the program's nights.
    before_ms : int or None
        Only nights of a moment before this one.
    """
    if folder is None:
        return None
    for path in sorted(folder.glob(f"*/{FILE}"), key=_in_time, reverse=True):
        kept = read(path)
        if before_ms is None or kept.as_of_ms < before_ms:
            return kept
    return None


def _in_time(path: Path) -> str:
    """Name of a night by which nights sort: one inside of a day comes before that day's end."""
    return f"{path.parent.name}T999999"[:LONGEST]
