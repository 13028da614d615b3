"""What the program needs to know of its members: standing, inactivity, suggestions, sending."""

from __future__ import annotations

import logging
import math
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool

from features.errors import JagaError, NotFound, Unavailable
from features.places import known_place, place_ms
from models.answers import rfc3339
from serving.archive import Archive
from serving.casework import Casework
from serving.commits import Work
from serving.members import (
    Members,
    default_as_of,
    inactivity_of,
    members_without_anomaly,
    with_anomaly,
)
from serving.plans import plan_for, to_answer
from serving.sending import (
    KEPT,
    SENT,
    decisions_of,
    keep,
    knows,
    last_suggestion,
    send,
    sort_out,
)

if TYPE_CHECKING:

    from features.exports.missions import Mission
    from models.bundle import Bundle
    from serving.retention.keeping import Keeping
    from serving.served import Served


log = logging.getLogger("jaga.standing")
QUICK_S: Final = 0.2
"""A table that takes less of a processor's time is computed again whenever the journal moved."""
REST: Final = 50
"""A slow table is computed at most for one part in so many of the time."""
RECENT: Final = 20
KEPT_S: Final = 300.0
"""Seconds after which the tables of the retention desk are made anew, where anything came."""


@dataclass(frozen=True)
class Snapshot:
    """The members as of a moment, and what it took to score them, in seconds of a processor."""

    members: Members
    seq: int
    made: float
    seconds: float
    missions: list[Mission]
    erased: int = 0
    bundle_id: str = ""


class Standing:
    """Members of one program; the table behind it is computed beside the requests.

    Parameters
    ----------
    served : Served
    keeping : Keeping or None
        Keeps what the retention desk shows; None: nothing is kept.
    """

    def __init__(self, served: Served, keeping: Keeping | None = None) -> None:
        self._live, self._do, self._clock = served
        self._keeping = keeping
        self._kept_at = -math.inf
        self._kept_seq = -1
        self._snapshot: Snapshot | None = None
        self._computing = threading.Lock()
        self._failure: JagaError | None = None

    def inactivity(self, member_id: str) -> dict[str, Any]:
        """Tell how likely a member falls silent; NotFound where nothing is known of him."""
        members = self.snapshot().members
        number = self._live.journal.number("member", member_id)
        if number not in members.table.index:
            raise NotFound("a member of the program", "an unknown member_id",
                           "send him to /v1/records/members")
        return {**inactivity_of(members.table.loc[number]).to_json(),
                "what_would_change": members.what_would_change(number)}

    def member(self, member_id: str) -> dict[str, Any]:
        """Show a member's standing; NotFound where neither a row nor an event names him."""
        with self._live.journal.database.reading() as store:
            archive = Archive(store, self._live.journal.key)
            number = archive.number("member", member_id)
            past = archive.past(number, limit=RECENT) if number else []
            case = Casework(store, self._live.journal.key).open_of(number) if number else 0
            names = archive.names("event", [case])
            suggestion = last_suggestion(store, self._live.journal.key, number) if number else None
        row = self._row_or_none(member_id) if number else None
        if row is None and not past:
            raise NotFound("a member of the program", "an unknown member_id", "check it")
        return {
            "member_id": member_id, **_facts(row), "open_case": names.get(case),
            "recent_verdicts": [_recent(event) for event in reversed(past)],
            "inactivity": None if row is None else inactivity_of(row).to_json(),
            "suggestion": suggestion,
        }

    async def suggestions(self, ask: dict[str, Any]) -> dict[str, Any]:
        """Rank missions for members; every decision is kept, so that it can be sent."""
        now_ms = self._clock()

        def choose() -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
            members = self.snapshot().members
            plan = plan_for(members, ask)
            return to_answer(plan, members.as_of_ms), decisions_of(plan)

        answer, decisions = await run_in_threadpool(choose)
        for start in range(0, len(decisions), KEPT):
            some = decisions[start:start + KEPT]
            await self._do(Work(partial(keep, decisions=some, now_ms=now_ms)))
        return answer

    async def send(self, decision_ids: list[str], dry_run: bool = False) -> dict[str, Any]:
        """Log decisions, put into the outbox what is to be sent, and say what becomes of each."""
        now_ms = self._clock()
        if dry_run:
            return await run_in_threadpool(self._sort_out, decision_ids, now_ms)
        names = list(dict.fromkeys(decision_ids))
        answer: dict[str, Any] = {"sent": [], "held_out": [], "refused": []}
        for start in range(0, len(names), SENT):
            some = names[start:start + SENT]
            part = await self._do(
                Work(partial(send, decision_ids=some, now_ms=now_ms), alone=True))
            answer = {end: [*found, *part[end]] for end, found in answer.items()}
        return answer

    def _sort_out(self, decision_ids: list[str], now_ms: int) -> dict[str, Any]:
        with self._live.journal.database.reading() as store:
            return sort_out(store, self._live.journal.key, decision_ids, now_ms).answer

    def knows(self, decision_id: str) -> bool:
        """Whether a decision was ever suggested or logged."""
        with self._live.journal.database.reading() as store:
            return knows(store, self._live.journal.key, decision_id)

    def snapshot(self) -> Snapshot:
        """Give the newest member table; Unavailable while the first is computed."""
        found = self._snapshot
        if found is not None and found.erased != self._live.journal.erased:
            found = self._snapshot = None  # it names who was erased
        if found is None:
            if self._failure is not None:
                raise self._failure
            self.refresh_soon()
            raise Unavailable("scored members", "a table that is computed now",
                              "try again in a moment")
        journal = self._live.journal
        if (found.seq != journal.last_seq or found.missions != journal.missions
                or found.bundle_id != self._live.bundle.bundle_id):
            if found.seconds <= QUICK_S:
                self._refresh()
            elif time.monotonic() - found.made > REST * found.seconds:
                self.refresh_soon()
        return self._snapshot or found

    def rest(self) -> None:
        """Have the tables of the retention desk made anew, where they are old and anything came."""
        found = self._snapshot
        if found is None or self._keeping is None or self._computing.locked():
            return
        if time.monotonic() - self._kept_at < max(KEPT_S, REST * found.seconds):
            return
        with suppress(JagaError):  # a store that is away: there is nothing new to be seen
            if (self._kept_seq != self._live.journal.last_seq
                    or found.bundle_id != self._live.bundle.bundle_id):
                self.refresh_soon()

    def refresh_soon(self) -> None:
        """Compute the table in a thread of its own.

        Its priority is that of all others: what holds the interpreter and does not run stops them.
        """
        threading.Thread(target=partial(self._refresh, keeps=True), name="members",
                         daemon=True).start()

    def _refresh(self, *, keeps: bool = False) -> None:
        if not self._computing.acquire(blocking=False):
            return
        try:
            started = time.thread_time()
            journal = self._live.journal
            erased, seq, missions = journal.erased, journal.last_seq, list(journal.missions)
            as_of = max(default_as_of(journal), self._heard_ms())
            bundle = self._live.bundle
            members = members_without_anomaly(journal, bundle, as_of)
            if keeps:
                self._keep(members, bundle, erased, seq)
            members = with_anomaly(members, journal, bundle, self._live.catalog)
            self._snapshot = Snapshot(
                members, seq, time.monotonic(), time.thread_time() - started, missions, erased,
                bundle.bundle_id)
            self._failure = None
        except JagaError as error:
            self._failure = error
        finally:
            self._computing.release()

    def _keep(self, members: Members, bundle: Bundle, erased: int, seq: int) -> None:
        """Keep the tables of the retention desk; without them the desk shows those before."""
        if self._keeping is None:
            return
        self._kept_at, self._kept_seq = time.monotonic(), seq
        try:
            self._keeping.keep(members, bundle, erased)
        except Exception as error:  # noqa: BLE001 - a full disk here must not stop the scores
            log.warning("the retention desk waits for the next time: %s", type(error).__name__)

    def _heard_ms(self) -> int:
        """Say the moment just after the program last told of a member, up to now."""
        with self._live.journal.database.reading() as store:
            last = store.rows("SELECT max(place) FROM members WHERE program = ? AND place <= ?",
                              (self._live.journal.key, known_place(self._clock())))[0][0]
        return 0 if last is None else place_ms(last) + 1

    def _row(self, member_id: str) -> Any:
        table = self.snapshot().members.table
        number = self._live.journal.number("member", member_id)
        return table.loc[number] if number in table.index else None

    def _row_or_none(self, member_id: str) -> Any:
        """Find what is scored of a member; None too while nothing is."""
        try:
            return self._row(member_id)
        except Unavailable:
            return None


def _facts(row: Any) -> dict[str, Any]:
    if row is None:
        return {"persona": None, "tier": None, "scores": {"anomaly": None, "p_inactive": None}}
    anomaly = float(row["anomaly"])
    return {
        "persona": row["persona"], "tier": row["tier"],
        "scores": {"anomaly": None if math.isnan(anomaly) else round(anomaly, 6),
                   "p_inactive": float(row["p_inactive"])},
    }


def _recent(event: Any) -> dict[str, Any]:
    return {
        "event_id": event.event_id, "kind": event.kind, "points": event.points,
        "recorded_at": rfc3339(event.recorded_ms), "status": event.status,
        "verdict": event.body["verdict"] if event.body else None,
    }
