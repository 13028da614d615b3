"""Accounts of reviewers themselves: nobody decides on his own account, nor on one next to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.contract import EVENT_TABLES
from serving.errors import Forbidden
from serving.recipients import Recipients
from serving.review.parties import WALLETS, Involved, Parties
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Collection

KINDS: Final = {"member": "members", "device": "devices", "payout": "payouts"}
"""Kinds of subject by which an account is known, and where `Parties` holds them."""


class Linked(WithinProgram):
    """Reads and writes who has which account, of one program inside a transaction."""

    def link(self, user_id: int, member: int) -> bool:
        """Note that a member's account is a person's; False where that was known."""
        if member in self._noted(user_id):
            return False
        self._store.run("INSERT INTO linked (person, program, member_id) VALUES (?, ?, ?)",
                        (user_id, self._program, member))
        return True

    def unlink(self, user_id: int, member: int) -> bool:
        """Forget that a member's account is a person's; False where that was not known."""
        if member not in self._noted(user_id):
            return False
        self._store.run("DELETE FROM linked WHERE person = ? AND program = ? AND member_id = ?",
                        (user_id, self._program, member))
        return True

    def everybody(self) -> frozenset[int]:
        """Find the members whose account is that of any person."""
        return frozenset(int(row[0]) for row in self._store.rows(
            "SELECT member_id FROM linked WHERE program = ?", (self._program,)))

    def parties_of(self, person: str) -> Parties:
        """Find a person's accounts, those merged with them, their devices and wallets."""
        members = {int(row[0]) for row in self._store.rows(
            "SELECT l.member_id FROM linked l JOIN users u ON u.user_id = l.person "
            "WHERE l.program = ? AND u.name = ?", (self._program, person))}
        if not members:
            return Parties()
        families = Recipients(self._store, self._program).families(members)
        return Involved(self._store, self._program).with_members(members.union(*families.values()))

    def refuse_events(self, person: str, events: Collection[int]) -> None:
        """Raise Forbidden where one of some events is of a person's account or next to it."""
        own = self.parties_of(person)
        if own.members:
            involved = Involved(self._store, self._program)
            named = involved.in_events(events)
            _refuse(own.shares_with(named | involved.with_members(named.members)))

    def refuse_subject(self, person: str, kind: str, number: int) -> None:
        """Raise Forbidden where a subject is a person's account, device or wallet, or next to one.

        A device or a wallet is next to one where a member who has an open case with it is.
        """
        own = self.parties_of(person)
        if not (number and kind in KINDS and own.members):
            return
        _refuse(number in getattr(own, KINDS[kind]))
        users = {number} if kind == "member" else self._with_open_cases(kind, number)
        _refuse(own.shares_with(Involved(self._store, self._program).with_members(users)))

    def refuse_batch(self, person: str, batch: int) -> None:
        """Raise Forbidden where a person's account scanned codes of a batch."""
        members = self.parties_of(person).members
        if members:
            listed = _listed(members)
            _refuse(bool(self._store.rows(
                "SELECT 1 FROM scans WHERE program = ? AND batch_id = ? "
                f"AND member_id IN ({listed}) LIMIT 1", (self._program, batch))
                or self._store.rows(
                "SELECT 1 FROM scans s JOIN codes c ON c.program = s.program "
                "AND c.code_id = s.code_id WHERE s.program = ? AND c.batch_id = ? "
                f"AND s.member_id IN ({listed}) LIMIT 1", (self._program, batch))))

    def refuse_campaign(self, person: str, campaign: int) -> None:
        """Raise Forbidden where a person's account has events that a campaign is about."""
        members = self.parties_of(person).members
        rows = self._store.rows(
            "SELECT starts_at, ends_at, sku, persona, region FROM campaigns WHERE program = ? "
            "AND campaign_id = ? ORDER BY place DESC, seq DESC LIMIT 1", (self._program, campaign))
        if not (members and rows):
            return
        starts, ends, sku, *whom = rows[0]
        of_it = [member for member in members if self._is_among(member, *whom)]
        sold = f" AND sku = {int(sku)}" if sku else ""
        _refuse(bool(of_it) and any(self._store.rows(
            f"SELECT 1 FROM {table} WHERE program = ? AND member_id IN ({_listed(of_it)}) "
            f"AND occurred_at BETWEEN ? AND ?{sold} LIMIT 1", (self._program, starts, ends))
            for table in (("scans",) if sku else EVENT_TABLES)))

    def _is_among(self, member: int, persona: int | None, region: int | None) -> bool:
        """Whether a member may be of a persona and a region; None: of any."""
        rows = self._store.rows(
            "SELECT persona, region FROM members WHERE program = ? AND member_id = ? "
            "ORDER BY place DESC, seq DESC LIMIT 1", (self._program, member))
        return not rows or all(wanted is None or mine is None or mine == wanted
                               for wanted, mine in zip((persona, region), rows[0], strict=True))

    def _with_open_cases(self, kind: str, number: int) -> frozenset[int]:
        """Find members who have an open case in which a device or a wallet takes part."""
        tables = EVENT_TABLES if kind == "device" else tuple(WALLETS)
        return frozenset(int(row[0]) for table in tables for row in self._store.rows(
            f"SELECT DISTINCT c.member_id FROM cases c JOIN {table} e ON e.program = c.program "
            "AND e.event_id = c.event_id WHERE c.program = ? AND c.is_open = 1 "
            f"AND e.{kind}_id = ?", (self._program, number)))

    def _noted(self, user_id: int) -> frozenset[int]:
        return frozenset(int(row[0]) for row in self._store.rows(
            "SELECT member_id FROM linked WHERE person = ? AND program = ?",
            (user_id, self._program)))


def _listed(members: Collection[int]) -> str:
    return ", ".join(str(int(member)) for member in sorted(members))


def _refuse(is_linked: bool) -> None:
    if is_linked:
        raise Forbidden("a case of others", "a linked account", "leave it to a colleague: nobody "
                        "decides on a linked account")
