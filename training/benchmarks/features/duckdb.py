"""The twenty-five features in DuckDB's own frames, as one query, in two forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.errors import Unavailable
from training.benchmarks.features.declared import REDEMPTION, SPANS

if TYPE_CHECKING:
    from pathlib import Path

DISTINCT: Final = (
    ("member", "outlet", "24h"), ("member", "device", "7d"), ("device", "member", "24h"),
    ("device", "member", "30d"), ("code", "member", "30d"), ("outlet", "member", "24h"),
)
"""Entity, value counted and window of the distinct counts."""


def _frame(entity: str, window: str) -> str:
    return (f"OVER (PARTITION BY {entity} ORDER BY place "
            f"RANGE BETWEEN {SPANS[window] - 1} PRECEDING AND CURRENT ROW)")


def _count(entity: str, window: str) -> str:
    return f"count(*) {_frame(entity, window)} AS {entity}_count_{window}"


def _points(entity: str, window: str) -> str:
    return f"CAST(sum(points) {_frame(entity, window)} AS BIGINT) AS {entity}_points_{window}"


def _distinct(entity: str, value: str, window: str, rewritten: bool) -> str:
    name = f"{entity}_{value}s_{window}"
    if not rewritten:
        return f"count(DISTINCT {value}) {_frame(entity, window)} AS {name}"
    gone = (f"sum({name}_exit) OVER (PARTITION BY {entity} ORDER BY place RANGE BETWEEN "
            f"UNBOUNDED PRECEDING AND {SPANS[window]} PRECEDING)")
    return (f"CAST(sum({name}_entry) OVER (PARTITION BY {entity} ORDER BY place "
            f"RANGE UNBOUNDED PRECEDING) - coalesce({gone}, 0) AS BIGINT) AS {name}")


def _flags(entity: str, value: str, window: str) -> str:
    """Whether a value enters the window with this event, and leaves it one window later."""
    name, span = f"{entity}_{value}s_{window}", SPANS[window]
    pair = f"OVER (PARTITION BY {entity}, {value} ORDER BY place)"
    return (f"CAST(coalesce(lag(place) {pair} + {span} <= place, true) AS INTEGER) AS {name}_entry,"
            f" CAST(coalesce(lead(place) {pair} >= place + {span}, true) AS INTEGER)"
            f" AS {name}_exit")


def _squared(axis: str) -> str:
    return f"({axis} - lag({axis}) OVER member) * ({axis} - lag({axis}) OVER member)"


def query(log: Path, rewritten: bool) -> str:
    """Write the SQL of the twenty-five, in the order of their declarations.

    Parameters
    ----------
    log : Path
        The Parquet file.
    rewritten : bool
        Count distinct values as entries less exits of pairs, not by ``count(DISTINCT)``.
    """
    outlets, devices, members_24h, members_30d, of_code, of_outlet = (
        _distinct(*one, rewritten) for one in DISTINCT)
    columns = [
        "place", *(_count("member", w) for w in SPANS),
        f"count(*) FILTER (kind = {REDEMPTION}) {_frame('member', '30d')}"
        " AS member_redemptions_30d",
        _points("member", "24h"), _points("member", "7d"), outlets, devices,
        "ts_ms - lag(ts_ms) OVER member AS member_since_ms",
        f"{' + '.join(map(_squared, 'xyz'))} AS member_moved_m2",
        _count("device", "10m"), _count("device", "24h"), members_24h, members_30d,
        "ts_ms - first_value(ts_ms) OVER device AS device_age_ms",
        _count("code", "30d"), of_code, "ts_ms - lag(ts_ms) OVER code AS code_since_ms",
        _count("outlet", "1h"), _points("outlet", "24h"), of_outlet,
        f"CAST(sum(new_device) {_frame('outlet', '24h')} AS BIGINT) AS outlet_new_devices_24h",
    ]
    fresh = "CAST(row_number() OVER (PARTITION BY device ORDER BY place) = 1 AS INTEGER)"
    inner = ["*", f"{fresh} AS new_device"]
    inner += [_flags(*one) for one in DISTINCT] if rewritten else []
    named = ", ".join(f"{e} AS (PARTITION BY {e} ORDER BY place)"
                      for e in ("member", "device", "code"))
    return (f"SELECT {', '.join(columns)} FROM "
            f"(SELECT {', '.join(inner)} FROM read_parquet('{log}')) WINDOW {named}")


def duckdb_native(log: Path, out: Path) -> None:
    """Compute the features with ``count(DISTINCT) OVER``; Unavailable without DuckDB."""
    _copy(query(log, rewritten=False), out)


def duckdb_rewritten(log: Path, out: Path) -> None:
    """Compute the features with distinct counts rewritten; Unavailable without DuckDB."""
    _copy(query(log, rewritten=True), out)


def _copy(text: str, out: Path) -> None:
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise Unavailable("DuckDB", "no package of that name",
                          "install the extra: pip install 'jaga[sql]'") from error
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": False}) as connection:
        connection.execute(f"COPY ({text}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")
