"""Missions in simulated worlds: what was learnt from a log of offers, judged by true effects.

Each world has its own country, trade and calendar, and a year in which missions were offered at
random. All of it is learnt from; then missions are suggested within a budget, and only then is
the sealed truth opened.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.progress import Progress, silent
from features.store.home import Home
from features.store.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from models.missions.scene import Scene
    from models.missions.worth import Worth

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BUDGET: Final = 0.4
"""Share of what every worthwhile mission would cost that may be spent."""


def benchmark(
    data: Path | None = None, seed: int = 0, progress: Progress = silent, worlds: int = 5,
    members: int = 4000, days: int = 450,
) -> dict[str, Any]:
    """Judge what is suggested in worlds of seeds ``seed``, ``seed + 1`` and so on.

    Parameters
    ----------
    data : Path, optional
        Folder for worlds and homes; a temporary one if left out.
    worlds, members, days : int
        How many worlds, and their size.

    Returns
    -------
    dict
        Over worlds, with 95 % intervals: ``of_reachable``, the share of the best worth that any
        model of these features could choose; ``of_clairvoyant``, of the best there is;
        ``over_single``, ours less the best single mission, in parts of the reachable; the same
        without exploration (``greedy``), and for the best single mission (``single``), assumed
        effects alone (``assumed``), chance (``random``) and the highest risk first (``riskiest``)
        as shares of the reachable; ``worlds``: each by itself.
    """
    from training.benchmarks.rooms import rooms
    from training.verdicts import spread

    told = [{"story": room.story, "seed": room.seed,
             **_world(room.folder, room.story, room.seed, members, days, progress)}
            for room in rooms(data, seed, worlds, progress)]
    names = [name for name, value in told[0].items()
             if value is None or isinstance(value, float)]
    found = {name: spread([one[name] for one in told]) for name in names}
    return {**found, "worlds": told, "table": _table(found)}


def _world(
    folder: Path, story: str, seed: int, members: int, days: int, progress: Progress
) -> dict[str, Any]:
    from features.members.known import History
    from features.places import place_ms
    from models.missions.scene import Scene
    from training.fit_inactivity import fit_inactivity
    from training.simulate import simulate
    from training.uplift.fit_uplift import fit_uplift

    shutil.rmtree(folder, ignore_errors=True)
    export = folder / "export"
    simulate(export, members, days, seed, story, progress=progress)
    home = Home(folder / "home")
    ingest(home, export, progress=progress)
    journal = home.journal()
    as_of_ms = place_ms(journal.last_place) + 1
    silence = fit_inactivity(journal, as_of_ms, seed=0)
    learnt = fit_uplift(journal, as_of_ms, silence.model, 0)
    known = History.read(journal, as_of_ms).known(as_of_ms)
    answers = silence.model.predict(silence.frame)
    scene = Scene.of(journal, known, silence.frame, answers, learnt.model, as_of_ms)
    return {**judged(scene, export, seed), "sentences": list(learnt.sentences)}


def judged(scene: Scene, export: Path, seed: int) -> dict[str, Any]:
    """Judge what is suggested for a scene of a simulated export, beside other choices."""
    from dataclasses import replace

    from models.missions.allocation import allocate
    from models.missions.effects import Assumptions
    from models.missions.suggestions import eligible, suggest
    from models.missions.worth import Worth
    from training.mission_value import (
        difference,
        reachable_effects,
        sealed_effects,
        share,
        worth_of,
    )

    assumed = Assumptions.read()
    rows = eligible(scene)
    own = Worth.of(scene, rows, assumed)
    sealed = sealed_effects(export, scene.names, [mission.id for mission in scene.missions])
    features = scene.frame[list(_columns())]
    truth = own.with_rise(sealed[rows])
    reachable = own.with_rise(reachable_effects(features, sealed, seed)[rows])
    budget = _budget(truth)

    def choose(worth: Worth) -> Ints:
        return allocate(worth.gain, worth.cost, budget).chosen

    plan = suggest(scene, budget)
    table = Worth.of(replace(scene, learned=None), rows, assumed)
    choices = {
        "ours": _intended(plan.records, scene, rows),
        "greedy": choose(own),
        "single": _best_single(own, sealed[rows], truth.gain, choose),
        "assumed": choose(table),
        "random": _in_order(np.random.default_rng(seed).permutation(len(rows)), own, budget, seed),
        "riskiest": _in_order(np.argsort(-scene.answers["p_inactive"].to_numpy()[rows]), own,
                              budget, seed),
    }
    worth = {name: worth_of(chosen, truth.gain) for name, chosen in choices.items()}
    best = worth_of(choose(reachable), truth.gain)
    above = difference(worth["ours"], worth["single"])
    whole = float(best.sum())
    return {
        "of_reachable": share(worth["ours"], best),
        "of_clairvoyant": share(worth["ours"], worth_of(choose(truth), truth.gain)),
        "over_single": above["value"] / whole if whole > 0 else None,
        "over_single_high": above["high"] / whole if whole > 0 else None,
        **{name: share(worth[name], best) for name in choices if name != "ours"},
        "eligible": len(rows), "missions": int((choices["ours"] >= 0).sum()),
        "budget": budget, "learned": scene.learned is not None,
        "basis": sorted({effect.basis for effect in own.effects}),
    }


def _columns() -> tuple[str, ...]:
    from features.members.member_catalog import MEMBER_CATALOG

    return MEMBER_CATALOG.names


def _budget(truth: Worth) -> int:
    """Some of what the best mission of everybody who is worth one would cost."""
    best = truth.gain.argmax(axis=1)
    worthwhile = truth.gain.max(axis=1) > 0
    return round(BUDGET * float(truth.cost[best[worthwhile]].sum()))


def _intended(records: Sequence[dict[str, Any]], scene: Scene, rows: Ints) -> Ints:
    """Mission that each member would get if nobody were held out, -1 for none."""
    number = {mission.id: j for j, mission in enumerate(scene.missions)}
    meant = {record["member_id"]: number.get(record["intended"], -1) for record in records}
    return np.array([meant.get(scene.names[row], -1) for row in rows.tolist()], dtype=np.int64)


def _best_single(
    own: Worth, sealed: Floats, truth: Floats, choose: Callable[[Worth], Ints]
) -> Ints:
    """One mission for all it suits, its true mean effect known: the one that is worth most."""
    from training.mission_value import worth_of

    best, most = np.full(len(truth), -1, dtype=np.int64), 0.0
    for j in range(truth.shape[1]):
        suits = np.isfinite(truth[:, j])
        if not suits.any():
            continue
        mean = np.full(sealed.shape, 0.0)
        mean[:, j] = sealed[suits, j].mean()
        only = own.with_rise(mean)
        only.gain[:, np.arange(truth.shape[1]) != j] = -np.inf
        chosen = choose(only)
        worth = float(worth_of(chosen, truth).sum())
        if worth > most:
            best, most = chosen, worth
    return best


def _in_order(order: Ints, own: Worth, budget: int, seed: int) -> Ints:
    """A suitable mission at random for one member after the other until the budget is spent."""
    rng = np.random.default_rng(seed)
    chosen, left = np.full(len(order), -1, dtype=np.int64), budget
    for row in order.tolist():
        suits = np.flatnonzero(np.isfinite(own.gain[row]))
        if not len(suits):
            continue
        mission = int(rng.choice(suits))
        if own.cost[mission] > left:
            break
        chosen[row] = mission
        left -= int(own.cost[mission])
    return chosen


def _table(found: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    lines = ["| | mean | 95 % over worlds |", "|---|---|---|"]
    for name, value in found.items():
        if value["mean"] is not None:
            reach = ("" if value["low"] is None
                     else f"{value['low']:.3g} to {value['high']:.3g}")
            lines.append(f"| {name} | {value['mean']:.3f} | {reach} |")
    return "\n" + "\n".join(lines)
