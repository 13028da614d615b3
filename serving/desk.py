"""The review desk over one program: events, cases, decisions, outcomes, replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from features.errors import BadInput, Conflict
from models.answers import rfc3339
from serving.archive import Archive
from serving.audit.who import Act
from serving.casework import Casework
from serving.commits import Work
from serving.errors import Forbidden
from serving.everyreason import every_reason
from serving.holds import meet_document
from serving.review.actions import Actions
from serving.review.casefile import CaseFile
from serving.review.consequence import wording
from serving.review.deciding import decide_case, found
from serving.review.keysday import KeysDay
from serving.review.pile import Pile
from serving.review.together import Stake
from serving.review.work import DeskWork

if TYPE_CHECKING:

    from features.store.store import Store
    from features.store.writing import Writing
    from serving.review.together import Together
    from serving.served import Served



class Desk:
    """One program's desk.

    Parameters
    ----------
    served : Served
    """

    def __init__(self, served: Served) -> None:
        self._live, self._do, self._clock = served
        self._keys = KeysDay()
        self._pile = Pile()

    def event(self, event_id: str, *, with_every_reason: bool = False) -> dict[str, Any]:
        """Show a stored event; NotFound where there is none."""
        with self._live.journal.database.reading() as store:
            archive = Archive(store, self._live.journal.key)
            event = found(archive.event(archive.number("event", event_id)))
        answer: dict[str, Any] = {
            "event_id": event.event_id, "kind": event.kind, "member_id": event.member_id,
            "status": event.status, "points": event.points, "points_final": event.points_final,
            "changed_at": rfc3339(event.changed_ms), "seq": event.seq, "verdict": event.body,
            "reasons": None,
        }
        if with_every_reason and event.body is not None:
            answer["reasons"] = every_reason(
                self._live.journal, self._live.bundle, self._live.circumstances, event_id,
                self._live.earlier)
        return answer

    def cases(self, limit: int, offset: int) -> dict[str, Any]:
        """List open cases, the highest priority first."""
        with self._live.journal.database.reading() as store:
            casework = Casework(store, self._live.journal.key)
            numbers = casework.listed(limit, offset)
            events = Archive(store, self._live.journal.key).events(numbers)
            replies = casework.replies(numbers)
            total, _ = casework.totals()
        listed = [(event.as_case(), replies.get(event.number, [])) for event in events]
        return {"open": total, "cases": [
            {**case.to_json(rfc3339(case.opened_ms)), "replies": said}
            for case, said in listed if case is not None]}

    def case(self, case_id: str) -> dict[str, Any]:
        """Show a case, open or decided, and what each decision by a key would do; none is taken.

        Raises
        ------
        NotFound
            No such case.
        """
        now_ms, journal = self._clock(), self._live.journal
        matter = self._matter(case_id, now_ms)
        with journal.database.reading() as store:
            file = CaseFile(store, journal.key, case_id)
            alone = None
            try:
                self._refuse_alone(store, case_id, now_ms, matter)
            except Forbidden as error:
                alone = str(error)
            return file.to_json(wording(self._live.bundle.texts), journal.program.languages, alone)

    def outcomes(self, after: int, limit: int) -> dict[str, Any]:
        """List changes of status after a cursor."""
        with self._live.journal.database.reading() as store:
            archive = Archive(store, self._live.journal.key)
            changes = archive.changes(after, limit)
            names = archive.names("event", [change.event for change in changes])
        cursor = changes[-1].seq if changes else max(after, 0)
        return {"cursor": str(cursor), "outcomes": [
            change.to_json(names.get(change.event, "")) for change in changes]}

    async def decide(self, case_id: str, decision: str, reason: str, by: str) -> dict[str, Any]:
        """Decide a case; the same decision again changes nothing.

        Another one that leaves the points as they are, such as a fraud confirmed of points that
        were kept, adds its label.

        Raises
        ------
        NotFound
            No such case.
        Conflict
            The case was decided otherwise, at the desk just now too, or its points can not be
            kept any more.
        Forbidden
            More is at stake than one pair of eyes decides on.
        """
        now_ms = self._clock()
        matter = await run_in_threadpool(self._matter, case_id, now_ms)
        told = Act("case_decided", by)

        def act(writing: Writing) -> dict[str, Any]:
            Actions(writing.store, writing.key).refuse_pending(
                [Archive(writing.store, writing.key).number("event", case_id)])
            self._refuse_alone(writing.store, case_id, now_ms, matter)
            return decide_case(writing, case_id, decision, reason, by, now_ms, told)

        return dict(await self._do(Work(act, alone=True)))

    def _stake(self, store: Store, case_id: str) -> Stake | None:
        """What a key is about to decide; None where the case is not open."""
        archive, key = Archive(store, self._live.journal.key), self._live.journal.key
        event = archive.event(archive.number("event", case_id))
        if event is None or not Casework(store, key).is_open(event.number):
            return None
        return Stake("", frozenset({event.number}), event.points, keys=self._keys,
                     pile=self._pile)

    def _matter(self, case_id: str, now_ms: int) -> Together | None:
        """Find what a case counts together with, beside the writing thread."""
        journal = self._live.journal
        with journal.database.reading() as store:
            stake = self._stake(store, case_id)
            return stake and stake.matter(store, journal.key, now_ms,
                                          journal.program.desk.most_alone)

    def _refuse_alone(self, store: Store, case_id: str, now_ms: int, matter: Together | None
                      ) -> None:
        """Refuse what a key alone may not decide: it is one pair of eyes, whoever it names."""
        journal, stake = self._live.journal, self._stake(store, case_id)
        most = journal.program.desk.most_alone
        total = stake.total(store, journal.key, now_ms, most, matter) if stake else 0
        if total > most:
            raise Forbidden(f"at most {most} points decided by one pair of eyes in a day",
                            f"{total} that belong together", "decide at /review, where a second "
                            "person approves")

    async def reply(self, event_id: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Store a partner's appeal or evidence, the same once, and open the case again.

        Evidence opens it only where points were not given: there it may still change something.

        Raises
        ------
        BadInput
            Without a text, a link or a hash.
        NotFound
            No such event.
        Conflict
            The event has no case, or more answers than anybody reads.
        """
        said = {name: text for name, text in body.items() if text}
        if not said:
            raise BadInput("a text, a link or a hash", "none of them", "send one")
        now_ms = self._clock()

        def act(writing: Writing) -> dict[str, Any]:
            return _reply(writing, event_id, kind, said, now_ms)

        return dict(await self._do(Work(act, alone=True)))


def _reply(
    writing: Writing, event_id: str, kind: str, said: dict[str, Any], now_ms: int
) -> dict[str, Any]:
    archive = Archive(writing.store, writing.key)
    casework = Casework(writing.store, writing.key)
    event = found(archive.event(archive.number("event", event_id)))
    is_open = casework.is_open(event.number)
    if is_open is None:
        raise Conflict("an event with a case", "one that was approved, or decided elsewhere",
                       "nothing is held here; send a label to /v1/feedback if it was misjudged")
    is_new = casework.reply(event.number, kind, said, now_ms)
    if is_new:
        DeskWork(writing.store, writing.key).answered(event.member, now_ms)
    is_document = kind == "evidence" and bool(said.keys() & {"link", "hash"})
    if is_new and is_document and meet_document(writing, event, now_ms):
        is_open = bool(casework.is_open(event.number))
    elif is_new and not is_open and (kind == "appeal" or event.points_final < event.points):
        casework.set_open(event.number, True)
        is_open = True
    return {"new": int(is_new), "same": int(not is_new), "case_open": is_open}
