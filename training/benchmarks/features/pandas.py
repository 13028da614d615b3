"""The twenty-five features in pandas: ``groupby(...).rolling(...)`` over places as time.

A place is a whole number; read as nanoseconds it is a time that pandas compares exactly, so that
its windows have the bounds of ours and equal times keep their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from training.benchmarks.features.declared import REDEMPTION, SPANS, TWENTY_FIVE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

COUNTS = {
    "member": ("1m", "10m", "1h", "24h", "7d", "30d"), "device": ("10m", "24h"),
    "code": ("30d",), "outlet": ("1h",),
}
POINTS = {"member": ("24h", "7d"), "outlet": ("24h",)}
DISTINCT = {
    "member": (("outlet", "24h"), ("device", "7d")), "code": (("member", "30d"),),
    "device": (("member", "24h"), ("member", "30d")), "outlet": (("member", "24h"),),
}


def pandas_peer(log: Path, out: Path) -> None:
    """Compute the features with pandas."""
    events = pd.read_parquet(log)
    events["time"] = pd.to_datetime(events["place"], unit="ns")
    events["one"] = 1
    events["redemption"] = (events["kind"] == REDEMPTION).astype("int64")
    events["new_device"] = (~events["device"].duplicated()).astype("int64")
    found = {"place": events["place"]}
    for entity in ("member", "device", "code", "outlet"):
        found |= dict(_windows(events, entity)) | dict(_others(events, entity))
    frame = pd.DataFrame(found)
    frame[["place", *TWENTY_FIVE.names]].to_parquet(out, compression="zstd", index=False)


def _windows(events: pd.DataFrame, entity: str) -> Iterable[tuple[str, pd.Series]]:
    """Windowed features, each in the order of the log."""
    ordered = events.sort_values([entity, "place"], kind="stable").set_index("time")
    wanted = [("one", "sum", window, f"{entity}_count_{window}") for window in COUNTS[entity]]
    wanted += [("points", "sum", window, f"{entity}_points_{window}")
               for window in POINTS.get(entity, ())]
    wanted += [(value, "nunique", window, f"{entity}_{value}s_{window}")
               for value, window in DISTINCT[entity]]
    if entity == "member":
        wanted.append(("redemption", "sum", "30d", "member_redemptions_30d"))
    if entity == "outlet":
        wanted.append(("new_device", "sum", "24h", "outlet_new_devices_24h"))
    for value, how, window, name in wanted:
        span = pd.Timedelta(SPANS[window], unit="ns")
        rolled = getattr(ordered.groupby(entity)[value].rolling(span, closed="right"), how)()
        yield name, pd.Series(rolled.to_numpy(), index=ordered["event"] - 1)


def _others(events: pd.DataFrame, entity: str) -> Iterable[tuple[str, pd.Series]]:
    """Features of the event before and of the first one."""
    groups = events.groupby(entity)
    if entity == "member":
        moved = groups[["x", "y", "z"]].diff()
        yield "member_moved_m2", (moved * moved).sum(axis=1, skipna=False)
    if entity in ("member", "code"):
        yield f"{entity}_since_ms", groups["ts_ms"].diff()
    if entity == "device":
        yield "device_age_ms", events["ts_ms"] - groups["ts_ms"].transform("first")
