"""The log of decisions as an experiment: who was given what, by which chance, and who came.

By assignment, not by delivery, and only decisions whose window is over. Covariates are what was
known when it was decided. A decision from which nothing can be compared is left out and counted:
a chance nobody knows, a chance so small or so near to certain that one row would stand for a
hundred.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.contract import HOLDOUTS
from features.exports.missions import NOBODY
from features.members.calendar_days import as_of_day, day_start, local_days
from features.members.rhythm import member_frame
from features.places import MISSING, first_place
from models.missions.clusters import clusters
from models.uplift.arms import comparable

if TYPE_CHECKING:
    from features.members.known import History
    from features.store.journal import Journal

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LEAST_CHANCE: Final = 0.01
"""An arm of a smaller chance counts as not open: rows of extreme chances ruin every weighted mean
(Crump and others, Biometrika 2009)."""
MOMENTS: Final = 12
"""Most moments at which the member frame is made; with more days of decisions, each takes the
latest moment before it."""
OVERRIDE: Final = "override"
"""Policy version of what a person decided: its chance is unknown."""
SCALE: Final = 1e6
COLUMNS: Final = ("decision_id", "member_id", "decided_at", "mission_id", "propensity", "holdout",
                  "policy_version")  # fmt: skip
REASONS: Final = {
    OVERRIDE: "decided by a person, so nobody knows the chance",
    "certain": "sure beforehand, so there is nothing to compare with",
    "stranger": "about a member who was not known then",
}


@dataclass(frozen=True)
class Decisions:
    """Rows of n decisions that can be compared.

    Parameters
    ----------
    missions : tuple of str
        Names of arms 1 and up, in order.
    frame : DataFrame
        Member frame of each row as known at its decision, numbered 0 to n - 1.
    arm : shape (n,)
        What was decided; 0 is nothing.
    chance : shape (n, arms)
        Of every arm; 0 where it was not open.
    active : shape (n,)
        1 where the member had qualifying activity within the window, else 0.
    cluster : shape (n,)
        Rows that are not independent share a number.
    left_out : dict of str to int
        Decisions left out, by the keys of `REASONS`.
    """

    missions: tuple[str, ...]
    frame: pd.DataFrame
    arm: Ints
    chance: Floats
    active: Floats
    cluster: Ints
    left_out: dict[str, int]

    def __len__(self) -> int:
        return len(self.arm)

    def take(self, rows: npt.NDArray[np.bool_]) -> Decisions:
        """Some of the rows, by a mask of shape (n,)."""
        return replace(self, frame=self.frame[rows].reset_index(drop=True), arm=self.arm[rows],
                       chance=self.chance[rows], active=self.active[rows],
                       cluster=self.cluster[rows])

    def counts(self, arm: int, rows: Any = True) -> tuple[int, int]:
        """Rows that were given an arm, and rows that could have been and were left alone."""
        mine = comparable(self.chance, arm) & rows
        return int((mine & (self.arm == arm)).sum()), int((mine & (self.arm == 0)).sum())

    @property
    def sentence(self) -> str:
        """How many were left out and why; empty where none was."""
        told = [f"{count:,} {REASONS[name]}" for name, count in self.left_out.items() if count]
        return f"Left out of learning effects: {'; '.join(told)}." if told else ""


def read_decisions(
    journal: Journal, history: History, as_of_ms: int, window: int
) -> Decisions:
    """Decisions known before ``as_of_ms`` whose window of that many days is over.

    Chances of arms that were not taken are those of our own record; of an imported decision, the
    rest of its chance is shared as the same policy's decisions for members of that persona are.
    """
    rows = _logged(journal, history, as_of_ms, window)
    names = sorted({*rows["mission"], *(name for record in rows["candidates"] if record
                                        for name in record)} - {NOBODY})  # fmt: skip
    number = {NOBODY: 0, **{name: i for i, name in enumerate(names, 1)}}
    arm = rows["mission"].map(number).to_numpy(dtype=np.int64)
    frame, met = _as_known(history, rows)
    chance = _chances(rows.assign(persona=frame["persona"]), arm, number)
    own = chance[np.arange(len(rows)), arm] if len(rows) else np.empty(0)
    open_to = (chance > 0).sum(axis=1)
    why = np.select([~met, rows["policy"] == OVERRIDE, (own <= 0) | (open_to < 2)],
                    ["stranger", OVERRIDE, "certain"], "")  # fmt: skip
    kept = why == ""
    active = _active(history, rows, as_of_ms, window)
    return Decisions(
        tuple(names), frame[kept].reset_index(drop=True), arm[kept], chance[kept], active[kept],
        _clusters(frame[kept], rows["root"].to_numpy()[kept]),
        {name: int((why == name).sum()) for name in REASONS})


def _logged(journal: Journal, history: History, as_of_ms: int, window: int) -> pd.DataFrame:
    """Decisions in order, with names, our own record's candidates and the surviving account."""
    rows = journal.frame("missions", until=first_place(as_of_ms), latest=True,
                         columns=list(COLUMNS))
    number = rows["decision_id"].to_numpy(dtype=np.int64)
    own = _records(journal, as_of_ms)
    decision = journal.names("decision", number)
    mission = journal.names("mission", rows["mission_id"].to_numpy(dtype=np.int64))
    record = [own.get(str(name), {}) for name in decision]
    policy = journal.names("policy_version", rows["policy_version"].to_numpy(dtype=np.int64))
    held = (rows["holdout"] > HOLDOUTS.index("none")).to_numpy()
    logged = pd.DataFrame({
        "member": rows["member_id"], "ms": rows["decided_at"],
        "mission": np.where(held, NOBODY, mission.astype(object)),
        "chance": rows["propensity"] / SCALE,
        "policy": [OVERRIDE if one.get("propensity", 1) is None else str(word)
                   for one, word in zip(record, policy, strict=True)],
        "candidates": [_candidates(one) for one in record],
    })  # fmt: skip
    told = {str(name) for name in decision}
    quiet = _left_alone(journal, [one for name, one in own.items() if name not in told])
    every = pd.concat([logged, quiet]) if len(quiet) else logged
    day = local_days(every["ms"].to_numpy(dtype=np.int64).clip(min=0), history.timezone)
    over = (every["ms"] != MISSING).to_numpy() & (
        day + window < as_of_day(as_of_ms, history.timezone))
    root = history.log.roots(every["member"].to_numpy(dtype=np.int64), as_of_ms)
    return every.assign(day=day, root=root)[over].sort_values("ms", kind="stable",
                                                              ignore_index=True)


def _records(journal: Journal, as_of_ms: int) -> dict[str, dict[str, Any]]:
    """Our own records of decisions made before a moment, by id, with the moment: ``at_ms``."""
    with journal.database.reading() as store:
        return {name: json.loads(body) | {"at_ms": int(at_ms)} for name, at_ms, body in store.rows(
            "SELECT decision_id, at_ms, body FROM suggested WHERE program = ? AND at_ms < ? "
            "ORDER BY at_ms, decision_id", (journal.key, as_of_ms))}  # fmt: skip


def _nights(journal: Journal) -> set[tuple[str, int]]:
    """Campaign and moment of every night that was planned to its end and handed over.

    Of any other night nobody was treated as his record says.
    """
    with journal.database.reading() as store:
        return {(str(name), int(at_ms)) for name, at_ms in store.rows(
            "SELECT n.campaign_id, n.at_ms FROM standing_days n WHERE n.program = ? "
            "AND NOT EXISTS (SELECT 1 FROM standing_decisions d WHERE d.program = n.program "
            "AND d.campaign_id = n.campaign_id AND d.day = n.day AND d.code = 'stopped')",
            (journal.key,))}


def _left_alone(journal: Journal, records: list[dict[str, Any]]) -> pd.DataFrame:
    """Members of a standing campaign whom the draw gave nothing: nobody had to send that."""
    nights = _nights(journal)
    mine = [one for one in records if (one.get("campaign_id"), one["at_ms"]) in nights
            and one["mission_id"] == NOBODY and one["holdout"] == "none"]  # fmt: skip
    return pd.DataFrame({
        "member": journal.numbers("member", [one["member_id"] for one in mine]),
        "ms": [one["at_ms"] for one in mine],
        "mission": NOBODY, "chance": [one["propensity"] for one in mine],
        "policy": [one["policy_version"] for one in mine],
        "candidates": [one.get("candidates") for one in mine],
    })  # fmt: skip


def _candidates(record: dict[str, Any]) -> dict[str, float] | None:
    """Chances by which a decision is compared; None where the record says none.

    Outside a standing campaign a decision reaches the log only where a mission was meant for the
    member, so that all chances are taken given that one was.
    """
    told = record.get("candidates")
    if not told:
        return _older(record)
    sent = sum(one for name, one in told.items() if name != NOBODY)
    held = record.get("holdout_chance")
    if record.get("campaign_id") or not sent or held is None:
        return dict(told)
    return {name: one / sent * (1 - held) for name, one in told.items() if name != NOBODY} | {
        NOBODY: held}


def _older(record: dict[str, Any]) -> dict[str, float] | None:
    """Candidates of a record that only says what was intended: that mission, or nothing."""
    if not record.get("intended") or not record.get("propensity"):
        return None
    sent = float(record["propensity"])
    sent = sent if record["holdout"] == "none" else 1 - sent
    return {record["intended"]: sent, NOBODY: 1 - sent}


def _chances(rows: pd.DataFrame, arm: Ints, number: dict[str, int]) -> Floats:
    """Chance of every arm, shape (n, arms); 0 where it was below `LEAST_CHANCE` or is unknown."""
    chance = _shared(rows, arm, len(number))
    for i, record in enumerate(rows["candidates"]):
        if record:
            chance[i] = 0.0
            for name, one in record.items():
                chance[i, number[name]] = one
    return np.where(np.isfinite(chance) & (chance >= LEAST_CHANCE), chance, 0.0)


def _shared(rows: pd.DataFrame, arm: Ints, arms: int) -> Floats:
    """What the log says of the arm taken, the rest shared as the persona's other decisions are."""
    group = rows.groupby(["persona", "policy"], sort=False, dropna=False).ngroup().to_numpy()
    taken = np.zeros((int(group.max(initial=-1)) + 1, arms))
    np.add.at(taken, (group, arm), 1.0)
    share, own = taken[group], np.arange(len(rows))
    share[own, arm] = 0.0
    total = share.sum(axis=1, keepdims=True)
    p = rows["chance"].to_numpy(dtype=np.float64)
    chance = np.divide(share, total, out=np.zeros_like(share), where=total > 0) * (1 - p)[:, None]
    chance[own, arm] = p
    return chance


def _as_known(history: History, rows: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Member frame of each row at the latest moment before its decision, and who was known."""
    day = rows["day"].to_numpy(dtype=np.int64)
    first, last = (int(day[0]), int(day[-1])) if len(day) else (0, 0)
    step = 1 if len(np.unique(day)) <= MOMENTS else -(-(last + 1 - first) // MOMENTS)
    moment = day - (day - first) % step
    parts, met = [], np.zeros(len(rows), dtype=bool)
    for one in np.unique(moment):
        mine = np.flatnonzero(moment == one)
        as_of = day_start(int(one), history.timezone)
        frame = member_frame(history.known(as_of))
        member = history.log.roots(rows["member"].to_numpy(dtype=np.int64)[mine], as_of)
        met[mine] = np.isin(member, frame.index)
        parts.append(frame.reindex(member).set_axis(mine))
    every = pd.concat(parts).sort_index() if parts else member_frame(history.known(0))
    return every, met


def _active(history: History, rows: pd.DataFrame, as_of_ms: int, window: int) -> Floats:
    """Whether each decision was followed by activity on one of the window's days, shape (n,)."""
    days = history.log.days(as_of_ms)
    key = np.sort(days["member"].to_numpy() * (1 << 20) + days["day"].to_numpy())
    after = rows["root"].to_numpy() * (1 << 20) + rows["day"].to_numpy() + 1
    return (np.searchsorted(key, after + window) > np.searchsorted(key, after)).astype(np.float64)


def _clusters(frame: pd.DataFrame, member: Ints) -> Ints:
    """Numbers of clusters in the order in which they come: members are one, so are shops."""
    last = pd.DataFrame({"outlet": frame["outlet"], "rep": frame["rep"], "member": member})
    who = last.drop_duplicates("member", keep="last").set_index("member")
    names = clusters([str(one) for one in who.index], who["outlet"], who["rep"])
    return pd.factorize(pd.Series(names, index=who.index).reindex(member))[0].astype(np.int64)
