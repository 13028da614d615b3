"""What a candidate asks of the review desk: cases, hours, and days beyond its capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from features.exports.program import Program
    from models.policy import Policy
    from serving.backtest.swept import Acts, Events

MINUTES: Final = 5.0
"""Of a case, where the policy does not say: an assumption, and told as one."""


def desk(events: Events, acts: Acts, policy: Policy, program: Program) -> dict[str, Any]:
    """Cases as live verdicts open them, one for each event that is not approved outright.

    Parameters
    ----------
    policy : Policy
        For ``costs.review_minutes`` and what a minute costs.
    program : Program
        For the time zone of its days, ``review_capacity_per_day``, and ``costs.review``.
    """
    ms = events.ms[acts.would_have > 0]
    minutes, minute = policy.costs.review_minutes, policy.costs.review_minute
    cost = program.costs.review if minutes is None or minute is None else minutes * minute
    days, per_day = _per_day(events, ms, program)
    capacity = program.review_capacity_per_day
    used = MINUTES if minutes is None else minutes
    return {
        "cases": len(ms), "hours": round(len(ms) * used / 60, 1), "minutes_per_case": used,
        "minutes_from": "assumed" if minutes is None else "policy",
        "cost": round(len(ms) * cost, 2), "currency": program.currency,
        "capacity_per_day": capacity, "days": days,
        "cases_per_day": round(len(ms) / days, 2) if days else None,
        "busiest_day": int(per_day.max(initial=0)),
        "days_over_capacity": int((per_day > capacity).sum()),
        "cases_over_capacity": int(np.maximum(per_day - capacity, 0).sum()),
    }


def _per_day(events: Events, ms: np.ndarray[Any, Any], program: Program
             ) -> tuple[int, np.ndarray[Any, Any]]:
    """Days of the program from its first event to its last, and cases on each day with any."""
    if not len(events):
        return 0, np.empty(0, dtype=np.int64)
    def day(moments: np.ndarray[Any, Any]) -> pd.Series:
        return pd.Series(pd.to_datetime(moments, unit="ms", utc=True)).dt.tz_convert(
            program.zone).dt.tz_localize(None).dt.normalize()
    ends = day(events.ms[[0, -1]])
    return (ends[1] - ends[0]).days + 1, day(ms).value_counts().to_numpy()
