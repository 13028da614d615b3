"""What a mission changes as an editable table assumes it, until training has measured it.

What is measured is learnt from the log of decisions when a bundle is trained, and outweighs the
table only where the data do (`models.uplift`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from scipy.special import betaincinv

from features.contract import PERSONAS
from features.errors import BadConfig
from features.exports.config import Config, in_words, read_yaml, validate
from models.inactivity.reasons import FAMILIES

if TYPE_CHECKING:
    from models.answers import Basis

Floats = npt.NDArray[np.float64]
TABLE: Final = Path(__file__).with_name("effects.yaml")
"""The assumptions that come with Jaga."""
INTERVAL: Final = (0.025, 0.975)
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
class Effects:
    """Effect of one mission on n members: rise of the chance of activity, with an interval."""

    value: Floats
    low: Floats
    high: Floats
    basis: Basis

    def take(self, rows: Any) -> Effects:
        """Effects on some of the members, by position."""
        return Effects(self.value[rows], self.low[rows], self.high[rows], self.basis)


def assumed_effects(p_inactive: Floats, back: Floats, stayed: Floats) -> Effects:
    """Rise of each member's chance of activity: his chance of silence times who comes back.

    Parameters
    ----------
    p_inactive, back, stayed : shape (n,)
        Chance of silence, and the Beta pseudo-counts.

    Examples
    --------
    >>> one = assumed_effects(np.array([0.5]), np.array([2.0]), np.array([38.0]))
    >>> one.value, one.basis
    (array([0.025]), 'assumed')
    """
    low, high = (p_inactive * _beta_quantile(back, stayed, share) for share in INTERVAL)
    return Effects(p_inactive * back / (back + stayed), low, high, "assumed")


def _beta_quantile(back: Floats, stayed: Floats, share: float) -> Floats:
    """Quantile of each member's Beta; few pairs of counts stand for many members."""
    pairs, at = np.unique(back + 1j * stayed, return_inverse=True)
    return np.asarray(betaincinv(pairs.real, pairs.imag, share)[at])
