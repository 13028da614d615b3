"""The queue as its page shows it: sentences, chips, and the same rows as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from features.contract import PERSONAS
from serving.archive import Archive
from serving.pages.views import quoted
from serving.review.normal import Normals
from serving.review.queue import NOBODY, STATES, Wanted, overflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.store.store import Store
    from serving.pages.words import Words
    from serving.review.queue import Listed
    from serving.review.reader import Queue, Reader
    from serving.review.telling import Told, Tongue

PAGE: Final = 25
"""Cases on a page."""
KINDS: Final = ("ring", "batch", "member")
FILTERS: Final = ("state", "kind", "region", "persona", "holder", "late", "find")
UNUSUAL: Final = 0.9
"""Share of comparable events that are less unusual, from which it is worth saying."""
MOST_NAMES: Final = 100
"""People and regions to choose among."""


def case_path(program_id: str, name: str) -> str:
    """Path of a case's page.

    >>> case_path("acme", "ring-payout-7")
    '/review/acme/ring-payout-7'
    """
    return f"/review/{quoted(program_id)}/{quoted(name)}"


def wanted_of(query: Mapping[str, str], events: frozenset[int] | None) -> Wanted:
    """Read the filters of a query; what is not known filters nothing."""
    state = query.get("state", "open")
    region = query.get("region", "")
    return Wanted(
        kind=query.get("kind", "") if query.get("kind", "") in KINDS else "",
        region=int(region) if region.isascii() and region.isdigit() and len(region) < 18 else 0,
        persona=query.get("persona", "") if query.get("persona", "") in PERSONAS else "",
        holder=query.get("holder", "")[:200],
        state=state if state in (*STATES, "all") else "open",
        late=query.get("late") == "1", events=events)


class QueuePage:
    """Shows the queue of one program to one person.

    Parameters
    ----------
    reader : Reader
    words : Words
    tongue : Tongue
    """

    def __init__(self, reader: Reader, words: Words, tongue: Tongue) -> None:
        self._reader = reader
        self._words = words
        self._tongue = tongue

    def context(self, person: str, query: Mapping[str, str], number: int, wall_ms: int
                ) -> dict[str, Any]:
        """Make what the template shows: one page of rows, the counts, and the filters."""
        reader = self._reader
        queue, found, now_ms = self._found(person, query, wall_ms)
        with reader.journal.database.reading() as store:
            shown = found[(number - 1) * PAGE:number * PAGE]
            rows = self.rows(store, queue, shown, now_ms)
            regions = Archive(store, reader.journal.key).names(
                "region", {case.region for case in queue.cases})
        ranked = [case for case in queue.cases if case.rank]
        program = reader.journal.program
        return {
            "rows": rows, "found": len(found), "page": number, "now_ms": now_ms,
            "pages": max(-(-len(found) // PAGE), 1),
            "open": len(ranked), "stake": sum(case.points for case in ranked),
            "late": sum(case.is_late(now_ms) for case in ranked),
            "alerts": len(queue.alerts), "observing": program.enforcement == "observe",
            "counts": {state: sum(case.state == state for case in queue.cases)
                       for state in STATES},
            "overflow": overflow(ranked, program.review_capacity_per_day, now_ms),
            "regions": sorted(((number, name) for number, name in regions.items()),
                              key=lambda pair: pair[1])[:MOST_NAMES],
            "holders": sorted({case.holder for case in queue.cases} - {""})[:MOST_NAMES],
            "query": {name: query.get(name, "") for name in FILTERS}, "personas": PERSONAS,
            "states": STATES, "kinds": KINDS, "nobody": NOBODY,
        }

    def _found(self, person: str, query: Mapping[str, str], wall_ms: int
               ) -> tuple[Queue, list[Listed], int]:
        reader = self._reader
        queue = reader.queue(person, wall_ms)
        now_ms = reader.now(wall_ms)
        wanted = wanted_of(query, reader.search(query.get("find", "")[:2000]))
        events = queue.alerts["event"]
        return queue, [case for case in queue.cases
                       if wanted.takes(case, events, now_ms)], now_ms

    def rows(self, store: Store, queue: Queue, cases: Sequence[Listed], now_ms: int
             ) -> list[dict[str, Any]]:
        """Show some cases as rows of the queue."""
        archive = Archive(store, self._reader.journal.key)
        leads = [int(queue.alerts["event"][case.lead]) for case in cases]
        events = {event.number: event for event in archive.events(leads)}
        normals = Normals(store, self._reader.journal.key, self._reader.trail,
                          self._reader.files, self._reader.layouts)
        program_id = self._reader.journal.program.program_id
        regions = archive.names("region", (case.region for case in cases))
        found = []
        for case, lead in zip(cases, leads, strict=True):
            event = events.get(lead)
            told = self._tongue.reasons((event.body if event else None) or {"reasons": []},
                                        *normals.vector(lead))
            subject = _subject(archive, case)
            found.append({
                "case": case, "path": case_path(program_id, case.case_id), "subject": subject,
                "sentence": headline(self._words, case, subject, told),
                "region": regions.get(case.region, ""),
                "persona": PERSONAS[case.persona] if 0 <= case.persona < len(PERSONAS) else "",
                "is_late": case.is_late(now_ms),
            })
        return found

    def table(self, person: str, query: Mapping[str, str], wall_ms: int
              ) -> tuple[list[str], list[list[Any]]]:
        """Make the whole filtered queue as a table."""
        found = self._found(person, query, wall_ms)[1]
        say = self._words.say
        columns = [say(f"review.column.{name}") for name in (
            "case", "kind", "subject", "accounts", "alerts", "points", "probability", "priority",
            "opened", "hold", "sla", "state", "holder", "rank")]
        with self._reader.journal.database.reading() as store:
            archive = Archive(store, self._reader.journal.key)
            names = {tie: archive.names("member" if tie == "referrer" else tie, (
                case.group.subject for case in found if case.group.tie == tie))
                for tie in {case.group.tie for case in found}}
        iso = self._words.iso
        return columns, [[
            case.case_id, say(f"review.kind.{case.group.kind}"),
            names[case.group.tie].get(case.group.subject, ""), case.members, case.alerts,
            case.points, round(case.probability, 4), round(case.priority, 2),
            iso(case.opened_ms), iso(case.until_ms) if case.until_ms is not None else None,
            iso(case.sla_ms) if case.sla_ms is not None else None,
            say(f"review.state.{case.state}"), case.holder, case.rank or None] for case in found]


def headline(words: Words, case: Listed, subject: str, told: Sequence[Told]) -> Markup:
    """Say in one sentence why a case is here and what is at stake, as markup."""
    parts: list[Markup] = []
    if case.group.kind == "ring":
        parts.append(Markup.escape(words.say_many(f"review.ring.{case.group.tie}", case.members)))
        if case.together > 1:
            parts.append(Markup.escape(words.say_many("review.together", case.together)))
    elif case.group.kind == "batch":
        parts.append(words.tell(f"review.of.{case.group.tie}", alerts=case.alerts,
                                subject=subject))
        if case.members > 1:
            parts.append(Markup.escape(words.say_many("review.accounts", case.members)))
    else:
        against = [one for one in told if not one.speaks_for and not _is_usual(one)][:2]
        against = against or list(told[:1])
        parts += [Markup.escape(one.text.rstrip(".")) for one in against]
    parts.append(Markup.escape(words.say("review.stake", points=case.points,
                                         worth=words.worth(case.points))))
    return Markup("; ").join(parts) + Markup(".")


def _is_usual(told: Told) -> bool:
    """Whether a reason says only that the event as a whole is like most others."""
    return told.code == "anomaly.share" and (told.value or 0) < UNUSUAL


def _subject(archive: Archive, case: Listed) -> str:
    kind = "member" if case.group.tie == "referrer" else case.group.tie
    return archive.names(kind, [case.group.subject]).get(case.group.subject, "")
