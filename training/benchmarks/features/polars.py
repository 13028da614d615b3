"""The twenty-five features in polars: one rolling group-by for each entity and window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import Unavailable
from training.benchmarks.features.declared import REDEMPTION, SPANS, TWENTY_FIVE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import polars as pl

    Windows = Mapping[str, Mapping[str, pl.Expr]]


def polars_peer(log: Path, out: Path) -> None:
    """Compute the features with polars; Unavailable where it is not installed.

    Each entity's frame is sorted once; its rolling group-bys come out in that order, so that they
    stand side by side without a join. One sort by place brings the entities together.
    """
    try:
        import polars as pl
    except ModuleNotFoundError as error:
        raise Unavailable("polars", "no package of that name",
                          "install it: pip install polars") from error
    events = pl.read_parquet(log).with_columns(
        pl.col("device").is_first_distinct().cast(pl.Int64).alias("new_device"))
    parts = [part(events).sort("place") for part in (_member, _device, _code, _outlet)]
    whole = pl.concat([parts[0], *(part.drop("place") for part in parts[1:])], how="horizontal")
    whole.select("place", *TWENTY_FIVE.names).write_parquet(out, compression="zstd")


def _member(events: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    count, points = pl.len(), pl.col("points").sum()
    moved = sum((pl.col(axis).diff().over("member").pow(2) for axis in "yz"),
                pl.col("x").diff().over("member").pow(2))
    return _windows(events, "member", {
        "1m": {"count": count}, "10m": {"count": count}, "1h": {"count": count},
        "24h": {"count": count, "points": points, "outlets": pl.col("outlet").n_unique()},
        "7d": {"count": count, "points": points, "devices": pl.col("device").n_unique()},
        "30d": {"count": count, "redemptions": (pl.col("kind") == REDEMPTION).sum()},
    }, [pl.col("ts_ms").diff().over("member").alias("member_since_ms"),
        moved.alias("member_moved_m2")])


def _device(events: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    count, members = pl.len(), pl.col("member").n_unique()
    age = pl.col("ts_ms") - pl.col("ts_ms").first().over("device")
    return _windows(events, "device", {
        "10m": {"count": count}, "24h": {"count": count, "members": members},
        "30d": {"members": members},
    }, [age.alias("device_age_ms")])


def _code(events: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return _windows(events, "code", {
        "30d": {"count": pl.len(), "members": pl.col("member").n_unique()},
    }, [pl.col("ts_ms").diff().over("code").alias("code_since_ms")])


def _outlet(events: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return _windows(events, "outlet", {
        "1h": {"count": pl.len()},
        "24h": {"points": pl.col("points").sum(), "members": pl.col("member").n_unique(),
                "new_devices": pl.col("new_device").sum()},
    }, [])


def _windows(
    events: pl.DataFrame, entity: str, windows: Windows, others: Sequence[pl.Expr]
) -> pl.DataFrame:
    """One entity's features, in the order of entity and place."""
    import polars as pl

    ordered = events.sort(entity, "place")
    rolled = [
        ordered.rolling("place", period=f"{SPANS[window]}i", group_by=entity,
                        closed="right")
        .agg(expression.alias(f"{entity}_{name}_{window}") for name, expression in named.items())
        .drop(entity, "place")
        for window, named in windows.items()
    ]
    return pl.concat([ordered.select("place", *others), *rolled], how="horizontal")
