"""Reserved events that force each verdict, so that an integrator can try every branch.

The program whose id is ``sandbox`` is one. An event of it whose id is a reserved name, alone or
followed by ``-`` and anything, gets that verdict in the contract's full shape, on the path of any
other event: stored first, the same bytes when it is sent again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.answers import Hold, Outcome
from models.decision import DAY_MS, HOUR_MS, Decision
from models.proof import Proofs

if TYPE_CHECKING:
    from models.answers import Degraded, Reason, Then
    from models.decision import Ground
    from models.reasons import Teller

SANDBOX: Final = "sandbox"
"""Id of the reserved program."""
NO_PROOFS: Final = Proofs()


@dataclass(frozen=True)
class Forced:
    """What a reserved name forces.

    Parameters
    ----------
    verdict : Outcome
    ground : str, optional
        On which it stands.
    proofs : Proofs
        Facts to answer with; a decline has hard proof.
    share : float
        Of the points that a review holds, rounded up; a redemption is held whole.
    hold_ms, then, ends_by
        How the hold ends.
    score, anomaly : float or None
        To answer with.
    degraded : str or False
    """

    verdict: Outcome
    ground: Ground | None = None
    proofs: Proofs = NO_PROOFS
    share: float = 1.0
    hold_ms: int = 3 * DAY_MS
    then: Then = "release"
    ends_by: tuple[str, ...] = ("document", "time")
    score: float | None = 0.9
    anomaly: float | None = 0.99
    degraded: Degraded = False

    def decide(self, kind: str, points: int, recorded_ms: int) -> Decision:
        """Decision on an event; one that asks for no points has nothing to review.

        >>> RESERVED["sandbox-review-part"].decide("scan", 5, 0).points_held
        3
        """
        grounds = () if self.ground is None else (self.ground,)
        if self.verdict is Outcome.REVIEW and points > 0:
            held = points if kind == "redemption" else math.ceil(points * self.share)
            hold = Hold(recorded_ms + self.hold_ms, self.then, self.ends_by)
            return Decision(Outcome.REVIEW, True, Outcome.REVIEW, held, hold, grounds)
        is_declined = self.verdict is Outcome.DECLINE
        outcome = Outcome.DECLINE if is_declined else Outcome.APPROVE
        return Decision(outcome, True, outcome, points if is_declined else 0, None, grounds)

    def reasons(self, teller: Teller) -> tuple[Reason, ...]:
        """Reasons for anything but an approval: its facts, else how unusual it is said to be."""
        if self.verdict is Outcome.APPROVE:
            return ()
        told = teller.proofs(self.proofs)
        return tuple(told or teller.anomaly(self.anomaly or 0.0, (), {}))


RESERVED: Final = {
    "sandbox-approve": Forced(Outcome.APPROVE, score=0.01, anomaly=0.2),
    "sandbox-review": Forced(Outcome.REVIEW, "missing_fact", Proofs(missing=("code_unknown",)),
                             then="keep"),
    "sandbox-review-part": Forced(Outcome.REVIEW, "score", share=0.5),
    "sandbox-decline": Forced(Outcome.DECLINE, "proof", Proofs(hard=("code_credited_other",))),
    "sandbox-step-up": Forced(Outcome.REVIEW, "step_up", hold_ms=24 * HOUR_MS, score=0.3),
    "sandbox-degraded": Forced(Outcome.APPROVE, score=None, anomaly=None, degraded="model"),
}
"""Every reserved name and what it forces."""


def forced(program_id: str, event_id: str) -> Forced | None:
    """What a reserved event of a sandbox forces, by the longest name that fits; None: nothing.

    >>> forced("sandbox", "sandbox-review-part-7") is RESERVED["sandbox-review-part"]
    True
    >>> forced("sandbox", "sandbox-review-7") is RESERVED["sandbox-review"]
    True
    >>> forced("acme", "sandbox-review") is forced("sandbox", "sandbox-reviews") is None
    True
    """
    if program_id != SANDBOX:
        return None
    fitting = (name for name in RESERVED if f"{event_id}-".startswith(f"{name}-"))
    longest = max(fitting, key=len, default=None)
    return None if longest is None else RESERVED[longest]
