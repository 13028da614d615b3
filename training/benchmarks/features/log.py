"""The generated log of the feature benchmark: heavy-tailed, bursty, with ties, never in memory.

Slices cover equal parts of 120 days and depend on nothing but rows, seed and their own number.
Members act in proportion to log-normal weights; a few farms share phones and a shop; outlets draw
by a power of their rank; a quarter of the events follow another one within seconds; times have a
grain of 10 ms, so that equal times exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.places import assign_places
from features.progress import Progress, silent
from features.records import KINDS
from features.store.derived import on_sphere
from training.benchmarks.features.draws import HIGH, SOUTH, WEST, WIDE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.places import Ints

START_MS: Final = 1_735_689_600_000
"""2025-01-01T00:00:00Z."""
DAYS: Final = 120
GRAIN_MS: Final = 10
SLICE: Final = 100_000
"""Events generated at a time."""
COLUMNS: Final = (
    "place", "ts_ms", "kind", "event", "member", "device", "code", "outlet", "points", "x", "y",
    "z",
)
"""Columns of the file, all int64. ``place`` is unique; every event knows all its parties."""
SIGMA: Final = 1.6
FARMS: Final = 20
FARM_MEMBERS: Final = 40
FARM_SHARE: Final = 0.02
BURSTS: Final = 0.25
BURST_LENGTH: Final = 6
BURST_GRAINS: Final = 300
DUPLICATES: Final = 0.04
SHARED: Final = 0.03
"""Share of events on devices that many members use."""
AT_HOME: Final = 0.8
"""Share of events on a member's own first device, and at his own outlet."""
_SCAN, _REFERRAL, _REDEMPTION = (KINDS.index(k) for k in ("scan", "referral", "redemption"))
REPEATED_DAYS: Final = 6
"""A duplicate's code was first seen so many days before, in the mean."""


class Log:
    """A log of so many events.

    Parameters
    ----------
    rows : int
        Events.
    seed : int
        Of everything drawn.

    Examples
    --------
    >>> log = Log(1000, 7)
    >>> [len(part["place"]) for part in log.slices()]
    [1000]
    """

    def __init__(self, rows: int, seed: int) -> None:
        self.rows, self.seed = rows, seed
        self.members = max(rows // 25, 4 * FARMS)
        self.outlets = max(rows // 1500, FARMS)
        self.shared = max(self.members // 50, 10)
        rng = np.random.default_rng([seed, 0])
        self._activity = _cumulative(rng.lognormal(0, SIGMA, self.members))
        self._trade = _cumulative(np.arange(1, self.outlets + 1) ** -0.8)
        self._crowd = _cumulative(np.arange(1, self.shared + 1) ** -1.1)
        self.home = 1 + np.searchsorted(self._trade, rng.random(self.members))
        self._phones = rng.integers(2, 4, self.members)
        self._farm = np.arange(min(FARMS * FARM_MEMBERS, self.members // 5))
        self._spots = np.array([SOUTH, WEST]) + rng.integers(0, [HIGH, WIDE], (self.members, 2))
        self._spots[self._farm] = self._spots[self._farm % FARMS]

    def slices(self) -> Iterator[dict[str, Ints]]:
        """Yield the columns of the log in place order, and ``lat, lon`` in millionths of a degree.

        Yields
        ------
        dict
            int64 arrays by the names of `COLUMNS`, at most `SLICE` long.
        """
        parts = -(-self.rows // SLICE)
        grains = DAYS * 86_400_000 // GRAIN_MS
        for part in range(parts):
            first, last = self.rows * part // parts, self.rows * (part + 1) // parts
            low, high = grains * part // parts, grains * (part + 1) // parts
            rng = np.random.default_rng([self.seed, 1, part])
            yield self._slice(rng, np.arange(first + 1, last + 1), low, high)

    def _slice(self, rng: np.random.Generator, event: Ints, low: int, high: int) -> dict[str, Ints]:
        count = len(event)
        followers = int(count * BURSTS)
        grain = rng.integers(low, high, count)
        member = 1 + np.searchsorted(self._activity, rng.random(count))
        farmed = rng.random(count) < FARM_SHARE
        member[farmed] = 1 + rng.integers(0, len(self._farm), farmed.sum())
        device, outlet = self._devices(rng, member), self._outlets_of(rng, member)
        if followers:
            led = rng.integers(followers, followers + -(-followers // BURST_LENGTH), followers)
            for values in (member, device, outlet):
                values[:followers] = values[led]
            after = 1 + rng.integers(0, BURST_GRAINS, followers)
            grain[:followers] = _within(grain[led] + after, high)
        order = np.argsort(grain, kind="stable")
        ts_ms = START_MS + grain[order] * GRAIN_MS
        kind = rng.choice([_SCAN, _REFERRAL, _REDEMPTION], count, p=[0.92, 0.03, 0.05])
        lat, lon = self._places(rng, member[order])
        x, y, z = on_sphere(lat, lon)
        return {
            "place": assign_places(ts_ms, -1), "ts_ms": ts_ms, "kind": kind, "event": event,
            "member": member[order], "device": device[order], "code": _codes(rng, event, self.rows),
            "outlet": outlet[order], "points": _points(rng, kind), "x": x, "y": y, "z": z,
            "lat": lat, "lon": lon,
        }

    def _devices(self, rng: np.random.Generator, member: Ints) -> Ints:
        """Own devices, mostly the first; some are shared by many; a farm has two for all."""
        count = len(member)
        which = np.where(rng.random(count) < AT_HOME, 0,
                         (rng.random(count) * self._phones[member - 1]).astype(np.int64))
        device = self.shared + 3 * member - 2 + which
        crowd = rng.random(count) < SHARED
        device[crowd] = 1 + np.searchsorted(self._crowd, rng.random(crowd.sum()))
        farm = member <= len(self._farm)
        device[farm] = self.shared + 3 * ((member[farm] - 1) % FARMS) + 1 + which[farm] % 2
        return device

    def _outlets_of(self, rng: np.random.Generator, member: Ints) -> Ints:
        other = 1 + np.searchsorted(self._trade, rng.random(len(member)))
        return np.where(rng.random(len(member)) < AT_HOME, self.home[member - 1], other)

    def _places(self, rng: np.random.Generator, member: Ints) -> tuple[Ints, Ints]:
        """Within a kilometre of home; one in five exactly there."""
        away = rng.integers(-9000, 9000, (2, len(member))) * (rng.random(len(member)) < 0.8)
        lat, lon = self._spots[member - 1].T + away
        return lat, lon


def write_log(log: Log, out: Path, progress: Progress = silent) -> None:
    """Write the log as Parquet (zstd), slice by slice."""
    schema = pa.schema([(name, pa.int64()) for name in COLUMNS])
    done = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for part in log.slices():
            arrays = [pa.array(part[name]) for name in COLUMNS]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            done += len(part["place"])
            progress("log", done, log.rows)


def _cumulative(weights: np.ndarray) -> np.ndarray:
    """Upper bounds in [0, 1] of each weight's share."""
    total = np.cumsum(weights)
    return total / total[-1]


def _within(grain: Ints, high: int) -> Ints:
    """Mirror what runs over the end of the slice."""
    return np.where(grain < high, grain, 2 * (high - 1) - grain)


def _codes(rng: np.random.Generator, event: Ints, rows: int) -> Ints:
    """A new code an event; some are one of an earlier event."""
    back = 1 + rng.exponential(rows * REPEATED_DAYS / DAYS, len(event)).astype(np.int64)
    again = rng.random(len(event)) < DUPLICATES
    return np.where(again, event - back % event, event)


def _points(rng: np.random.Generator, kind: Ints) -> Ints:
    earned = rng.choice(np.array([10, 25, 40, 60, 100, 250]), len(kind))
    return np.where(kind == _REDEMPTION, 20 * earned, earned)
