"""Small builders of records."""

from __future__ import annotations

import numpy as np
import pytest

from features.places import MISSING
from features.records import COLUMN, COLUMNS, ENTITIES, KINDS


@pytest.fixture
def record():
    """Build one record: kind, milliseconds, and the columns that are known."""
    count = iter(range(1, 1_000_000))

    def build(kind, ms, **known):
        row = np.full(len(COLUMNS), MISSING, np.int64)
        number = next(count)
        for name in ("event", *ENTITIES):
            row[COLUMN[name]] = 0
        cells = {"place": (ms << 20) + number, "seq": number, "kind": KINDS.index(kind),
                 "event": number} | known
        for name, value in cells.items():
            row[COLUMN[name]] = value
        return row

    return build
