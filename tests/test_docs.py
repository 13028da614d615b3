"""Prose is under test: commands exist, links resolve, every verb is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jaga.command import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _commands(page: Path) -> list[str]:
    return re.findall(r"(?:^|`|/)jaga ([a-z][^`\n#]*)", page.read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_documented_commands_exist(page: Path) -> None:
    """Every `jaga VERB --option` in the documents is a verb with that option."""
    for command in _commands(page):
        name = command.split()[0]
        assert name in main.commands, command
        known = {
            flag for parameter in main.commands[name].params
            for flag in (*parameter.opts, *parameter.secondary_opts)
        }
        for option in re.findall(r"--[a-z][a-z-]*", command):
            assert option in known | {"--help"}, command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    """Every relative link of the documents leads to a file."""
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_every_verb_has_a_sentence() -> None:
    """Each verb's help opens with one sentence."""
    for name, command in main.commands.items():
        assert command.help, name
        assert command.help.strip().splitlines()[0].endswith("."), name


def test_every_room_is_in_the_readme() -> None:
    """The README leads to each room."""
    text = (ROOT / "README.md").read_text()
    for room in ("features", "models", "training", "serving"):
        assert f"[`{room}/`]({room}/__init__.py)" in text
