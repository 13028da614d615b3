"""Members who were active and have gone quiet longer than their own rhythm explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import PERSONAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from features.store.journal import Journal
    from models.inactivity.model import InactivityModel

SHOWN: Final = 10
STATES: Final = ("slipping",)


@dataclass(frozen=True)
class Slipping:
    """One member who slips.

    Parameters
    ----------
    about : str
        Persona and region, as far as known.
    points : int
        Points earned in 180 days: what is at stake.
    usual_days : int or None
        His usual gap between active days.
    """

    member: str
    about: str
    chance: float
    horizon_days: int
    silent_days: int
    usual_days: int | None
    points: int
    reasons: Sequence[str]


@dataclass(frozen=True)
class Slippage:
    """Who slips, the most points at stake first, and how many do in all."""

    members: Sequence[Slipping]
    slipping: int
    active: int
    lapsed: int
    model: str


def slipping(
    journal: Journal, model: InactivityModel, frame: pd.DataFrame, language: str = "en"
) -> Slippage:
    """List the members who slip by chance of silence times what they earned lately."""
    told = model.predict(frame, language=language)
    slips = told["state"].isin(STATES)
    worth = frame["points_mean"].fillna(0) * frame["active_days_180"].fillna(0)
    stake = (told["p_inactive"] * worth)[slips].sort_values(ascending=False, kind="stable")
    top = stake.head(SHOWN).index
    names = journal.names("member", top.to_numpy())
    return Slippage(
        [_member(str(name), frame.loc[number], told.loc[number], journal)
         for name, number in zip(names, top, strict=True)],
        slipping=int(slips.sum()), active=int(told["state"].isin(["active", "slipping"]).sum()),
        lapsed=int((told["state"] == "lapsed").sum()), model=model.why,
    )


def about(persona: float, region: str) -> str:
    """Say who somebody is in a few words.

    >>> about(0.0, "Bali"), about(float("nan"), "")
    ('retailer, Bali', '')
    """
    words = [PERSONAS[int(persona)].replace("_", " ")] if persona >= 0 else []
    return ", ".join([*words, *([region] if region else [])])


def _member(name: str, frame: pd.Series, told: pd.Series, journal: Journal) -> Slipping:
    region = int(frame["region"])
    return Slipping(
        member=name,
        about=about(float(frame["persona"]),
                    str(journal.names("region", np.array([region]))[0]) if region else ""),
        chance=float(told["p_inactive"]), horizon_days=int(told["horizon_days"]),
        silent_days=int(frame["days_since_last"]),
        usual_days=None if np.isnan(frame["gap_median"]) else max(int(frame["gap_median"]), 1),
        points=int(frame["points_mean"] * frame["active_days_180"]),
        reasons=[reason.text for reason in told["reasons"]],
    )
