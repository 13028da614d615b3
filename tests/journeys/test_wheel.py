"""The wheel: built, installed alone into an empty folder, and used from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
ROOMS: Final = ("features", "models", "training", "serving", "jaga")
LOOK: Final = """
import json, sys
import features, models, training, serving, jaga
import jaga.command, serving.service, training.train
from features.catalog import CATALOG
from features.exports.program import Program
from features.store.database import newest_revision
from features.store.home import Home
from models.policy import Policy
from models.texts import Texts
from serving.pages.look import HERE
from training.settings import read_settings

home = Home(sys.argv[1])
home.create(Program(program_id="acme"))
print(json.dumps({
    "rooms": [room.__file__ for room in (features, models, training, serving, jaga)],
    "features": len(CATALOG.names),
    "revision": home.database.revision(), "newest": newest_revision(),
    "policy": Policy.read().version,
    "words": [Texts.read().text("partner.declined", code) for code in ("en", "id", "es")],
    "pages": sorted(path.name for path in HERE.rglob("*") if path.suffix in (".html", ".css")),
    "settings": read_settings().aliases.champion,
}))
"""


def _run(*arguments: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, check=False,
                          env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's content and nothing else."""
    target = tmp_path_factory.mktemp("target")
    uv = Path(sys.executable).with_name("uv")
    _run(str(uv), "pip", "install", "--quiet", "--offline", "--no-deps", "--python",
         sys.executable, "--target", str(target), str(wheel), cwd=target)
    return target


def _python(installed: Path, *arguments: str) -> str:
    """Run Python without this tree: the installed folder, then the environment's packages."""
    path = os.pathsep.join([str(installed), sysconfig.get_paths()["purelib"]])
    return _run(sys.executable, "-S", *arguments, cwd=installed.parent, PYTHONPATH=path)


def test_the_wheel_holds_the_rooms_and_nothing_else(installed: Path) -> None:
    """No tests, no notebooks, no caches; every file of a room that is tracked is there."""
    there = {path.name for path in installed.iterdir() if not path.name.startswith((".", "bin"))}
    assert there == {*ROOMS, f"jaga-{_version()}.dist-info"}
    tracked = _run("git", "ls-files", "-z", *ROOMS, cwd=ROOT).split("\0")
    missing = [name for name in tracked
               if name and (ROOT / name).is_file() and not (installed / name).is_file()]
    assert missing == []


def test_the_installed_rooms_work_without_the_tree(installed: Path, tmp_path: Path) -> None:
    """Catalogues, policy, migrations, templates, styles and settings are found beside the code."""
    told = json.loads(_python(installed, "-c", LOOK, str(tmp_path / "home")))
    assert [Path(file).parent for file in told["rooms"]] == [installed / room for room in ROOMS]
    assert told["features"] > 100
    assert told["revision"] == told["newest"] != ""
    assert told["policy"]
    assert len(set(told["words"])) == 3
    assert {"base.html", "review.html", "jaga.css"} <= set(told["pages"])
    assert told["settings"] == "champion"


def test_the_command_of_the_wheel_answers(installed: Path) -> None:
    """It knows its version and its verbs, and the script on the path leads to it."""
    assert _version() in _python(installed, "-m", "jaga", "--version")
    assert "ingest" in _python(installed, "-m", "jaga", "--help")
    entry = installed / f"jaga-{_version()}.dist-info" / "entry_points.txt"
    assert "jaga = jaga.command:main" in entry.read_text()


def _version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])
