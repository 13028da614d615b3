"""One verdict of a bundle on a made-up scan: what can't judge fails here, where nobody waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.engine.state import State
from features.records import COLUMN
from features.store.projection import EMPTY
from models.judgement import judge
from models.occasion import Occasion

if TYPE_CHECKING:
    from features.engine.declarations import Catalog
    from features.exports.program import Program
    from features.places import Ints
    from models.bundle import Bundle


def made_up() -> Ints:
    """Record of a scan of nobody, shape (len(COLUMNS),)."""
    record = EMPTY.copy()
    for name, value in {"place": 1 << 40, "seq": 1, "kind": 0, "event": 1, "member": 1,
                        "code": 1, "points": 1, "occurred_ms": 1 << 20, "recorded_ms": 1 << 20,
                        }.items():
        record[COLUMN[name]] = value
    return record


def try_out(bundle: Bundle, catalog: Catalog, program: Program,
            occasion: Occasion | None = None) -> None:
    """Have a bundle judge the made-up scan on an empty state; nothing is stored.

    Raises whatever a real verdict would raise.

    Parameters
    ----------
    bundle : Bundle
        Bound to the catalogue.
    catalog : Catalog
    program : Program
    occasion : Occasion, optional
        Of the scan, as its circumstances are; None: nothing is known.
    """
    record = made_up()
    vector = State(catalog, program.timezone).observe(record)
    at = occasion or Occasion("warm-up", "scan", 1, int(record[COLUMN["recorded_ms"]]))
    judge(bundle, program, at, vector, enforcement="full", explain=True).to_json_bytes()
    if bundle.anomaly is not None:
        bundle.anomaly.prepare()
