"""Latency: one verdict of the challenger takes no longer than one of the champion, or little."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from training.gates.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from training.settings import LatencySettings

NAME: Final = "latency"


def latency(
    champion: Callable[[int], object], challenger: Callable[[int], object], events: Sequence[int],
    own: LatencySettings, clock: Callable[[], float] = time.perf_counter,
) -> Finding:
    """Time both bundles on the same events, one event at a time and by turns.

    By turns, so that whatever else the machine does meets both; of each event the best of some
    rounds counts, as a machine can only add to what a verdict takes.

    Parameters
    ----------
    champion, challenger : callable
        Judge the event of a number.
    events : sequence of int
        Numbers of events.
    clock : callable
        Seconds that only go up.
    """
    if not events:
        return Finding(NAME, None, "The journal holds no event to time a verdict on.")
    best = np.full((2, len(events)), np.inf)
    for turn in range(own.rounds + 1):
        for at, event in enumerate(events):
            for side, judge in enumerate((champion, challenger)):
                started = clock()
                judge(event)
                if turn:  # the first round only warms up
                    best[side, at] = min(best[side, at], clock() - started)
    old, new = np.median(best, axis=1) * 1e6
    worst = np.quantile(best, 0.99, axis=1) * 1e6
    ratio, tail = float(new / max(old, 1e-9)), float(worst[1] / max(worst[0], 1e-9))
    passed = max(ratio, tail) <= own.slower_at_most
    return Finding(NAME, passed, f"A verdict takes {new:.0f} us, the champion's {old:.0f}; the "
                                 f"slowest hundredth {worst[1]:.0f} and {worst[0]:.0f} us; "
                                 f"{own.slower_at_most:g} times as long may be.",
                   {"us": float(new), "champion_us": float(old), "ratio": ratio,
                    "ratio_p99": tail, "events": len(events)})
