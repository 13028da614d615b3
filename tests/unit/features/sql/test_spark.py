"""Spark on a small cluster of its own: two workers, nothing but Spark on them."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest

from features.catalog import CATALOG
from features.engine.state import State
from features.sql.rows import sql_rows

pytestmark = pytest.mark.timeout(900)
_QUICK = "-XX:TieredStopAtLevel=1"
SMALL = {
    "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2", "spark.buffer.pageSize": "1m",
    "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": _QUICK, "spark.executor.extraJavaOptions": _QUICK,
}
"""Few records: compiling each query would take longer than running it."""


@pytest.fixture(scope="module")
def cluster():
    """A cluster that starts once and leaves no process."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local-cluster[2,1,1024]")
        for name, value in SMALL.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        yield session
        session.stop()


def test_spark_gives_the_rows_of_the_kernel(sql, cluster):
    """Every feature of the catalogue over records of every kind: no value differs.

    ``make prove`` gives them in two slices: each takes Spark minutes to plan, whatever its length.
    """
    records = sql.crowd(2000)
    wanted = State(CATALOG, sql.zone).replay(records)
    rows = 1000 if os.environ.get("JAGA_PROVE") == "1" else len(records)
    slices = [records[i:i + rows] for i in range(0, len(records), rows)]
    came = np.concatenate([rows for _, rows in sql_rows(slices, CATALOG, sql.zone, "spark")])
    same = (wanted == came) | (np.isnan(wanted) & np.isnan(came))
    assert [CATALOG.names[i] for i in np.flatnonzero(~same.all(axis=0))] == []
    assert cluster.sparkContext.master == "local-cluster[2,1,1024]"
