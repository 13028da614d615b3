"""What an act will do, told before it is done; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.judgement import ACCEPTED
from models.texts import Texts
from serving.archive import Archive
from serving.lists import Lists
from serving.review.deciding import TEACHES, change_of
from serving.review.parties import Involved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.store.store import Store
    from serving.review.picked import Alert

DECLINED: Final = {"scan": "partner.declined", "referral": "partner.declined",
                   "redemption": "partner.redemption_declined"}
SEND_PROOF: Final = "partner.send_proof"


class Effect(NamedTuple):
    """What becomes of points, summed over alerts.

    Parameters
    ----------
    at_stake : int
        What the events ask for.
    released, taken_back, kept : int
        What members get that they had not, what they lose that they had, what they never get.
    """

    at_stake: int
    released: int
    taken_back: int
    kept: int


def effect_of(alerts: Sequence[Alert], decision: str) -> Effect:
    """Sum up what a decision makes of alerts.

    Raises
    ------
    Conflict
        Where one of them was decided otherwise, or its points can not be kept any more.
    """
    at_stake = released = taken_back = kept = 0
    for alert in alerts:
        before, after = (alert.event.points_final,
                         change_of(alert.event, alert.is_open, decision).points)
        at_stake += alert.event.points
        released += max(after - before, 0)
        taken_back += max(before - after, 0)
        kept += max(alert.event.points - max(before, after), 0)
    return Effect(at_stake, released, taken_back, kept)


def wording(texts: Texts) -> Texts:
    """Take the words of a bundle, or ours where the bundle is from before a code had any."""
    return texts if texts.has(SEND_PROOF) else Texts.read()


def message_of_decision(
    texts: Texts, alert: Alert, decision: str, language: str
) -> dict[str, str]:
    """Say what a partner may be told of a decision: never why."""
    kind, points = alert.event.kind, alert.event.points
    code = ACCEPTED[kind] if decision == "release" else DECLINED[kind]
    return {"code": code, "text": texts.text(code, language, points=points), "language": language}


def languages_of(store: Store, program: int, texts: Texts, alerts: Sequence[Alert],
                 usual: Sequence[str]) -> dict[int, str]:
    """Find the language in which each member of some alerts is written to."""
    members = list(dict.fromkeys(alert.event.member for alert in alerts))
    spoken = Archive(store, program).languages(members)
    return {member: texts.language(spoken.get(member), *usual) for member in members}


def entries_on(store: Store, program: int, events: Sequence[int], now_ms: int
               ) -> list[dict[str, Any]]:
    """List entries of deny and allow lists, and snoozes, on whoever takes part in some events."""
    parties = Involved(store, program).in_events(events)
    archive = Archive(store, program)
    names = {(kind, name) for kind, numbers in (
        ("member", parties.members), ("device", parties.devices), ("payout", parties.payouts),
        ("agent", parties.agents)) for name in archive.names(kind, numbers).values()}
    return [entry for entry in Lists(store, program).in_force(now_ms)
            if (entry["kind"], entry["subject_id"]) in names]


def told_of(asked: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Shape a consequence; what an act does not touch is nothing.

    >>> told_of({"act": "decide", "decision": "keep"}, events=2, points_kept=40)["points_kept"]
    40
    """
    return {"events": 0, "members": 0, "points_released": 0, "points_taken_back": 0,
            "points_kept": 0, "codes": 0, "codes_watched": 0, "message": None,
            "label": TEACHES.get(str(asked.get("decision"))), "needs_second": None,
            "refused": None, "lists": [], **more}
