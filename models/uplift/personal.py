"""A member's own effect as a line in named, standardised features of the member frame."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import PERSONAS

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
_LOGGED: Final = ("days_since_last", "repeat_days", "tenure", "points_mean", "balance",
                  "days_since_mission")  # fmt: skip
_PLAIN: Final = ("silence_to_cadence", "trend", "active_days_90", "redeemed_ever", "missions_90",
                 "campaign_now", "off_season_ahead", "channels_open")  # fmt: skip
COLUMNS: Final = (*(f"log_{name}" for name in _LOGGED), *_PLAIN,
                  *(f"persona_{name}" for name in PERSONAS))  # fmt: skip
"""How silent, how regular, how much, how often asked, and who."""
FURTHEST: Final = 5.0
"""Standard deviations beyond which a member counts as being that far out, so that a line is not
drawn out to where nobody was seen."""


def design(frame: pd.DataFrame) -> Floats:
    """Columns of a member frame of n members, shape (n, len(COLUMNS)); unknown is NaN."""
    logged = np.log1p(frame[list(_LOGGED)].to_numpy(dtype=np.float64).clip(min=0))
    plain = frame[list(_PLAIN)].to_numpy(dtype=np.float64)
    persona = frame["persona"].to_numpy(dtype=np.float64)
    return np.column_stack([logged, plain, persona[:, None] == np.arange(len(PERSONAS))])


@dataclass(frozen=True)
class Scale:
    """Mean and spread of each column where it is known; the unknown is taken for the mean."""

    mean: tuple[float, ...]
    spread: tuple[float, ...]

    @classmethod
    def of(cls, columns: Floats) -> Scale:
        """Of columns of shape (n, columns); one that does not vary, or is unknown, has spread 1.

        >>> Scale.of(np.array([[1.0, np.nan], [3.0, np.nan]]))
        Scale(mean=(2.0, 0.0), spread=(1.0, 1.0))
        """
        known = np.isfinite(columns)
        number = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, columns, 0.0).sum(axis=0) / number
        spread = np.sqrt(np.where(known, (columns - mean) ** 2, 0.0).sum(axis=0) / number)
        return cls(tuple(mean.tolist()), tuple(np.where(spread > 1e-9, spread, 1.0).tolist()))

    def apply(self, columns: Floats) -> Floats:
        """Standardised columns, within `FURTHEST`."""
        standard = (columns - np.array(self.mean)) / np.array(self.spread)
        return np.clip(np.nan_to_num(standard), -FURTHEST, FURTHEST)


@dataclass(frozen=True)
class Line:
    """Effect of one mission: an intercept and a weight for each standardised column.

    Parameters
    ----------
    weight : tuple of float
        Intercept first, then one for each of `COLUMNS`.
    covariance : tuple of tuple of float
        Of the weights.
    """

    scale: Scale
    weight: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]

    @classmethod
    def fit(
        cls, scale: Scale, standard: Floats, effect: Floats, penalty: float, inflated: float = 1.0
    ) -> Line:
        """Ridge on effects of rows that are right on average.

        The covariance is that of the penalty read as a prior, whose intervals hold on average
        over members in spite of the shrinkage (Wahba, JRSS B 1983).

        Parameters
        ----------
        standard : shape (n, columns)
            Columns as `Scale.apply` gives them.
        effect : shape (n,)
            Doubly robust effects.
        penalty : float
            Of the squared weights; the intercept has none.
        inflated : float
            How much larger variances are because rows of a cluster go together.
        """
        columns = np.column_stack([np.ones(len(standard)), standard])
        ridge = penalty * np.eye(columns.shape[1])
        ridge[0, 0] = 0.0
        inverse = np.linalg.pinv(columns.T @ columns + ridge)
        weight = inverse @ columns.T @ effect
        noise = float(((effect - columns @ weight) ** 2).mean()) * inflated
        return cls(scale, tuple(weight.tolist()), tuple(map(tuple, (noise * inverse).tolist())))

    def effects(self, columns: Floats) -> tuple[Floats, Floats]:
        """Effect and its standard error of rows as `design` gives them, shape (n,) each."""
        standard = self.scale.apply(columns)
        rows = np.column_stack([np.ones(len(standard)), standard])
        error = np.sqrt(np.einsum("ni,ij,nj->n", rows, np.array(self.covariance), rows))
        return rows @ np.array(self.weight), error

    def to_json(self) -> dict[str, Any]:
        """Plain values for `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Line:
        """Build what `to_json` wrote."""
        scale = Scale(tuple(raw["scale"]["mean"]), tuple(raw["scale"]["spread"]))
        return cls(scale, tuple(raw["weight"]), tuple(map(tuple, raw["covariance"])))
