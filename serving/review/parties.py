"""Who and what takes part in alerts: members, devices, wallets, staff accounts; by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.contract import EVENT_TABLES
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Collection

ASKED: Final = 500
WALLETS: Final = {"redemptions": "payout_id"}
"""Column of the wallet in tables of events; the others have none."""
Numbers = frozenset[int]
NONE: Final[Numbers] = frozenset()


@dataclass(frozen=True)
class Parties:
    """Numbers of who and what takes part."""

    members: Numbers = NONE
    devices: Numbers = NONE
    payouts: Numbers = NONE
    agents: Numbers = NONE

    def __or__(self, other: Parties) -> Parties:
        return Parties(self.members | other.members, self.devices | other.devices,
                       self.payouts | other.payouts, self.agents | other.agents)

    def shares_with(self, other: Parties) -> bool:
        """Whether a member, a device or a wallet is the same.

        >>> Parties(devices=frozenset({1})).shares_with(Parties(devices=frozenset({1, 2})))
        True
        """
        return bool(self.members & other.members or self.devices & other.devices
                    or self.payouts & other.payouts)


class Involved(WithinProgram):
    """Finds who and what takes part, inside a transaction."""

    def in_events(self, events: Collection[int]) -> Parties:
        """Find the parties that some events name themselves."""
        return self._named("event_id", events)

    def with_members(self, members: Collection[int]) -> Parties:
        """Find the devices and wallets that some members ever used."""
        found = self._named("member_id", members) | Parties(frozenset(map(int, members)))
        wallets: set[int] = set()
        for listed in _parts(members):
            wallets |= {int(row[0]) for row in self._store.rows(
                "SELECT DISTINCT payout_id FROM members WHERE program = ? AND payout_id > 0 "
                f"AND member_id IN ({listed})", (self._program,))}
        return found | Parties(payouts=frozenset(wallets))

    def _named(self, column: str, numbers: Collection[int]) -> Parties:
        found: tuple[set[int], ...] = (set(), set(), set(), set())
        for listed in _parts(numbers):
            for table in EVENT_TABLES:
                for row in self._store.rows(
                    f"SELECT DISTINCT member_id, device_id, {WALLETS.get(table, 'NULL')}, agent_id "
                    f"FROM {table} WHERE program = ? AND {column} IN ({listed})",
                        (self._program,)):
                    for cells, cell in zip(found, row, strict=True):
                        if cell:
                            cells.add(int(cell))
        return Parties(*map(frozenset, found))


def _parts(numbers: Collection[int]) -> list[str]:
    """Write numbers as the insides of some ``IN``."""
    ordered = sorted(int(number) for number in numbers)
    return [", ".join(map(str, ordered[start:start + ASKED]))
            for start in range(0, len(ordered), ASKED)]
