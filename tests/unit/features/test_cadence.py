"""Rhythm and volume features against pandas, member by member."""

import numpy as np
import pandas as pd
import pytest

from features.members.cadence import cadence_features


def random_days(seed, members=40, span=400):
    rng = np.random.default_rng(seed)
    parts = []
    for member in range(1, members + 1):
        days = np.unique(rng.integers(0, span, rng.integers(1, 30)))
        parts.append(pd.DataFrame({"member": member, "day": days}))
    days = pd.concat(parts, ignore_index=True)
    for name in ("events", "points", "quantity", "skus"):
        days[name] = rng.integers(1, 50, len(days)).astype(float)
    return days


def by_hand(days, today, typical):
    """The same numbers from one member's days, written the slow way."""
    day, points = days["day"].to_numpy(), days["points"].to_numpy()
    gap = pd.Series(np.diff(day), dtype=float)
    count = {w: int((day >= today - w).sum()) for w in (14, 30, 60, 90, 180)}
    cadence = (day[-1] - day[0] + 2 * typical) / (len(day) - 1 + 2)
    silence = today - day[-1]
    return {
        "days_since_last": silence, "tenure": today - day[0], "active_span": day[-1] - day[0],
        "silence_share": silence / (today - day[0]), "repeat_days": len(day) - 1,
        "gap_mean": gap.mean(), "gap_sd": gap.std(), "gap_median": gap.median(),
        "gap_second": sorted(gap)[-2] if len(gap) > 1 else np.nan,
        "gap_max": gap.max(), "gap_last": gap.iloc[-1] if len(gap) else np.nan,
        "cadence": cadence, "silence_to_cadence": silence / cadence,
        "silence_to_gap_max": silence / gap.max(),
        "gap_variation": gap.std() / gap.mean(),
        **{f"active_days_{w}": n for w, n in count.items()},
        "trend": (count[90] + 0.5) / (count[180] - count[90] + 0.5),
        "active_blocks": len({(today - d) // 30 for d in day}),
        "points_mean": points.mean(), "points_sum": points.sum(), "points_first": points[0],
        "points_last": points[-1], "points_90": points[day >= today - 90].sum(),
    }  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1])
def test_features_are_those_of_a_slow_reckoning(seed):
    """Every feature equals what pandas says of one member's days."""
    days = random_days(seed)
    gaps = np.concatenate([np.diff(own["day"]) for _, own in days.groupby("member")])
    frame = cadence_features(days, 401)
    for member, own in days.groupby("member"):
        wanted = by_hand(own, 401, float(np.median(gaps)))
        came = frame.loc[member, list(wanted)]
        np.testing.assert_allclose(came, list(wanted.values()), rtol=1e-12, err_msg=str(member))


def test_there_are_thirty_one():
    """The documented number of features comes, and none is missing where a rhythm exists."""
    days = pd.DataFrame({"member": 1, "day": [1, 5, 9, 30]})
    for name in ("events", "points", "quantity", "skus"):
        days[name] = 1.0
    frame = cadence_features(days, 40)
    assert frame.shape == (1, 31)
    assert frame.notna().all(axis=None)


def test_nobody_gives_an_empty_frame():
    """A program without activity has no rows and all columns."""
    days = pd.DataFrame({name: [] for name in
                         ("member", "day", "events", "points", "quantity", "skus")})
    assert cadence_features(days, 40).shape == (0, 31)
