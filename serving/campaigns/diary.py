"""What campaigns did day after day: the days they ran, and each decision with what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from features.members.known import OPTED_OUT
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Sequence

ARMS: Final = ("offered", "control", "global")
"""Gets missions; gets nothing from this campaign; gets nothing from anybody."""
_COLUMNS: Final = ("day", "position", "member_id", "decision_id", "cluster", "arm", "intended",
                   "points", "code")


class Entry(NamedTuple):
    """One decision of a campaign.

    Parameters
    ----------
    member : int
        His number in the journal.
    decision_id : str
    cluster : str
        Those who are drawn together.
    arm : str
        One of `ARMS`.
    intended : str
        The mission, which only the offered get.
    points : int
        What the intended mission costs when its goal is met.
    """

    member: int
    decision_id: str
    cluster: str
    arm: str
    intended: str
    points: int


class Diary(WithinProgram):
    """Reads and writes of the days and decisions of a program's campaigns in a transaction."""

    def has_run(self, campaign_id: str, day: int) -> bool:
        """Whether a campaign was planned for a day."""
        return bool(self._store.rows(
            "SELECT 1 FROM standing_days WHERE program = ? AND campaign_id = ? AND day = ?",
            (self._program, campaign_id, day)))

    def write(
        self, campaign_id: str, day: int, version: int, at_ms: int, body: dict[str, Any],
        entries: Sequence[Entry],
    ) -> None:
        """Write a day and its decisions; they wait until `settle` says what became of them."""
        self._store.run(
            "INSERT INTO standing_days (program, campaign_id, day, version, at_ms, body) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (self._program, campaign_id, day, version, at_ms, json.dumps(body)))
        self._store.many(
            "INSERT INTO standing_decisions (program, campaign_id, day, position, member_id, "
            "decision_id, cluster, arm, intended, points, code) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            [(self._program, campaign_id, day, place, *entry)
             for place, entry in enumerate(entries)])

    def waiting(self, limit: int) -> list[str]:
        """List ids of decisions that were not handed over yet, in the order they were made."""
        return [str(row[0]) for row in self._store.rows(
            "SELECT decision_id FROM standing_decisions WHERE program = ? AND code IS NULL "
            "ORDER BY day, campaign_id, position LIMIT ?", (self._program, limit))]

    def codes(self, day: int) -> dict[str, int]:
        """Count the decisions of a day by what became of them; those that wait are left out."""
        return {str(row[0]): int(row[1]) for row in self._store.rows(
            "SELECT code, COUNT(*) FROM standing_decisions WHERE program = ? AND day = ? "
            "AND code IS NOT NULL GROUP BY code ORDER BY code", (self._program, day))}

    def left(self) -> int:
        """Count the decisions that were not handed over yet."""
        return int(self._store.rows(
            "SELECT COUNT(*) FROM standing_decisions WHERE program = ? AND code IS NULL",
            (self._program,))[0][0])

    def settle(self, codes: dict[str, str]) -> None:
        """Write what became of decisions: sent, held_out, or why not; the first word stays."""
        self._store.many(
            "UPDATE standing_decisions SET code = ? WHERE program = ? AND decision_id = ? "
            "AND code IS NULL",
            [(code, self._program, name) for name, code in codes.items()])

    def decisions(self, campaign_id: str) -> pd.DataFrame:
        """Every decision of a campaign, oldest first: the fields of `Entry`, ``day``, ``code``."""
        rows = self._store.rows(
            f"SELECT {', '.join(_COLUMNS)} FROM standing_decisions WHERE program = ? "
            "AND campaign_id = ? ORDER BY day, position", (self._program, campaign_id))
        found = pd.DataFrame(rows, columns=list(_COLUMNS))
        return found.astype({"day": "i8", "position": "i8", "member_id": "i8", "points": "i8"})

    def opted_out(self, campaign_id: str, until: int) -> int:
        """Count members who said before a place that they want no message, told of this one."""
        return int(self._store.rows(
            "SELECT COUNT(DISTINCT s.member_id) FROM standing_decisions s "
            "JOIN entities e ON e.program = s.program AND e.kind = 'decision' "
            "AND e.name = s.decision_id "
            "JOIN deliveries d ON d.program = s.program AND d.decision_id = e.number "
            "WHERE s.program = ? AND s.campaign_id = ? AND d.status = ? AND d.place < ?",
            (self._program, campaign_id, OPTED_OUT, until))[0][0])

    def decided_on(self, day: int) -> set[int]:
        """Members for whom any campaign of the program decided something on a day."""
        return {int(row[0]) for row in self._store.rows(
            "SELECT member_id FROM standing_decisions WHERE program = ? AND day = ?",
            (self._program, day))}
