"""What the treated did more, in all: a lift times their number, with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.experiments.lift import Lift


@dataclass(frozen=True)
class Amount:
    """A number with an interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, lift: Lift, factor: float = 1.0) -> Amount:
        """Change of each treated member times the treated."""
        times = lift.treated * factor
        return cls(lift.value * times, lift.low * times, lift.high * times)
