"""Compile the kernels ahead of the first event: ``python -m features.engine.warm``.

Run at installation, by the user who owns the packages, or with ``NUMBA_CACHE_DIR`` set to where
the compiled code is to lie.
"""

from __future__ import annotations

import sys

import numpy as np

from features import compiling
from features.engine.batch import records_from
from features.engine.declarations import Catalog
from features.engine.definition import Aggregate
from features.engine.kernel import rehash
from features.engine.state import State


def warm() -> str:
    """Compile every kernel that events need, one at a time or in batch; say where it lies."""
    catalog = Catalog([Aggregate("n", entity="member", aggregate="count", window="1h")])
    state = State(catalog, "UTC")
    records = records_from({"place": [1 << 20, 2 << 20], "seq": [1, 2], "member": [7, 7]})
    state.observe(records[0])
    state.settle(records[0])
    state.replay(records[1:], "F")
    rehash(np.zeros((4, 2), np.int64), np.zeros((4, 2), np.int64))
    return str(compiling.FOLDER or "nowhere: no folder can be written")


if __name__ == "__main__":
    sys.stdout.write(f"{warm()}\n")
