"""The measurement of the shared store measures what it says."""

from __future__ import annotations

import os

import numpy as np

from features.engine.declarations import Catalog
from features.engine.definition import Aggregate
from features.records import COLUMN
from features.store.projection import EMPTY
from serving.measuring import measure_shared

URL = os.environ.get("JAGA_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


def test_the_way_through_redis_is_timed() -> None:
    """Every figure is there, and the whole takes longer than the kernel alone."""
    records = np.tile(EMPTY, (60, 1))
    for column, values in {"place": np.arange(1, 61) << 20, "seq": np.arange(1, 61), "kind": 0,
                           "event": np.arange(1, 61), "member": 1, "outcome": 0}.items():
        records[:, COLUMN[column]] = values
    catalog = Catalog([Aggregate("tries", entity="member", aggregate="count", window="1h")])
    speed = measure_shared(URL, catalog, records, timed=40)
    assert (speed.features, speed.events) == (1, 40)
    assert 0 < speed.kernel_us_p50 < speed.shared_us_p50 <= speed.shared_us_p99
