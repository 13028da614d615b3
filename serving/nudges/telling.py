"""A finding in words: its size, why now, what is behind it, what would explain it.

The figures are those of the finding; nothing is added to them but the names of segments.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any, Final

from features.segments.daily import LATE_DAYS
from models.nudges import finding as kinds
from models.nudges.leavers import BACK_DAYS
from models.nudges.starts import START_DAYS

if TYPE_CHECKING:
    from models.nudges.finding import Finding
    from models.texts import Texts, Value
    from serving.nudges.kept import Seen
    from serving.nudges.naming import Names

EPOCH: Final = dt.date(1970, 1, 1)
FEWER: Final = (kinds.DROP, kinds.LEFT)
MISSIONS: Final = (kinds.WORKS, kinds.FAILS)
WHY: Final = {kinds.DROP: "others", kinds.SURGE: "others", kinds.LEFT: "weeks",
              kinds.RING: "ring", kinds.WORKS: "mission", kinds.FAILS: "mission"}
"""What a kind is held against; the others against their own past."""
WINDOWS: Final = {kinds.NEVER_STARTED: START_DAYS, kinds.LATE: LATE_DAYS, kinds.LEFT: BACK_DAYS}
WORTH: Final = {kinds.WORKS: "brings", kinds.FAILS: "loses"}
DIGITS: Final = 1
MOST_ALSO: Final = 5


class Telling:
    """Says findings in one language.

    Parameters
    ----------
    texts : Texts
        With the words ``nudge.*``.
    names : Names
    language : str
    currency : str
        Of the program's money.
    """

    def __init__(self, texts: Texts, names: Names, language: str, currency: str) -> None:
        self._texts = texts
        self._names = names
        self._language = language
        self._currency = currency

    def say(self, code: str, **params: Value) -> str:
        """Sentence of a code in this language."""
        return self._texts.text(f"nudge.{code}", self._language, **params)

    def sentence(self, found: Finding) -> str:
        """The finding, its size and the interval."""
        who = self._names.who(found.segment_kind, found.segment, self._language)
        given: dict[str, Any] = {"who": who[:1].upper() + who[1:], **self._figures(found)}
        return self._texts.text(f"nudge.{found.kind}", self._language, **given)

    def why(self, seen: Seen, day: dt.date) -> str:
        """Why it is told now, and since which night."""
        found = seen.finding
        code = f"why.{WHY.get(found.kind, 'own')}"
        dates = {} if found.kind in MISSIONS else {
            "since": _date(found.since_day), "until": _date(found.until_day - 1)}
        return f"{self.say(code, **dates)} {self.say('first', day=day)}"

    def evidence(self, found: Finding) -> list[str]:
        """Sentences with the figures behind it."""
        lines = []
        if found.kind in MISSIONS:
            lines.append(self.say("partners", partners=round(found.evidence["partners"])))
        elif found.kind != kinds.RING:
            lines.append(self.say("expected", expected=_tidy(found.expected),
                                  observed=_tidy(found.observed)))
        lines.append(self.say("false", share=self._share(found.q_value)))
        if found.money > 0:
            lines.append(self.say(WORTH.get(found.kind, "at_stake"), money=self._money(found)))
        if found.also:
            others = [self._names.who(kind, segment, self._language)
                      for kind, segment in found.also[:MOST_ALSO]]
            lines.append(self.say("also", others=", ".join(others)))
        return lines

    def innocent(self, kind: str) -> str:
        """What would explain it without anybody's fault."""
        return self.say(f"{kind}.innocent")

    def next_step(self, kind: str) -> str:
        """What to do, in words; `serving.nudges.links` has the link."""
        return self.say(f"{kind}.next")

    def _figures(self, found: Finding) -> dict[str, Any]:
        """What a kind's sentence names."""
        if found.kind in MISSIONS:
            return {name: _tidy(100 * value) if math.isfinite(value) else None for name, value in (
                ("size", found.size), ("low", found.low), ("high", found.high),
                ("expected", found.expected))}
        given: dict[str, Any] = {"observed": _tidy(found.observed)}
        if found.kind == kinds.RING:
            before = max(found.evidence["before"], 1)
            return given | {"expected": _tidy(found.expected), "now": round(found.evidence["now"]),
                            "low": _tidy(found.low * before), "high": _tidy(found.high * before)}
        if found.kind in FEWER:
            given |= {"expected": _tidy(found.expected), "size": self._share(-found.size),
                      "low": self._share(max(-found.high, 0.0)), "high": self._share(-found.low)}
        else:
            given |= {name: self._texts.write(1 + value, self._language, "times")
                      for name, value in (("size", found.size), ("low", found.low),
                                          ("high", found.high))}
        if found.kind in WINDOWS:
            given["window"] = WINDOWS[found.kind]
        else:
            given["days"] = found.until_day - found.since_day
        if found.kind == kinds.LEFT:
            given["came"] = round(found.evidence["came"])
        if found.kind == kinds.SURGE:
            given["what"] = self.say(f"what.{found.what}")
        return given

    def _share(self, value: float) -> str:
        return self._texts.write(round(value, 3), self._language, "share")

    def _money(self, found: Finding) -> str:
        return f"{self._texts.write(round(found.money), self._language)} {self._currency}"


def _date(day: int) -> dt.date:
    return EPOCH + dt.timedelta(days=day)


def _tidy(value: float) -> float | int:
    """A figure as one says it: whole from 10 on, with a digit behind the point below.

    >>> _tidy(183.4), _tidy(2.345)
    (183, 2.3)
    """
    return round(value) if abs(value) >= 10 or value == round(value) else round(value, DIGITS)
