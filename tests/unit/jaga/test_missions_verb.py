"""`jaga missions`: lists what a program has, checks a file, drafts one to start from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from features.exports.missions import Mission, read_missions
from features.exports.program import Program
from features.store.home import Home
from jaga.command import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

STREAK = Mission(id="streak", cost_points=20, texts={"en": "Scan."}, goal="Scan weekly")


def run(home: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["missions", "--home", str(home), *more])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of one program with a mission."""
    made = Home(tmp_path / "home")
    made.create(Program(program_id="acme"), [STREAK])
    made.close()
    return tmp_path / "home"


def test_it_lists_what_a_program_has(home: Path, tmp_path: Path) -> None:
    """Id, cost and goal; where there is none, how to start."""
    told = run(home, "--json")
    assert "streak" in told.stdout
    assert "Scan weekly" in told.stdout
    assert json.loads(told.stdout.splitlines()[-1])["missions"] == 1
    bare = Home(tmp_path / "bare")
    bare.create(Program(program_id="acme"))
    bare.close()
    assert "--draft missions.yaml" in run(tmp_path / "bare").stdout


def test_a_draft_passes_the_check(home: Path, tmp_path: Path) -> None:
    """In the languages of the program; of all where the home has none yet."""
    path = tmp_path / "missions.yaml"
    assert run(home, "--draft", str(path)).exit_code == 0
    assert run(home, "--check", str(path)).exit_code == 0
    assert set(read_missions(path, Program(program_id="acme"))[0].texts) == {"en"}
    early = tmp_path / "early.yaml"
    assert run(tmp_path / "none", "--draft", str(early)).exit_code == 0
    many = Program(program_id="acme", languages=("en", "id", "es"))
    assert set(read_missions(early, many)[0].texts) == {"en", "id", "es"}


def test_a_wrong_file_is_refused(home: Path, tmp_path: Path) -> None:
    """A mission without a cost, and one without a language of the program."""
    path = tmp_path / "missions.yaml"
    for text, wanted in (("- {id: a, texts: {en: x}}", "cost_points"),
                         ("- {id: a, cost_points: 3, texts: {es: x}}", "texts of a in en")):
        path.write_text(text)
        told = run(home, "--check", str(path))
        assert told.exit_code == 2
        assert wanted in " ".join(told.stderr.split())
