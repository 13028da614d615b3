"""How much of what behaviour holds is fraud, read from what was let through by chance.

Two figures stand side by side. What reviewers decided of the held events is plentiful, but they
chose what to open. What was let through was chosen by a draw of known chance: weighed by
1 / chance it speaks for every event that was eligible, and its interval is honest about how few
there are. Both call an event honest where no fraud was found in time, so both are lower bounds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.labels import FRAUD
from training.weighted import Share, weighted_share

if TYPE_CHECKING:
    from training.labels import Labels
    from training.releases import Releases

Ints = npt.NDArray[np.int64]

LEAST: Final = 30
"""Fewest events let through that a figure is given for: below, the interval says it all."""


@dataclass(frozen=True)
class HoldEstimate:
    """What is known of the events that behaviour would hold.

    Parameters
    ----------
    events, frauds : int
        Let through by chance and matured since, and how many of them were found to be fraud.
    eligible, with_chance : int
        Events that were eligible for a release, and those of them met by a chance above 0. Only
        the latter are spoken for.
    stands_for : float
        For how many events those let through stand.
    precision : Share
        Share of fraud among what would be held.
    decided, decided_frauds : int
        Held events that reviewers decided, and the frauds among them.
    """

    events: int
    frauds: int
    eligible: int
    with_chance: int
    stands_for: float
    precision: Share
    decided: int
    decided_frauds: int

    @property
    def enough(self) -> bool:
        """Whether enough events were let through to say a figure."""
        return self.events >= LEAST

    @property
    def sentence(self) -> str:
        """Both figures in words, or that there are not enough."""
        if not self.enough:
            return (f"Not enough to say what share of holds is fraud: {self.events} matured events "
                    f"were let through by chance, wanted {LEAST}.")
        found = self.precision
        return (f"Of what behaviour would hold, {found.value:.1%} is fraud "
                f"[{found.low:.1%}, {found.high:.1%}]: {self.events:,} events let through by "
                f"chance stand for {self.stands_for:,.0f}, effective size {found.effective:,.0f}. "
                + self._chosen())

    def _chosen(self) -> str:
        if not self.decided:
            return "No held event was decided by a reviewer."
        share = self.decided_frauds / self.decided
        return (f"Of the {self.decided:,} held events that reviewers chose to decide it is "
                f"{share:.1%}.")

    def as_dict(self) -> dict[str, Any]:
        """Return the estimate for reports; the precision only where there are enough events."""
        told = asdict(self) | {"sentence": self.sentence, "enough": self.enough}
        return told | {"precision": told["precision"] if self.enough else None}


def hold_estimate(event: Ints, member: Ints, labels: Labels, releases: Releases) -> HoldEstimate:
    """Estimate the precision of holds from the released events whose end is known.

    Parameters
    ----------
    event, member : int64, shape (n,)
        Numbers of events and of their members.
    labels : Labels
        What is known of the n events, labelled with these ``releases``.
    """
    chance, drawn = releases.of(event)
    ended, known = labels.ended, np.isfinite(chance)
    decided = known & ~drawn & labels.labelled
    weight, fraud = labels.weight[ended], labels.target == FRAUD
    return HoldEstimate(
        events=int(ended.sum()), frauds=int(fraud[ended].sum()), eligible=int(known.sum()),
        with_chance=int((chance[known] > 0).sum()), stands_for=float(weight.sum()),
        precision=weighted_share(fraud[ended], weight, member[ended]),
        decided=int(decided.sum()), decided_frauds=int(fraud[decided].sum()),
    )
