"""Alerts that an act is about, as they stand for who acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from features.errors import BadCell, NotFound
from serving.archive import Archive
from serving.review.second import Seconds, as_it_was

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.store.store import Store
    from serving.archive import StoredEvent

MOST_EVENTS: Final = 500
"""Alerts in one act: more than a ring that anybody looks through, few enough for one answer."""


class Alert(NamedTuple):
    """An event with a case.

    Parameters
    ----------
    event : StoredEvent
        As it stood before anybody decided, where ``is_second``.
    is_open : bool
        Whether it asks for a person, as far as who acts is told.
    hold_until_ms : int or None
    is_second : bool
        Whether this is a silent second review.
    """

    event: StoredEvent
    is_open: bool
    hold_until_ms: int | None
    is_second: bool


def picked(store: Store, program: int, event_ids: Sequence[str], person: str) -> list[Alert]:
    """Find alerts by the ids of their events, each once, in the order given.

    Raises
    ------
    BadCell
        Without an event, or with more than `MOST_EVENTS`.
    NotFound
        Where one is unknown, or has no case.
    """
    names = list(dict.fromkeys(event_ids))
    if not 1 <= len(names) <= MOST_EVENTS:
        raise BadCell("event_ids", f"1 to {MOST_EVENTS} events", str(len(names)))
    marks = ", ".join("?" * len(names))
    number = {str(name): int(found) for name, found in store.rows(
        "SELECT name, number FROM entities WHERE program = ? AND kind = 'event' "
        f"AND name IN ({marks})", (program, *(name.replace("\0", "") for name in names)))}
    numbers = [number[name] for name in names if name in number]
    cases = {int(row[0]): (bool(row[1]), row[2]) for row in store.rows(
        "SELECT event_id, is_open, hold_until_ms FROM cases WHERE program = ? "
        f"AND event_id IN ({', '.join(map(str, numbers)) or '-1'})", (program,))}
    again = Seconds(store, program).among(numbers, person)
    alerts = []
    for event in Archive(store, program).events(numbers):
        if event.number in cases:
            is_open, hold_until_ms = cases[event.number]
            is_second = event.number in again
            alerts.append(Alert(as_it_was(event) if is_second else event, is_open or is_second,
                                hold_until_ms, is_second))
    if len(alerts) < len(names):
        raise NotFound("events that have a case", f"{len(names) - len(alerts)} that have none",
                       "open the list of cases again")
    return alerts
