"""What the holdouts of a plan can show, said before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.experiments.power import design_effect, smallest_effect
from models.missions.holdouts import FREE

if TYPE_CHECKING:
    import numpy.typing as npt

ALIKE: Final = 0.05
"""How alike partners of a cluster are until it is measured. A judgement: members of one shop or
one rep share stock and season, and little else."""
DIGITS: Final = 6


@dataclass(frozen=True)
class Power:
    """The two arms of a plan and the smallest effect that they show.

    Parameters
    ----------
    held_out, treated : int
        Members left alone and members written to.
    base : float or None
        Chance to be active without a mission; None where nobody is decided about.
    smallest_effect : float or None
        Rise of that chance that is shown four times out of five; None where none can be.
    """

    held_out: int
    treated: int
    base: float | None
    smallest_effect: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"held_out": self.held_out, "treated": self.treated, "base": self.base,
                "smallest_effect": self.smallest_effect}  # fmt: skip


def power_of(
    held: npt.NDArray[np.object_], clusters: npt.NDArray[np.object_],
    base: npt.NDArray[np.float64],
) -> Power:  # fmt: skip
    """Power of n decisions about a mission.

    Parameters
    ----------
    held : shape (n,)
        "none" for who is written to.
    clusters : shape (n,)
        Whom each is drawn with.
    base : shape (n,)
        Chance to be active without a mission.

    Examples
    --------
    >>> held = np.array(["none"] * 180 + ["global"] * 20, dtype=object)
    >>> power_of(held, np.arange(200).astype(object), np.full(200, 0.1)).to_json()
    {'held_out': 20, 'treated': 180, 'base': 0.1, 'smallest_effect': 0.211351}
    """
    if not len(held):
        return Power(0, 0, None, None)
    treated = int((held == FREE).sum())
    sizes = np.unique(clusters, return_counts=True)[1]
    mean = round(float(base.mean()), DIGITS)
    least = smallest_effect(mean, len(held) - treated, treated, design=design_effect(sizes, ALIKE))
    return Power(len(held) - treated, treated, mean,
                 None if least is None else round(least, DIGITS))  # fmt: skip
