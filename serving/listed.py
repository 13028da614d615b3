"""The lists as the judge needs them: what of an event is denied, allowed, snoozed or watched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.records import COLUMN
from serving.codebatches import CodeBatches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from features.places import Ints

LISTABLE: Final = ("member", "device", "payout", "outlet", "seller", "agent", "ip", "batch")
"""Kinds of entity that can be listed; each is a column of a record. A batch is watched, the others
are denied, allowed or snoozed."""
WATCHABLE: Final = "batch"
LISTS: Final = ("none", "deny", "allow", "snooze", "watch")
"""Lists in the order of their stored integers; ``none`` takes a subject off all of them."""
NONE, DENY, ALLOW, SNOOZE, WATCH = range(5)
Entry = tuple[str, int, int, int | None, int]
"""Kind and number of the subject, list, end and beginning in milliseconds."""
_COLUMNS: Final = tuple((kind, COLUMN[kind]) for kind in LISTABLE if kind != WATCHABLE)
_BATCH, _CODE, _PLACE = (COLUMN[name] for name in ("batch", "code", "place"))


@dataclass(frozen=True)
class ListEntry:
    """A subject on a list, from a moment to another, ``to_ms`` None for ever."""

    list: str
    kind: str
    subject_id: str
    from_ms: int
    to_ms: int | None
    note: str


class Listing(NamedTuple):
    """Kinds of what of an event is on each list."""

    denied: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    snoozed: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()


NOT_LISTED: Final = Listing()


class Listed:
    """Entries of the lists, the newest of a subject last.

    Deny and allow contradict each other: the newer of the two counts. A snooze stands beside them.
    Moments are those of events, so that an entry ends by itself, on the same event each time the
    journal is read. An event without a batch has that of its code, by ``codes``.

    Examples
    --------
    >>> import numpy as np
    >>> listed = Listed([("device", 7, DENY, 2000, 1000)])
    >>> record = np.zeros(len(COLUMN), dtype=np.int64)
    >>> record[COLUMN["device"]] = 7
    >>> [listed.of(record, ms).denied for ms in (999, 1000, 2000)]
    [(), ('device',), ()]
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.unknown: tuple[str, ...] = ()
        self.codes = CodeBatches()
        self._entries: dict[tuple[str, int], list[tuple[int, int, int | None]]] = {}
        for kind, number, word, until_ms, from_ms in sorted(entries, key=lambda entry: entry[4]):
            self._entries.setdefault((kind, number), []).append((from_ms, word, until_ms))
        self.watched = frozenset(number for kind, number in self._entries if kind == WATCHABLE)
        """Batches that are watched at some time."""

    @classmethod
    def from_rows(cls, rows: Iterable[ListEntry], number: Callable[[str, str], int]) -> Listed:
        """Take a whole list, as of a file; what the journal never named is in ``unknown``.

        Parameters
        ----------
        rows : iterable of ListEntry
            As `serving.listentry.read_list` gives them.
        number : callable
            The journal's number of a kind and a name, 0 where it has none: `Journal.number`.
        """
        found: list[Entry] = []
        unknown: list[str] = []
        for row in rows:
            known = number(row.kind, row.subject_id)
            if known:
                found.append((row.kind, known, LISTS.index(row.list), row.to_ms, row.from_ms))
            else:
                unknown.append(f"{row.kind} {row.subject_id}")
        listed = cls(found)
        listed.unknown = tuple(dict.fromkeys(unknown))
        return listed

    def of(self, record: Ints, ms: int, batch: int | None = None) -> Listing:
        """Kinds of what is listed in an event at a moment.

        ``batch`` is that of its code, where the caller knows it better than ``codes``.
        """
        if not self._entries:
            return NOT_LISTED
        found: tuple[list[str], ...] = ([], [], [], [], [])
        for kind, column in _COLUMNS:
            subject = kind, record.item(column)
            if subject[1] and subject in self._entries:
                for word in self._lists(subject, ms):
                    found[word].append(kind)
        if self.watched and self._is_watched(record, ms, batch):
            found[WATCH].append(WATCHABLE)
        return Listing(*map(tuple, found[DENY:]))

    def _is_watched(self, record: Ints, ms: int, batch: int | None) -> bool:
        number = record.item(_BATCH) or (
            self.codes.of(record.item(_CODE), record.item(_PLACE)) if batch is None else batch)
        return number in self.watched and WATCH in self._lists((WATCHABLE, number), ms)

    def may_hold(self, records: Ints) -> npt.NDArray[np.bool_]:
        """Which records name a subject that is denied or watched at some time, shape (n,)."""
        found = np.isin(records[:, _BATCH], list(self.watched))
        if self.watched:
            found |= np.isin(records[:, _CODE], self.codes.numbers())
        for kind, column in _COLUMNS:
            numbers = [subject[1] for subject, entries in self._entries.items()
                       if subject[0] == kind and any(entry[1] == DENY for entry in entries)]
            if numbers:
                found |= np.isin(records[:, column], numbers)
        return found

    def members(self, ms: int) -> frozenset[int]:
        """Members denied at a moment."""
        return frozenset(number for kind, number in self._entries
                         if kind == "member" and DENY in self._lists((kind, number), ms))

    def _lists(self, subject: tuple[str, int], ms: int) -> list[int]:
        """Lists a subject is on at a moment: at most one of deny and allow, and a snooze."""
        stands, sleeps = NOWHERE, NOWHERE
        for from_ms, word, until_ms in self._entries[subject]:
            if from_ms > ms:
                break
            if word != SNOOZE:
                stands = (word, until_ms)
            if word in (SNOOZE, NONE):
                sleeps = (word, until_ms)
        return [word for word, until_ms in (stands, sleeps)
                if word != NONE and (until_ms is None or ms < until_ms)]


NOWHERE: Final[tuple[int, int | None]] = (NONE, None)
