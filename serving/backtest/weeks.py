"""Verdicts week by week, for the plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.answers import rfc3339
from serving.backtest.swept import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from serving.backtest.swept import Acts, Events

WEEK_MS: Final = 7 * 86_400_000


def weeks(events: Events, acts: Mapping[str, Acts]) -> dict[str, Any]:
    """Count verdicts in weeks from the first event on.

    Returns
    -------
    dict
        ``starts``: when each week begins; ``events`` in it; and for each candidate its verdicts
        by word and ``share_held``, a list each.
    """
    if not len(events):
        return {"starts": [], "events": [], "candidates": {}}
    first = int(events.ms[0])
    week = (events.ms - first) // WEEK_MS
    count = int(week[-1]) + 1
    total = np.bincount(week, minlength=count)
    found: dict[str, Any] = {}
    for name, own in acts.items():
        by_word = {word: np.bincount(week[own.verdict == index], minlength=count).tolist()
                   for index, word in enumerate(WORDS)}
        held = total - np.array(by_word["approve"])
        share = np.where(total > 0, held / np.maximum(total, 1), 0.0)
        found[name] = {**by_word, "share_held": share.round(5).tolist()}
    return {"starts": [rfc3339(first + index * WEEK_MS)[:10] for index in range(count)],
            "events": total.tolist(), "candidates": found}
