"""What a candidate changes against what is in force: newly held, newly let through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import EVENT_KINDS
from models.answers import rfc3339
from serving.backtest.known import FRAUD, HONEST, UNKNOWN
from serving.backtest.swept import WORDS
from serving.held import grounds_of

if TYPE_CHECKING:
    from features.store.journal import Journal
    from serving.backtest.known import Known
    from serving.backtest.swept import Acts, Bools, Events

EXAMPLES: Final = 10
KINDS: Final = tuple(EVENT_KINDS)
SAID: Final = {FRAUD: "fraud", HONEST: "honest", UNKNOWN: "not labelled"}


def changes(events: Events, before: Acts, after: Acts, labels: Known) -> dict[str, Any]:
    """Count events whose verdict differs, by what is known of them."""
    return {name: _counted(events, labels, mask, before, after)
            for name, mask in _masks(before, after).items()}


def examples(journal: Journal, events: Events, before: Acts, after: Acts, labels: Known
             ) -> dict[str, list[dict[str, Any]]]:
    """Ten events of each change, those with the most points at stake, for the report's file."""
    found = {}
    for name, mask in _masks(before, after).items():
        at = np.flatnonzero(mask)
        moved = np.abs(after.held[at] - before.held[at])
        found[name] = _shown(journal, events, before, after, labels,
                             at[np.lexsort((at, -moved))][:EXAMPLES])
    return found


def _masks(before: Acts, after: Acts) -> dict[str, Bools]:
    both = before.is_held & after.is_held
    return {"newly_held": ~before.is_held & after.is_held,
            "newly_released": before.is_held & ~after.is_held,
            "otherwise_held": both & ((before.held != after.held)
                                      | (before.verdict != after.verdict))}


def _counted(events: Events, labels: Known, mask: Bools, before: Acts, after: Acts
             ) -> dict[str, Any]:
    return {"events": int(mask.sum()), "points": int(events.points[mask].sum()),
            "points_held_more": int((after.held[mask] - before.held[mask]).sum()),
            **{word.replace(" ", "_"): int((mask & (labels.target == target)).sum())
               for target, word in SAID.items()}}


def _shown(journal: Journal, events: Events, before: Acts, after: Acts, labels: Known,
           at: np.ndarray[Any, np.dtype[np.int64]]) -> list[dict[str, Any]]:
    names = journal.names("event", events.event[at])
    return [{
        "event_id": str(name), "kind": KINDS[events.kind[row]],
        "recorded_at": rfc3339(int(events.ms[row])), "points": int(events.points[row]),
        "before": _act(before, row), "after": _act(after, row),
        "label": SAID[int(labels.target[row])],
    } for name, row in zip(names, at.tolist(), strict=True)]


def _act(acts: Acts, row: int) -> dict[str, Any]:
    return {"verdict": WORDS[acts.verdict[row]], "points_held": int(acts.held[row]),
            "grounds": list(grounds_of(int(acts.grounds[row])))}
