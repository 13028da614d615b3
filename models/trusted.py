"""What the trust in a bundle means for one judgement, and what its verdict tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.answers import LoweredTrust
from models.texts import Texts

if TYPE_CHECKING:
    from features.exports.program import Program
    from models.bundle import Bundle
    from models.occasion import Occasion, Scores
    from models.trust import Trust


def trust_of(bundle: Bundle, occasion: Occasion) -> Trust | None:
    """Trust in a bundle where it is lowered at an event's place and there is a score to lower.

    >>> from models.bundle import Bundle
    >>> from models.occasion import Occasion
    >>> from models.trust import Trust
    >>> low = Occasion("e1", "scan", 50, 0, trusts=(Trust("b", 0.5, "parity"),))
    >>> trust_of(Bundle("acme", 0, {}, {}, bundle_id="b"), low) is None  # it has no fraud model
    True
    """
    if not occasion.trusts or bundle.fraud is None:
        return None
    return next((one for one in occasion.trusts if one.bundle_id == bundle.bundle_id), None)


def lowered(bundle: Bundle, program: Program, occasion: Occasion, scores: Scores
            ) -> LoweredTrust | None:
    """What a verdict tells of a lowered trust; nothing where no score was asked."""
    trust = trust_of(bundle, occasion)
    if trust is None or scores.score is None:
        return None
    texts = bundle.texts if bundle.texts.has(f"trust.{trust.code}") else Texts.read()
    return LoweredTrust(trust.weight, trust.sentence(texts, texts.language(*program.languages)))
