"""The queue of the desk: cases by points at stake times probability, filtered and counted."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import EVENT_KINDS, PERSONAS
from features.places import MISSING
from serving.casework import OUTCOMES, THOUSANDTHS
from serving.review.standings import UNTOUCHED, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from features.places import Ints
    from serving.review.alerts import Open
    from serving.review.groups import Group

STATES: Final = ("open", "asked", "second", "snoozed", "deciding")
"""Where a case stands: to be worked; proof was asked for; a second person has to agree; it sleeps;
decided, and the undo window is open."""
DAY_MS: Final = 86_400_000
DECLINED: Final = OUTCOMES.index("decline")
NOBODY: Final = "nobody"
"""In the filter by person: cases nobody has."""


@dataclass(frozen=True)
class Listed:
    """A case in the queue.

    Parameters
    ----------
    group : Group
    members, alerts : int
        How many of each.
    points : int
        At stake.
    priority : float
        Points at stake times probability.
    opened_ms : int
        When its first alert was opened.
    until_ms : int or None
        When the first hold ends.
    keeps : bool
        Whether the points of that hold are kept then; else they are released.
    together : int
        Most members who joined on one day of the program.
    region, persona : int
        Those of most of its alerts; `MISSING` or 0 is unknown.
    kinds : tuple of str
        Kinds of its events.
    has_proof : bool
        Whether an alert was declined, which only hard proof does.
    observed : bool
        Nothing is held in truth: the program only observes.
    state : str
        One of `STATES`.
    holder : str
        Who claimed it, else to whom it was given; empty for nobody.
    sleeps_until_ms, answer_by_ms : int
        When it wakes, and until when proof is awaited; 0 for neither.
    sla_ms : int or None
        By when it should be decided; None while it waits for somebody else.
    standing : Standing
        Of its alert with the most at stake.
    lead : int
        Row of that alert.
    rank : int
        Position in the queue of what is to be worked, from 1; 0 where it is not in it.
    """

    group: Group
    members: int
    alerts: int
    points: int
    priority: float
    opened_ms: int
    until_ms: int | None
    keeps: bool
    together: int
    region: int
    persona: int
    kinds: tuple[str, ...]
    has_proof: bool
    observed: bool
    state: str
    holder: str
    sleeps_until_ms: int
    answer_by_ms: int
    sla_ms: int | None
    standing: Standing
    lead: int
    rank: int = 0

    @property
    def case_id(self) -> str:
        """Its id on the desk."""
        return self.group.case_id

    @property
    def probability(self) -> float:
        """How likely it is a fraud: of its alerts, weighed by their points."""
        return min(self.priority / self.points, 1.0) if self.points else 0.0

    def is_late(self, now_ms: int) -> bool:
        """Whether it should have been decided before."""
        return self.sla_ms is not None and self.sla_ms < now_ms


@dataclass(frozen=True)
class Wanted:
    """Filters of the queue; empty and 0 filter nothing.

    ``region`` is a number; ``events`` are what a search found, None without a search, which looks
    in cases of every state.
    """

    kind: str = ""
    region: int = 0
    persona: str = ""
    holder: str = ""
    state: str = "open"
    late: bool = False
    events: frozenset[int] | None = None

    def takes(self, case: Listed, events: Ints, now_ms: int) -> bool:
        """Whether a case is wanted."""
        holder = NOBODY if not case.holder else case.holder
        persona = PERSONAS[case.persona] if 0 <= case.persona < len(PERSONAS) else ""
        return ((not self.kind or self.kind in (case.group.kind, case.group.tie))
                and (not self.region or self.region == case.region)
                and (not self.persona or self.persona == persona)
                and (not self.holder or self.holder == holder)
                and (self.events is not None or self.state in ("all", case.state))
                and (not self.late or case.is_late(now_ms))
                and (self.events is None or not self.events.isdisjoint(
                    events[list(case.group.rows)].tolist())))


@dataclass(frozen=True)
class Overflow:
    """What will not be reached tomorrow, at so many cases a day.

    ``ending`` cases have a hold that ends before they are reached; of these, so many ``released``,
    with so many ``points``.
    """

    capacity: int
    cases: int
    ending: int
    released: int
    points: int


def cases(alerts: Open, groups: Sequence[Group], standing: Mapping[int, Standing], now_ms: int,
          sla_hours: int, zone: ZoneInfo) -> list[Listed]:
    """Make the queue, the highest priority first; cases that wait for others have no rank."""
    columns = _Columns(alerts, zone)
    made = [columns.case(group, standing, now_ms, sla_hours) for group in groups]
    made.sort(key=lambda case: (-case.priority, case.case_id))
    ranks = itertools.count(1)
    return [replace(case, rank=next(ranks)) if case.state == "open" else case for case in made]


def overflow(queue: Sequence[Listed], capacity: int, now_ms: int) -> Overflow:
    """Say what one more day's work leaves undone, and what becomes of it by itself.

    A case of rank r is reached in r / capacity days, where nothing more urgent comes.
    """
    beyond = [case for case in queue if case.rank > capacity]
    ending = [case for case in beyond if case.until_ms is not None and not case.observed
              and case.until_ms < now_ms + case.rank * DAY_MS // max(capacity, 1)]
    released = [case for case in ending if not case.keeps]
    return Overflow(capacity, len(beyond), len(ending), len(released),
                    sum(case.points for case in released))


class _Columns:
    """The columns of the alerts as plain lists: a case has few rows, and many are made."""

    def __init__(self, alerts: Open, zone: ZoneInfo) -> None:
        names = ("event", "member", "points", "priority", "kind", "opened_ms", "until_ms", "keeps",
                 "would_have", "enforced", "region", "persona")
        self._of = {name: alerts[name].tolist() for name in names}
        days = np.where(alerts["joined_ms"] == MISSING, -1, alerts["joined_ms"])
        offset = _offset_ms(zone, int(days.max(initial=0)))
        self._day = np.where(days < 0, -1, (days + offset) // DAY_MS).tolist()

    def case(self, group: Group, standing: Mapping[int, Standing], now_ms: int, sla_hours: int
             ) -> Listed:
        """Sum one case up."""
        rows, of = group.rows, self._of
        lead = max(rows, key=lambda row: (of["priority"][row], -row))
        each = [standing.get(of["event"][row], UNTOUCHED) for row in rows]
        own = standing.get(of["event"][lead], UNTOUCHED)
        until = min(((of["until_ms"][row], of["keeps"][row]) for row in rows
                     if of["until_ms"][row] != MISSING), default=(None, 0))
        opened = min(of["opened_ms"][row] for row in rows)
        state = _state(each, now_ms)
        joined = {of["member"][row]: self._day[row] for row in rows}
        holders = [found for found in (one.holder(now_ms) for one in (own, *each)) if found]
        waits = state in ("asked", "second", "deciding")
        return Listed(
            group, len(joined), len(rows), sum(of["points"][row] for row in rows),
            sum(of["priority"][row] for row in rows) / THOUSANDTHS, opened, until[0],
            bool(until[1]), _most([day for day in joined.values() if day >= 0]),
            _common([of["region"][row] for row in rows]),
            _common([of["persona"][row] for row in rows]),
            tuple(kind for at, kind in enumerate(EVENT_KINDS)
                  if any(of["kind"][row] == at for row in rows)),
            any(of["would_have"][row] == DECLINED for row in rows),
            not any(of["enforced"][row] for row in rows), state, holders[0] if holders else "",
            max(one.worked.snoozed_until_ms or 0 for one in each) if state == "snoozed" else 0,
            max(one.worked.answer_by_ms or 0 for one in each) if state == "asked" else 0,
            None if waits else max(one.worked.due_ms(opened, sla_hours, now_ms) for one in each),
            own, lead)


def _state(each: Sequence[Standing], now_ms: int) -> str:
    if all(one.act.status == "due" for one in each):
        return "deciding"
    if any(one.act.status == "waiting" for one in each):
        return "second"
    if all(one.sleeps(now_ms) or one.act.status == "due" for one in each):
        return "snoozed"
    return "asked" if any(one.worked.is_paused(now_ms) for one in each) else "open"


def _common(numbers: Sequence[int]) -> int:
    """The number that comes most often, the smallest of equals."""
    return min(set(numbers), key=lambda one: (-numbers.count(one), one))


def _most(days: Sequence[int]) -> int:
    return max((days.count(day) for day in set(days)), default=0)


def _offset_ms(zone: ZoneInfo, ms: int) -> int:
    moment = dt.datetime.fromtimestamp(ms / 1000, zone).utcoffset()
    return round(moment.total_seconds() * 1000) if moment else 0
