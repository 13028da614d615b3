"""What campaigns did day after day: the days they ran, and each decision with what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from features.members.known import OPTED_OUT
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STOPPED: Final = "stopped"
"""What became of a decision that was not handed over before its campaign was stopped: nothing was
done, in neither group, so that it counts nowhere."""
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

    def waiting(self, limit: int) -> list[tuple[str, str]]:
        """List decisions that were not handed over yet, in their order: campaign, decision."""
        return [(str(row[0]), str(row[1])) for row in self._store.rows(
            "SELECT campaign_id, decision_id FROM standing_decisions WHERE program = ? "
            "AND code IS NULL ORDER BY day, campaign_id, position LIMIT ?",
            (self._program, limit))]

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
        """Every decision of a campaign, oldest first: the fields of `Entry`, ``day``, ``code``.

        What a stop left lying is left out: as if it had never been decided.
        """
        rows = self._store.rows(
            f"SELECT {', '.join(_COLUMNS)} FROM standing_decisions WHERE program = ? "
            "AND campaign_id = ? AND (code IS NULL OR code <> ?) ORDER BY day, position",
            (self._program, campaign_id, STOPPED))
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

    def resting(self, cool_off: Mapping[str, int], day: int) -> frozenset[int]:
        """Members for whom a mission that any campaign meant for them still cools off on a day.

        Whoever was kept from it rests as well: to the next campaign, control groups of the others
        are like those who were written to.
        """
        rows = self._store.rows(
            "SELECT member_id, intended, MAX(day) FROM standing_decisions WHERE program = ? "
            "AND (code IS NULL OR code <> ?) GROUP BY member_id, intended",
            (self._program, STOPPED))
        return frozenset(int(member) for member, mission, last in rows
                         if last + cool_off.get(mission, 0) > day)

    def decided_on(self, day: int) -> set[int]:
        """Members for whom any campaign of the program decided something on a day."""
        return {int(row[0]) for row in self._store.rows(
            "SELECT member_id FROM standing_decisions WHERE program = ? AND day = ?",
            (self._program, day))}
