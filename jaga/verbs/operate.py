"""Verbs of operation: health, keys, migrations, policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jaga.options import FILE
from jaga.verb import verb

if TYPE_CHECKING:
    from pathlib import Path


@verb("operate")
def doctor(home: Path, program: str | None) -> Any:
    """Say what is wrong with a home and how to mend it."""
    from jaga.doctor import examine

    return examine(home)


@verb("operate")
def migrate(home: Path, program: str | None) -> Any:
    """Bring the stores of a home to this version's schema."""
    from jaga.homes import open_home

    return {"schema": open_home(home).database.revision()}


@verb("operate")
@click.argument("action", type=click.Choice(["create", "rotate", "revoke"]))
@click.option("--role", default="points-engine", show_default=True,
              type=click.Choice(["points-engine", "manager", "marketer", "admin", "auditor"]))
@click.option("--key", "prefix", default=None, help="First characters of the key to act on.")
def key(home: Path, program: str | None, action: str, role: str, prefix: str | None) -> Any:
    """Create, rotate or revoke an API key; a key is shown once and stored hashed."""
    from jaga.homes import open_home
    from serving import keys

    return keys.act(open_home(home), action, program_id=program, role=role, prefix=prefix)


@verb("operate")
@click.argument("action", type=click.Choice(["check", "apply"]))
@click.argument("file", type=FILE)
@click.option("--by", default="", help="Who applies it; kept with the policy.")
def policy(home: Path, program: str | None, action: str, file: Path, by: str) -> Any:
    """Say what a policy.yaml would change, or put it in force; a wrong one changes nothing."""
    from jaga.homes import open_home
    from serving import applying

    if action == "check":
        return applying.check_policy(open_home(home), file, program)
    return applying.apply_policy(open_home(home), file, by, program)
