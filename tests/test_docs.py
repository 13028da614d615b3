"""Prose is under test: links resolve, every verb is documented, the README leads to the rooms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jaga.command import main

ROOT = Path(__file__).parents[1]
PAGES = [*(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY", "client/README")),
         *sorted((ROOT / "docs").rglob("*.md"))]


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
