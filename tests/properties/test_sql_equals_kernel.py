"""The SQL against the kernel, feature by feature, over random streams."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from features.sql.rows import sql_rows


def neighbour(name):
    """A test module beside this one, for its builders."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


oracle = neighbour("test_features_oracle")
EXAMPLES = 200 if os.environ.get("JAGA_PROVE") else 8
QUIET = settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("catalog", [oracle.EVERYTHING, oracle.CATALOG],
                         ids=["everything", "catalog"])
@QUIET
@given(oracle.streams(80))
def test_sql_equals_the_kernel(catalog, matrix):
    """Every feature of every event has the same bits from DuckDB and from the kernel."""
    rows = [rows for _, rows in sql_rows([matrix], catalog, oracle.ZONE)]
    came = np.concatenate(rows) if rows else np.empty((0, len(catalog.names)))
    oracle.same(catalog, oracle.State(catalog, oracle.ZONE).replay(matrix), came)


@QUIET
@given(oracle.streams(30))
def test_sql_equals_the_naive_oracle(matrix):
    """The SQL agrees with the declarations read in pure Python, without the kernel between."""
    rows = [rows for _, rows in sql_rows([matrix], oracle.EVERYTHING, oracle.ZONE)]
    came = np.concatenate(rows) if rows else np.empty((0, len(oracle.EVERYTHING.names)))
    oracle.same(oracle.EVERYTHING, oracle.expected(oracle.EVERYTHING, matrix), came)
