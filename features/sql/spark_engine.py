"""Spark 4: the same script on a cluster, tables as Parquet in a folder all its machines see."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import Unavailable
from features.sql.engine import Engine

if TYPE_CHECKING:

    from features.sql.stage import Part

_SETTINGS: Final = {
    "spark.sql.ansi.enabled": "true", "spark.sql.parquet.compression.codec": "zstd",
    "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
    "spark.buffer.pageSize": "2m",
}
"""ANSI arithmetic stops at an overflow; nothing is served."""
_HERE: Final = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


class Spark(Engine):
    """Runs a script on a Spark session: the one that is active, else its own.

    Parameters
    ----------
    folder : path
        Scratch space; on a cluster every machine must see it under this path. Executors need
        nothing but Spark.
    master : str
        Where Spark runs, as ``spark://host:7077``; empty: ``JAGA_SPARK_MASTER``, else
        ``local[*]``.
    partitions : int
        Parts of a shuffle; 0: ``JAGA_SPARK_PARTITIONS``, else Spark's own number.

    Raises
    ------
    Unavailable
        pyspark or Java is not installed.
    """

    at_once = 4

    def __init__(self, folder: Path, master: str = "", partitions: int = 0) -> None:
        super().__init__(folder)
        session = _session()
        self._is_own = session.getActiveSession() is None
        where = master or os.environ.get("JAGA_SPARK_MASTER", "local[*]")
        builder = session.builder.master(where).appName("jaga")
        for name, value in {**_SETTINGS, **(_HERE if where.startswith("local") else {})}.items():
            builder = builder.config(name, value)
        if count := partitions or int(os.environ.get("JAGA_SPARK_PARTITIONS", "0")):
            builder = builder.config("spark.sql.shuffle.partitions", count)
        with warnings.catch_warnings():
            # It warns of pandas 3, which is not used here.
            warnings.simplefilter("ignore", FutureWarning)
            self._spark = builder.getOrCreate()
        if self._is_own:
            self._spark.sparkContext.setLogLevel("ERROR")
        self._paths: dict[str, Path] = {}
        self._parts: dict[str, Path] = {}
        self._rows = 0
        self._made = 0

    def open(self, rows: int) -> None:
        """Make ``records`` readable; the result will be read ``rows`` positions at a time."""
        self._rows = rows
        self._spark.read.parquet(self.records.absolute().as_uri()).createOrReplaceTempView(
            "records")

    def make(self, name: str, text: str) -> None:
        """Make a table of a SELECT."""
        self._made += 1
        path = self.folder.absolute() / "tables" / f"{name}-{self._made}"
        frame = self._spark.sql(text)
        frame.write.parquet(path.as_uri())
        self._show(name, path, frame.schema)

    def keep(self, name: str, text: str) -> None:
        """Make a folder for each slice of a SELECT, its rows by position in one file."""
        path = self.folder.absolute() / "parts" / name
        number = f"(pos - 1) div {self._rows} AS slice"
        frame = self._spark.sql(text).selectExpr("*", number).repartition("slice")
        sliced = frame.sortWithinPartitions("slice", "pos")
        sliced.write.partitionBy("slice").parquet(path.as_uri())
        self._parts[name] = path

    def rename(self, name: str, to: str) -> None:
        """Put a table in another's place."""
        shutil.rmtree(self._paths[to])
        path = self._paths.pop(name)
        self._show(to, path, self._spark.table(name).schema)
        self._spark.catalog.dropTempView(name)

    def drop(self, name: str) -> None:
        """Forget a table."""
        self._spark.catalog.dropTempView(name)
        shutil.rmtree(self._paths.pop(name))

    def is_pending(self, name: str) -> bool:
        """Whether a row of a table has ``pending`` 1."""
        return bool(self._spark.sql(f"SELECT MAX(pending) FROM {name}").first()[0] == 1)

    def read(self, part: Part, first: int, end: int) -> pa.Table:
        """Give the rows of a part with positions in ``[first, end)``: one slice of `open`."""
        if part.table not in self._parts:
            self.keep(part.table, part.text())
        path = self._parts[part.table] / f"slice={(first - 1) // self._rows}"
        schema = pa.schema([(name, pa.int64()) for name in ("pos", *part.columns)])
        found = [pq.read_table(file, partitioning=None) for file in path.glob("*.parquet")]
        return pa.concat_tables([table.cast(schema) for table in found] or [schema.empty_table()])

    def close(self) -> None:
        """Stop the session, where it is the engine's own."""
        for name in self._paths:
            self._spark.catalog.dropTempView(name)
        if self._is_own:
            self._spark.stop()

    def _show(self, name: str, path: Path, schema: Any) -> None:
        self._paths[name] = path
        self._spark.read.schema(schema).parquet(path.as_uri()).createOrReplaceTempView(name)


def _session() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise Unavailable("Spark 4", "an installation without pyspark",
                          "install jaga with its extra spark: pip install 'jaga[spark]'; it runs "
                          "on Java 17") from error
    home = os.environ.get("JAVA_HOME")
    if not (shutil.which("java") or (home and Path(home, "bin", "java").exists())):
        raise Unavailable("Java 17 for Spark", "no java on the path and no JAVA_HOME",
                          "install a Java 17 runtime, or use --engine duckdb")
    return SparkSession
