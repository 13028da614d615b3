"""Why: contributions per family and facts, as sentences in the reader's language.

Proof comes first, then missing facts and caps, then what the score and the anomaly rest on.
Contributions of a family are summed, so base and all families still add up to the log-odds of
the score; the sentence is about the family's strongest feature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from features.links.kinds import TOGETHER_MS
from models.answers import Reason
from models.families import family
from models.phrases import Phrase, phrase, plain
from models.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from features.links.facts import Facts
    from models.anomaly import Unusual
    from models.proof import EventFacts, Proofs
    from models.texts import Value

Floats = npt.NDArray[np.float64]
MOST: Final = 6
"""More than six reasons nobody reads."""
SLIGHT: Final = 0.05
"""Log-odds too small to name: it moves a chance of one half by about one in a hundred."""
SHARED: Final = 2
"""Kinds of identifiers named of a ring."""


@dataclass(frozen=True)
class FamilyShare:
    """What a family adds to the log-odds of the score, and its strongest feature."""

    family: str
    contribution: float
    feature: str


class FamilySums:
    """Sums contributions per family.

    Parameters
    ----------
    names : sequence of str
        Features of the model, in the order of its contributions.
    families : dict
        Family of each feature, as the catalogue has it.

    Examples
    --------
    >>> sums = FamilySums(["a", "b", "c"], {"a": "velocity", "c": "velocity"})
    >>> sums.shares(np.array([1.0, -0.2, 0.5]))
    [FamilyShare(family='velocity', contribution=1.5, feature='a'),
     FamilyShare(family='other', contribution=-0.2, feature='b')]
    """

    def __init__(self, names: Sequence[str], families: Mapping[str, str]) -> None:
        self._names = tuple(names)
        of_each = [family(name, families) for name in names]
        self._families = tuple(dict.fromkeys(of_each))
        self._members = [np.flatnonzero([own == each for own in of_each])
                         for each in self._families]

    def shares(self, parts: Floats) -> list[FamilyShare]:
        """Sum one event's contributions, strongest family first.

        Parameters
        ----------
        parts : shape (features,) or (features + 1,)
            Contributions of one event; a base at the end is left out.
        """
        found = []
        for own, members in zip(self._families, self._members, strict=True):
            of_family = parts[members]
            total = float(of_family.sum())
            lead = of_family.argmax() if total >= 0 else of_family.argmin()
            found.append(FamilyShare(own, total, self._names[members[lead]]))
        return sorted(found, key=lambda share: -abs(share.contribution))


class _Seen(NamedTuple):
    """A feature's phrase, its value and the usual one, and both as the answer carries them."""

    name: str
    words: Phrase
    value: float | None
    usual: float | None
    bare: float | str | None
    bare_usual: float | str | None


@dataclass(frozen=True)
class Teller:
    """Puts evidence about one event into words.

    Parameters
    ----------
    texts, language
        Words and the language asked for.
    facts : EventFacts
        Values of the event's features.
    usual : callable
        Usual value of a feature among comparable events, None where unknown.
    units : dict
        Unit of each feature, as the catalogue has it.
    minor_units : int
        Minor units in one major unit of the program's currency.
    meanings : dict
        One line of meaning of each feature that only this program has, spoken of by it.
    """

    texts: Texts
    language: str
    facts: EventFacts
    usual: Callable[[str], float | None]
    units: Mapping[str, str]
    minor_units: int
    meanings: Mapping[str, str] = field(default_factory=dict)

    def proofs(self, proofs: Proofs, denied: Sequence[str] = ()) -> list[Reason]:
        """Hard proof, missing facts and caps; their contribution is null."""
        subject = ", ".join(self._say(f"subject.{name}") for name in denied)
        found = [Reason(code, self._say(code, subject=subject))
                 for code in (f"proof.{name}" for name in proofs.hard)]
        found += [Reason(code, self._say(code))
                  for code in (f"fact.{name}" for name in proofs.missing)]
        for cap in proofs.caps:
            code = f"cap.{cap.code}"
            text = self._say(code, value=cap.value, usual=cap.limit)
            found.append(Reason(code, text, None, cap.value, cap.limit))
        return found

    def alarms(self, alarms: Sequence[str]) -> list[Reason]:
        """Errors of the program's own that were open: what may explain the event innocently."""
        return [Reason(code, self._say(f"{code}.told"))
                for code in (f"alarm.{name}" for name in alarms)
                if self.texts.has(f"{code}.told")]

    def watched(self, kinds: Sequence[str]) -> list[Reason]:
        """What of the event somebody watches, who has said why on the list."""
        return [Reason(code, self._newer(code).text(code, self.language))
                for code in (f"watch.{kind}" for kind in kinds)]

    def degraded(self, part: str, points: int, limit: float | None) -> Reason:
        """What of Jaga was away, and the points from which nobody unseen passes then."""
        code = f"degraded.{part}"
        told = self._newer(code).text(code, self.language, value=points, usual=limit)
        return Reason(code, told, None, points, limit)

    def ring(self, ring: Facts) -> Reason:
        """What a member shares with others, and how many came together; its value is the size."""
        told = [self._say(f"ring.{kind}", value=count) for kind, count in ring.shared[:SHARED]]
        if ring.refer:
            told.append(self._say("ring.referral"))
        if ring.together > 1:
            told.append(self._say("ring.together", value=ring.together,
                                  window=self.texts.write(TOGETHER_MS, self.language, "ms")))
        text = self._say("ring.members", value=ring.size, what="; ".join(told))
        return Reason("ring.members", text, None, ring.size)

    def score(self, shares: Sequence[FamilyShare], most: int = MOST) -> list[Reason]:
        """One reason per family that matters, with its share of the log-odds.

        A word that is the usual one, such as the persona of most members, tells a reader nothing
        and is left out; a value that is not known speaks only where there is room left.
        """
        seen = [(share, self._seen(share.feature))
                for share in shares if abs(share.contribution) >= SLIGHT]
        telling = [index for index, (_, one) in enumerate(seen)
                   if not (isinstance(one.bare, str) and one.bare == one.bare_usual)]
        chosen = sorted(telling, key=lambda index: seen[index][1].bare is None)[:most]
        return [self._told(one, share.family, share.contribution)
                for share, one in (seen[index] for index in sorted(chosen))]

    def anomaly(self, anomaly: float, unusual: Sequence[Unusual], families: Mapping[str, str]
                ) -> list[Reason]:
        """How unusual the event is, then the values that are furthest out."""
        told = self.texts.write(anomaly, self.language, "share")
        whole = Reason("anomaly.share", self._say("anomaly.share", value=told), None, anomaly)
        return [whole] + [self._told(self._seen(far.name, far.usual), family(far.name, families))
                          for far in unusual]

    def _seen(self, name: str, usual: float | None = None) -> _Seen:
        """What was seen of a feature; a program's own has no phrase but its unit's."""
        unit = self.units.get(name, "")
        words = plain(unit) if name in self.meanings else phrase(name, unit)
        value, normal = self.facts.get(name), self._usual(name, words, usual)
        return _Seen(name, words, value, normal, self._plain(value, words),
                     self._plain(normal, words))

    def _told(self, seen: _Seen, own: str, contribution: float | None = None) -> Reason:
        """Put into words what was seen: they cost far more."""
        words, (code, what) = seen.words, self._spoken(seen, own)
        is_plain = seen.bare_usual is None or words.unit == "flag"
        text = self._say("word.plain" if is_plain else "word.against_usual", what=what,
                         value=self._write(seen.value, words),
                         usual=self._write(seen.usual, words))
        if contribution is not None and contribution < 0:
            text = self._say("word.in_favour", text=text)
        return Reason(code, text, contribution, seen.bare, seen.bare_usual)

    def _spoken(self, seen: _Seen, own: str) -> tuple[str, str]:
        """Code and words of a feature; a program's own is told by its meaning."""
        name, words = seen.name, seen.words
        if name in self.meanings:
            return f"reason.own.{name}", self.meanings[name]
        code = words.code if self.texts.has(words.code) else f"reason.{own}"
        return code, self._say(
            code, window=self.texts.write(words.window_ms, self.language, "ms"),
            subject=self._say(words.subject) if words.subject else "")

    def _usual(self, name: str, words: Phrase, usual: float | None) -> float | None:
        own = self.facts.get(words.own) if words.own else None
        if own is not None:
            return own
        return self.usual(name) if usual is None else usual

    def _write(self, value: float | None, words: Phrase) -> str:
        if value is None or words.words or words.unit == "money":
            return self.texts.write(self._plain(value, words), self.language)
        return self.texts.write(value * words.scale, self.language, words.unit)

    def _plain(self, value: float | None, words: Phrase) -> float | str | None:
        """Value as the answer carries it: money in major units, words as words."""
        if value is None:
            return None
        if words.words:
            at = int(value)
            return words.words[at] if 0 <= at < len(words.words) else None
        return value / self.minor_units if words.unit == "money" else value

    def _newer(self, code: str) -> Texts:
        """Words that have a code: the bundle's own, or those of this version."""
        return self.texts if self.texts.has(code) else _newest_texts()

    def _say(self, code: str, /, **params: Value) -> str:
        return self.texts.text(code, self.language, **params)


@lru_cache(maxsize=1)
def _newest_texts() -> Texts:
    """Words of this version, for codes that the catalogues of an older bundle lack."""
    return Texts.read()


def choose(firm: Sequence[Reason], score: Sequence[Reason], anomaly: Sequence[Reason], *,
           anomaly_first: bool, most: int = MOST) -> tuple[Reason, ...]:
    """Strongest reasons, each code once: facts, then what the verdict rests on.

    Parameters
    ----------
    firm : sequence of Reason
        Proof, missing facts and caps.
    score, anomaly : sequence of Reason
    anomaly_first : bool
        Whether the anomaly holds the event and the score does not.
    most : int
        How many; the event's facts are never cut.
    """
    soft = [*anomaly, *score] if anomaly_first else [*score, *anomaly]
    found: dict[str, Reason] = {}
    for reason in [*firm, *soft]:
        found.setdefault(reason.code, reason)
    return tuple(found.values())[:max(most, len(firm))]
