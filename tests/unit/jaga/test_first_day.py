"""The commands of a first day and of keeping a home, as somebody types them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from click.testing import CliRunner

from jaga.command import main

if TYPE_CHECKING:
    from pathlib import Path


def told(*words: object) -> dict[str, Any]:
    done = CliRunner().invoke(main, [*map(str, words), "--json"])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small export of a foreign system, beside the simulated one it was made of."""
    folder = tmp_path_factory.mktemp("first-day")
    made = told("simulate", "--out", folder / "simulated", "--members", 20, "--days", 10)
    assert made["events"] > 10
    export = folder / "acme"
    export.mkdir()
    members = pd.read_parquet(folder / "simulated/members.parquet").drop_duplicates("member_id")
    scans = pd.read_parquet(folder / "simulated/scans.parquet")
    members[["member_id", "persona", "joined_at"]].set_axis(
        ["customer_code", "customer_type", "registration_date"], axis=1
    ).to_csv(export / "customers.csv", index=False)
    scans[["event_id", "member_id", "occurred_at", "points", "code_id"]].set_axis(
        ["scan_id", "customer_code", "scan_time", "points", "qr_code"], axis=1
    ).to_csv(export / "scans.csv", index=False)
    return folder


def test_a_foreign_export_is_drafted_checked_and_taken_in(folder: Path) -> None:
    """As the tutorial has it; the check writes nothing."""
    export, mapping, home = folder / "acme", folder / "mapping.yaml", folder / "home"
    files = sorted(export.glob("*.csv"))
    assert told("map", *files, "--out", mapping)["mapping"] == str(mapping)
    assert "# guess:" in mapping.read_text()
    wanted = told("ingest", export, "--mapping", mapping, "--check", "--home", home)
    assert not home.exists()
    taken = told("ingest", export, "--mapping", mapping, "--home", home)
    assert taken["tables"] == wanted["tables"]
    assert taken["program_id"] == "acme"


def test_a_home_is_migrated_trimmed_saved_and_made_again(folder: Path, tmp_path: Path) -> None:
    """A home that is of this version stays as it is; what is restored holds the same events."""
    home = tmp_path / "home"
    told("ingest", folder / "simulated", "--home", home)
    told("migrate", "--home", home)
    told("retention", "--by", "rina", "--home", home)
    saved = told("backup", tmp_path / "saved.tar", "--by", "rina", "--home", home)
    told("restore", saved["file"], "--home", tmp_path / "again")
    program = told("doctor", "--home", tmp_path / "again")
    assert [line for name, line in program.items() if name.startswith("events of")
            ] == [line for name, line in told("doctor", "--home", home).items()
                  if name.startswith("events of")]


def test_somebody_gets_another_role_and_an_account_of_his_own(
    folder: Path, tmp_path: Path
) -> None:
    told("ingest", folder / "simulated", "--home", tmp_path)
    told("user", "add", "rina", "--role", "manager", "--home", tmp_path)
    assert "marketer" in str(told("user", "roles", "rina", "--role", "marketer",
                                  "--home", tmp_path)["roles"])
    member = pd.read_parquet(folder / "simulated/members.parquet")["member_id"].iloc[0]
    assert member in str(told("user", "link", "rina", member, "--home", tmp_path))
    assert told("user", "unlink", "rina", member, "--home", tmp_path)
