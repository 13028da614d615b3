"""One act of the desk as it is asked for: what it is about, why it is refused, what it would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from features.contract import SUBJECT_KINDS
from features.errors import Conflict, NotFound
from models.answers import rfc3339
from serving.archive import Archive
from serving.errors import Forbidden
from serving.review import causes
from serving.review.actions import Actions
from serving.review.announced import Campaigns
from serving.review.asking import answer_by_ms, question
from serving.review.consequence import (
    effect_of,
    entries_on,
    languages_of,
    message_of_decision,
    told_of,
    wording,
)
from serving.review.deciding import adds_label
from serving.review.eyes import why_second
from serving.review.linked import Linked
from serving.review.picked import picked
from serving.review.together import Stake
from serving.review.turning import TURNS, refuse_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from features.store.store import Store
    from serving.live import Live
    from serving.review.eyes import Insiders
    from serving.review.picked import Alert
    from serving.review.together import Together

    Asked = Mapping[str, Any]

CAUSES: Final = ("list", "declare", "void_batch", "pause_campaign", "resume_campaign")
"""Acts on the cause of alerts."""


class Looking:
    """One act as it is asked for, inside a transaction that need not write."""

    matter: Together | None = None
    """What it counts together with for four eyes, where that was found before."""

    def __init__(self, live: Live, store: Store, asked: Asked, by: str, now_ms: int,
                 insiders: Insiders) -> None:
        self.live, self.store, self.asked, self.by = live, store, asked, by
        self.key, self.program = live.journal.key, live.journal.program
        self.now_ms, self.insiders = now_ms, insiders
        self.texts = wording(live.bundle.texts)

    def alerts(self) -> list[Alert]:
        """Alerts it is about."""
        return picked(self.store, self.key, self.asked.get("event_ids") or (), self.by)

    def known_events(self) -> list[int]:
        """Events of the case on whose cause it acts; none where it is no case's."""
        named = bool(self.asked.get("event_ids"))
        return [alert.event.number for alert in self.alerts()] if named else []

    def refuse(self, alerts: list[Alert]) -> None:
        """Refuse an act on alerts that are not his, that others act on, or that it does not fit."""
        events = [alert.event.number for alert in alerts]
        Linked(self.store, self.key).refuse_events(self.by, events)
        Actions(self.store, self.key).refuse_pending(events)
        self._refuse_decided(alerts)
        if self.asked["act"] == "decide":
            effect_of(alerts, str(self.asked["decision"]))

    def _refuse_decided(self, alerts: list[Alert]) -> None:
        """Name who decided a case before: a person, or the end of its hold.

        A fraud may still be confirmed of points that were kept: that adds its label.
        """
        is_fraud = self.asked.get("decision") == "confirm_fraud"
        for alert in alerts:
            event = alert.event
            if alert.is_open or (is_fraud and adds_label(self.store, self.key, event)):
                continue
            rows = self.store.rows(
                'SELECT "by", at_ms FROM decisions WHERE program = ? AND event_id = ? '
                "ORDER BY seq DESC LIMIT 1", (self.key, event.number))
            who, when = rows[0] if rows else ("the end of its time", event.changed_ms)
            raise Conflict("an open case", f"one that is {event.status} by {who} since "
                           f"{rfc3339(int(when))}", "open the next one; an appeal opens it again")

    def why_second(self, events: list[int], points: int, batch: int = 0) -> str | None:
        """Say why it waits for a second person; None: it does not."""
        most = self.program.desk.most_alone
        stake = Stake(self.by, frozenset(() if batch else events), points, batch)
        total = stake.total(self.store, self.key, self.now_ms, most, self.matter)
        return why_second(self.store, self.key, events, total, most, self.by, self.insiders)

    def find_matter(self) -> Together | None:
        """Find what the act counts together with, where that matters; it takes its time."""
        act, most = self.asked["act"], self.program.desk.most_alone
        if act == "decide":
            alerts = self.alerts()
            stake = Stake(self.by, frozenset(alert.event.number for alert in alerts),
                          sum(alert.event.points for alert in alerts))
        elif act == "void_batch":
            number = self.number("batch", str(self.asked["batch_id"]))
            reach = causes.reach_of(self.store, self.key, "batch", number)
            stake = Stake(self.by, frozenset(), reach.code_points, number)
        else:
            return None
        return stake.matter(self.store, self.key, self.now_ms, most)

    def message(self, alerts: list[Alert]) -> dict[str, str]:
        """Write what the first member of some alerts is told, in his language."""
        first = alerts[0]
        language = languages_of(self.store, self.key, self.texts, alerts[:1],
                                self.program.languages)[first.event.member]
        if self.asked["act"] == "decide":
            return message_of_decision(self.texts, first, str(self.asked["decision"]), language)
        own = [alert for alert in alerts if alert.event.member == first.event.member]
        until = answer_by_ms(own, self.days, self.now_ms)
        return question(self.texts, self.program, own, language, until,
                        str(self.asked.get("text") or ""))

    @property
    def days(self) -> int:
        """Days in which a partner may answer."""
        return int(self.asked.get("days") or self.program.desk.ask_days)

    def number(self, kind: str, name: str) -> int:
        """Find the number of a batch or campaign; NotFound where there is none."""
        number = Archive(self.store, self.key).number(kind, name)
        if not number:
            raise NotFound(f"a {kind} of the program", f"an unknown {kind}_id", "check it")
        return number

    def tell(self) -> dict[str, Any]:
        """Say what the act would do."""
        act = self.asked["act"]
        if act in ("decide", "ask"):
            return self._tell_of_alerts(self.alerts())
        if act in CAUSES:
            return self._tell_of_cause()
        if act in TURNS:
            action = Actions(self.store, self.key).known(str(self.asked["action_id"]))
            events = Actions(self.store, self.key).events(action.action_id)
            return told_of(self.asked, events=len(events), refused=self._refused(
                lambda: refuse_turn(self.store, self.key, action, act, self.by, self.now_ms)))
        alerts = self.alerts()
        return told_of(self.asked, events=len(alerts),
                       members=len({alert.event.member for alert in alerts}))

    def _refused(self, check: Callable[[], object]) -> str | None:
        try:
            check()
        except (Forbidden, Conflict) as error:
            return f"{error.came}; {error.remedy}"
        return None

    def _tell_of_alerts(self, alerts: list[Alert]) -> dict[str, Any]:
        events = [alert.event.number for alert in alerts]
        points = sum(alert.event.points for alert in alerts)
        told = told_of(
            self.asked, events=len(alerts), members=len({alert.event.member for alert in alerts}),
            lists=entries_on(self.store, self.key, events, self.now_ms))
        refused = self._refused(lambda: self.refuse(alerts))
        if refused is not None:
            return told | {"refused": refused, "label": None}
        told["message"] = self.message(alerts)
        if self.asked["act"] == "decide":
            effect = effect_of(alerts, str(self.asked["decision"]))
            told |= {"points_released": effect.released, "points_taken_back": effect.taken_back,
                     "points_kept": effect.kept, "needs_second": self.why_second(events, points)}
        return told

    def _tell_of_cause(self) -> dict[str, Any]:
        act = self.asked["act"]
        if act in ("pause_campaign", "resume_campaign"):
            number = self.number("campaign", str(self.asked["campaign_id"]))
            events, members = Campaigns(self.store, self.key).reach(number, self.now_ms)
            return told_of(self.asked, events=events, members=members, refused=self._refused(
                lambda: self.refuse_campaign(number)))
        if act == "void_batch":
            number = self.number("batch", str(self.asked["batch_id"]))
            reach = causes.reach_of(self.store, self.key, "batch", number)
            refused = self._refused(lambda: self.refuse_batch(number))
            return told_of(self.asked, refused=refused, events=reach.events, members=reach.members,
                           codes=reach.codes,
                           needs_second=self.why_second([], reach.code_points, number))
        found = causes.Reach(0, 0, 0)
        subjects = self.subjects()
        refused = self._refused(lambda: self.refuse_subjects(subjects))
        for kind, number in subjects:
            found = max(found, causes.reach_of(self.store, self.key, kind, number))
        return told_of(self.asked, events=found.events, members=found.members, refused=refused,
                       codes_watched=found.codes if self.asked.get("list") == "watch" else 0)

    def refuse_batch(self, number: int) -> None:
        """Refuse to make void what is one's own, or to say whether it is watched."""
        Linked(self.store, self.key).refuse_batch(self.by, number)

    def refuse_campaign(self, number: int) -> None:
        """Refuse to end or resume a campaign that is one's own, or where that changes nothing."""
        Linked(self.store, self.key).refuse_campaign(self.by, number)
        if self.asked["act"] == "pause_campaign":
            causes.check_pause(self.store, self.program, self.key, number, self.now_ms)
        else:
            causes.check_resume(self.store, self.key, number, self.now_ms)

    def refuse_subjects(self, subjects: list[tuple[str, int]]) -> None:
        """Refuse to speak for what is one's own."""
        for kind, number in subjects:
            if kind == "batch":
                self.refuse_batch(number)
            else:
                Linked(self.store, self.key).refuse_subject(self.by, kind, number)

    def subjects(self) -> list[tuple[str, int]]:
        """Kinds and numbers that the subject of a list or a declaration may have; checked."""
        asked = dict(self.asked) | {"by": self.by}
        if self.asked["act"] == "list":
            entry = causes.check_list(asked, self.program, self.now_ms)
            kinds: tuple[str, ...] = (entry.kind,)
            name = entry.subject_id
        else:
            row = causes.check_declaration(asked, self.program, self.now_ms)
            kinds, name = SUBJECT_KINDS[row["kind"]], row["subject_id"]
        archive = Archive(self.store, self.key)
        found = [(kind, archive.number(kind, name)) for kind in kinds]
        return [(kind, number) for kind, number in found if number]
