"""What a case's folder holds, read inside a transaction for who opens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import PERSONAS, TIERS
from features.places import MISSING
from features.store.head import read_head
from serving.archive import Archive
from serving.held import bits_of
from serving.review.alerts import OpenAlerts, parts
from serving.review.announced import campaigns_of
from serving.review.evidence import Evidence
from serving.review.neighbours import Neighbours, Picture
from serving.review.normal import Normals
from serving.review.notes import Note, Notes
from serving.review.second import Seconds, as_it_was

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.store.store import Store
    from serving.archive import StoredEvent
    from serving.review.announced import Announced
    from serving.review.normal import Normal
    from serving.review.queue import Listed
    from serving.review.reader import Queue, Reader
    from serving.review.telling import Told, Tongue

SHOWN: Final = 100
"""Alerts of a case that its page lists; a decision is on all of them."""
AROUND: Final = 150
"""Events of a case's members in its timeline, the newest."""
EARLIER: Final = 10
WHOLE: Final = "anomaly.share"
"""The reason about an event as a whole: of several alerts the most unusual speaks."""
COMPARED: Final = 6
"""Reasons that are held against what is usual."""


@dataclass(frozen=True)
class Somebody:
    """A member of a case; MISSING, 0 and empty are unknown."""

    number: int
    member_id: str
    persona: str
    tier: str
    region: str
    joined_ms: int | None
    name: str = ""
    contact: str = ""


@dataclass(frozen=True)
class Reason:
    """A reason in the reader's language, how many alerts of the case have it, what is normal."""

    told: Told
    alerts: int
    normal: Normal | None


class Contents:
    """Reads of one folder inside a transaction.

    Parameters
    ----------
    reader : Reader
    store : Store
        The transaction.
    person : str
        Who opens it: one that he reviews again is shown as it was before.
    now_ms : int
    """

    def __init__(self, reader: Reader, store: Store, person: str, now_ms: int) -> None:
        self._reader = reader
        self._store = store
        self._key = reader.journal.key
        self._archive = Archive(store, self._key)
        self._seconds = Seconds(store, self._key)
        self._person = person
        self._now_ms = now_ms

    def events(self, numbers: Sequence[int]) -> list[StoredEvent]:
        """Read events; one that he reviews again is as it was before."""
        again = self._seconds.among(numbers, self._person)
        return [as_it_was(event) if event.number in again else event
                for event in self._archive.events(numbers)]

    def notes(self, numbers: Sequence[int]) -> list[Note]:
        """Read colleagues' notes, but of who decided first on what he reviews again."""
        return Notes(self._store, self._key).once(
            numbers, self._seconds.firsts(numbers, self._person))

    def people(self, members: Sequence[int], with_names: bool) -> list[Somebody]:
        """Say who the members are."""
        files = OpenAlerts(self._store, self._key).files(np.array(members, dtype=np.int64))
        ids = self._archive.names("member", members)
        regions = self._archive.names("region", files[:, 1].tolist())
        known = self._reader.journal.people(members) if with_names else {}
        found = []
        for member, own in zip(members, files.tolist(), strict=True):
            persona, region, tier, _, _, joined = own
            found.append(Somebody(
                member, ids.get(member, ""), PERSONAS[persona] if persona != MISSING else "",
                TIERS[tier] if tier != MISSING else "", regions.get(region, ""),
                None if joined == MISSING else joined, *known.get(member, ("", ""))))
        return found

    def subject(self, case: Listed | None, members: Sequence[int]) -> str:
        """Id of what ties a case."""
        tie, number = (case.group.tie, case.group.subject) if case else ("member", members[0])
        kind = "member" if tie == "referrer" else tie
        return self._archive.names(kind, [number]).get(number, "")

    def reasons(self, events: Sequence[StoredEvent], tongue: Tongue) -> list[Reason]:
        """Tell the reasons of the lead, then what only others of the case have."""
        normals = self._normals()
        found: dict[str, tuple[Told, int]] = {}
        for event in events[:20]:
            names, vector = normals.vector(event.number)
            for told in tongue.reasons(event.body or {"reasons": []}, names, vector):
                first, count = found.get(told.code, (told, 0))
                if told.code == WHOLE and (told.value or 0) > (first.value or 0):
                    first = told
                found[told.code] = (first, count + 1)
        compared: dict[str, Normal] = {}
        if self._reader.trail.is_ready:
            named = [one.feature for one, _ in found.values() if one.feature]
            compared = normals.of(events[0], named[:COMPARED])
        return [Reason(one, count, compared.get(one.feature)) for one, count in found.values()]

    def _normals(self) -> Normals:
        reader = self._reader
        return Normals(self._store, self._key, reader.trail, reader.files, reader.layouts)

    def declared(self, queue: Queue, case: Listed | None) -> list[tuple[str, str]]:
        """Find what of a case the program declared innocent, or allowed."""
        if case is None:
            return []
        innocent = OpenAlerts(self._store, self._key).limits(self._now_ms, {}).innocent
        tied = queue.alerts.alerts()
        rows = list(case.group.rows)
        found = []
        for tie, numbers in innocent.items():
            mine = set(getattr(tied, tie)[rows].tolist()) & numbers
            found += [(tie, name) for name in self._archive.names(tie, mine).values()]
        return sorted(found)

    def are_held_on(self, ground: str, numbers: Sequence[int]) -> bool:
        """Whether one of some alerts is held on a ground of the decision."""
        bit = bits_of((ground,))
        return any(self._store.rows(
            f"SELECT 1 FROM cases WHERE program = ? AND event_id IN ({some}) AND grounds & ? <> 0 "
            "LIMIT 1", (self._key, bit)) for some in parts(numbers))

    def campaigns(self, queue: Queue, case: Listed | None) -> list[Announced]:
        """List announced campaigns that events of an open case fall under."""
        return [] if case is None else campaigns_of(
            self._store, self._key, queue.alerts, case.group.rows, self._now_ms)

    def earlier(self, members: Sequence[int], numbers: Sequence[int]) -> list[StoredEvent]:
        """List the members' cases of before, the newest first."""
        listed = ", ".join(str(member) for member in members[:SHOWN])
        rows = self._store.rows(
            f"SELECT event_id FROM cases WHERE program = ? AND member_id IN ({listed}) "
            "AND is_open = 0 ORDER BY opened_ms DESC LIMIT ?", (self._key, EARLIER + SHOWN))
        mine = set(numbers)
        return self.events([int(row[0]) for row in rows if int(row[0]) not in mine][:EARLIER])

    def timeline(self, members: Sequence[int], events: Sequence[StoredEvent]
                 ) -> list[StoredEvent]:
        """List the members' last events, those of the case among them."""
        share = max(AROUND // len(members), 10)
        found = {event.number: event for event in events}
        for member in members[:AROUND // 10]:
            past = self._archive.past(member, limit=share)
            again = self._seconds.among([event.number for event in past], self._person)
            for event in past:
                found.setdefault(event.number,
                                 as_it_was(event) if event.number in again else event)
        return sorted(found.values(), key=lambda event: event.place)

    def deep(self, events: Sequence[StoredEvent], members: Sequence[int],
             reasons: Sequence[Reason]) -> Mapping[str, Any]:
        """Read what takes the trail."""
        reader = self._reader
        numbers = [event.number for event in events]
        evidence = Evidence(self._store, self._key, reader.trail)
        picture = Neighbours(reader.trail, reader.files).of(members)
        codes = [reason.told.code for reason in reasons]
        return {
            "trips": evidence.trips([event.number for event in events if event.kind == "scan"]),
            "twins": evidence.twins(numbers), "picture": picture, "names": self._names(picture),
            "effects": reader.effects.of(self._store, self._key, codes, self._now_ms,
                                         read_head(self._store, self._key)),
        }

    def _names(self, picture: Picture) -> dict[str, str]:
        """Ids of what a picture shows, by the keys of its nodes."""
        by_kind: dict[str, list[int]] = {}
        for node in picture.nodes:
            by_kind.setdefault(node.kind, []).append(node.number)
        found: dict[str, str] = {}
        for kind, numbers in by_kind.items():
            names = self._archive.names("member" if kind == "referrer" else kind, numbers)
            found |= {f"{kind}-{number}": name for number, name in names.items()}
        return found
