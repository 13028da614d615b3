"""All of one case: who, what is at stake, why, what speaks for them, and what it is linked with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from features.errors import NotFound
from serving.archive import Archive
from serving.casework import Casework
from serving.lists import Lists
from serving.review.contents import SHOWN, Contents
from serving.review.standings import Standings

if TYPE_CHECKING:
    from serving.archive import StoredEvent
    from serving.review.announced import Announced
    from serving.review.contents import Reason, Somebody
    from serving.review.evidence import Trip, Twins
    from serving.review.neighbours import Picture
    from serving.review.notes import Note
    from serving.review.policyeffect import Effect
    from serving.review.queue import Listed
    from serving.review.reader import Queue, Reader
    from serving.review.standings import Act
    from serving.review.telling import Tongue


@dataclass(frozen=True)
class Folder:
    """A case as its page shows it.

    Parameters
    ----------
    case : Listed or None
        As it is in the queue; None where its alerts are decided.
    events : list of StoredEvent
        Its alerts, the one with the most at stake first, at most `SHOWN`.
    event_ids : list of str
        Of all its alerts.
    people : list of Somebody
    subject : str
        Id of what ties them; a member's where nothing does.
    reasons : list of Reason
    proofs : list of str
        Codes of hard proof, of all alerts.
    declared : list of (str, str)
        What of this case the program declared innocent: kind and id.
    replies : list of dict
        What partners said and showed.
    notes, acts, earlier : lists
        Of colleagues; acts on its alerts; members' cases of before.
    timeline : list of StoredEvent
        Events of its members, the oldest first.
    held_as_unusual : bool
        Whether what is unusual about one of its alerts as a whole is beyond the policy's limit.
    campaigns : list of Announced
        Those that its events fall under.
    watched : dict of str to int
        Batches that are watched now, by their ids, each with its end.
    trips, twins, picture, effects
        From the trail; None where it is still being read.
    """

    case: Listed | None
    events: list[StoredEvent]
    event_ids: list[str]
    people: list[Somebody]
    subject: str
    reasons: list[Reason]
    proofs: list[str]
    declared: list[tuple[str, str]]
    replies: list[dict[str, Any]]
    notes: list[Note]
    acts: list[Act]
    earlier: list[StoredEvent]
    timeline: list[StoredEvent]
    held_as_unusual: bool
    campaigns: list[Announced]
    watched: dict[str, int]
    trips: list[Trip] | None = None
    twins: list[Twins] | None = None
    picture: Picture | None = None
    names: dict[str, str] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)

    @property
    def lead(self) -> StoredEvent:
        """The alert with the most at stake."""
        return self.events[0]

    @property
    def points(self) -> int:
        """Points at stake."""
        return self.case.points if self.case else self.lead.points


def resolve(reader: Reader, queue: Queue, name: str) -> tuple[Listed | None, list[int]]:
    """Find a case by its id, or by the id of one of its events; an event may be decided already.

    Raises
    ------
    NotFound
    """
    case = queue.case(name)
    if case is None:
        with reader.journal.database.reading() as store:
            number = Archive(store, reader.journal.key).number("event", name)
        case = queue.of_event(number) if number else None
        if case is None and number:
            return None, [number]
    if case is None:
        raise NotFound("a case of the queue", "one that was decided, or put together anew",
                       "go back to the queue")
    return case, queue.events(case)


def open_folder(reader: Reader, queue: Queue, name: str, person: str, wall_ms: int,
                tongue: Tongue, *, with_names: bool) -> Folder:
    """Read all of a case.

    Parameters
    ----------
    reader : Reader
    queue : Queue
        Of the person.
    name : str
        Of the case, or of one of its events.
    person : str
    wall_ms : int
    tongue : Tongue
        Tells reasons in his language.
    with_names : bool
        Whether he may know who members are.
    """
    case, numbers = resolve(reader, queue, name)
    is_warm = reader.warm()
    now_ms = reader.now(wall_ms)
    with reader.journal.database.reading() as store:
        reads = Contents(reader, store, person, now_ms)
        events = reads.events(numbers[:SHOWN])
        if not events or events[0].body is None:
            raise NotFound("an event with a verdict", "another", "go back to the queue")
        if not events[0].body["reasons"]:
            events[0].body["reasons"] = reader.why(events[0].event_id)
        members = list(dict.fromkeys(event.member for event in events))
        reasons = reads.reasons(events, tongue)
        ids = Archive(store, reader.journal.key).names("event", numbers)
        replies = Casework(store, reader.journal.key).replies(numbers)
        more = reads.deep(events, members, reasons) if is_warm else {}
        return Folder(
            case, events, [ids[number] for number in numbers if number in ids],
            reads.people(members, with_names), reads.subject(case, members), reasons,
            list(dict.fromkeys(code for event in events if event.body
                               for code in event.body["hard_proof"])),
            reads.declared(queue, case),
            [said for one in numbers for said in replies.get(one, [])],
            reads.notes(numbers),
            Standings(store, reader.journal.key).acts(numbers, person),
            reads.earlier(members, numbers), reads.timeline(members, events),
            reads.are_held_on("anomaly", numbers), reads.campaigns(queue, case),
            Lists(store, reader.journal.key).watched(now_ms), **more)
