"""Quality: the challenger finds as much fraud for the same trouble, and costs no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from training import metrics
from training.gates.finding import Finding
from training.gates.trial import no_worse, together

if TYPE_CHECKING:
    from typing import Any

    from models.stakes import Stakes
    from training.gates.trial import Trial

    Array = npt.NDArray[Any]

NAME: Final = "quality"


def quality(trial: Trial) -> Finding:
    """Compare points stopped at an equal share of honest events held, AP, and money.

    Each difference is challenger less champion on the same drawn members (paired bootstrap), with
    a weight of 1 / chance for what was let through by chance. Money is what missed frauds, looked
    at cases and partners wrongly held would have cost, as a share of all fraudulent points' worth.
    Points stopped are told and decide nothing where that share of the honest is a few events.
    """
    if trial.too_few:
        return Finding(NAME, None, f"Too few labels: {trial.too_few}")
    own, settings, rows = trial.settings.quality, trial.settings, trial.decided
    columns = (trial.truth, trial.champion.rank, trial.challenger.rank, trial.points, trial.weight)

    def stopped(truth: Array, old: Array, new: Array, points: Array, weight: Array) -> float:
        return (metrics.points_stopped(truth, new, points, own.honest_held, weight)
                - metrics.points_stopped(truth, old, points, own.honest_held, weight))

    def found(truth: Array, old: Array, new: Array, points: Array, weight: Array) -> float:
        return (metrics.average_precision(truth, new, weight)
                - metrics.average_precision(truth, old, weight))

    spent = [_spent(trial.stakes, trial, side.held) for side in (trial.champion, trial.challenger)]
    stake = np.where(trial.truth == 1, trial.points, 0) * trial.stakes.loss(1)

    def saved(old: Array, new: Array, stake: Array, weight: Array) -> float:
        whole = float((stake * weight).sum())
        return float(((old - new) * weight).sum()) / whole if whole > 0 else float("nan")

    figures: dict[str, Any] = {"frauds": trial.frauds, "honest": trial.honest,
                               "honest_held": own.honest_held}
    said: dict[str, bool | None] = {}
    for name, figure, parts in (
        ("stopped", stopped, columns), ("ap", found, columns),
        ("money", saved, (*spent, stake, trial.weight)),
    ):
        difference = figure(*(part[rows] for part in parts))
        low, high = trial.interval(figure, *parts, rows=rows)
        figures[name] = {"difference": difference, "low": low, "high": high}
        said[name] = no_worse(low, high, own.worse_at_most)
    if trial.honest * own.honest_held < own.least_held:
        del said["stopped"]
    passed = together(*said.values())
    told = ", ".join(f"{words} {figures[name]['difference']:+.3f} "
                     f"[{figures[name]['low']:+.3f}, {figures[name]['high']:+.3f}]"
                     for name, words in (("stopped", "points stopped"), ("ap", "AP"),
                                         ("money", "money saved")))
    start = {True: "No worse than the champion", False: "Worse than the champion",
             None: f"It may lose more than {own.worse_at_most:g}"}[passed]
    return Finding(NAME, passed, f"{start}: {told}, on {trial.frauds} frauds and {trial.honest} "
                                 f"honest events ({settings.draws} draws of members).", figures)


def _spent(stakes: Stakes, trial: Trial, held: Array) -> Array:
    """Cost of each event to the program, shape (n,), in its currency."""
    fraud = trial.truth == 1
    caught = np.where(held, stakes.review, trial.points * stakes.loss(1))
    return np.where(fraud, caught, np.where(held, stakes.harm(), 0.0))
