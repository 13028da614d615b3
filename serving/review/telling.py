"""Reasons of stored verdicts, told again in the language of who looks, and their features.

A verdict keeps its reasons in the program's language. Their codes leave the window out, so the
feature behind a reason is the one of its words whose stored value is the reason's.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from models.families import family
from models.innocent import innocent
from models.phrases import phrase
from models.proof import EventFacts
from models.reasons import FamilyShare, Teller

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from features.engine.declarations import Catalog
    from models.texts import Texts

FIRM: Final = ("proof.", "fact.", "cap.", "watch.")
"""Codes that are said by themselves, with their value and what is usual."""


@dataclass(frozen=True)
class Told:
    """A reason in somebody's language.

    Parameters
    ----------
    code, text : str
    feature : str
        Name of the feature behind it; empty where none is.
    value, usual : float or None
        As stored: what was seen, and what comparable events have.
    contribution : float or None
        In log-odds of the score.
    innocent : str
        What honest behaviour looks the same; empty where there is nothing to mistake it for.
    unit : str
        How values of the feature are written.
    """

    code: str
    text: str
    feature: str
    value: float | None
    usual: float | None
    contribution: float | None
    innocent: str
    unit: str

    @property
    def speaks_for(self) -> bool:
        """Whether it speaks for the member."""
        return self.contribution is not None and self.contribution < 0


class Tongue:
    """Tells reasons in one language.

    Parameters
    ----------
    texts : Texts
        Words of the models.
    language : str
    catalog : Catalog
        The program's features.
    minor_units : int
        Minor units in one major unit of the program's currency.
    """

    def __init__(self, texts: Texts, language: str, catalog: Catalog, minor_units: int) -> None:
        self._texts = texts
        self._language = language
        self._catalog = catalog
        self._minor_units = minor_units
        self._by_code: dict[str, list[str]] = defaultdict(list)
        for name in catalog.names:
            self._by_code[phrase(name, catalog.units.get(name, "")).code].append(name)
            self._by_code[f"reason.{family(name, catalog.families)}"].append(name)
            self._by_code[f"reason.own.{name}"].append(name)

    def reasons(self, body: Mapping[str, Any], names: Sequence[str],
                vector: npt.NDArray[np.float64]) -> list[Told]:
        """Tell the reasons of a verdict's body.

        Parameters
        ----------
        body : dict
            As it was answered.
        names : sequence of str
            Features of the stored vector; none where they are not known any more.
        vector : shape (features,)
        """
        index = {name: at for at, name in enumerate(names)}
        facts = EventFacts(index, vector)
        return [self._reason(reason, facts) for reason in body["reasons"]]

    def write(self, feature: str, value: float) -> str:
        """Write a value of a feature as its reasons do."""
        words = phrase(feature, self._catalog.units.get(feature, ""))
        if words.words:
            return words.words[int(value)] if 0 <= int(value) < len(words.words) else ""
        if words.unit == "money":
            return self._texts.write(value / self._minor_units, self._language)
        return self._texts.write(value * words.scale, self._language, words.unit)

    def _reason(self, reason: Mapping[str, Any], facts: EventFacts) -> Told:
        code, value = str(reason["code"]), reason.get("value")
        feature = self._feature(code, value, facts)
        text = str(reason["text"])
        if feature:
            text = self._again(reason, feature, facts) or text
        elif code.startswith(FIRM) and self._texts.has(code):
            text = self._firm(code, reason) or text
        elif code == "anomaly.share" and isinstance(value, float):
            text = self._texts.text(code, self._language, value=self._texts.write(
                value, self._language, "share"))
        elif code.startswith("alarm.") and self._texts.has(f"{code}.told"):
            text = self._texts.text(f"{code}.told", self._language)
        honest = innocent(code)
        return Told(
            code, text, feature, _number(value), _number(reason.get("usual")),
            reason.get("contribution"),
            self._texts.text(honest, self._language) if honest and self._texts.has(honest) else "",
            phrase(feature, self._catalog.units.get(feature, "")).unit if feature else "")

    def _feature(self, code: str, value: object, facts: EventFacts) -> str:
        """Find the feature of a reason: of those with its words, the one with its value."""
        named = self._by_code.get(code, [])
        for name in named:
            seen = facts.get(name)
            unit = self._catalog.units.get(name, "")
            scale = self._minor_units if phrase(name, unit).unit == "money" else 1
            words = phrase(name, unit).words
            if value is None or seen is None:
                if value is None and seen is None:
                    return name
            elif words:
                if 0 <= int(seen) < len(words) and words[int(seen)] == value:
                    return name
            elif isinstance(value, int | float) and math.isclose(seen / scale, value,
                                                                 rel_tol=1e-9):
                return name
        return ""

    def _again(self, reason: Mapping[str, Any], feature: str, facts: EventFacts) -> str:
        """Tell a feature's reason by the models' own teller."""
        unit = self._catalog.units.get(feature, "")
        scale = self._minor_units if phrase(feature, unit).unit == "money" else 1
        usual = _number(reason.get("usual"))
        teller = Teller(self._texts, self._language, facts,
                        lambda name: None if usual is None else usual * scale,
                        self._catalog.units, self._minor_units, self._catalog.own_meanings)
        weight = reason.get("contribution")
        share = FamilyShare(family(feature, self._catalog.families),
                            -1.0 if weight is not None and weight < 0 else 1.0, feature)
        told = teller.score([share])
        return told[0].text if told else ""

    def _firm(self, code: str, reason: Mapping[str, Any]) -> str:
        try:
            return self._texts.text(code, self._language, value=reason.get("value"),
                                    usual=reason.get("usual"))
        except KeyError:  # it names what was stored in words only
            return ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
