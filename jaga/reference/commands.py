"""The page of the commands, from their declaration."""

from __future__ import annotations

import click

from jaga.command import main
from jaga.reference.markdown import code, plain, table
from jaga.verb import GROUPS

COMMON = ("home", "program", "as_json", "help")
"""Options of every verb, said once."""


def page() -> str:
    """Write what each verb does, and its options."""
    parts = ["# Commands", "Each verb has `--help`, `--home DIR` (default `var`), `--program ID` "
             "where a home holds several, and `--json` for a last line that a machine reads."]
    for group in GROUPS:
        parts.append(f"## {group.capitalize()}")
        for name, command in main.commands.items():
            if getattr(command, "section", "") == group:
                parts.append(_verb(name, command))
    return "\n\n".join(parts) + "\n"


def _verb(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"jaga {name}")
    usage = command.get_usage(context).removeprefix("Usage: ")
    parts = [f"### jaga {name}", f"```sh\n{' '.join(usage.split())}\n```",
             (command.help or "").replace("\b\n", "")]
    rows = [_option(each) for each in command.params
            if isinstance(each, click.Option) and each.name not in COMMON]
    if rows:
        parts.append(table(["option", "says"], rows))
    return "\n\n".join(parts)


def _option(option: click.Option) -> list[str]:
    named = " ".join([*option.opts, *option.secondary_opts])
    kind = "" if option.is_flag else f" {option.make_metavar(_NOWHERE)}"
    default = option.default if isinstance(option.default, str | int | float) else None
    usual = "" if default is None or option.is_flag else f" Default: {default}."
    return [code(named + kind), plain((option.help or "") + usual)]


_NOWHERE = click.Context(main)
