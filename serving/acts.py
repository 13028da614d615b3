"""What a person tells Jaga to heed: lists, declarations, labels; each answered with a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool

from features.contract import LABELS, SUBJECT_KINDS, Column
from features.errors import BadCell
from features.store.cells import parse_cell
from models.answers import rfc3339
from serving.archive import Archive
from serving.audit.who import Act
from serving.commits import Work
from serving.listentry import check_entry
from serving.lists import Lists

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from features.store.writing import Writing
    from serving.served import Served

    Row = Callable[..., Awaitable[dict[str, Any]]]

FROM: Final = Column("valid_from", "time")
TO: Final = Column("valid_to", "time")
ACTS: Final = "It acts from the next event on."
UNSEEN: Final = ("No event or record has named this {kind} yet; the entry is kept and acts when "
                 "it appears.")
UNSEEN_EVENT: Final = ("No event of this id is known yet; the label is kept and counts when the "
                       "event comes.")
DISAGREES: Final = ("An earlier label says {label}; both are kept. A chargeback counts more than "
                    "an audit, that more than an appeal that was granted, that more than a review; "
                    "else the later decided_at counts.")


class Acts:
    """Lists, declarations and labels of one program.

    What is already known of a subject is read in a thread: a store that does not answer must not
    hold up those who ask for something else.

    Parameters
    ----------
    served : Served
    row : callable
        Appends one row of a table; as `serving.engine.Engine.row`.
    """

    def __init__(self, served: Served, row: Row) -> None:
        self._live, self._do, self._clock = served
        self._row = row

    async def enlist(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Put a subject on a list, or take it off all of them; BadCell names what is wrong."""
        entry = check_entry(asked, self._live.journal.program, self._clock())
        is_known = await run_in_threadpool(self._is_known, (entry.kind,), entry.subject_id)
        told = Act("list_entry_written", asked["by"])

        def act(writing: Writing) -> bool:
            number = writing.entities.create(entry.kind, entry.subject_id)
            is_new = Lists(writing.store, writing.key).add(entry, number, asked["by"])
            if is_new:
                told.write(writing, entry.from_ms, {entry.kind: number},
                           {"list": entry.list, "until_ms": entry.to_ms})
            return is_new

        is_new = bool(await self._do(Work(act, alone=True)))
        return {"new": int(is_new), "same": int(not is_new), "known": is_known,
                "message": ACTS if is_known else UNSEEN.format(kind=entry.kind)}

    def lists(self) -> dict[str, Any]:
        """List the entries that act now, each with its end and its reason."""
        with self._live.journal.database.reading() as store:
            entries = Lists(store, self._live.journal.key).in_force(self._clock())
        return {"entries": entries}

    async def declare(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Store a declaration; BadCell where it would end before it begins."""
        self._check_end(asked)
        kinds = SUBJECT_KINDS[asked["kind"]]
        is_known = await run_in_threadpool(self._is_known, kinds, asked["subject_id"])
        stored = await self._row("declarations", asked, Act("declared"))
        unseen = UNSEEN.format(kind=" or ".join(kinds))
        return {**stored, "known": is_known, "message": ACTS if is_known else unseen}

    def _check_end(self, asked: dict[str, Any]) -> None:
        """Refuse a declaration that could never act: it does so from its arrival on."""
        program = self._live.journal.program
        to_ms = parse_cell(TO, asked.get("valid_to"), program)
        from_ms = parse_cell(FROM, asked.get("valid_from"), program)
        begins = max(int(from_ms), self._clock())
        if asked.get("valid_to") and int(to_ms) <= begins:
            raise BadCell("valid_to", f"a moment after {rfc3339(begins)}, when it begins",
                          str(asked["valid_to"])[:50])

    async def label(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Store a label, of an event that is known or not; `models.labelled` says which counts."""
        is_known, told = await run_in_threadpool(self._told_of, asked["event_id"])
        stored = await self._row("feedback", asked)
        others = sorted(told - {LABELS.index(asked["label"])})
        said = [] if is_known else [UNSEEN_EVENT]
        said += [DISAGREES.format(label=LABELS[other]) for other in others]
        return {**stored, "known": is_known, "message": " ".join(said) or None}

    def _told_of(self, event_id: str) -> tuple[bool, set[int]]:
        """Whether an event is known, and the labels it has."""
        journal = self._live.journal
        number = journal.number("event", event_id)
        with journal.database.reading() as store:
            is_known = Archive(store, journal.key).event(number) is not None
            return is_known, {int(row[0]) for row in store.rows(
                "SELECT label FROM feedback WHERE program = ? AND event_id = ?",
                (journal.key, number))}

    def _is_known(self, kinds: tuple[str, ...], name: str) -> bool:
        """Whether anything of a name is known that is of one of these kinds."""
        journal = self._live.journal
        numbers = [(kind, int(journal.numbers(kind, [name])[0])) for kind in kinds]
        with journal.database.reading() as store:
            return any(Lists(store, journal.key).is_known(*number) for number in numbers)
