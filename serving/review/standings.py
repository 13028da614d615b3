"""Where alerts stand on the desk: who has them, what sleeps, and which act has not taken effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from serving.review.alerts import parts
from serving.review.second import Seconds
from serving.review.work import CLAIM_MS, NOTHING, DeskWork, Worked
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Act:
    """An act on a case, done or not; empty and 0 where there is nothing."""

    action_id: str = ""
    act: str = ""
    decision: str = ""
    reason: str = ""
    author: str = ""
    at_ms: int = 0
    due_ms: int = 0
    status: str = ""
    second: str = ""
    points: int = 0


NO_ACT: Final = Act()


@dataclass(frozen=True)
class Standing:
    """Work on one alert, and the act on it that has not taken effect."""

    worked: Worked = NOTHING
    act: Act = NO_ACT

    def holder(self, now_ms: int) -> str:
        """Who claimed it, as long as that is good, else to whom it was given; empty: nobody."""
        worked = self.worked
        if worked.claimed_by and now_ms - (worked.claimed_ms or 0) < CLAIM_MS:
            return worked.claimed_by
        return worked.assigned_to or ""

    def sleeps(self, now_ms: int) -> bool:
        """Whether it is out of the way for now."""
        return (self.worked.snoozed_until_ms or 0) > now_ms


UNTOUCHED: Final = Standing()


class Standings(WithinProgram):
    """Reads the desk's own tables of one program inside a transaction."""

    def of(self, events: Sequence[int]) -> dict[int, Standing]:
        """Find the standing of alerts; one that nobody touched is not in it."""
        worked = DeskWork(self._store, self._program).of(events)
        pending = self._pending()
        return {event: Standing(worked.get(event, NOTHING), pending.get(event, NO_ACT))
                for event in worked.keys() | pending.keys()}

    def _pending(self) -> dict[int, Act]:
        """Find the acts that wait for a second person, or for the end of their undo window."""
        found = {}
        for status in ("waiting", "due"):
            for event, *cells in self._store.rows(
                    f"SELECT e.event_id, {_columns('a')} FROM desk_actions a "
                    "CROSS JOIN desk_action_events e WHERE a.program = ? AND a.status = ? "
                    "AND e.program = a.program AND e.action = a.action AND e.result = ''",
                    (self._program, status)):
                found[int(event)] = _act(cells)
        return found

    def acts(self, events: Sequence[int], person: str) -> list[Act]:
        """List the acts on some alerts that a person may see, the newest first."""
        found: dict[str, Act] = {}
        for some in parts(events):
            for cells in self._store.rows(
                    f"SELECT DISTINCT {_columns('a')} FROM desk_action_events e "
                    "CROSS JOIN desk_actions a WHERE e.program = ? "
                    f"AND e.event_id IN ({some}) AND a.program = e.program "
                    "AND a.action = e.action", (self._program,)):
                found[str(cells[0])] = _act(cells)
        hidden = Seconds(self._store, self._program).hidden_from(person, list(found))
        return sorted((act for name, act in found.items() if name not in hidden),
                      key=lambda act: (-act.at_ms, act.action_id))


def _columns(alias: str) -> str:
    names = ("action", "act", "decision", "reason", "author", "at_ms", "due_ms", "status",
             "second", "points")
    return ", ".join(f"{alias}.{name}" for name in names)


def _act(cells: Sequence[object]) -> Act:
    return Act(*(default if cell is None else cell for cell, default in zip(  # type: ignore[arg-type]
        cells, ("", "", "", "", "", 0, 0, "", "", 0), strict=True)))
