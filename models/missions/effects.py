"""What a mission changes: assumed from an editable table, measured once holdouts allow.

The measured effect is the share of members active after an offer minus the share among members
held out of it, compared within persona and month, by assignment and not by delivery. The two are
weighed by their precision. "measured" is said only where the holdout outweighs the assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator
from scipy.special import betaincinv

from features.contract import HOLDOUTS, PERSONAS
from features.errors import BadConfig
from features.exports.config import Config, in_words, read_yaml, validate
from models.inactivity.reasons import FAMILIES

if TYPE_CHECKING:
    from models.answers import Basis

Floats = npt.NDArray[np.float64]
TABLE: Final = Path(__file__).with_name("effects.yaml")
"""The assumptions that come with Jaga."""
ARM: Final = 30
"""Members in each arm from which a difference is looked at."""
INTERVAL: Final = (0.025, 0.975)
NORMAL: Final = 1.96
Positive = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]


class Assumption(Config):
    """Of ``of`` members who would stay silent, ``back`` return because of the mission."""

    persona: str | None = None
    reason: str | None = None
    mission: str | None = None
    back: Positive
    of: Positive

    @model_validator(mode="after")
    def _checked(self) -> Assumption:
        if self.back >= self.of:
            raise ValueError("back smaller than of")
        if self.persona is not None and self.persona not in PERSONAS:
            raise ValueError(f"a persona of {', '.join(PERSONAS)}")
        if self.reason is not None and self.reason not in FAMILIES:
            raise ValueError(f"a reason of {', '.join(FAMILIES)}")
        return self


class Assumptions(Config):
    """The editable table, and what a point and a comeback are worth."""

    version: str
    assumed: tuple[Assumption, ...]
    value_per_point: Positive = 10.0
    window_days: Annotated[int, Field(ge=1, le=365)] = 30

    @classmethod
    def read(cls, path: Path = TABLE) -> Assumptions:
        """Read effects.yaml; BadConfig names the file and the key that is wrong."""
        raw = read_yaml(path)
        if not isinstance(raw, dict):
            raise BadConfig(f"{path.name} with a key per setting", in_words(raw),
                            "start from the table that comes with Jaga")  # fmt: skip
        return validate(cls, raw, path.name)

    def of(self, mission: str, persona: Any, reason: Any) -> tuple[Floats, Floats]:
        """Beta pseudo-counts (back, stayed) of each member, shape (n,) each.

        Parameters
        ----------
        mission : str
            Its id.
        persona : shape (n,)
            Index of the persona; NaN unknown.
        reason : object array of shape (n,)
            Strongest family, "" where none.
        """
        back, stayed = np.full(len(reason), 1.0), np.full(len(reason), 39.0)
        for row in self.assumed:
            fits = np.full(len(reason), row.mission in (None, mission))
            if row.persona is not None:
                fits &= np.asarray(persona) == PERSONAS.index(row.persona)
            if row.reason is not None:
                fits &= np.asarray(reason) == row.reason
            back[fits], stayed[fits] = row.back, row.of - row.back
        return back, stayed


@dataclass(frozen=True)
class Difference:
    """Share active after an offer minus share active among the held out, with its error."""

    value: float
    error: float
    treated: int
    held_out: int


@dataclass(frozen=True)
class Effects:
    """Effect of one mission on n members: rise of the chance of activity, with an interval."""

    value: Floats
    low: Floats
    high: Floats
    basis: Basis

    def take(self, rows: Any) -> Effects:
        """Effects on some of the members, by position."""
        return Effects(self.value[rows], self.low[rows], self.high[rows], self.basis)


def effects(
    p_inactive: Floats, back: Floats, stayed: Floats, measured: Difference | None
) -> Effects:
    """Rise of each member's chance of activity when the mission is offered.

    Assumed: the chance of silence times the Beta share that comes back. With a measurement, the
    mean over members is weighed with it by precision, and every member's effect is scaled to it.

    Parameters
    ----------
    p_inactive, back, stayed : shape (n,)
        Chance of silence, and the Beta pseudo-counts.
    measured : Difference or None
        What holdouts show.

    Examples
    --------
    >>> one = effects(np.array([0.5]), np.array([2.0]), np.array([38.0]), None)
    >>> one.value, one.basis
    (array([0.025]), 'assumed')
    """
    mean = back / (back + stayed)
    value = p_inactive * mean
    low, high = (p_inactive * _beta_quantile(back, stayed, share) for share in INTERVAL)
    if measured is None or not len(value):
        return Effects(value, low, high, "assumed")
    spread = float(np.mean(p_inactive * np.sqrt(mean * (1 - mean) / (back + stayed + 1))))
    prior = float(value.mean())
    weight = spread**2 / (spread**2 + measured.error**2)
    centre = (1 - weight) * prior + weight * measured.value
    error = np.sqrt(weight) * measured.error
    if weight < 1 / 2:
        scale = centre / prior if prior > 0 else 1.0
        return Effects(value * scale, np.minimum(low, value) * scale, high * scale, "assumed")
    whole = np.full(len(value), 1.0)
    return Effects(centre * whole, (centre - NORMAL * error) * whole,
                   (centre + NORMAL * error) * whole, "measured")  # fmt: skip


def _beta_quantile(back: Floats, stayed: Floats, share: float) -> Floats:
    """Quantile of each member's Beta; few pairs of counts stand for many members."""
    pairs, at = np.unique(back + 1j * stayed, return_inverse=True)
    return np.asarray(betaincinv(pairs.real, pairs.imag, share)[at])


def measure(
    offers: pd.DataFrame, days: pd.DataFrame, persona: pd.Series, window: int, today: int
) -> dict[int, Difference]:
    """Differences by mission number, from decisions whose window is over.

    Parameters
    ----------
    offers : DataFrame
        ``member_id, day, mission_id, holdout, intended``: ``intended`` is the mission that a
        held-out member would have got, 0 where the log does not say.
    days : DataFrame
        ``member, day`` of qualifying activity.
    persona : Series
        Persona index by member number.
    window : int
        Days after the decision in which activity counts.
    today : int
        First day that is not known.
    """
    over = offers[offers["day"] + window < today]
    table = pd.DataFrame({
        "treated": over["holdout"].to_numpy() == HOLDOUTS.index("none"),
        "mission": over["mission_id"].to_numpy(), "intended": over["intended"].to_numpy(),
        "cell": persona.reindex(over["member_id"]).fillna(-1).to_numpy() * 10_000
        + over["day"].to_numpy() // 30,
        "active": _active_within(over, days, window),
    })  # fmt: skip
    found = {}
    for mission in np.unique(table.loc[table["treated"], "mission"]).tolist():
        treated = table[table["treated"] & (table["mission"] == mission)]
        held = table[~table["treated"] & table["intended"].isin([0, mission])]
        difference = _difference(treated, held)
        if difference is not None:
            found[int(mission)] = difference
    return found


def _active_within(offers: pd.DataFrame, days: pd.DataFrame, window: int) -> Any:
    """Whether each decision was followed by activity within the window, shape (n,)."""
    key = np.sort(days["member"].to_numpy() * (1 << 20) + days["day"].to_numpy())
    after = offers["member_id"].to_numpy() * (1 << 20) + offers["day"].to_numpy() + 1
    first, last = np.searchsorted(key, after), np.searchsorted(key, after + window)
    return last > first


def _difference(treated: pd.DataFrame, held: pd.DataFrame) -> Difference | None:
    """Difference of shares within cells of persona and month, weighed by the treated."""
    arms = [arm.groupby("cell")["active"].agg(["size", "sum"]) for arm in (treated, held)]
    cells = arms[0].join(arms[1], rsuffix="_held", how="inner")
    sizes = cells[["size", "size_held"]].sum().to_numpy()
    if not len(cells) or sizes.min() < ARM:
        return None
    shares, errors = [], []
    for size, hits in (("size", "sum"), ("size_held", "sum_held")):
        smoothed = (cells[hits] + 0.5) / (cells[size] + 1)
        shares.append(cells[hits] / cells[size])
        errors.append(smoothed * (1 - smoothed) / cells[size])
    weight = cells["size"] / cells["size"].sum()
    return Difference(float((weight * (shares[0] - shares[1])).sum()),
                      float(np.sqrt((weight**2 * (errors[0] + errors[1])).sum())),
                      int(sizes[0]), int(sizes[1]))  # fmt: skip
