"""`jaga score`: every member as of a moment, as one Parquet file."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.progress import Progress, silent
from serving.champion import load_champion
from serving.members import default_as_of, reasons_text, score_members

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from features.store.home import Home
    from serving.members import Members


@dataclass(frozen=True)
class ScoreReport:
    """What was scored, with which bundle, as of when."""

    members: int
    as_of_ms: int
    bundle_id: str
    states: dict[str, int]
    out: str
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def score(
    home: Home, out: Path, program_id: str | None = None, as_of: int | None = None,
    progress: Progress = silent,
) -> ScoreReport:
    """Write ``out/members.parquet``: one row a member known before ``as_of``.

    Parameters
    ----------
    home : Home
    out : Path
        Folder, made where it is missing.
    program_id : str or None
        Needed where the home holds several programs.
    as_of : int or None
        UTC milliseconds; None: just after the journal's last event.
    """
    started = time.perf_counter()
    journal = home.journal(program_id)
    catalog = home.catalog(journal.program.program_id)
    bundle = load_champion(home, journal, catalog)
    moment = default_as_of(journal) if as_of is None else as_of
    members = score_members(journal, bundle, catalog, moment, progress)
    return write_scores(members, bundle.bundle_id, out, started)


def write_scores(members: Members, bundle_id: str, out: Path, started: float) -> ScoreReport:
    """Write ``out/members.parquet`` of members who are scored; ``started`` is a performance count.

    The file appears only when it is whole.
    """
    table = members.table
    out.mkdir(parents=True, exist_ok=True)
    path = out / "members.parquet"
    scratch = path.with_suffix(".part")
    pq.write_table(to_arrow(table, members.as_of_ms), scratch)
    scratch.replace(path)
    counts = {str(state): int(count) for state, count in table["state"].value_counts().items()}
    return ScoreReport(len(table), members.as_of_ms, bundle_id, counts, str(path),
                       round(time.perf_counter() - started, 2))


def to_arrow(table: pd.DataFrame, as_of_ms: int) -> pa.Table:
    """Shape the member table as the contract's file."""
    day = {name: _days(table[name].to_numpy(dtype=np.float64))
           for name in ("expected_next_activity", "low", "high")}
    texts = [reasons_text(state, reasons)
             for state, reasons in zip(table["state"], table["reasons"], strict=True)]
    return pa.table({
        "member_id": pa.array(table["member_id"].astype(str), pa.string()),
        "as_of": pa.repeat(pa.scalar(as_of_ms, pa.timestamp("ms", "UTC")), len(table)),
        "anomaly": pa.array(table["anomaly"].to_numpy(), pa.float64(), from_pandas=True),
        "p_inactive": pa.array(table["p_inactive"].to_numpy(), pa.float64()),
        "horizon_days": pa.array(table["horizon_days"].astype(np.int64).to_numpy(), pa.int64()),
        "expected_next_activity": day["expected_next_activity"],
        "expected_low": day["low"],
        "expected_high": day["high"],
        "state": pa.array(table["state"].astype(str), pa.string()),
        "reasons": pa.array(texts, pa.string()),
    })


def _days(days: npt.NDArray[np.float64]) -> pa.Array:
    """Days since 1970 as dates, null where there is none.

    >>> _days(np.array([1.0, np.nan])).to_pylist()
    [datetime.date(1970, 1, 2), None]
    """
    unknown = np.isnan(days)
    whole = np.where(unknown, 0.0, np.round(days)).astype(np.int32)
    return pa.array(whole, pa.int32(), mask=unknown).cast(pa.date32())
