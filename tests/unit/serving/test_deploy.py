"""The container's recipe and the compose file are sound, and in step with what they start."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

from jaga.command import main
from jaga.reference import settings
from serving.serve import ARENAS

ROOT = Path(__file__).parents[3]
RECIPE = ROOT / "deploy" / "Containerfile"
COMPOSE = ROOT / "deploy" / "compose.yaml"
BIN = Path(sys.executable).parent


def test_the_recipe_is_linted() -> None:
    done = subprocess.run([BIN / "hadolint", RECIPE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_compose_file_keeps_its_schema() -> None:
    done = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_recipe_is_in_step() -> None:
    """It copies what is there, and says what the Bento says."""
    recipe, bento = RECIPE.read_text(), yaml.safe_load((ROOT / "bentofile.yaml").read_text())
    copied = re.findall(r"^COPY (\w+) \1$", recipe, re.MULTILINE)
    needed = {each.split("/")[0] for each in bento["include"] if "/" in each}
    assert needed <= set(copied)
    assert all((ROOT / room / "__init__.py").is_file() for room in copied)
    assert f"ARG PYTHON={bento['docker']['python_version']}\n" in recipe
    assert f"MALLOC_ARENA_MAX={ARENAS} " in recipe
    assert {"name": "MALLOC_ARENA_MAX", "value": ARENAS} in bento["envs"]
    assert f"ARG LOCK={Path(bento['python']['requirements_txt']).name}\n" in recipe
    for name in re.findall(r"^COPY ([\w.]+\.\w+) ", recipe, re.MULTILINE):
        assert (ROOT / name).is_file(), name


def test_what_is_started_is_there() -> None:
    """Each command is a verb, each variable a setting."""
    compose = yaml.safe_load(COMPOSE.read_text())
    own = [service for service in compose["services"].values() if "build" in service]
    assert len(own) >= 4
    for service in own:
        command = service.get("command", ["serve"])
        assert command[0] in main.commands, command
        named = {name for name in service["environment"] if name.startswith("JAGA_")}
        assert named
        assert named <= settings.variables()
