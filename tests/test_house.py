"""The house itself: its doors, its rooms, what a tracked file may hold."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("features", "models", "training", "serving", "jaga")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_rooms_import_downwards() -> None:
    """import-linter keeps every contract of pyproject.toml."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_room_teaches() -> None:
    """Each room's __init__ opens with a paragraph that teaches it."""
    for room in ROOMS:
        text = (ROOT / room / "__init__.py").read_text()
        assert text.startswith('"""'), room
        assert len(text.split('"""')[1]) > 150, room


def test_tests_have_no_packages() -> None:
    """A tests/features/__init__.py would shadow the real room."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_no_stranger_owns_a_room_name() -> None:
    """No installed distribution but ours puts a package of a room's name into site-packages."""
    wanted = (*ROOMS, "tests", "notebooks")
    strangers = [
        (distribution.metadata["Name"], file.parts[0])
        for distribution in importlib.metadata.distributions()
        if distribution.metadata["Name"] != "jaga"
        for file in distribution.files or ()
        if file.parts[0] in wanted
    ]
    assert strangers == []


def test_rooms_hold_code_only() -> None:
    """models/ is a room, not a shelf for artefacts."""
    allowed = {".py", ".po", ".yaml", ".html", ".css", ".js", ".svg", ".mako", ".ini", ".md"}
    strange = [
        path for path in tracked()
        if path.relative_to(ROOT).parts[0] in ROOMS and path.suffix not in allowed
    ]
    assert strange == []


def test_no_tracked_file_names_a_package_index() -> None:
    """Locks and configuration carry hashes, never addresses of an index."""
    pattern = re.compile(r"https?://\S*(/simple|/packages/)")
    guilty = [
        path for path in tracked()
        if path != Path(__file__) and path.name != "Makefile" and path.suffix != ".png"
        and pattern.search(path.read_text(errors="ignore"))
    ]
    assert guilty == []


@pytest.mark.parametrize(
    "forbidden", ["import pickle", "joblib.load", "allow_pickle=True", "cloudpickle"])
def test_nothing_is_unpickled(forbidden: str) -> None:
    """No room reads a pickle from disk."""
    guilty = [
        path for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ROOMS
        and forbidden in path.read_text()
    ]
    assert guilty == []


def test_pandas_stays_below_the_version_that_breaks_evidently() -> None:
    """evidently 0.7 uses a private function that pandas 3.1 dropped."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "pandas>=3.0,<3.1" in project["dependencies"]
