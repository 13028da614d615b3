"""Who may be sent a message now, whatever was suggested before, and by which clock he lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from features.contract import DELIVERY_STATUSES
from serving.listed import Listed
from serving.lists import Lists
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Collection

REFUSALS: Final = ("opted_out", "blocked", "open_case", "no_consent")
"""Why a member gets no message, the first that holds."""
_OPTED_OUT: Final = DELIVERY_STATUSES.index("opted_out")
_CONSENTS: Final = 1


class Recipients(WithinProgram):
    """Reads of members who are to be sent something."""

    def refusals(self, members: Collection[int], now_ms: int) -> dict[int, str]:
        """Find the code of each member who gets no message now; who may is not in it.

        Parameters
        ----------
        members : collection of int
            Their numbers.
        now_ms : int
            When entries of the deny list must be in force.
        """
        asked = {int(member) for member in members}
        families = self.families(asked)
        every = asked.union(*families.values())
        of_anyone = {
            "opted_out": self._opted_out(every),
            "blocked": Listed(Lists(self._store, self._program).entries()).members(now_ms),
            "open_case": self._suspected(every),
        }
        by_code = {code: {member for member in asked if found & families[member]}
                   for code, found in of_anyone.items()}
        by_code["no_consent"] = asked - self._consenting(asked)
        return {member: code for code in reversed(REFUSALS) for member in by_code[code]}

    def last_decided(self, members: Collection[int]) -> dict[int, int]:
        """Find when the journal's last mission for each member was decided, merged accounts too."""
        families = self.families(members)
        every = set().union(*families.values())
        last = {int(member): int(at_ms) for member, at_ms in self._store.rows(
            "SELECT member_id, MAX(decided_at) FROM missions WHERE program = ? "
            f"AND member_id IN ({_listed(every)}) GROUP BY member_id", (self._program,))}
        return {member: max(last[one] for one in family & last.keys())
                for member, family in families.items() if family & last.keys()}

    def families(self, members: Collection[int]) -> dict[int, set[int]]:
        """Find every account that was merged with each member by whatever way, and his own."""
        family: dict[int, set[int]] = {}
        for row in self._store.rows(
                "SELECT member_id, into_member_id FROM merges WHERE program = ?",
                (self._program,)):
            one, other = (family.setdefault(int(member), {int(member)}) for member in row)
            if one is not other:
                one |= other
                family.update(dict.fromkeys(one, one))
        return {int(member): family.get(int(member), {int(member)}) for member in members}

    def zones(self, members: Collection[int], fallback: ZoneInfo) -> dict[int, ZoneInfo]:
        """Find the time zone of each member, the fallback where it is unknown or none."""
        rows = self._store.rows(
            "SELECT m.member_id, e.name FROM members m LEFT JOIN entities e "
            "ON e.program = m.program AND e.kind = 'timezone' AND e.number = m.timezone "
            f"WHERE m.program = ? AND m.member_id IN ({_listed(members)}) "
            "ORDER BY m.place, m.seq", (self._program,))
        told = dict.fromkeys(members, fallback)
        return told | {int(member): _zone(name, fallback) for member, name in rows}

    def _consenting(self, members: set[int]) -> set[int]:
        """Members whose newest row says that they consent."""
        rows = self._store.rows(
            f"SELECT member_id, consent FROM members WHERE program = ? "
            f"AND member_id IN ({_listed(members)}) ORDER BY place, seq", (self._program,))
        newest = {int(member): consent for member, consent in rows}
        return {member for member, consent in newest.items() if consent == _CONSENTS}

    def _suspected(self, members: set[int]) -> set[int]:
        return {int(row[0]) for row in self._store.rows(
            "SELECT DISTINCT member_id FROM cases WHERE program = ? AND is_open = 1 "
            f"AND member_id IN ({_listed(members)})", (self._program,))}

    def _opted_out(self, members: set[int]) -> set[int]:
        """Members who ever opted out, by a decision sent before or only suggested."""
        listed = _listed(members)
        logged = self._store.rows(
            "SELECT DISTINCT m.member_id FROM missions m JOIN deliveries d "
            "ON d.program = m.program AND d.decision_id = m.decision_id "
            f"WHERE m.program = ? AND m.member_id IN ({listed}) AND d.status = ?",
            (self._program, _OPTED_OUT))
        suggested = self._store.rows(  # a cross join is SQLite's way to begin with the first
            "SELECT DISTINCT s.member_id FROM suggested s CROSS JOIN entities e "
            f"CROSS JOIN deliveries d WHERE s.program = ? AND s.member_id IN ({listed}) "
            "AND e.program = s.program AND e.kind = 'decision' AND e.name = s.decision_id "
            "AND d.program = s.program AND d.decision_id = e.number AND d.status = ?",
            (self._program, _OPTED_OUT))
        return {int(row[0]) for row in (*logged, *suggested)}


def _listed(numbers: Collection[int]) -> str:
    """Write numbers as the inside of an ``IN``; no row has the number -1."""
    return ", ".join(str(int(number)) for number in numbers) or "-1"


def _zone(name: str | None, fallback: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else fallback
    except (KeyError, OSError, ValueError):
        return fallback
