"""Why: contributions per family and facts, as sentences in the reader's language.

Proof comes first, then missing facts and caps, then what the score and the anomaly rest on.
Contributions of a family are summed, so base and all families still add up to the log-odds of
the score; the sentence is about the family's strongest feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from models.answers import Reason
from models.families import family
from models.phrases import Phrase, phrase, window_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from models.anomaly import Unusual
    from models.proof import EventFacts, Proofs
    from models.texts import Texts

Floats = npt.NDArray[np.float64]
MOST: Final = 6
"""More than six reasons nobody reads."""
SLIGHT: Final = 0.05
"""Log-odds too small to name: it moves a chance of one half by about one in a hundred."""


@dataclass(frozen=True)
class FamilyShare:
    """What a family adds to the log-odds of the score, and its strongest feature."""

    family: str
    contribution: float
    feature: str


def by_family(parts: Floats, names: Sequence[str], families: Mapping[str, str]
              ) -> list[FamilyShare]:
    """Sum contributions per family, strongest first.

    Parameters
    ----------
    parts : shape (features,) or (features + 1,)
        Contributions of one event, in the order of ``names``; a base at the end is left out.
    names : sequence of str
    families : dict
        Family of each feature.

    Examples
    --------
    >>> by_family(np.array([1.0, -0.2, 0.5]), ["a", "b", "c"], {"a": "speed", "c": "speed"})
    [FamilyShare(family='speed', contribution=1.5, feature='a'),
     FamilyShare(family='other', contribution=-0.2, feature='b')]
    """
    grouped: dict[str, list[tuple[float, str]]] = {}
    for part, name in zip(parts.tolist(), names, strict=False):
        grouped.setdefault(family(name, families), []).append((part, name))
    shares = []
    for own, members in grouped.items():
        total = float(sum(part for part, _ in members))
        lead = max(members, key=lambda member: member[0] if total >= 0 else -member[0])
        shares.append(FamilyShare(own, total, lead[1]))
    return sorted(shares, key=lambda share: -abs(share.contribution))


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
    """

    texts: Texts
    language: str
    facts: EventFacts
    usual: Callable[[str], float | None]

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

    def score(self, shares: Sequence[FamilyShare]) -> list[Reason]:
        """One reason per family that matters, with its share of the log-odds."""
        return [self._share(share) for share in shares if abs(share.contribution) >= SLIGHT]

    def anomaly(self, anomaly: float, unusual: Sequence[Unusual], families: Mapping[str, str]
                ) -> list[Reason]:
        """How unusual the event is, then the values that are furthest out."""
        code = "anomaly.share"
        whole = Reason(code, self._say(code, value=anomaly, unit="share"), None, anomaly)
        return [whole] + [self._feature(far.name, family(far.name, families), None, far.usual)
                          for far in unusual]

    def _share(self, share: FamilyShare) -> Reason:
        return self._feature(share.feature, share.family, share.contribution)

    def _feature(self, name: str, own: str, contribution: float | None,
                 usual: float | None = None) -> Reason:
        words = phrase(name, own)
        value = self._scaled(self.facts.get(name), words)
        normal = self.facts.get(words.own) if words.own else None
        normal = self._scaled(self.usual(name) if normal is None else normal, words)
        if normal is None:
            normal = self._scaled(usual, words)
        text = self._say(words.code, value=value, usual=normal, unit=words.unit,
                         window=window_ms(name))
        if contribution is not None and contribution < 0:
            text = self.texts.text("word.in_favour", self.language, text=text)
        return Reason(words.code, text, contribution, value, normal)

    @staticmethod
    def _scaled(value: float | None, words: Phrase) -> float | None:
        return None if value is None else value * words.scale

    def _say(self, code: str, *, unit: str = "number", window: int | None = None,
             subject: str = "", value: float | None = None, usual: float | None = None) -> str:
        def write(number: float | None, how: str) -> str:
            return self.texts.write(number, self.language, how)

        return self.texts.text(code, self.language, value=write(value, unit), subject=subject,
                               usual=write(usual, unit), window=write(window, "ms"))


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
