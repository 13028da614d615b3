"""The command over a home that declares features of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from features.catalog import CATALOG
from features.store.home import Home
from features.store.ingest import ingest
from jaga.command import main

if TYPE_CHECKING:
    from pathlib import Path

OWN = """- name: cheap_scans_24h
  meaning: Scans of the member below ten points in 24h
  entity: member
  aggregate: count
  where: ["points < 10"]
  window: 24h
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A program with three scans and one feature of its own."""
    export = tmp_path / "export"
    export.mkdir()
    (export / "program.yaml").write_text("program_id: acme\n")
    pd.DataFrame({"member_id": ["m"], "program_id": "acme", "persona": "retailer",
                  "joined_at": "2024-01-01T00:00:00Z"}).to_csv(export / "members.csv", index=False)
    pd.DataFrame({"event_id": ["a", "b", "c"], "program_id": "acme", "member_id": "m",
                  "occurred_at": [f"2025-01-01T0{n}:00:00Z" for n in range(3)],
                  "points": [5, 50, 7], "proof": "qr"}).to_csv(export / "scans.csv", index=False)
    opened = Home(tmp_path / "home")
    ingest(opened, export)
    opened.close()
    folder = tmp_path / "home/features/acme"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(OWN)
    return tmp_path / "home"


def test_the_list_shows_own_features_with_their_file(home: Path, tmp_path: Path) -> None:
    """They stand after everybody's; a home without a program shows everybody's."""
    listed = CliRunner().invoke(main, ["features", "--list", "--home", str(home)]).output
    line = next(one for one in listed.splitlines() if one.startswith("cheap_scans_24h"))
    assert "Scans of the member below ten points in 24h" in line
    assert line.endswith("own.yaml:1)")
    empty = CliRunner().invoke(main, ["features", "--list", "--home", str(tmp_path / "none")])
    assert "cheap_scans_24h" not in empty.output
    assert "member_count_1h" in empty.output
    assert not (tmp_path / "none").exists()


def test_the_rows_hold_own_features_and_their_hashes(home: Path, tmp_path: Path) -> None:
    """Values in the last column, hashes of all features in the file's metadata."""
    out = tmp_path / "rows.parquet"
    done = CliRunner().invoke(main, ["features", "--out", str(out), "--home", str(home)])
    assert done.exit_code == 0, done.output
    rows = pq.read_table(out)
    assert rows.column_names[-1] == "cheap_scans_24h"
    assert rows["cheap_scans_24h"].to_pylist() == [1.0, 1.0, 2.0]
    hashes = json.loads(rows.schema.metadata[b"features"])
    assert hashes == Home(home).catalog("acme").hashes
    assert list(hashes) == [*CATALOG.names, "cheap_scans_24h"]


def test_a_wrong_declaration_stops_the_verb_with_file_and_line(home: Path) -> None:
    """One sentence, no traceback, nothing written."""
    (home / "features/acme/own.yaml").write_text(OWN.replace("24h\n", "91d\n"))
    for verb in (["features", "--list"], ["train"], ["doctor"]):
        done = CliRunner().invoke(main, [*verb, "--home", str(home)])
        assert "own.yaml:1" in " ".join(done.output.split()), (verb, done.output)
        assert "Traceback" not in done.output
