"""One verdict before the first: kernels compiled, model touched, nothing stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.engine.state import State
from features.records import COLUMN
from features.store.projection import EMPTY
from models.judgement import judge

if TYPE_CHECKING:
    from serving.live import Live


def warm_up(live: Live) -> None:
    """Judge a made-up scan on an empty state, so that the first real one is no slower.

    Raises whatever a real verdict would raise: a service that can't judge is not ready.
    """
    record = EMPTY.copy()
    for name, value in {"place": 1 << 40, "seq": 1, "kind": 0, "event": 1, "member": 1,
                        "code": 1, "points": 1, "occurred_ms": 1 << 20, "recorded_ms": 1 << 20,
                        }.items():
        record[COLUMN[name]] = value
    state = State(live.catalog, live.journal.program.timezone)
    vector = state.observe(record)
    occasion = live.circumstances.occasion(record, "warm-up")
    verdict = judge(live.bundle, live.journal.program, occasion, vector, enforcement="full",
                    explain=True)
    verdict.to_json_bytes()
