"""What every verb has in common: its group, its options, its result and its errors."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from features.errors import JagaError, Unavailable
from jaga.console import err, show

if TYPE_CHECKING:
    from collections.abc import Callable

GROUPS = ("start", "daily", "campaign", "model", "operate", "identity", "measure")
"""Each group of verbs is a module of `jaga.verbs`; help lists them in this order."""
ROOMS = ("features", "models", "training", "serving", "jaga")
"""A module of these that is missing is a fault of ours, not of the installation."""


class Grouped(click.Group):
    """A group whose help lists its verbs under the heading of their module."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section a group."""
        for group in GROUPS:
            rows = [
                (name, command.get_short_help_str(72))
                for name, command in self.commands.items()
                if getattr(command, "section", "") == group
            ]
            if rows:
                with formatter.section(group.capitalize()):
                    formatter.write_dl(rows)


@click.group(cls=Grouped, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jaga")
def main() -> None:
    """Jaga guards and looks after a loyalty program: fraud verdicts, churn risk, missions."""


def verb(section: str, name: str | None = None) -> Callable[[Callable[..., Any]], click.Command]:
    """Decorate a function as a verb that takes ``home``, ``program`` and prints its result.

    The function returns a mapping to show, or None where it printed for itself. A mapping whose
    ``passed`` is False ends the command with status 1.
    """

    def decorate(function: Callable[..., Any]) -> click.Command:
        @functools.wraps(function)
        def run(as_json: bool, **options: Any) -> None:
            result = _guarded(function, as_json, options)
            if result is not None:
                show(result, as_json)
                if result.get("passed") is False:
                    sys.exit(1)

        command = click.command(name or function.__name__.rstrip("_").replace("_", "-"))(run)
        for option in (
            click.option("--json", "as_json", is_flag=True, help="Last line machine-readable."),
            click.option("--program", default=None, help="Which program, where there are several."),
            click.option(
                "--home", type=click.Path(path_type=Path, file_okay=False), default=Path("var"),
                show_default=True, help="The folder that holds everything Jaga keeps.",
            ),
        ):
            command = option(command)
        command.section = section  # type: ignore[attr-defined]
        main.add_command(command)
        return command

    return decorate


def _guarded(function: Callable[..., Any], as_json: bool, options: dict[str, Any]) -> Any:
    """Run a verb; what a person can mend becomes a sentence and exit status 2."""
    try:
        return function(**options)
    except BrokenPipeError:
        raise
    except JagaError as error:
        _tell(error, as_json)
    except OSError as error:
        _tell(_of_files(error), as_json)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ROOMS:
            raise
        _tell(_of_packages(error), as_json)
    except KeyboardInterrupt:
        err.print("Stopped.")
        sys.exit(130)
    sys.exit(2)


def _tell(error: JagaError, as_json: bool) -> None:
    """Write the sentence to standard error and, where asked for, the parts as the last line."""
    if as_json:
        body = {"code": error.code, "wanted": error.wanted, "came": error.came,
                "to_do": error.remedy}
        sys.stdout.write(json.dumps({"error": body}) + "\n")
    err.print(Text.assemble((error.code.replace("_", " "), "bold red"), f" {error}"))


def _of_files(error: OSError) -> JagaError:
    came = error.strerror or str(error) or type(error).__name__
    named = f": {error.filename}" if error.filename else ""
    return Unavailable("files and folders that can be read and written", f"{came}{named}",
                       "check the path, its permissions and the free space")


def _of_packages(error: ModuleNotFoundError) -> JagaError:
    return Unavailable("the packages of this verb", f"none of the name {error.name}",
                       "install the extras: pip install 'jaga[serving,training]'")
