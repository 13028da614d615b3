"""What each mission changes, learnt from the log when a bundle is trained.

First every mission's mean effect and that of its segments, drawn to the assumption while data are
few. Then, where missions have enough decisions, whether a rule for each member beats the best
single mission (`training.uplift.gate`); only then members get effects of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.members.known import History
from models.inactivity.states import states
from models.missions.effects import Assumptions
from models.uplift.arms import comparable
from models.uplift.dr_learner import expected_outcomes, pseudo_outcomes
from models.uplift.model import OUTWEIGHED, MissionEffect, UpliftModel, segments
from models.uplift.personal import Scale, design
from models.uplift.shrinkage import Belief, pool, shrink
from training.uplift.decisions import read_decisions
from training.uplift.learner import logistic
from training.uplift.personalising import Personal, personal
from training.uplift.policies import mean_of

if TYPE_CHECKING:
    from features.store.journal import Journal
    from models.inactivity.model import InactivityModel
    from training.uplift.decisions import Decisions

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
PARTS: Final = 5
ARM: Final = 30
"""Members given a mission, and left alone, from which a difference is looked at."""
OTHER: Final = ""
"""Stands for segments with too few decisions for a difference of their own."""
COMING: Final = ("active", "off_season", "blocked")
"""States in which nobody is asked to come back."""


@dataclass(frozen=True)
class Learnt:
    """The model, None where nothing could be learnt; its figures; and what to tell."""

    model: UpliftModel | None
    figures: dict[str, float] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()


def fit_uplift(
    journal: Journal, as_of_ms: int, inactivity: InactivityModel, seed: int,
    assumptions: Assumptions | None = None,
) -> Learnt:  # fmt: skip
    """Learn from decisions whose window was over before ``as_of_ms``; few are no error.

    Parameters
    ----------
    inactivity : InactivityModel
        For the state in which each member was, and for what the table assumes of him.
    seed : int
        Of folds and bootstraps.
    assumptions : Assumptions or None
        None: the table that comes with Jaga.
    """
    if not journal.count("missions"):
        return Learnt(None, sentences=("Missions: none was decided yet, so their effects are "
                                       "assumed.",))
    assumed = assumptions or Assumptions.read()
    history = History.read(journal, as_of_ms)
    log = read_decisions(journal, history, as_of_ms, assumed.window_days)
    ready = [k for k in range(1, len(log.missions) + 1) if min(log.counts(k)) >= ARM]
    figures = {"decisions": float(len(log)), "left_out": float(sum(log.left_out.values()))}
    if not ready:
        return Learnt(None, figures, _told(
            f"Missions: {len(log):,} decisions can be compared, and none of "
            f"{len(log.missions)} missions has {ARM} given and {ARM} held out; effects are "
            "assumed.", log.sentence))
    scale = Scale.of(design(log.frame))
    x = scale.apply(design(log.frame))
    expected = expected_outcomes(logistic(), x, log.active, log.arm, len(log.missions) + 1, PARTS,
                                 seed, log.cluster)
    pseudo = pseudo_outcomes(log.active, log.arm, log.chance, expected)
    p = inactivity.p_inactive(log.frame)
    state, _ = states(log.frame, p, inactivity.horizons.of(log.frame["persona"]))
    asked = _asked(log, ready, state)
    found = _effects(log, pseudo, ready, p, state, asked, assumed)
    effects = {k: found[log.missions[k - 1]].overall.value for k in ready}
    own = personal(log.take(asked), x[asked], scale, pseudo[asked], effects, seed)
    missions = {name: replace(one, line=own.lines.get(name)) for name, one in found.items()}
    model = UpliftModel(missions, own.level, own.best, own.why, assumed.window_days)
    measured = {name: one for name, one in found.items() if one.assumed < OUTWEIGHED}
    return Learnt(model, figures | {"missions_measured": float(len(measured))} | own.figures,
                  _told(*_sentences(measured, own), log.sentence))


def _asked(log: Decisions, ready: list[int], state: npt.NDArray[np.object_]) -> Bools:
    """Rows of members in a state that missions are for, where they are enough, else all rows.

    Those who come anyway are changed little, and would make every mission look weak.
    """
    needed = ~np.isin(state, COMING)
    enough = any(min(log.counts(k, needed)) >= ARM for k in ready)
    return needed if enough else np.full(len(log), True)


def _effects(
    log: Decisions, pseudo: Floats, ready: list[int], p: Floats,
    state: npt.NDArray[np.object_], asked: Bools, assumed: Assumptions,
) -> dict[str, MissionEffect]:
    """Effect of each mission that has enough decisions, among those asked where they are enough."""
    segment, persona = segments(log.frame["persona"], state), log.frame["persona"].to_numpy()
    rows = {k: comparable(log.chance, k) for k in ready}
    mine = {k: rows[k] & asked if min(log.counts(k, asked)) >= ARM else rows[k] for k in ready}
    pooled = pool(*_together(log, pseudo, mine), [
        _assumed(assumed, log.missions[k - 1], persona[mine[k]], p[mine[k]]) for k in ready])
    found = {}
    for k, mission in zip(ready, pooled, strict=True):
        own = _segments(segment, rows[k], log.arm, k)
        names = [one for one in np.unique(own[rows[k]]).tolist() if one != OTHER]
        seen = [_measured(log, pseudo, rows[k] & (own == one), k) for one in names]
        shrunken = shrink(mission.overall, [one.value for one in seen],
                          [one.error for one in seen])  # fmt: skip
        found[log.missions[k - 1]] = MissionEffect(
            mission.overall, shrunken.unseen, dict(zip(names, shrunken.segments, strict=True)),
            mission.assumed, *log.counts(k, mine[k]))
    return found


def _together(
    log: Decisions, pseudo: Floats, rows: dict[int, Bools]
) -> tuple[list[float], Floats]:
    """Mean effect of each arm among its rows, and the covariance of their errors.

    What rows are off is summed by cluster (Liang and Zeger 1986); arms share who was left alone.
    """
    own = {k: _measured(log, pseudo, mine, k) for k, mine in rows.items()}
    cluster = np.unique(log.cluster, return_inverse=True)[1]
    off = np.column_stack([
        np.bincount(cluster, np.where(mine, pseudo[:, k] - pseudo[:, 0] - own[k].value, 0.0))
        / mine.sum() for k, mine in rows.items()])  # fmt: skip
    together = off.T @ off
    error = np.sqrt(np.diag(together))
    wider = np.array([one.error for one in own.values()]) / np.where(error > 0, error, 1.0)
    covariance = together * np.outer(wider, wider)
    np.fill_diagonal(covariance, [one.error**2 for one in own.values()])
    return [one.value for one in own.values()], covariance


def _segments(
    segment: npt.NDArray[np.object_], rows: Bools, arm: npt.NDArray[np.int64], k: int
) -> npt.NDArray[np.object_]:
    """Segment of each row, `OTHER` where one of its arms is too small."""
    own = np.full(len(segment), OTHER, dtype=object)
    for name in np.unique(segment[rows]):
        mine = rows & (segment == name)
        if min((mine & (arm == one)).sum() for one in (0, k)) >= ARM:
            own[mine] = name
    return own


def _measured(log: Decisions, pseudo: Floats, rows: Bools, k: int) -> Belief:
    """Mean effect of rows and its error, which is never less than that of two shares.

    Where hardly anybody came, or the arms are small, rows agree by chance and would claim too
    much; each share is then taken with half a success more (as Agresti and Coull, 1998).
    """
    found = mean_of((pseudo[:, k] - pseudo[:, 0])[rows], log.cluster[rows])
    least = 0.0
    for arm in (0, k):
        mine = rows & (log.arm == arm)
        weight = 1 / log.chance[mine, arm]
        size = float(weight.sum() ** 2 / (weight**2).sum()) if mine.any() else 0.0
        share = (float((weight * log.active[mine]).sum() / max(weight.sum(), 1e-12)) * size
                 + 0.5) / (size + 1)  # fmt: skip
        least += share * (1 - share) / (size + 1)
    return Belief(found.value, float(max(found.error, np.sqrt(least))))


def _assumed(assumed: Assumptions, mission: str, persona: Floats, p: Floats) -> Belief:
    """Mean over members of what the table assumes; it may be off by its own size at least."""
    back, stayed = assumed.of(mission, persona, np.full(len(p), "", dtype=object))
    share = back / (back + stayed)
    spread = np.sqrt(share * (1 - share) / (back + stayed + 1))
    value = float((p * share).mean())
    return Belief(value, max(float((p * spread).mean()), value))


def _sentences(measured: dict[str, MissionEffect], own: Personal) -> list[str]:
    told = [
        f"{name} brings {100 * one.overall.value:+.1f} points of activity (95 % "
        f"{100 * (one.overall.value - 1.96 * one.overall.error):+.1f} to "
        f"{100 * (one.overall.value + 1.96 * one.overall.error):+.1f}; {one.treated:,} given, "
        f"{one.alone:,} left alone)." for name, one in measured.items()
    ]  # fmt: skip
    return [f"Missions: {len(measured)} measured. {own.why}", *told]


def _told(*sentences: str) -> tuple[str, ...]:
    return tuple(sentence for sentence in sentences if sentence)
