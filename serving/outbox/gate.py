"""The last look before a message leaves: what was right when it was written may not be any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.contract import DELIVERY_STATUSES
from serving.outbox.message import MISSION_SEND
from serving.recipients import Recipients
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.exports.program import Program
    from features.store.store import Store
    from serving.outbox.message import Message

EXPIRED: Final = "expired"
QUIET: Final = "quiet_hours"
DONE: Final = "done_by_program"
"""The program wrote to the member itself and told of it."""
GONE: Final = tuple(DELIVERY_STATUSES.index(word) for word in ("sent", "delivered", "read"))
"""Statuses that say that the member was written to."""


@dataclass(frozen=True)
class Ruling:
    """What is done with a message now: sent, dropped for a reason, or put off.

    Parameters
    ----------
    message : Message
    code : str
        Why it is not sent; empty: it is.
    until_ms : int or None
        When to look again; None with a code: never.
    """

    message: Message
    code: str = ""
    until_ms: int | None = None

    @property
    def word(self) -> str:
        """``send``, ``wait`` or ``drop``."""
        return "send" if not self.code else "drop" if self.until_ms is None else "wait"


class Gate(WithinProgram):
    """Rules on messages of one program inside a transaction.

    A mission is not sent to who opted out, is denied, has an open case or no longer consents, nor
    after its time; in the quiet hours of the member's own day it waits, or is dropped where the
    program says so. Other kinds have nothing to look at but their time.

    Parameters
    ----------
    store : Store
        The transaction.
    key : int
        Key of the program.
    program : Program
        Its quiet hours and time zone.
    """

    def __init__(self, store: Store, key: int, program: Program) -> None:
        super().__init__(store, key)
        self._settings = program

    def rule(self, messages: Sequence[Message], now_ms: int) -> list[Ruling]:
        """Rule on messages, in their order."""
        missions = [one for one in messages if one.kind == MISSION_SEND]
        refused = self._refused(missions, now_ms) if missions else {}
        quiet = self._quiet(missions, now_ms) if missions else {}
        rulings = []
        for one in messages:
            code = refused.get(one.number) or (EXPIRED if one.is_late(now_ms) else "")
            until = None if code else quiet.get(one.number)
            rulings.append(Ruling(one, code or (QUIET if one.number in quiet else ""), until))
        return rulings

    def _refused(self, missions: list[Message], now_ms: int) -> dict[int, str]:
        """Code by number of each mission that must not be sent, or was by the program itself."""
        by_member = Recipients(self._store, self._program).refusals(
            {one.member for one in missions}, now_ms)
        found = {one.number: by_member[one.member] for one in missions
                 if one.member in by_member}
        done = self._done([one.ref for one in missions])
        return found | {one.number: DONE for one in missions if one.ref in done}

    def _done(self, decisions: list[str]) -> set[str]:
        """Decisions of which a delivery tells that the member was written to."""
        marks, gone = (", ".join("?" * len(each)) for each in (decisions, GONE))
        rows = self._store.rows(
            "SELECT DISTINCT e.name FROM entities e JOIN deliveries d ON d.program = e.program "
            "AND d.decision_id = e.number WHERE e.program = ? AND e.kind = 'decision' "
            f"AND e.name IN ({marks}) AND d.status IN ({gone})",
            (self._program, *decisions, *GONE))
        return {name for (name,) in rows}

    def _quiet(self, missions: list[Message], now_ms: int) -> dict[int, int | None]:
        """When the quiet hours of each member who sleeps now end, None where nothing waits."""
        hours = self._settings.messages.quiet_hours
        if hours is None:
            return {}
        zones = Recipients(self._store, self._program).zones(
            {one.member for one in missions}, self._settings.zone)
        waits = hours.then == "wait"
        return {one.number: hours.ends_ms(now_ms, zones[one.member]) if waits else None
                for one in missions if hours.holds(now_ms, zones[one.member])}
