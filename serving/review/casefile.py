"""One case as a key reads it: what speaks against it, what else it may be, what decisions do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.errors import Conflict, NotFound
from models.answers import rfc3339
from models.innocent import innocent
from serving.archive import Archive
from serving.casework import Casework
from serving.review.actions import Actions
from serving.review.consequence import effect_of
from serving.review.deciding import TEACHES, change_of, found
from serving.review.picked import Alert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.store.store import Store
    from models.texts import Texts


class CaseFile:
    """One event's case, inside a transaction that need not write.

    Parameters
    ----------
    store : Store
    program : int
    case_id : str
        Its event.

    Raises
    ------
    NotFound
        No such event, or one that has no case.
    """

    def __init__(self, store: Store, program: int, case_id: str) -> None:
        archive, casework = Archive(store, program), Casework(store, program)
        self._event = found(archive.event(archive.number("event", case_id)))
        is_open, case = casework.is_open(self._event.number), self._event.as_case()
        if is_open is None or case is None:
            raise NotFound("a case", "an event that was approved, or decided elsewhere",
                           "ask for /v1/events")
        self._case = case
        self._alert = Alert(self._event, is_open, None, is_second=False)
        self._replies = casework.replies([self._event.number]).get(self._event.number, [])
        self._pending = _refusal_of(lambda: Actions(store, program).refuse_pending(
            [self._event.number]))

    def to_json(self, texts: Texts, languages: Sequence[str], alone: str | None
                ) -> dict[str, Any]:
        """Shape it for the wire.

        Parameters
        ----------
        texts : Texts
        languages : sequence of str
            Of the program, the first it speaks counts.
        alone : str or None
            Why a key may not decide it by itself; None: it may.
        """
        language = texts.language(*languages)
        return {
            **self._case.to_json(rfc3339(self._case.opened_ms)), "replies": self._replies,
            "open": self._alert.is_open,
            "innocent": innocents(self._case.reasons, texts, language),
            "decisions": {name: self._would(name, self._pending or alone) for name in TEACHES}}

    def _would(self, decision: str, refused: str | None) -> dict[str, Any]:
        try:
            change = change_of(self._event, self._alert.is_open, decision)
            effect = effect_of([self._alert], decision)
        except Conflict as error:
            return {"status": None, "points_final": None, "points_released": 0,
                    "points_taken_back": 0, "points_kept": 0, "label": None,
                    "refused": str(error)}
        return {"status": change.status, "points_final": change.points,
                "points_released": effect.released, "points_taken_back": effect.taken_back,
                "points_kept": effect.kept, "label": change.label, "refused": refused}


def innocents(reasons: Sequence[Mapping[str, Any]], texts: Texts, language: str
              ) -> list[dict[str, str]]:
    """List what honest behaviour looks the same as the reasons against a member, each once.

    >>> from models.texts import Texts
    >>> told = [{"code": "reason.device_members", "contribution": 1.2}]
    >>> [one["code"] for one in innocents(told, Texts.read(), "en")]
    ['innocent.device']
    """
    codes = [innocent(str(reason["code"])) for reason in reasons
             if (reason.get("contribution") or 0.0) >= 0]
    return [{"code": code, "text": texts.text(code, language)} for code in dict.fromkeys(codes)
            if code is not None and texts.has(code)]


def _refusal_of(check: Any) -> str | None:
    try:
        check()
    except Conflict as error:
        return str(error)
    return None
