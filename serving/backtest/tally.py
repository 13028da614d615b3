"""What one candidate did, in figures: scans with referrals and redemptions apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import EVENT_KINDS
from serving.backtest.innocent import INNOCENT
from serving.backtest.intervals import ratio, wilson
from serving.backtest.known import FRAUD, HONEST, UNKNOWN
from serving.backtest.swept import WORDS
from serving.held import GROUNDS

if TYPE_CHECKING:
    import numpy.typing as npt

    from serving.backtest.known import Known
    from serving.backtest.swept import Acts, Bools, Events

GROUPS: Final = {"earning": ("scan", "referral"), "redemption": ("redemption",)}
"""Kinds of events that are counted together."""


def in_group(events: Events, group: str) -> Bools:
    """Events of a group."""
    kinds = [tuple(EVENT_KINDS).index(kind) for kind in GROUPS[group]]
    return np.isin(events.kind, kinds)


def counts(events: Events, acts: Acts, mask: Bools) -> dict[str, Any]:
    """Verdicts and grounds of some events; one with two grounds counts for both."""
    words = np.bincount(acts.verdict[mask], minlength=len(WORDS)).tolist()
    grounds = acts.grounds[mask & (acts.would_have > 0)]
    return {
        "events": int(mask.sum()), "points": int(events.points[mask].sum()),
        "points_held": int(acts.held[mask].sum()),
        "verdicts": dict(zip(WORDS, words, strict=True)),
        "grounds": {name: int((grounds >> bit & 1).sum()) for bit, name in enumerate(GROUNDS)},
        "released_by_chance": int(acts.released[mask].sum()),
    }


def stopped(events: Events, acts: Acts, fraud: Bools,
            weights: npt.NDArray[np.float64] | None = None) -> dict[str, Any]:
    """Points stopped of fraudulent events, with a bootstrap interval over members.

    Parameters
    ----------
    fraud : shape (n,)
        Which events are known to be fraud.
    weights : shape (n,), optional
        How many events each stands for.
    """
    at = np.flatnonzero(fraud)
    weight = np.ones(len(at)) if weights is None else weights[at]
    held, points = acts.held[at] * weight, events.points[at] * weight
    total = float(points.sum())
    return {"events": round(float(weight.sum()), 1), "points": round(total, 1),
            "points_stopped": round(float(held.sum()), 1),
            "share": round(float(held.sum()) / total, 4) if total > 0 else None,
            **_ends(ratio(held, points, events.member[at]))}


def touched(acts: Acts, mask: Bools) -> dict[str, Any]:
    """Events held at all, and declined, of some; the share with Wilson's interval."""
    count, held = int(mask.sum()), int((mask & acts.is_held).sum())
    return {"events": count, "held": held,
            "declined": int((mask & (acts.verdict == WORDS.index("decline"))).sum()),
            "share": round(held / count, 5) if count else None, **_ends(wilson(held, count))}


def figures(events: Events, acts: Acts, labels: Known, truth: Known | None,
            weights: npt.NDArray[np.float64] | None) -> dict[str, Any]:
    """All figures of a candidate by group; those of the truth where there is one."""
    found: dict[str, Any] = {}
    for group in GROUPS:
        mask = in_group(events, group)
        found[group] = {**counts(events, acts, mask),
                        "labelled": _of(events, acts, labels, mask, weights),
                        "not_labelled": touched(acts, mask & (labels.target == UNKNOWN)),
                        "innocent": innocents(events, acts, mask)}
        if truth is not None:
            found[group]["truth"] = {**_of(events, acts, truth, mask, None),
                                     **_families(events, acts, truth, mask)}
    return found


def innocents(events: Events, acts: Acts, mask: Bools) -> dict[str, dict[str, Any]]:
    """What is held of events under each innocent circumstance that the product knows."""
    found = {}
    for bit, name in enumerate(INNOCENT):
        own = mask & (events.innocent >> bit & 1 > 0)
        if own.any():
            found[name] = touched(acts, own)
    return found


def _of(events: Events, acts: Acts, known: Known, mask: Bools,
        weights: npt.NDArray[np.float64] | None) -> dict[str, Any]:
    fraud = mask & (known.target == FRAUD)
    found = {"fraud": {**stopped(events, acts, fraud), "held": int((fraud & acts.is_held).sum())},
             "honest": touched(acts, mask & (known.target == HONEST))}
    if weights is not None:
        found["fraud_weighted"] = stopped(events, acts, fraud, weights)
    return found


def _families(events: Events, acts: Acts, truth: Known, mask: Bools) -> dict[str, Any]:
    """By pattern of fraud what is stopped, by look-alike of honest events what is held."""
    patterns, alikes = truth.pattern, truth.look_alike
    if patterns is None or alikes is None:
        return {}
    fraud, honest = mask & (truth.target == FRAUD), mask & (truth.target == HONEST)
    return {
        "patterns": {name: stopped(events, acts, fraud & (patterns == name))
                     for name in _named(patterns, fraud)},
        "look_alikes": {name: touched(acts, honest & (alikes == name))
                        for name in _named(alikes, honest)},
    }


def _named(words: npt.NDArray[np.object_], mask: Bools) -> list[str]:
    return sorted({str(word) for word in words[mask] if word})


def _ends(ends: tuple[float, float] | None) -> dict[str, float | None]:
    low, high = (None, None) if ends is None else (round(ends[0], 5), round(ends[1], 5))
    return {"low": low, "high": high}
