"""What would change it: the chance of silence had a member, or the program, done one thing more.

The model is asked again with an edited history; every feature that depends on it is computed
anew. That is the model's view of another past. What a message does is another question, and only
a held-out group answers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from features.members.edits import redeemed, released, rewarded, scanned
from features.members.imagined import Imagined

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from features.members.known import Known
    from models.inactivity.model import InactivityModel
    from models.texts import Texts

WEEKLY: Final = (1, 8, 15, 22)
"""Days ago of a month of weekly scans."""
EDITS: Final[dict[str, Callable[[Known], Known]]] = {
    "change.scan": scanned,
    "change.weekly": lambda known: scanned(known, WEEKLY),
    "change.redeemed": redeemed,
    "change.released": released,
    "change.rewarded": rewarded,
}
"""Edited histories by the code of their sentence."""
NOTE: Final = "change.note"
PERCENT: Final = 100


@dataclass(frozen=True)
class Change:
    """One other history: its sentence, and the chance of silence with ours and with it."""

    code: str
    text: str
    before: float
    after: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"code": self.code, "text": self.text, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Changes:
    """Answers of a model for other histories of a program's members.

    Parameters
    ----------
    known : Known
        What was known at the moment.
    frame : DataFrame
        The member frame of ``known``.
    model : InactivityModel
        Asked with each history.
    texts : Texts
        Words of the sentences.
    """

    known: Known
    frame: pd.DataFrame
    model: InactivityModel
    texts: Texts

    def of(self, member: int, language: str = "en") -> tuple[Change, ...]:
        """What would make a member's silence less likely, by at least a percent, most first.

        Parameters
        ----------
        member : int
            A member of the frame with activity.
        language : str
            Of the sentences.
        """
        before = float(self.model.p_inactive(self.frame.loc[[member]])[0])
        found = []
        for code, edit in EDITS.items():
            after = float(self.model.p_inactive(self._imagined.rows([member], edit))[0])
            if round(PERCENT * after) < round(PERCENT * before):
                found.append(Change(code, self._say(code, language, before, after), before, after))
        return tuple(sorted(found, key=lambda change: change.after))

    def to_json(self, member: int, language: str = "en") -> dict[str, Any]:
        """The changes beside the note that says what they are."""
        return {"note": self.texts.text(NOTE, self.texts.language(language)),
                "changes": [change.to_json() for change in self.of(member, language)]}

    @cached_property
    def _imagined(self) -> Imagined:
        return Imagined(self.known, self.frame)

    def _say(self, code: str, language: str, before: float, after: float) -> str:
        percent = {"before": round(PERCENT * before), "after": round(PERCENT * after)}
        return self.texts.text(code, language, **percent)
