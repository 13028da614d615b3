"""Whatever is declared is documented: settings, features, codes, routes, verbs."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from features.catalog import CATALOG
from features.contract import TABLES
from features.members.rhythm import MEMBER_CATALOG
from jaga.command import main
from jaga.reference import PAGES, api, reason_codes, settings
from jaga.reference.commands import COMMON
from jaga.verb import GROUPS
from models.texts import Texts

ROOT = Path(__file__).parents[3]
ROOMS = ("features", "models", "training", "serving", "jaga")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: page() for name, page in PAGES.items()}


def test_every_variable_of_the_environment(pages: dict[str, str]) -> None:
    """A variable that any room reads stands on the page, and none that nobody reads."""
    read = set[str]()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if path.parent.name != "reference":
                read |= set(settings.VARIABLE.findall(path.read_text(encoding="utf-8")))
    read -= {name for name in read if any(f"{name}_" in other for other in read)
             and f'"{name}"' not in _sources()}
    assert read - settings.variables() == set()
    assert settings.variables() - read == set()
    assert all(name in pages["settings.md"] for name in read)


def _sources() -> str:
    return "".join(path.read_text(encoding="utf-8") for room in ROOMS
                   for path in (ROOT / room).rglob("*.py"))


def test_every_verb_and_option(pages: dict[str, str]) -> None:
    """Each verb says in a sentence what it does, each option what it is for."""
    for name, command in main.commands.items():
        assert getattr(command, "section", None) in GROUPS, name
        assert f"### jaga {name}" in pages["commands.md"]
        for each in _leaves(name, command):
            assert each.help, each.name
            silent = [option.name for option in each.params if isinstance(option, click.Option)
                      and option.name not in COMMON and not option.help]
            assert silent == [], name


def _leaves(name: str, command: click.Command) -> list[click.Command]:
    return list(command.commands.values()) if isinstance(command, click.Group) else [command]


def test_every_feature(pages: dict[str, str]) -> None:
    """Each feature has a meaning and a unit, and stands on the page."""
    for each in (*CATALOG.features, *MEMBER_CATALOG):
        assert each.meaning, each.name
        assert each.unit, each.name
        assert f"| `{each.name}` | " in pages["features.md"]


def test_every_code(pages: dict[str, str]) -> None:
    """Each code belongs to a group that says what it is for, and stands on the page."""
    texts = Texts.read()
    assert {each.partition(".")[0] for each in texts.codes} == set(reason_codes.GROUPS)
    assert all(f"| `{each}` | " in pages["reasons.md"] for each in texts.codes)


def test_every_table_and_column(pages: dict[str, str]) -> None:
    for name, table in TABLES.items():
        section = pages["tables.md"].split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(table.names)


def test_every_route(pages: dict[str, str]) -> None:
    """Each route has a summary, words, and an example of what it answers."""
    for path, item in api.document()["paths"].items():
        for method, operation in item.items():
            section = pages["api.md"].split(f"\n## {method.upper()} /v1{path}\n")[1]
            section = section.split("\n## ")[0]
            assert operation["summary"] in section
            assert operation.get("description"), path
            assert "Answers 200:" in section or "batch" in path, path
