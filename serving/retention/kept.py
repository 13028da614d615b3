"""What the desk reads: tables that the service kept, each with the moment it knows of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FOLDER: Final = "retention"
MEMBERS, TREND, DAYS = "members.parquet", "trend.parquet", "days.parquet"
FACTS: Final = b"jaga"
"""Key of what is known of all members, in the metadata of their table."""
VERSION: Final = 1
COLUMNS: Final = (
    "number", "member_id", "persona", "tier", "region", "language", "state", "segment",
    "p_inactive", "horizon_days", "expected", "low", "high", "last_day", "usual_gap", "longest_gap",
    "off_season", "season_left", "season_length", "points_90", "at_stake", "reasons",
    "mission", "channel", "effect", "effect_low", "effect_high", "basis", "cost_points", "why_not",
)
"""Days are local days since 1970; ``reasons`` is JSON, ``why_not`` a code where no mission is
suggested, ``at_stake`` what he usually earns in his horizon times the chance that he stays
silent, in points."""
TEXTS: Final = ("persona", "tier", "region", "language", "mission", "channel", "basis", "why_not")
"""Columns of words, empty where nothing is known or suggested."""


def folder_of(home: Path, program_id: str) -> Path:
    """Folder of what is kept for a program's retention desk."""
    return home / FOLDER / program_id


def forget_kept(folder: Path) -> None:
    """Drop what is kept of a program, as it names who is erased; a service makes it anew."""
    for name in (MEMBERS, TREND, DAYS):
        (folder / name).unlink(missing_ok=True)


@dataclass(frozen=True)
class Kept:
    """What the service last kept of a program's members.

    Parameters
    ----------
    folder : Path
    members : DataFrame
        `COLUMNS`, a row for each member.
    trend : DataFrame
        ``day, persona, region, tier, state, members``: how many there were a week apart, as the
        same model would have said then.
    as_of_ms : int
        Knows what was known before this moment, UTC milliseconds.
    today : int
        Local day that follows the last known one, since 1970.
    erased : int
        Members erased when it was made; a table that names who was erased since is not read.
    campaigns : dict
        What each standing campaign brought, by its id.
    calendar : list of dict
        Announced seasons and festivals: ``name, start, end, persona, region``.
    """

    folder: Path
    members: pd.DataFrame
    trend: pd.DataFrame
    as_of_ms: int
    today: int
    erased: int
    campaigns: dict[str, Any]
    calendar: list[dict[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> Kept | None:
        """Read a folder; None where nothing is kept, or by another version of Jaga."""
        try:
            table = pq.read_table(folder / MEMBERS)
            trend = pq.read_table(folder / TREND).to_pandas()
        except FileNotFoundError:
            return None
        facts = json.loads((table.schema.metadata or {}).get(FACTS, b"{}"))
        if facts.get("version") != VERSION:
            return None
        members = table.to_pandas()
        members[list(TEXTS)] = members[list(TEXTS)].fillna("")
        return cls(folder, members, trend, facts["as_of_ms"], facts["today"],
                   facts["erased"], facts["campaigns"], facts["calendar"])

    def days_of(self, number: int) -> pd.DataFrame:
        """Days with activity of one member: ``day, events``, oldest first."""
        found = pq.read_table(self.folder / DAYS, columns=["day", "events"],
                              filters=[("member", "=", number)])
        return found.to_pandas().sort_values("day", ignore_index=True)

    def member(self, member_id: str) -> pd.Series | None:
        """The row of a member; None where he is not known."""
        rows = self.members[self.members["member_id"] == member_id]
        return None if rows.empty else rows.iloc[0]


class Reader:
    """Reads each program's folder once for every time that it was written.

    Parameters
    ----------
    home : Path
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._read: dict[str, tuple[int, Kept | None]] = {}

    def kept(self, program_id: str, erased: int) -> Kept | None:
        """What is kept of a program; None where nothing is, or somebody was erased since."""
        folder = folder_of(self._home, program_id)
        try:
            written = (folder / MEMBERS).stat().st_mtime_ns
        except FileNotFoundError:
            return None
        before = self._read.get(program_id)
        if before is None or before[0] != written:
            before = self._read[program_id] = written, Kept.read(folder)
        found = before[1]
        return found if found is not None and found.erased == erased else None
