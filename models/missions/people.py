"""What gates and draws need to know of each member beside the frame of features.

It is told for everybody at once, so that a segment is drawn in the same clusters as the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.members.known import FAILED, READ
from models.missions.clusters import clusters
from models.missions.farming import answered, farmers, treated

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from features.exports.messages import QuietHours

COLUMNS: Final = ("cluster", "farmer", "ignored", "ignored_days", "open_case", "zone")
"""Whom the member is drawn with, whether he comes only when paid, how many missions in a row he
let pass and how long ago the last, whether a case is open, his time zone ("" unknown)."""


def people_of(
    frame: pd.DataFrame, names: Sequence[str], offers: pd.DataFrame, days: pd.DataFrame,
    deliveries: pd.DataFrame | None = None, open_cases: Collection[int] = (),
    zones: Sequence[str] | None = None, called: tuple[Any, Any] = (None, None),
) -> pd.DataFrame:  # fmt: skip
    """`COLUMNS` of each member of a frame, with its index.

    Parameters
    ----------
    frame : DataFrame
        Member frame of n members.
    names : sequence of str, length n
        Member ids.
    offers, days : DataFrame
        Past decisions and qualifying activity, as in a scene.
    deliveries : DataFrame or None
        ``decision_id, status``: an offer that never arrived was not ignored.
    open_cases : collection of int
        Numbers of members with an open case.
    zones : sequence of str, length n, or None
        Time zone of each member; "" or None: the program's.
    called : pair of shape (n,)
        Ids of each member's outlet and rep; None: their numbers.
    """
    today = int(frame["today"].iloc[0]) if len(frame) else 0
    arrived = offers if deliveries is None else offers[~_lost(offers, deliveries)]
    people = pd.DataFrame({
        "cluster": clusters(names, frame["outlet"], frame["rep"], *called),
        "farmer": frame.index.isin(farmers(offers, days, today)),
    }, index=frame.index)  # fmt: skip
    ignored = _ignored(arrived, days, today).reindex(frame.index)
    return people.assign(
        ignored=ignored["ignored"].fillna(0), ignored_days=ignored["ignored_days"],
        open_case=frame.index.isin(list(open_cases)), zone="" if zones is None else zones,
    )  # fmt: skip


def quiet_now(
    hours: QuietHours | None, zones: Sequence[str], own: ZoneInfo, at_ms: int
) -> npt.NDArray[np.bool_]:
    """Whether it is quiet hours where each member lives, shape (n,).

    Parameters
    ----------
    hours : QuietHours or None
        None: it never is.
    zones : sequence of str, length n
        Time zone of each member; one that is empty or unheard of stands for the program's.
    own : ZoneInfo
        The program's.
    at_ms : int
        The moment of sending, UTC milliseconds.

    Examples
    --------
    >>> from features.exports.messages import QuietHours
    >>> hours = QuietHours.model_validate({"from": "21:00", "to": "08:00"})
    >>> noon = 1_751_371_200_000
    >>> quiet_now(hours, ["", "America/Lima"], ZoneInfo("UTC"), noon)
    array([False,  True])
    """
    if hours is None:
        return np.zeros(len(zones), dtype=bool)
    by_zone = {name: hours.holds(at_ms, _zone(name, own)) for name in set(zones)}
    return np.array([by_zone[name] for name in zones], dtype=bool)


def _zone(name: str, own: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else own
    except (KeyError, OSError, ValueError):
        return own


def _lost(offers: pd.DataFrame, deliveries: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each offer failed to arrive."""
    failed, came = (deliveries.loc[deliveries["status"].isin(statuses), "decision_id"]
                    for statuses in ([FAILED], READ))  # fmt: skip
    decision = offers["decision_id"]
    return np.asarray(decision.isin(failed) & ~decision.isin(came))


def _ignored(offers: pd.DataFrame, days: pd.DataFrame, today: int) -> pd.DataFrame:
    """Offers in a row, up to the latest, that a member let pass, and days since the last."""
    sent = treated(offers, today)
    passed = ~answered(sent, days)
    back = sent.assign(passed=passed)[::-1]
    run = back.groupby("member_id")["passed"].cumprod()
    latest = sent.groupby("member_id")["day"].max()
    return pd.DataFrame({"ignored": run.groupby(back["member_id"]).sum(),
                         "ignored_days": today - latest})  # fmt: skip
