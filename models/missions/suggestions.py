"""A mission for each member worth one: gates, effect, value, limits, trials, holdouts, words.

`suggest` is a pure function of a `Scene`. Held-out members are chosen like everybody else, kept
in the log with what they would have got, and left out of what is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.contract import CHANNELS
from features.exports.missions import NOBODY
from models.answers import Effect, Suggestion
from models.draws import draws
from models.missions.effects import Assumptions
from models.missions.eligibility import code, member_exclusions, words_of
from models.missions.exploration import Options, choose
from models.missions.holdouts import FREE, Holdouts
from models.missions.limits import Limits
from models.missions.people import quiet_now
from models.missions.power import power_of
from models.missions.records import POLICY, Records, decision_id, language_of
from models.missions.scene import Scene
from models.missions.worth import Worth

if TYPE_CHECKING:
    from models.missions.eligibility import Codes
    from models.missions.exploration import Choice
    from models.missions.power import Power

__all__ = ["POLICY", "Plan", "Scene", "eligible", "suggest"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """What to send, what was decided, and why others got nothing.

    Parameters
    ----------
    suggestions : tuple of Suggestion
        To be sent, best first.
    decisions : DataFrame
        One row per decision about a mission, held-out members included, best first:
        ``decision_id, member_id, mission_id`` ("none" where held out), ``intended, propensity,
        holdout, channel, cost_points, policy_version, gain, explored``.
    records : sequence of dict
        The whole log, in the same order: also eligible members who get nothing.
    excluded : Series
        Code by member number for everybody who would get nothing.
    power : Power
        What the holdouts of this plan can show.
    gap : float
        Share of the best gain within the limits that the usual choices miss at most.
    """

    suggestions: tuple[Suggestion, ...]
    decisions: pd.DataFrame
    records: Records
    excluded: pd.Series
    power: Power
    gap: float


def suggest(
    scene: Scene, budget_points: int | None = None,
    channel_capacity: dict[str, int] | None = None, limit: int | None = None,
    assumptions: Assumptions | None = None, campaign_id: str | None = None,
    sending_ms: int | None = None,
) -> Plan:  # fmt: skip
    """Choose a mission or none for every member of a scene.

    Parameters
    ----------
    scene : Scene
        As of a moment.
    budget_points : int or None
        Most points that all decisions may cost, held-out ones counted, so that who is drawn out
        changes nothing for the others.
    channel_capacity : dict of str to int, or None
        Most messages by channel; a channel that is not named has no limit.
    limit : int or None
        Most members who get a mission, the held-out counted; the others are not decided about.
    assumptions : Assumptions or None
        Effects until measured; None: the table that comes with Jaga.
    campaign_id : str or None
        The standing campaign that asks, for the log.
    sending_ms : int or None
        When the messages are to go, UTC milliseconds; None: at the scene's moment.

    Raises
    ------
    BadInput
        A budget or capacity below zero, or of something that is no channel.
    """
    limits = Limits(budget_points, channel_capacity or {},
                    tuple(mission.most_at_once for mission in scene.missions))  # fmt: skip
    codes = gates(scene, sending_ms)
    rows = np.flatnonzero(codes == 0)
    worth = Worth.of(scene, rows, assumptions or Assumptions.read())
    fit = (worth.codes == 0).any(axis=1)
    codes[rows[~fit]] = _nearest_miss(worth.codes[~fit])
    rows, worth = rows[fit], worth.take(fit)
    choice = _chosen(scene, rows, worth, limits, limit)
    codes[rows] = _left_over(worth, choice)
    return _plan(scene, rows, worth, choice, codes, campaign_id)


def eligible(scene: Scene, sending_ms: int | None = None) -> Ints:
    """Positions of the members whom nothing keeps from every mission."""
    return np.flatnonzero(gates(scene, sending_ms) == 0)


def gates(scene: Scene, sending_ms: int | None = None) -> Codes:
    """Code of what keeps each member from any mission, 0 for nothing, shape (n,)."""
    program, people = scene.program, scene.people.loc[scene.frame.index]
    hours = program.messages.quiet_hours
    skipped = hours if hours is not None and hours.then == "skip" else None
    quiet = quiet_now(skipped, people["zone"].tolist(), program.zone,
                      scene.moment_ms if sending_ms is None else sending_ms)  # fmt: skip
    return member_exclusions(scene.frame, scene.answers, people, scene.rests, program.messages,
                             quiet)


def _nearest_miss(codes: Codes) -> Codes:
    """The last gate that each member came to with any mission, shape (n,)."""
    return codes.max(axis=1, initial=0 if codes.shape[1] else code("no_mission"))


def _chosen(scene: Scene, rows: Ints, worth: Worth, limits: Limits, most: int | None) -> Choice:
    """Usual choices and trials; each member's draw is of the program, the day and himself."""
    own = draws((scene.names[row] for row in rows.tolist()),
                "explore", scene.program.program_id, str(scene.today))  # fmt: skip
    alone = 1 - Holdouts.on(scene.program, scene.today).sent
    options = Options.of(worth, scene.missions, limits, most, alone)
    return choose(options, scene.program.exploration, own)


def _left_over(worth: Worth, choice: Choice) -> Codes:
    """Code of why an eligible member gets nothing, 0 for who gets something, shape (n,)."""
    best = worth.gain.max(axis=1, initial=-np.inf)
    codes = np.where(best > 0, code("budget"), code("no_gain"))
    codes[choice.beyond] = code("limit")
    codes[choice.usual >= 0] = code("explored")
    codes[choice.taken >= 0] = 0
    return codes.astype(np.int8)


def _plan(
    scene: Scene, rows: Ints, worth: Worth, choice: Choice, codes: Codes, campaign_id: str | None
) -> Plan:
    """Draw the holdouts, and put everything in order: missions first, the highest gain on top."""
    order = _order(worth, choice)
    rows, worth, choice = rows[order], worth.take(order), choice.take(order)
    clusters = scene.people["cluster"].loc[scene.frame.index[rows]].to_numpy()
    holdouts = Holdouts.on(scene.program, scene.today)
    ids = np.array([*(mission.id for mission in scene.missions), NOBODY], dtype=object)
    held = holdouts.of(clusters, ids[choice.taken])
    held[choice.taken < 0] = FREE
    records = Records(scene, rows, worth, choice, clusters, held, holdouts, campaign_id)
    log = _log(records, ids)
    count = len(log)
    power = power_of(held[:count], clusters[:count], 1 - worth.p_inactive[:count])
    return Plan(_suggestions(records, log), log, records, _excluded(scene, codes), power,
                choice.gap)  # fmt: skip


def _order(worth: Worth, choice: Choice) -> Ints:
    """Positions of who is decided about, those who would get a mission first, best first."""
    gain = worth.gain[np.arange(len(choice.taken)), choice.taken] if worth.gain.size else (
        np.empty(0))
    gain = np.where(choice.taken >= 0, gain, -np.inf)
    order = np.argsort(-gain, kind="stable")
    return order[~choice.beyond[order]]


def _log(records: Records, ids: Any) -> pd.DataFrame:
    """The decisions about a mission as a frame."""
    scene, choice = records.scene, records.choice
    count = int((choice.taken >= 0).sum())
    taken, held, rows = choice.taken[:count], records.held[:count], records.rows[:count]
    member = [scene.names[row] for row in rows.tolist()]
    sent = held == FREE
    return pd.DataFrame({
        "decision_id": [decision_id(scene.program.program_id, name, mission, scene.today,
                                    float(chance), records.campaign_id)
                        for name, mission, chance in zip(
                            member, ids[taken], choice.chance[np.arange(count), taken],
                            strict=True)],
        "member_id": member, "mission_id": np.where(sent, ids[taken], NOBODY),
        "intended": ids[taken], "propensity": records.propensity[:count], "holdout": held,
        "channel": np.array(CHANNELS, dtype=object)[choice.channel[:count]],
        "cost_points": np.where(sent, np.append(records.worth.cost, 0)[taken], 0),
        "policy_version": POLICY, "gain": records.worth.gain[np.arange(count), taken],
        "explored": taken != choice.usual[:count],
    })  # fmt: skip


def _suggestions(records: Records, log: pd.DataFrame) -> tuple[Suggestion, ...]:
    """What is to be sent of a log, with its words."""
    scene, effects = records.scene, records.worth.effects
    reasons = scene.answers["reasons"].iloc[records.rows[: len(log)]].tolist()
    found = []
    for i, (name, member, channel, propensity, held) in enumerate(zip(
            log["decision_id"], log["member_id"], log["channel"], log["propensity"],
            log["holdout"], strict=True)):  # fmt: skip
        if held != FREE:
            continue
        j = int(records.choice.taken[i])
        mission, effect = scene.missions[j], effects[j]
        text = mission.texts[language_of(scene, int(records.rows[i]), mission)]
        rise = Effect(float(effect.value[i]), float(effect.low[i]), float(effect.high[i]),
                      effect.basis)  # fmt: skip
        found.append(Suggestion(name, member, mission.id, channel, text, rise, propensity,
                                mission.cost_points, tuple(reasons[i])))  # fmt: skip
    return tuple(found)


def _excluded(scene: Scene, codes: Codes) -> pd.Series:
    """Codes in words by member number, of those who have one."""
    words = pd.Series(words_of(codes), index=scene.frame.index, dtype=object)
    return words[codes != 0]
