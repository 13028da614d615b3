"""Writing: numbers become the contract's names, and tables become Parquet and YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from features.contract import PERSONAS, TABLES
from features.exports.missions import starter_missions
from training.simulate.ids import digits, names, scramble
from training.simulate.missions import GLOBAL_HOLDOUT, MISSION_HOLDOUT, MISSIONS

if TYPE_CHECKING:
    from pathlib import Path

    from training.simulate.program import World

Array = npt.NDArray[Any]

PREFIXES: Final = {
    "event": "e-", "member": "m-", "outlet": "o-", "device": "d-", "payout": "w-", "phone": "ph-",
    "address": "ad-", "agent": "st-", "upload": "up-", "image": "im-", "lines": "ln-",
    "customer": "ec-", "attachment": "https://files.example/", "batch": "b-", "carton": "ct-",
    "return": "r-", "change": "c-", "merge": "mg-", "ticket": "tk-", "decision": "dc-",
    "sku": "sku-", "campaign": "cp-", "ref": "rf-", "word": "v-", "ring": "rg-",
}
EVENT_OFFSET: Final = 1 << 38
"""Activities and adjustments share the ids of events: they are numbered from here."""


class Writer:
    """Writes one export; ids come from the world's seed.

    Parameters
    ----------
    world : the world whose names are written.
    out : folder of the export; made if missing.
    """

    def __init__(self, world: World, out: Path) -> None:
        self.world = world
        self.out = out
        self.rows: dict[str, int] = {}
        out.mkdir(parents=True, exist_ok=True)

    def id(self, kind: str, numbers: Array) -> pa.Array:
        """Names of entities of a kind; null for negative numbers."""
        salt = crc32(f"{self.world.seed} {kind}".encode())
        return names(PREFIXES[kind], np.asarray(numbers).astype(np.int64), salt)

    def address(self, numbers: Array) -> pa.Array:
        """IPv4 addresses, scattered over the carriers' blocks."""
        mixed = scramble(np.arange(int(max(numbers.max(initial=0), 0)) + 1), self.world.seed + 77)
        blocks = (100, 103, 36, 182, 114, 125, 180, 202)
        words = [f"{blocks[(x >> 24) % 8]}.{(x >> 16) & 255}.{(x >> 8) & 255}.{x & 255}"
                 for x in mixed.tolist()]
        return take(words, numbers)

    def table(self, name: str, columns: dict[str, pa.Array], order: Array | None = None) -> None:
        """Write one table in the contract's order of columns, rows in ``order``."""
        known = [*TABLES[name].names, "known_at"]
        made = pa.table({key: columns[key] for key in known if key in columns})
        if order is not None:
            made = made.take(pa.array(order))
        program = pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(len(made), dtype=np.int8)), pa.array([program_id(self.world)]))
        made = made.add_column(1, "program_id", program)
        self.rows[name] = len(made)
        pq.write_table(made, self.out / f"{name}.parquet", compression="zstd",
                       row_group_size=1 << 18)

    def settings(self) -> None:
        """Write program.yaml and missions.yaml."""
        for file, content in (("program", _program(self.world)), ("missions", _missions())):
            text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
            (self.out / f"{file}.yaml").write_text(text, encoding="utf-8")


def program_id(world: World) -> str:
    """The program's id.

    >>> from training.simulate.program import build_world
    >>> program_id(build_world("farmers", 10, 5, 3, None))
    'farmers-3'
    """
    return f"{world.story.name}-{world.seed}"


def take(words: tuple[str, ...] | list[str], numbers: Array) -> pa.Array:
    """Words by number; null for negative numbers.

    >>> import numpy as np
    >>> take(["a", "b"], np.array([1, -1])).to_pylist()
    ['b', None]
    """
    numbers = np.asarray(numbers).astype(np.int32)
    index = pa.array(numbers, mask=numbers < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(list(words), pa.string())).cast(
        pa.string())


def whole(values: Array, empty: int | None = None) -> pa.Array:
    """Whole numbers; null where they equal ``empty``."""
    values = np.asarray(values).astype(np.int64)
    return pa.array(values, mask=None if empty is None else values == empty)


def times(values: Array) -> pa.Array:
    """UTC timestamps from milliseconds; null where negative."""
    values = np.asarray(values).astype(np.int64)
    return pa.array(values, mask=values < 0).cast(pa.timestamp("ms", tz="UTC"))


def reals(values: Array) -> pa.Array:
    """Real numbers; null where NaN."""
    return pa.array(np.asarray(values, dtype=np.float64), from_pandas=True)


def flags(values: Array) -> pa.Array:
    """Booleans; null where negative."""
    values = np.asarray(values).astype(np.int64)
    return pa.array(values > 0, mask=values < 0)


def code_text(numbers: Array) -> pa.Array:
    """Printed codes: thirteen digits."""
    return digits(np.asarray(numbers).astype(np.int64), 13)


def _program(world: World) -> dict[str, Any]:
    story = world.story
    until = np.datetime64(world.codes_complete_until, "ms").astype("datetime64[s]")
    point = story.point_value
    return {
        "program_id": program_id(world), "name": story.brand, "timezone": story.timezone,
        "currency": story.currency, "point_value": point,
        "languages": sorted({"en", "id", "es", *story.languages}),
        "review_capacity_per_day": max(5, world.size // 200), "label_maturity_days": 60,
        "costs": {"review": round(250 * point, 2), "missed_fraud_multiplier": 1.5,
                  "false_decline": round(1200 * point, 2)},
        "caps": {"points_per_day": 20_000, "scans_per_day": 400,
                 "redemption_points_per_day": 40_000},
        "holdout": {"global": GLOBAL_HOLDOUT, "mission": MISSION_HOLDOUT},
        "codes_complete_until": f"{until}+00:00", "enforcement": "observe", "hold_days": 7,
    }


def _missions() -> list[dict[str, Any]]:
    told = {str(each["id"]): each for each in starter_missions(())}
    return [{"id": kind.id, "cost_points": kind.cost_points,
             "personas": [PERSONAS[number] for number in kind.personas],
             "channels": list(kind.channels), "cool_off_days": kind.cool_off_days,
             "goal": kind.goal, "texts": kind.texts,
             **{name: told[kind.id][name] for name in ("target", "reward", "template_id")}}
            for kind in MISSIONS]

