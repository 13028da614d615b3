"""Each command in the documents is one that the command takes, and is run by a test or listed."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import pytest

from jaga.command import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests"
PAGES = [*(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY", "client/README")),
         *sorted((ROOT / "docs").rglob("*.md"))]
SHELLS = ("sh", "bash")
CALLED = re.compile(r"(?:^|[;&|]\s*|\w=\S+\s+)(?:[\w.]+/)*jaga (?P<said>.+)$")
STAND_IN = re.compile(r"[A-Z][A-Z_0-9@.=:/-]*|.*\.\.\..*")
"""A word such as DIR or EVENT_ID stands for what the reader puts in."""
PUBLIC = "wants public data that are not part of Jaga; its parts: tests/unit/training"
LONG = "takes minutes; its parts: tests/unit/training"
HOUR = "takes many minutes, and no test runs a small one"
NOT_RUN = {
    **{f"benchmark {name}": PUBLIC for name in (
        "anomaly-adbench", "fraud-handbook", "rings-rev2", "uplift-hillstrom")},
    **{f"benchmark {name}": LONG for name in (
        "allocation", "drift-worlds", "inactivity-worlds", "nudge-worlds", "reasons", "scoring")},
    **{f"benchmark {name}": HOUR for name in (
        "fraud-worlds", "missions-worlds", "nightly", "renewal-worlds", "verdict")},
    "monitor": "wants a trained champion; what it calls: tests/unit/training/monitor/test_run.py",
}
"""Documented and run by no test as a command, and why; a verb that a test runs leaves the list."""


class Said(NamedTuple):
    """A command as a page says it; a whole one stands in a block, to be copied."""

    page: str
    words: tuple[str, ...]
    is_whole: bool

    @property
    def verb(self) -> str:
        """The verb, with the action where it takes one of a few."""
        return verb_of(self.words)


def documented(text: str, page: str = "") -> Iterator[Said]:
    """Find the commands of a page: blocks of a shell, lines set in, and code within a sentence."""
    fence = None
    for line in text.replace("\\\n", " ").splitlines():
        opened = re.match(r"\s*```(\w*)", line)
        if opened:
            fence = opened[1] if fence is None else None
        elif fence in SHELLS or (fence is None and line.startswith("    ")):
            yield from _said(page, line.strip(), is_whole=True)
        elif fence is None:
            for code in re.findall(r"`([^`]+)`", line):
                yield from _said(page, code, is_whole=False)


def _said(page: str, code: str, *, is_whole: bool) -> Iterator[Said]:
    code = code.split(" #")[0].rstrip()
    if called := CALLED.search(code):
        words = shlex.split(re.sub(r"[\[\]]", " ", called["said"]))
        yield Said(page, tuple(words), is_whole)


def verb_of(words: tuple[str, ...]) -> str:
    """Return the verb of a command, with the action where its first argument is one of a few."""
    has_action = len(words) > 1 and _actions(words[0]) and not words[1].startswith("-")
    return " ".join(words[:2] if has_action else words[:1])


def _actions(verb: str) -> tuple[str, ...]:
    params = main.commands[verb].params if verb in main.commands else []
    first = next((each for each in params if isinstance(each, click.Argument)), None)
    chosen = first.type if first else None
    return tuple(chosen.choices) if isinstance(chosen, click.Choice) else ()


def fault(said: Said) -> str | None:
    """Say what the command would not take; what the reader puts in is not looked at."""
    if said.words[0] in ("--help", "--version"):
        return None
    command = main.commands.get(said.words[0])
    if command is None:
        return f"no verb {said.words[0]}"
    words = list(said.words[1:])
    last = next((each for each in command.params if words and words[-1] in each.opts), None)
    if isinstance(last, click.Option) and not last.is_flag and not said.is_whole:
        words.append("VALUE")
    context = click.Context(command, info_name=said.words[0])
    try:
        given, left, _ = command.make_parser(context).parse_args(words)
        if left:
            return f"too many words: {' '.join(left)}"
        for each in command.params:
            _take(each, given.get(each.name or ""), context, is_whole=said.is_whole)
    except click.UsageError as error:
        return error.format_message()
    return None


def _take(param: click.Parameter, value: object, context: click.Context, *, is_whole: bool) -> None:
    values = list(value) if isinstance(value, list | tuple) else [value]
    given = [each for each in values if isinstance(each, str)]
    if not given and param.required and is_whole:
        raise click.MissingParameter(param=param, ctx=context)
    for each in given:
        for word in each.split("|"):
            if not STAND_IN.fullmatch(word):
                param.type.convert(word, param, context)


def run_by(path: Path) -> set[str]:
    """Verbs that a test file runs: by `CliRunner`, as a process, or by a helper of its own.

    Where the action is a variable, each action that the file writes out counts.
    """
    text = path.read_text(encoding="utf-8")
    if "invoke(" not in text and '"-m", "jaga"' not in text:
        return set()
    nodes = list(ast.walk(ast.parse(text)))
    strings = {each.value for each in nodes
               if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    helpers = _helpers([each for each in nodes if isinstance(each, ast.FunctionDef)])
    found = set[str]()
    for words in (_run(node, helpers) for node in nodes):
        if words and words[0] in main.commands:
            found |= {verb_of(words), *(verb_of((words[0], each)) for each in strings
                                        if len(words) == 1 and each in _actions(words[0]))}
    return found


def _helpers(functions: list[ast.FunctionDef]) -> set[str]:
    """Names of functions that hand their words to the command, also by one another."""
    found = set[str]()
    while True:
        more = {each.name for each in functions if each.name not in found
                and any(_is_open(_run(node, found)) for node in ast.walk(each))}
        if not more:
            return found
        found |= more


def _is_open(words: tuple[str, ...] | None) -> bool:
    """Whether a call of the command leaves the verb to who calls the function around it."""
    return words is not None and (not words or words[0] not in main.commands)


def _run(node: ast.AST, helpers: set[str]) -> tuple[str, ...] | None:
    """Words handed to the command, as far as they are written out; None: it is no call of it."""
    if isinstance(node, ast.Call) and _name(node.func) == "invoke" and len(node.args) > 1:
        is_ours = isinstance(node.args[0], ast.Name) and node.args[0].id == "main"
        return _written(getattr(node.args[1], "elts", [])) if is_ours else None
    if isinstance(node, ast.Call) and _name(node.func) in helpers:
        return _written(node.args)
    if isinstance(node, ast.Call | ast.List):
        words = node.args if isinstance(node, ast.Call) else node.elts
        names = [each.value if isinstance(each, ast.Constant) else None for each in words]
        if names[1:3] == ["-m", "jaga"]:
            return _written(words[3:])
        if isinstance(node, ast.List) and names[:1] != ["--home"] and "--home" in names:
            return _written(words)
    return None


def _written(nodes: list[ast.expr]) -> tuple[str, ...]:
    """The words from the verb on, up to the first that is not written out."""
    words: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.append(node.value)
        elif words:
            break
    return tuple(words)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@pytest.fixture(scope="module")
def said() -> list[Said]:
    """All commands of all pages."""
    return [each for page in PAGES
            for each in documented(page.read_text(encoding="utf-8"), page.name)]


@pytest.fixture(scope="module")
def ran() -> dict[str, list[str]]:
    """Which test files run a verb."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for verb in sorted(run_by(path)):
            found.setdefault(verb, []).append(str(path.relative_to(ROOT)))
    return found


def test_every_documented_command_is_one(said: list[Said]) -> None:
    """Verbs, actions, options, choices and how many words: as the command's own parser has them."""
    assert len(said) > 150
    assert [(each.page, " ".join(each.words), wrong) for each in said
            if (wrong := fault(each)) is not None] == []


def test_every_documented_verb_is_run_or_listed(
    said: list[Said], ran: dict[str, list[str]]
) -> None:
    """Who documents a command runs it in a test, or says here why not."""
    verbs = {part for each in said if each.words[0] in main.commands
             for part in _parts(each.verb)}
    assert verbs - ran.keys() - NOT_RUN.keys() == set(), "run it in a test, or list it with why"
    assert NOT_RUN.keys() & ran.keys() == set(), "a test runs it now: take it off the list"
    assert NOT_RUN.keys() - verbs == set(), "no page names it any more"


def _parts(verb: str) -> list[str]:
    """`policy check|apply` are two; where the action is left open there is none."""
    name, _, action = verb.partition(" ")
    if not _actions(name):
        return [name]
    return [f"{name} {each}" for each in action.split("|") if each in _actions(name)]


@pytest.mark.parametrize(("text", "wrong"), [
    ("```sh\njaga train --promot\n```", "No such option"),
    ("```sh\njaga ingest export/ --mapping\n```", "requires an argument"),
    ("```sh\njaga report export/\n```", "Missing"),
    ("```bash\nX=1 jaga serve --port high # now\n```", "not a valid integer"),
    ("Say `jaga key make`.", "is not one of"),
    ("    jaga explain E-1 E-2", "too many words"),
    ("`jaga fetch`", "no verb fetch"),
])
def test_what_the_command_does_not_take_is_found(text: str, wrong: str) -> None:
    """A page that promises too much fails, in a block, set in or within a sentence."""
    found = [told for each in documented(text) if (told := fault(each))]
    assert len(found) == 1
    assert wrong in found[0]


@pytest.mark.parametrize("text", [
    "```sh\njaga ingest DIR [--mapping FILE] [--check]\n```", "`jaga policy check|apply FILE`",
    "`jaga serve --home` sets it", "```sh\nmkdir x && .venv/bin/jaga doctor\n```",
    "```yaml\njaga: nothing\n```", "`jaga benchmark NAME`", "`jaga --help`",
])
def test_what_the_reader_puts_in_is_no_fault(text: str) -> None:
    assert [fault(each) for each in documented(text)] in ([], [None])
