"""A simulated program, from its export to the file of feature rows."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from features.jobs import write_event_features
from features.sql.parity import check_parity
from features.store.home import Home
from features.store.ingest import ingest
from jaga.command import main
from training.simulate.simulation import simulate


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """A home that took in a simulated export, and a folder for what is written."""
    folder = tmp_path_factory.mktemp("program")
    simulate(folder / "export", members=60, days=60, seed=11)
    home = Home(folder / "home")
    ingest(home, folder / "export")
    yield home, folder
    home.close()


def test_the_file_of_duckdb_is_that_of_the_kernel(program):
    """`--engine duckdb` writes the same rows, in the same order, under the same hashes."""
    home, folder = program
    count = write_event_features(home.journal(), folder / "kernel.parquet", home.catalog())
    done = CliRunner().invoke(main, [
        "features", "--home", str(home.path), "--engine", "duckdb", "--out",
        str(folder / "duckdb.parquet")])
    assert (done.exit_code, done.exception) == (0, None)
    kernel, duckdb = (pq.read_table(folder / f"{n}.parquet") for n in ("kernel", "duckdb"))
    assert kernel.num_rows == count > 0
    assert kernel.equals(duckdb, check_metadata=True)


def test_slices_of_the_journal_change_nothing(program):
    """Kernel and SQL agree on a journal that is read in small slices."""
    home, _ = program
    journal = home.journal()
    found = check_parity(lambda: journal.records(rows=501), home.catalog(),
                         journal.program.timezone, rows=333)
    assert (found.differing_values, found.alone) == (0, 0)
    assert found.values == found.rows * len(home.catalog().names)


def test_members_as_of_a_moment_are_no_work_for_sql(program):
    """`--as-of` with an engine is refused with what to do."""
    home, folder = program
    done = CliRunner().invoke(main, [
        "features", "--home", str(home.path), "--engine", "spark", "--as-of", "2026-01-01",
        "--out", str(folder / "members.parquet")])
    assert done.exit_code != 0
    assert "leave one of them out" in done.output
