"""Lets acts of the desk take effect once nobody can undo them any more.

Done by the writing thread between requests, some alerts at a time, so that verdicts are given in
between. What was stored and not applied is found again after a crash; what is applied is noted in
the same transaction, so that nothing is done twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from features.errors import JagaError, Unavailable
from serving.archive import Archive
from serving.audit.who import Act
from serving.casework import Casework
from serving.commits import Commits, Work
from serving.review.actions import DONE, Actions
from serving.review.asking import ask_for_proof
from serving.review.causes import PART as CODES
from serving.review.causes import codes_in_force, pause_campaign, resume_campaign, void_codes
from serving.review.consequence import languages_of, wording
from serving.review.deciding import decide_case, write_labels
from serving.review.picked import MOST_EVENTS, picked
from serving.review.second import Seconds, is_drawn
from serving.review.work import DeskWork

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.writing import Writing
    from serving.live import Live
    from serving.review.actions import Action

ACTIONS: Final = 20
"""Acts looked at in one pass."""
PART: Final = 10
"""Alerts decided in one transaction: some milliseconds in which no verdict is given."""
LONGEST: Final = 300
"""Characters kept of why an act failed."""
ANSWERED: Final = "the partner answered meanwhile"
"""Why an alert was not decided: what he says was not looked at, and its case stays open."""
LEFT: Final = "{} codes stay as they are: a row known later makes them void already"


@dataclass
class Voiding:
    """Rows of codes that an act is to make void, and how many it wrote since it found them."""

    rows: list[tuple[int, int]]
    written: int = 0


class Applying:
    """Applies the acts of one program.

    Parameters
    ----------
    live : Live
        Used by the writing thread only.
    pause : callable
        Answers who waits, between two parts.

    Attributes
    ----------
    voided : dict of str to Voiding
        What each act is to make void yet: a batch is looked through once.
    """

    def __init__(self, live: Live, pause: Callable[[], object]) -> None:
        self.live = live
        self._commits = Commits(live)
        self._pause = pause
        self.voided: dict[str, Voiding] = {}

    def rest(self, now_ms: int) -> int:
        """Apply what is due, and let clocks go on whose question ran out; how many transactions.

        Raises
        ------
        JagaError
            Where a transaction failed; then nothing of its part has changed.
        """
        key = self.live.journal.key
        with self.live.journal.database.reading() as store:
            due = Actions(store, key).due(now_ms, ACTIONS)
            is_overdue = DeskWork(store, key).is_overdue(now_ms)
        done = 0
        if is_overdue:
            done += 1
            self._do(lambda writing: DeskWork(writing.store, key).resume(now_ms, MOST_EVENTS),
                     alone=False)
        failures: list[Exception] = []
        for action in due:
            try:
                done += self._applied(action.action_id, now_ms)
            except Exception as error:  # noqa: BLE001 - one that nobody foresaw holds up no other
                failures.append(error)
        if failures:
            raise failures[0]
        return done

    def _applied(self, name: str, now_ms: int) -> int:
        """Apply an act part by part, answering who waits in between; how many transactions."""
        done, goes_on = 0, True
        try:
            while goes_on:
                goes_on = self._part(name, now_ms)
                done += 1
                self._pause()
        finally:
            self.voided.pop(name, None)
        return done

    def _part(self, name: str, now_ms: int) -> bool:
        """Apply a part of an act, which fails where what it asks for is refused; as `_apply`."""
        try:
            return bool(self._do(lambda writing: self._apply(writing, name, now_ms)))
        except Unavailable:
            raise
        except JagaError as error:
            why = str(error)[:LONGEST]
            self._do(lambda writing: _fail(writing, name, why))
            return False

    def _do(self, act: Callable[[Writing], Any], *, alone: bool = True) -> Any:
        (result,) = self._commits.commit([Work(act, alone=alone)])
        if isinstance(result, BaseException):
            raise result
        return result

    def _apply(self, writing: Writing, name: str, now_ms: int) -> bool:
        """Apply a part of an act; whether there is more of it."""
        actions = Actions(writing.store, writing.key)
        action = actions.find(name)
        if action is None or action.status != "due":  # another process was here
            return False
        done = _PARTS[action.act](self, writing, action, now_ms)
        if not done:
            return True
        if actions.known(name).status != "due":
            return False
        results = [result for _, result in actions.events(name)]
        failed = bool(results) and DONE not in results
        actions.move(replace(action, status="failed" if failed else "done"))
        return False


def _decide(chore: Applying, writing: Writing, action: Action, now_ms: int) -> bool:
    """Decide some alerts of an act; whether all of them are."""
    actions = Actions(writing.store, writing.key)
    some = actions.left(action.action_id, PART)
    answered = _answered(writing, some, action.at_ms)
    names = Archive(writing.store, writing.key).names("event", some)
    labels: list[dict[str, str]] = []
    for event in some:
        actions.note(action.action_id, event,
                     ANSWERED if event in answered and not _is_silent(action, event) else
                     _decide_one(writing, action, event, names.get(event, ""), now_ms, labels))
    write_labels(writing, labels, now_ms)
    return len(some) < PART


def _decide_one(writing: Writing, action: Action, event: int, name: str, now_ms: int,
                labels: list[dict[str, str]]) -> str:
    """Decide one alert, what it teaches into ``labels``; `DONE`, or why it could not be."""
    seconds = Seconds(writing.store, writing.key)
    decision = str(action.decision)
    if _is_silent(action, event):
        if event in seconds.among([event], action.author):
            seconds.give(event, action.author, decision, now_ms)
            return DONE
        return ANSWERED if Casework(writing.store, writing.key).is_open(event) else DONE
    told = Act("case_decided", action.author)
    try:
        decide_case(writing, name, decision, action.reason, action.author, now_ms, told,
                    action.body.get("opened_ms"), labels)
    except Unavailable:
        raise
    except JagaError as error:
        return str(error)[:LONGEST]
    program = writing.program
    if action.second is None and is_drawn(program.program_id, name, program.desk.second_review):
        seconds.begin(event, action.author, decision, now_ms)
    return DONE


def _is_silent(action: Action, event: int) -> bool:
    """Whether an event was a silent second review when the act was taken: it stays one."""
    return event in action.body.get("silent", ())


def _answered(writing: Writing, events: list[int], at_ms: int) -> frozenset[int]:
    """Find events to which the partner replied after a moment."""
    listed = ", ".join(map(str, events)) or "-1"
    return frozenset(int(row[0]) for row in writing.store.rows(
        f"SELECT event_id FROM replies WHERE program = ? AND event_id IN ({listed}) "
        "AND at_ms > ?", (writing.key, at_ms)))


def _fail(writing: Writing, name: str, why: str) -> None:
    """Note why an act failed that was to be applied."""
    actions = Actions(writing.store, writing.key)
    action = actions.find(name)
    if action is not None and action.status == "due":
        actions.fail(action, why)


def _ask(chore: Applying, writing: Writing, action: Action, now_ms: int) -> bool:
    """Ask for proof of what is still open; of a silent second review nobody is asked."""
    store, key = writing.store, writing.key
    actions = Actions(store, key)
    events = actions.left(action.action_id, MOST_EVENTS)
    if not events:  # whoever was to be asked was erased meanwhile
        return True
    names = Archive(store, key).names("event", events)
    alerts = picked(store, key, [names[event] for event in events], action.author)
    texts = wording(chore.live.bundle.texts)
    open_ones = [alert for alert in alerts if alert.is_open and not alert.is_second
                 and not _is_silent(action, alert.event.number)]
    languages = languages_of(store, key, texts, alerts, writing.program.languages)
    sent = ask_for_proof(writing, action, open_ones, texts, languages, now_ms)
    for alert in alerts:
        actions.note(action.action_id, alert.event.number,
                     DONE if alert.is_open or _is_silent(action, alert.event.number)
                     else f"decided before: {alert.event.status}")
    Act("proof_asked", action.author).write(
        writing, now_ms, {}, {"action": action.action_id, "events": len(open_ones),
                              "messages": sent})
    return True


def _void(chore: Applying, writing: Writing, action: Action, now_ms: int) -> bool:
    """Make a part of a batch void; whether all of it is.

    Once a list is used up the batch is looked through again: a part of it may not have been
    committed, and codes may have come meanwhile. A look through of which nothing was written is
    the last: what is left then never changes.
    """
    batch, name = int(action.body["batch"]), action.action_id
    voiding = chore.voided.get(name)
    if voiding is not None and voiding.rows:
        some, voiding.rows = voiding.rows[-CODES:], voiding.rows[:-CODES]
        voiding.written += void_codes(writing, batch, some, now_ms)
        return False
    left = codes_in_force(writing.store, writing.key, batch, now_ms)
    if left and (voiding is None or voiding.written):
        chore.voided[name] = Voiding(left)
        return False
    if left:
        Actions(writing.store, writing.key).fail(action, LEFT.format(len(left)))
    return _caused(writing, action, "batch_voided", {"batch": batch}, now_ms)


def _end_campaign(chore: Applying, writing: Writing, action: Action, now_ms: int) -> bool:
    campaign = int(action.body["campaign"])
    pause_campaign(writing, campaign, now_ms)
    return _caused(writing, action, "campaign_paused", {"campaign": campaign}, now_ms)


def _resume(chore: Applying, writing: Writing, action: Action, now_ms: int) -> bool:
    campaign = int(action.body["campaign"])
    resume_campaign(writing, campaign, now_ms)
    return _caused(writing, action, "campaign_resumed", {"campaign": campaign}, now_ms)


def _caused(writing: Writing, action: Action, word: str, about: dict[str, int], now_ms: int
            ) -> bool:
    actions = Actions(writing.store, writing.key)
    for event, result in actions.events(action.action_id):
        actions.note(action.action_id, event, result or DONE)
    Act(word, action.author).write(writing, now_ms, about, {"action": action.action_id})
    return True


_PARTS: Final[dict[str, Callable[[Applying, Writing, Action, int], bool]]] = {
    "decide": _decide, "ask": _ask, "void_batch": _void, "pause_campaign": _end_campaign,
    "resume_campaign": _resume}
"""What applies a part of each act, and says whether it was the last."""
