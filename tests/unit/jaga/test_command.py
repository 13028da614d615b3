"""The command: its help, its results, its errors."""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from features.errors import BadConfig, BadInput, Conflict, JagaError, NotFound, Unavailable
from jaga.command import main
from jaga.options import Moment
from jaga.verb import GROUPS, verb
from jaga.verbs.measure import BENCHMARKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

WORDS = {"folder": "a [bold]file[/bold] :smile:", "rows": 12345, "share": 0.25, "names": ["a", "b"]}


@pytest.fixture
def told() -> Iterator[Callable[..., Result]]:
    """Run a verb made for a test that does what it is told: return, or raise."""
    def run(does: Callable[[], Any], *arguments: str) -> Result:
        @verb("operate", "told")
        def told(home: object, program: str | None) -> Any:
            """Do as told."""
            return does()

        return CliRunner().invoke(main, ["told", *arguments])

    yield run
    main.commands.pop("told", None)


def _raising(error: BaseException) -> Callable[[], Any]:
    def does() -> Any:
        raise error

    return does


def test_help_groups_the_verbs() -> None:
    """Every verb stands once, below the heading of its group, in the order of the groups."""
    shown = CliRunner().invoke(main, ["--help"])
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    headings = [lines.index(f"{group.capitalize()}:") for group in GROUPS]
    assert headings == sorted(headings)
    for name, command in main.commands.items():
        at = next(number for number, line in enumerate(lines) if line.startswith(f"  {name} "))
        group = GROUPS[sum(heading < at for heading in headings) - 1]
        assert command.callback is not None
        assert command.callback.__module__ == f"jaga.verbs.{group}", name


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_verb_has_the_common_options(name: str) -> None:
    """Each verb takes a home, a program and the wish for JSON, and has a help page."""
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0
    for option in ("--home", "--program", "--json"):
        assert option in shown.stdout


def test_help_imports_no_room() -> None:
    """The help page comes without the weight of the rooms."""
    script = ("import sys; from click.testing import CliRunner; from jaga.command import main; "
              "assert CliRunner().invoke(main, ['--help']).exit_code == 0; "
              "print([name for name in ('models', 'training', 'serving', 'pandas', 'numba') "
              "if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3],
                          capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("module", BENCHMARKS.values(), ids=BENCHMARKS)
def test_every_benchmark_takes_what_the_verb_gives(module: str) -> None:
    """Folder, progress and seed."""
    parameters = inspect.signature(importlib.import_module(module).benchmark).parameters
    assert {"data", "progress", "seed"} <= set(parameters)


def test_json_is_the_last_line(told: Callable[..., Result]) -> None:
    """What a verb returns is one line of JSON, whatever it printed before."""
    def does() -> Any:
        click.echo("a word before")
        return WORDS

    assert json.loads(told(does, "--json").stdout.splitlines()[-1]) == WORDS


def test_a_result_is_shown_as_it_is(told: Callable[..., Result]) -> None:
    """Brackets and colons of a value are no markup, numbers have separators."""
    lines = told(lambda: WORDS).stdout.splitlines()
    assert lines == ["folder  a [bold]file[/bold] :smile:", "rows  12,345", "share  0.25",
                     "names  a, b"]


def test_a_verb_that_printed_for_itself_adds_nothing(told: Callable[..., Result]) -> None:
    """No result, no line."""
    assert told(lambda: None).stdout == ""


@pytest.mark.parametrize("kind", [JagaError, BadInput, BadConfig, NotFound, Conflict, Unavailable])
def test_an_error_is_its_sentence(told: Callable[..., Result], kind: type[JagaError]) -> None:
    """Exit status 2, the sentence on standard error, nothing on standard output."""
    done = told(_raising(kind("this", "that [/b] :smile:", "mend it")))
    assert (done.exit_code, done.stdout) == (2, "")
    said = "Wanted this; came that [/b] :smile:. To do: mend it."
    assert done.stderr == f"{kind.code.replace('_', ' ')} {said}\n"


def test_an_error_is_an_object_where_json_is_asked_for(told: Callable[..., Result]) -> None:
    """The last line of standard output names the parts."""
    done = told(_raising(NotFound("this", "that", "mend it")), "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "error": {"code": "not_found", "wanted": "this", "came": "that", "to_do": "mend it"}}


@pytest.mark.parametrize(("error", "words"), [
    (PermissionError(13, "Permission denied", "/srv/x"), "Permission denied: /srv/x"),
    (OSError(28, "No space left on device"), "No space left on device"),
    (ModuleNotFoundError("No module named 'shap'", name="shap"), "jaga[serving,training]"),
])
def test_the_machine_says_it_in_a_sentence_too(
    told: Callable[..., Result], error: Exception, words: str
) -> None:
    """A disk, a right or a package that is missing is no traceback."""
    done = told(_raising(error))
    assert done.exit_code == 2
    assert words in done.stderr
    assert "To do: " in done.stderr


def test_a_fault_of_ours_is_not_hidden(told: Callable[..., Result]) -> None:
    """A missing module of a room is no advice to install something."""
    error = ModuleNotFoundError("No module named 'models.none'", name="models.none")
    assert told(_raising(error)).exception is error


def test_an_interrupt_stops_without_a_traceback(told: Callable[..., Result]) -> None:
    """Ctrl-C has the exit status shells expect."""
    done = told(_raising(KeyboardInterrupt()))
    assert (done.exit_code, done.stderr) == (130, "Stopped.\n")


@pytest.mark.parametrize(("text", "ms"), [
    ("1970-01-02", 86_400_000),
    ("1970-01-02T00:00:00Z", 86_400_000),
    ("1970-01-02T07:00:00+07:00", 86_400_000),
    ("1970-01-01T00:00:00.123Z", 123),
    (123, 123),
])
def test_a_moment_is_milliseconds(text: str | int, ms: int) -> None:
    """A time with an offset, or the midnight of a date in UTC."""
    assert Moment().convert(text, None, None) == ms


@pytest.mark.parametrize("text", [
    "yesterday", "2025-07-01T00:00:00", "2025-13-01", "20000-01-01", "", "9999-01-01",
    "1969-12-31", "1751328000000",
])
def test_another_moment_is_refused(text: str) -> None:
    """The sentence says what was wanted, what came and what to do."""
    with pytest.raises(click.BadParameter, match=r"wanted a time .*; came .*; to do: "):
        Moment().convert(text, None, None)
