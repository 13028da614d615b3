"""An export cut at a moment: what the program knew before it, and what came after."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from features.contract import EVENT_TABLES, TABLES, Table

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = ("program.yaml", "missions.yaml")


def cut(folder: Path, at_ms: int, past: Path, future: Path) -> None:
    """Split a Parquet export into two exports by when the program learnt of each row.

    Parameters
    ----------
    folder : Path
        The whole export, one Parquet file a table.
    at_ms : int
        The moment, in UTC milliseconds; a row known at it belongs to the future.
    past, future : Path
        Folders to write; each is an export of its own, with the settings of the whole.
    """
    at = pd.Timestamp(datetime.fromtimestamp(at_ms / 1000, UTC))
    for target in (past, future):
        target.mkdir(parents=True, exist_ok=True)
        for name in SETTINGS:
            if (folder / name).exists():
                shutil.copyfile(folder / name, target / name)
    for table in TABLES.values():
        source = folder / f"{table.name}.parquet"
        if source.exists():
            frame = pd.read_parquet(source)
            before = _known(frame, table).lt(at) | _known(frame, table).isna()
            frame[before].to_parquet(past / source.name, index=False)
            frame[~before].to_parquet(future / source.name, index=False)


def _known(frame: pd.DataFrame, table: Table) -> pd.Series:
    """When the program learnt of each row; empty where it was known from the start."""
    names = ("recorded_at", "occurred_at") if table.name in EVENT_TABLES else (
        "known_at", table.first_time)
    known = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ms, UTC]")
    for name in names:
        if name in frame.columns:
            known = known.fillna(pd.to_datetime(frame[name], utc=True).astype(known.dtype))
    return known
