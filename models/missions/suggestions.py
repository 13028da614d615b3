"""A mission for each member worth one: gates, effect, value, budget, holdouts, words.

`suggest` is a pure function of a `Scene`. Held-out members are chosen like everybody else, kept
in the decisions with what they would have got, and left out of what is sent.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.contract import CHANNELS
from features.exports.missions import NOBODY
from models.answers import Effect, Suggestion
from models.inactivity.reasons import FAMILY_OF
from models.missions.allocation import NONE, allocate
from models.missions.effects import Assumptions, Effects, effects, measure
from models.missions.eligibility import (
    member_exclusions,
    mission_exclusions,
    offered_before,
    reachable,
)
from models.missions.holdouts import Holdouts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.exports.missions import Mission
    from features.exports.program import Program
    from features.members.known import Known
    from features.store.journal import Journal

Floats = npt.NDArray[np.float64]
POLICY: Final = "suggest-1"
"""Version of these rules in the log of decisions."""


@dataclass(frozen=True)
class Scene:
    """All that a suggestion depends on, as of a moment.

    Parameters
    ----------
    program : Program
        Its holdouts, languages and id.
    missions : sequence of Mission
        What can be offered.
    frame, answers : DataFrame
        Member frame of n members, and what the inactivity model says of them.
    names, languages : sequences of str, length n
        Member ids, and the language each is spoken to in.
    offers : DataFrame
        Past decisions: ``member_id, day, mission_id, holdout, intended``.
    days : DataFrame
        ``member, day`` of qualifying activity.
    numbers : dict of str to int
        Number of each mission in the journal; 0 where it was never offered.
    """

    program: Program
    missions: Sequence[Mission]
    frame: pd.DataFrame
    answers: pd.DataFrame
    names: Sequence[str]
    languages: Sequence[str]
    offers: pd.DataFrame
    days: pd.DataFrame
    numbers: dict[str, int]

    @classmethod
    def of(
        cls, journal: Journal, known: Known, frame: pd.DataFrame, answers: pd.DataFrame
    ) -> Scene:
        """Gather a scene from a journal and what was known at the moment of ``frame``."""
        first = journal.program.languages[0]
        spoken = journal.names("language", frame["language"].to_numpy().astype(np.int64))
        missions = list(journal.missions)
        numbers = {mission.id: journal.number("mission", mission.id) for mission in missions}
        decided = journal.names("decision", known.offers["decision_id"].to_numpy())
        offers = known.offers.assign(
            intended=[numbers.get(intended_mission(str(name)), 0) for name in decided])
        return cls(
            journal.program, missions, frame, answers,
            [str(name) for name in journal.names("member", frame.index.to_numpy())],
            [str(word) if word else first for word in spoken], offers, known.days, numbers,
        )  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What to send, what was decided, and why others got nothing.

    Parameters
    ----------
    suggestions : tuple of Suggestion
        To be sent, best first.
    decisions : DataFrame
        One row per decision, held-out members included, best first: ``decision_id, member_id,
        mission_id`` ("none" where held out), ``intended, propensity, holdout, channel,
        cost_points, policy_version, gain``.
    excluded : Series
        Code by member number for everybody without a decision.
    """

    suggestions: tuple[Suggestion, ...]
    decisions: pd.DataFrame
    excluded: pd.Series


def suggest(
    scene: Scene, budget_points: int | None = None,
    channel_capacity: dict[str, int] | None = None, limit: int | None = None,
    assumptions: Assumptions | None = None,
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
        Most suggestions.
    assumptions : Assumptions or None
        Effects until measured; None: the table that comes with Jaga.
    """
    assumed = assumptions or Assumptions.read()
    frame = scene.frame
    cool_off = {scene.numbers[m.id]: m.cool_off_days for m in scene.missions}
    codes = member_exclusions(frame, scene.answers, cool_off)
    rows = np.flatnonzero(codes == "")
    offers = _offers(scene, rows, assumed)
    gain = np.column_stack([one.gain for one in offers]) if offers else np.empty((len(rows), 0))
    cost = np.array([mission.cost_points for mission in scene.missions], dtype=np.int64)
    chosen = allocate(gain, cost, budget_points)
    codes[rows] = _left_over(gain, chosen, offers)
    order = _ranked(gain, chosen)
    taken = _channels(scene, rows, chosen, order, channel_capacity or {})
    codes[rows[[i for i in order if i not in taken]]] = "budget"
    return _plan(scene, rows, chosen, taken, offers, gain, codes, limit)


@dataclass(frozen=True)
class _Offer:
    """One mission looked at for the eligible members: arrays of shape (rows,)."""

    gain: Floats
    effect: Effects
    code: npt.NDArray[np.object_]


def _offers(scene: Scene, rows: Any, assumed: Assumptions) -> list[_Offer]:
    frame, answers = scene.frame.iloc[rows], scene.answers.iloc[rows]
    today = int(scene.frame["today"].iloc[0]) if len(scene.frame) else 0
    found = measure(scene.offers, scene.days, scene.frame["persona"], assumed.window_days, today)
    p = answers["p_inactive"].to_numpy(dtype=np.float64)
    value = value_at_stake(scene.frame, answers["horizon_days"].to_numpy(), rows)
    reason = np.array([_family(reasons) for reasons in answers["reasons"]], dtype=object)
    done = offered_before(frame, scene.offers, scene.numbers)
    offers = []
    for mission in scene.missions:
        counts = assumed.of(mission.id, frame["persona"].to_numpy(), reason)
        effect = effects(p, *counts, found.get(scene.numbers[mission.id]))
        code = mission_exclusions(frame, mission, done)
        paid = mission.cost_points * np.clip(1 - p + effect.value, 0.0, 1.0)
        gain = effect.value * value * assumed.value_per_point - paid
        offers.append(_Offer(np.where(code == "", gain, -np.inf), effect, code))
    return offers


def value_at_stake(frame: pd.DataFrame, horizon: Any, rows: Any) -> Floats:
    """Points that members usually earn within their horizon, shape (rows,).

    Points of an active day times the active days that the own cadence promises; the median of
    those who started stands in for a member who did not.
    """
    usual: pd.Series = frame["points_mean"] / frame["cadence"].clip(lower=1.0)
    middle: pd.Series = usual.groupby(frame["persona"]).transform("median").fillna(usual.median())
    return np.asarray(usual.fillna(middle).fillna(0.0).to_numpy()[rows] * horizon)


def decision_id(program_id: str, member_id: str, mission_id: str, today: int) -> str:
    """Id of a decision: the mission, and a hash that is the same for the same decision.

    The mission stays readable, so that the log says what a held-out member would have got.

    >>> decision_id("acme", "m-1", "streak", 20_000)
    'streak.91cb8028073934fa'
    """
    text = "\x1f".join((program_id, member_id, mission_id, str(today), POLICY))
    return f"{mission_id}.{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def intended_mission(decision: str) -> str:
    """Mission that a decision of ours was about; "" where the id is not one of ours.

    >>> intended_mission("streak.91cb8028073934fa"), intended_mission("d-17")
    ('streak', '')
    """
    return decision.rpartition(".")[0]


def _family(reasons: Sequence[Any]) -> str:
    return FAMILY_OF.get(reasons[0].code, "") if reasons else ""


def _left_over(gain: Floats, chosen: Any, offers: list[_Offer]) -> npt.NDArray[np.object_]:
    """Codes of eligible members without a mission: never fitting, not worth it, or no budget."""
    codes = np.full(len(chosen), "", dtype=object)
    nothing = chosen == NONE
    codes[nothing] = "no_gain"
    if offers:
        best = gain.max(axis=1)
        codes[nothing & (best > 0)] = "budget"
        unfit = nothing & np.isneginf(best)
        codes[unfit] = offers[0].code[unfit]
    return codes


def _ranked(gain: Floats, chosen: Any) -> list[int]:
    """Members with a mission, highest gain first."""
    rows = np.flatnonzero(chosen != NONE)
    worth = gain[rows, chosen[rows]]
    return [int(i) for i in rows[np.argsort(-worth, kind="stable")]]


def _channels(
    scene: Scene, rows: Any, chosen: Any, order: list[int], capacity: dict[str, int]
) -> dict[int, str]:
    """Channel of each member in rank order; who finds no place is not in it."""
    left = dict(capacity)
    frame = scene.frame.iloc[rows]
    open_by = [reachable(frame, mission.channels) for mission in scene.missions]
    taken: dict[int, str] = {}
    for i in order:
        mission = scene.missions[chosen[i]]
        for name in mission.channels or CHANNELS:
            if open_by[chosen[i]][i, CHANNELS.index(name)] and left.get(name, 1) > 0:
                if name in left:
                    left[name] -= 1
                taken[i] = name
                break
    return taken


def _plan(
    scene: Scene, rows: Any, chosen: Any, taken: dict[int, str], offers: list[_Offer],
    gain: Floats, codes: Any, limit: int | None,
) -> Plan:  # fmt: skip
    today = int(scene.frame["today"].iloc[0]) if len(scene.frame) else 0
    year = int(np.datetime64(today, "D").astype("datetime64[Y]").astype(int)) + 1970
    holdouts = Holdouts.at(scene.program, year)
    suggestions: list[Suggestion] = []
    log: list[dict[str, Any]] = []
    for i, channel in taken.items():
        if limit is not None and len(suggestions) >= limit:
            codes[rows[i]] = "budget"
            continue
        member, mission = scene.names[rows[i]], scene.missions[chosen[i]]
        held = holdouts.of(member, mission.id)
        propensity = holdouts.propensity(held)
        entry = {
            "decision_id": decision_id(scene.program.program_id, member, mission.id, today),
            "member_id": member, "mission_id": mission.id if held == "none" else NOBODY,
            "intended": mission.id, "propensity": propensity, "holdout": held,
            "channel": channel, "cost_points": mission.cost_points if held == "none" else 0,
            "policy_version": POLICY, "gain": float(gain[i, chosen[i]]),
        }  # fmt: skip
        log.append(entry)
        if held == "none":
            suggestions.append(_suggestion(scene, int(rows[i]), mission, entry,
                                           offers[chosen[i]].effect, i))  # fmt: skip
    excluded = pd.Series(codes, index=scene.frame.index, dtype=object)
    return Plan(tuple(suggestions), pd.DataFrame(log, columns=list(_LOG)),
                excluded[excluded != ""])  # fmt: skip


_LOG: Final = ("decision_id", "member_id", "mission_id", "intended", "propensity", "holdout",
               "channel", "cost_points", "policy_version", "gain")  # fmt: skip


def _suggestion(
    scene: Scene, row: int, mission: Mission, entry: dict[str, Any], effect: Effects, i: int
) -> Suggestion:
    language = scene.languages[row]
    text = mission.texts.get(language) or mission.texts[scene.program.languages[0]]
    return Suggestion(
        entry["decision_id"], entry["member_id"], mission.id, entry["channel"], text,
        Effect(float(effect.value[i]), float(effect.low[i]), float(effect.high[i]), effect.basis),
        entry["propensity"], mission.cost_points, tuple(scene.answers["reasons"].iloc[row]),
    )  # fmt: skip
