"""What is at stake in one event: the points a fraud would cost, and the partner a hold may lose.

Training sets the limit on scores where the running sum of ``chance * loss - (1 - chance) * harm``,
from the most suspicious event down, is highest::

    loss = points * value of a point * missed_fraud_multiplier
    harm = review + chance_lost * future value
    future value = (1 - p_inactive) * points a month * months * margin per point

all in the program's currency. Where a partner's future is not known, a hundredth of what a wrong
refusal costs stands for the second part of the harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from features.exports.program import Program
    from models.policy import Policy

UNKNOWN_SHARE: Final = 0.01
"""Part of ``costs.false_decline`` that a wrong hold costs, where nothing is known of the partner: a
hold is a wait, not a refusal. A judgement."""
LEAST: Final = 1e-6
"""Least harm, in the program's currency, so that nothing is divided by 0."""


@dataclass(frozen=True)
class Stakes:
    """What mistakes and checks cost one program, in its currency.

    Parameters
    ----------
    point_value : float
        Worth of one point.
    multiplier : float
        How many times its points' value a missed fraud costs.
    review : float
        One case looked at.
    unknown : float
        Expected loss of a partner wrongly held of whom nothing is known.
    months, margin, chance_lost : float
        Months ahead that count, the margin on what earns one point, and the chance that a wrong
        hold drives a partner away; 0 where the policy does not say.

    Examples
    --------
    >>> stakes = Stakes(0.01, 1.0, 2.0, 0.1, months=12, margin=0.05, chance_lost=0.02)
    >>> stakes.harm(p_inactive=0.1, points_per_month=1000)
    12.8
    >>> stakes.loss(500)
    5.0
    """

    point_value: float
    multiplier: float
    review: float
    unknown: float
    months: float = 0.0
    margin: float = 0.0
    chance_lost: float = 0.0

    @classmethod
    def of(cls, policy: Policy, program: Program) -> Stakes:
        """Costs of the policy; what it leaves out is the program's.

        >>> from features.exports.program import Program
        >>> from models.policy import Policy
        >>> Stakes.of(Policy.read(), Program(program_id="acme")).harm()
        2.1
        """
        costs, usual, future = policy.costs, program.costs, policy.costs.future_value
        multiplier, minutes = costs.missed_fraud_multiplier, costs.review_minutes
        review = (usual.review if minutes is None or costs.review_minute is None
                  else minutes * costs.review_minute)
        own = cls(program.point_value,
                  usual.missed_fraud_multiplier if multiplier is None else multiplier,
                  review, UNKNOWN_SHARE * usual.false_decline)
        if future is None:
            return own
        return cls(own.point_value, own.multiplier, own.review, own.unknown, future.months,
                   future.margin_per_point, future.chance_lost_by_false_hold)

    def loss(self, points: int) -> float:
        """Cost of a fraud of so many points that is missed, in currency."""
        return points * self.point_value * self.multiplier

    def harm(self, p_inactive: float | None = None, points_per_month: float | None = None
             ) -> float:
        """Cost of holding a genuine event of a partner, in currency.

        Parameters
        ----------
        p_inactive : float, optional
            Chance, 0 to 1, that he would have gone silent anyway.
        points_per_month : float, optional
            What he earns a month, at least 0.
        """
        if p_inactive is None or points_per_month is None or not self.chance_lost:
            return max(self.review + self.unknown, LEAST)
        future = (1 - p_inactive) * points_per_month * self.months * self.margin
        return max(self.review + self.chance_lost * future, LEAST)
