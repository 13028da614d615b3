"""The SQL against the kernel, feature by feature, over random streams."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from features.catalog import CATALOG
from features.engine.state import State
from features.sql.rows import sql_rows
from tests.properties.naive import ZONE, expected, same
from tests.properties.streams import EVERYTHING, streams

EXAMPLES = 200 if os.environ.get("JAGA_PROVE") else 8
QUIET = settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("catalog", [EVERYTHING, CATALOG],
                         ids=["everything", "catalog"])
@QUIET
@given(streams(80))
def test_sql_equals_the_kernel(catalog, matrix):
    """Every feature of every event has the same bits from DuckDB and from the kernel."""
    rows = [rows for _, rows in sql_rows([matrix], catalog, ZONE)]
    came = np.concatenate(rows) if rows else np.empty((0, len(catalog.names)))
    same(catalog, State(catalog, ZONE).replay(matrix), came)


@QUIET
@given(streams(30))
def test_sql_equals_the_naive_oracle(matrix):
    """The SQL agrees with the declarations read in pure Python, without the kernel between."""
    rows = [rows for _, rows in sql_rows([matrix], EVERYTHING, ZONE)]
    came = np.concatenate(rows) if rows else np.empty((0, len(EVERYTHING.names)))
    same(EVERYTHING, expected(EVERYTHING, matrix), came)
