"""Hillstrom's e-mail challenge: 64,000 customers, two mails and none drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path

Floats = npt.NDArray[np.float64]
FILE: Final = "hillstrom.csv"
MAILS: Final = ("No E-Mail", "Womens E-Mail", "Mens E-Mail")
OUTCOMES: Final = ("visit", "conversion", "spend")


@dataclass(frozen=True)
class Mail:
    """The challenge: features (n, f), mail by number in `MAILS` (n,), outcomes by name."""

    x: Floats
    arm: npt.NDArray[np.int64]
    outcomes: dict[str, Floats]
    womens_only: npt.NDArray[np.bool_]

    def of(self, mails: tuple[int, ...]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
        """Rows of these mails or none, and among them who got a mail."""
        rows = np.isin(self.arm, (0, *mails))
        return rows, (self.arm[rows] > 0).astype(np.int64)


def read_mail(data: Path) -> Mail:
    """Read the challenge; NotFound names the file."""
    path = data / FILE
    if not path.is_file():
        raise NotFound(f"{FILE} of Hillstrom's challenge", f"no such file in {data}",
                       "point --data at its folder")
    raw = pd.read_csv(path)
    words = pd.get_dummies(raw[["zip_code", "channel"]], dtype=np.float64)
    x = pd.concat([raw[["recency", "history", "mens", "womens", "newbie"]],
                   np.log(raw["history"]).rename("log_history"), words], axis=1)
    return Mail(
        x.to_numpy(dtype=np.float64),
        raw["segment"].map({name: i for i, name in enumerate(MAILS)}).to_numpy(dtype=np.int64),
        {name: raw[name].to_numpy(dtype=np.float64) for name in OUTCOMES},
        ((raw["womens"] == 1) & (raw["mens"] == 0)).to_numpy(),
    )
