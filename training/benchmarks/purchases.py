"""The public purchase logs of the silence benchmark, as days of activity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.errors import NotFound
from features.members.activity import daily

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "churn"
"""Where the logs lie in the folder of all public data sets; or they lie in the named one."""


@dataclass(frozen=True)
class Configuration:
    """One row of the documented protocol.

    Parameters
    ----------
    name, data : str
        Its short name, and which log it reads.
    at : str
        The day of judging; the days before it are known.
    horizon : int
        Days that count as silence ahead.
    snapshots : tuple of int
        Training snapshots, days before ``at``.
    recent : int or None
        Only customers seen within so many days; None: all.
    """

    name: str
    data: str
    at: str
    horizon: int
    snapshots: tuple[int, ...]
    recent: int | None = None

    @property
    def day(self) -> int:
        """``at`` as days since 1970."""
        return int((pd.Timestamp(self.at) - pd.Timestamp(0)).days)


CONFIGURATIONS: Final = (
    Configuration("C1", "cdnow", "1997-10-01", 90, (90,)),
    Configuration("C2", "cdnow", "1998-01-01", 90, (90, 120, 150)),
    Configuration("C3", "cdnow", "1998-04-01", 90, (90, 120, 150, 180, 210)),
    Configuration("C4", "cdnow", "1998-01-01", 180, (180,)),
    Configuration("C5", "cdnow", "1998-01-01", 90, (90, 120, 150), 180),
    Configuration("R1", "retail", "2011-07-12", 60, (60, 90)),
    Configuration("R2", "retail", "2011-09-10", 60, (60, 90, 120)),
    Configuration("R3", "retail", "2011-10-10", 60, (60, 90, 120, 150)),
    Configuration("R4", "retail", "2011-09-10", 90, (90, 120)),
    Configuration("R5", "retail", "2011-10-10", 60, (60, 90, 120, 150), 120),
    Configuration("G1", "grocery", "2007-01-01", 90, (90, 120, 150)),
    Configuration("G2", "grocery", "2007-07-01", 90, (90, 120, 150, 180, 210, 240)),
    Configuration("G3", "grocery", "2007-10-01", 90, tuple(range(90, 301, 30))),
    Configuration("G4", "grocery", "2007-10-01", 90, tuple(range(90, 301, 30)), 180),
)
"""The fourteen of the protocol: data, day, horizon, training snapshots, population."""

REHEARSALS: Final = (
    Configuration("c1", "cdnow", "1997-07-03", 90, (90,)),
    Configuration("c2", "cdnow", "1997-08-02", 60, (60, 90, 120)),
    Configuration("c3", "cdnow", "1997-08-02", 60, (60, 90, 120), 60),
    Configuration("r1", "retail", "2011-05-13", 60, (60, 90)),
    Configuration("r2", "retail", "2011-04-13", 60, (60,)),
    Configuration("r3", "retail", "2011-04-13", 90, (90,)),
    Configuration("r4", "retail", "2011-05-13", 60, (60, 90), 90),
    Configuration("g1", "grocery", "2006-10-03", 90, (90, 120, 150)),
    Configuration("g2", "grocery", "2006-09-03", 90, (90, 120)),
    Configuration("g3", "grocery", "2006-10-03", 90, (90, 120, 150), 120),
    Configuration("g4", "grocery", "2006-11-02", 60, (60, 90, 120, 150)),
)
"""Windows that end before the first test window of their log: settings are chosen here."""


def read_purchases(data: Path) -> dict[str, pd.DataFrame]:
    """Days of activity of each log by name, in the shape of `features.members.activity.daily`.

    Raises
    ------
    NotFound
        Where a file is missing.
    """
    readers = {"cdnow": _cdnow, "retail": _retail, "grocery": _grocery}
    return {name: daily(_lines(read(data))) for name, read in readers.items()}


def _file(data: Path, name: str) -> Path:
    path = data / FOLDER / name if (data / FOLDER).is_dir() else data / name
    if not path.is_file():
        raise NotFound(f"{name} of the public purchase logs", f"nothing at {path}",
                       "name the folder that holds it with --data")
    return path


def _cdnow(data: Path) -> pd.DataFrame:
    names = ["member", "date", "quantity", "value"]
    lines = pd.read_csv(_file(data, "CDNOW_master.txt"), sep=r"\s+", names=names, skiprows=1,
                        header=None)
    return lines.assign(time=pd.to_datetime(lines["date"].astype(str), format="%Y%m%d"), sku=0)


def _retail(data: Path) -> pd.DataFrame:
    lines = pd.read_parquet(_file(data, "online_retail_clean.parquet"))
    return pd.DataFrame({"member": lines["CustomerID"], "time": lines["InvoiceDate"],
                         "quantity": lines["Quantity"], "value": lines["Revenue"],
                         "sku": 1 + pd.factorize(lines["StockCode"])[0]})


def _grocery(data: Path) -> pd.DataFrame:
    lines = pd.read_parquet(_file(data, "grocery.parquet"))
    return pd.DataFrame({"member": lines["cust"].astype(np.int64), "sku": 0,
                         "time": pd.to_datetime(lines["date"]), "quantity": 1, "value": 1.0})


def _lines(lines: pd.DataFrame) -> pd.DataFrame:
    """Purchase lines as qualifying events; their value stands for points and amount."""
    day = (lines["time"].dt.normalize() - pd.Timestamp(0)).dt.days
    return pd.DataFrame({
        "member_id": lines["member"].to_numpy(np.int64), "day": day.to_numpy(np.int64), "kind": 0,
        "points": lines["value"].to_numpy(np.float64), "sku": lines["sku"].to_numpy(np.int64),
        "amount": lines["value"].to_numpy(np.float64),
        "quantity": lines["quantity"].to_numpy(np.float64),
    })
