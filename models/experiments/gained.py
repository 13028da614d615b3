"""What a campaign brought: partners won back, points and money, with their intervals."""

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


@dataclass(frozen=True)
class Gained:
    """What the treated did more than they would have done.

    Parameters
    ----------
    partners : Amount
        Members active who would not have been.
    points : Amount
        Points earned more.
    cost_points : int
        Points that the missions cost.
    cost_money : float
        The same in the program's currency.
    """

    partners: Amount
    points: Amount
    cost_points: int
    cost_money: float

    @property
    def cost_per_partner(self) -> Amount | None:
        """Money for each partner won back; None where it is not sure that any was.

        Examples
        --------
        >>> Gained(Amount(50, 20, 80), Amount(0, 0, 0), 4000, 800.0).cost_per_partner
        Amount(value=16.0, low=10.0, high=40.0)
        """
        if self.partners.low <= 0:
            return None
        return Amount(*(self.cost_money / n for n in (
            self.partners.value, self.partners.high, self.partners.low)))  # fmt: skip


def gained(active: Lift, points: Lift, cost_points: int, point_value: float) -> Gained:
    """Turn changes per treated member into what the campaign brought.

    Parameters
    ----------
    active, points : Lift
        Change of the share active, and of points earned; both of the treated.
    cost_points : int
        Points that the missions cost in all.
    point_value : float
        Money of one point.
    """
    return Gained(Amount.of(active), Amount.of(points), cost_points, cost_points * point_value)
