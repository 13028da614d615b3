"""Honest events that behaviour would hold, group by group: what two gates look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from training.gates.finding import Finding
from training.gates.trial import together
from training.weighted import weighted_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.gates.trial import Trial
    from training.settings import HeldSettings

Bools = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]


def held_by_group(gate: str, trial: Trial, groups: Mapping[str, Bools], own: HeldSettings,
                  what: str) -> Finding:
    """Hold the share of honest events that the challenger would hold against its bounds.

    A group fails where even the low end of its share is above the bound, or where it is surely
    worse off than under the champion by more than may be. Where its share is above the bound but
    may be below, there is too little to say. Groups of fewer events than needed are told alone.

    Parameters
    ----------
    gate : str
        Name of the gate.
    groups : mapping
        Name of each group to its events, shape (n,).
    own : HeldSettings
        The bounds.
    what : str
        What groups are, for the sentence.
    """
    figures: dict[str, Any] = {}
    said: dict[str, bool | None] = {}
    for name, mask in groups.items():
        rows = mask & (trial.truth == 0)
        if int(rows.sum()) < own.min_events:
            figures[name] = {"events": int(rows.sum())}
            continue
        figures[name] = _shares(trial, rows)
        said[name] = _within(figures[name], own)
    if not said:
        return Finding(gate, None, f"Too few honest events: {own.min_events} matured ones of one "
                                   f"of the {what} are needed.", figures)
    passed = together(*said.values())
    told = f"Of {len(said)} {what} the worst, {_worst(figures, said)}"
    if passed is not True:
        named = ", ".join(name for name, one in said.items() if one is passed)
        told = f"{told}; {'too much' if passed is False else 'unsure'}: {named}"
    return Finding(gate, passed, f"{told}; {own.held_at_most:.1%} may be held, and "
                                 f"{own.worse_at_most:.1%} more than now.", figures)


def _shares(trial: Trial, rows: Bools) -> dict[str, Any]:
    weight, member = trial.weight[rows], trial.member[rows]
    now = weighted_share(trial.champion.by_behaviour[rows], weight, member)
    then = weighted_share(trial.challenger.by_behaviour[rows], weight, member)

    def more(old: Array, new: Array, weight: Array) -> float:
        return float(((new - old) * weight).sum() / weight.sum())

    sides = (trial.champion.by_behaviour.astype(float), trial.challenger.by_behaviour.astype(float))
    low, high = trial.interval(more, *sides, trial.weight, rows=rows)
    return {"events": int(rows.sum()),
            "held": {"value": then.value, "low": then.low, "high": then.high},
            "before": now.value, "more": {"low": low, "high": high}}


def _within(share: dict[str, Any], own: HeldSettings) -> bool | None:
    held = share["held"]
    if held["low"] > own.held_at_most or share["more"]["low"] > own.worse_at_most:
        return False
    return None if held["value"] > own.held_at_most else True


def _worst(figures: dict[str, Any], said: dict[str, bool | None]) -> str:
    name = max(said, key=lambda one: figures[one]["held"]["value"])
    held = figures[name]["held"]
    return (f"{name}, has {held['value']:.2%} of its honest events held "
            f"[{held['low']:.2%}, {held['high']:.2%}], before {figures[name]['before']:.2%}")
