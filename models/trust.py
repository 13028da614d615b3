"""How far a model is trusted: 1 while what comes is like what it learnt from, less as it is not.

A monitor finds what moved, and how far past its limit. Past the limit it is an alert and no more;
well past it, the odds of the score count only in part, in steps that anybody can read off. Trust
falls at once and rises a step at a time, a week after the last change at the earliest, and only
where the findings have come well below what lowered it: else a number near its limit would let
verdicts swing from night to night. Proof needs no model and is never touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.texts import Texts

DAY_MS: Final = 86_400_000
LEVELS: Final = (1.0, 0.75, 0.5, 0.25)
"""Weights, and no others, so that a row is written only where something really changed."""
FROM: Final = (1.5, 2.0, 3.0)
"""Times its limit from which a finding brings each of the lower levels."""
WELL_BELOW: Final = 0.8
"""Share of what lowered it that findings must fall below before trust rises."""
PATIENCE_MS: Final = 7 * DAY_MS
"""Between two rises; the monitor's current window is wholly new after two of them."""
ALONE: Final = 0.5
"""Weight from which on the anomaly holds as it would with no fraud score beside it."""
SOUND: Final = "sound"
CODES: Final = (SOUND, "data_drift", "score_drift", "fraud_mode", "missed_fraud", "parity",
                "model_age")
"""Why a model is trusted as it is, in the order in which the page lists them."""


class Finding(NamedTuple):
    """Something the monitor saw: its code, and how large it is in units of its limit."""

    code: str
    excess: float


class Trust(NamedTuple):
    """The weight of one bundle from a moment on, and why.

    Parameters
    ----------
    bundle_id : str
    weight : float
        One of `LEVELS`: the odds of the score are multiplied by it.
    code : str
        One of `CODES`.
    known_ms : int
        It acts on events from this moment on, UTC milliseconds.
    """

    bundle_id: str
    weight: float = 1.0
    code: str = SOUND
    known_ms: int = 0

    @property
    def is_lowered(self) -> bool:
        """Whether it changes any verdict."""
        return self.weight < 1

    @property
    def is_alone(self) -> bool:
        """Whether the anomaly holds as if there were no score."""
        return self.weight <= ALONE

    def of(self, score: float) -> float:
        """Score as it counts: its odds times the weight.

        >>> Trust("b", 0.5).of(0.5), Trust("b").of(0.5)
        (0.333..., 0.5)
        """
        return score if self.weight >= 1 else self.weight * score / (
            1 - score + self.weight * score)

    def sentence(self, texts: Texts, language: str) -> str:
        """Why it is what it is, in a language.

        >>> from models.texts import Texts
        >>> Trust("b", 0.5, "model_age").sentence(Texts.read(), "en")
        'The model learnt long ago: the odds of its score count 50 % until a newer one serves.'
        """
        return texts.text(f"trust.{self.code}", language, percent=round(100 * self.weight))


def level(excess: float) -> int:
    """Position in `LEVELS` of what a finding brings.

    >>> [level(excess) for excess in (0.5, 1.2, 1.5, 2.9, 7.0)]
    [0, 0, 1, 2, 3]
    """
    return sum(excess >= limit for limit in FROM)


def weigh_trust(findings: Iterable[Finding], before: Trust, now_ms: int) -> Trust:
    """Trust in a bundle by what was found now and what it was before.

    Parameters
    ----------
    findings : iterable of Finding
    before : Trust
        In force now; of another bundle it would say nothing.
    now_ms : int
        The moment of the look, UTC milliseconds.

    Returns
    -------
    Trust
        The very ``before`` where nothing changes.

    Examples
    --------
    >>> sound, week = Trust("b"), 7 * DAY_MS
    >>> low = weigh_trust([Finding("score_drift", 2.4)], sound, 0)
    >>> low.weight, low.code
    (0.5, 'score_drift')
    >>> weigh_trust([], low, week - 1) is low, weigh_trust([], low, week).weight
    (True, 0.75)
    """
    worst = max(findings, key=lambda one: one.excess, default=Finding(SOUND, 0.0))
    now = LEVELS.index(before.weight)
    if level(worst.excess) > now:
        return Trust(before.bundle_id, LEVELS[level(worst.excess)], worst.code, now_ms)
    may_rise = level(worst.excess / WELL_BELOW) < now
    if not may_rise or now_ms - before.known_ms < PATIENCE_MS:
        return before
    weight = LEVELS[now - 1]
    return Trust(before.bundle_id, weight, SOUND if weight == 1 else before.code, now_ms)
