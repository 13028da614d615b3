"""Verbs of identity: keys of machines, and people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from features.errors import BadInput
from jaga.verb import verb

HOUR_MS = 3_600_000
ROLES = ("points-engine", "manager", "marketer", "admin", "auditor")
"""As `serving.roles.ROLES`; written again, as help opens no room."""


@verb("identity")
@click.argument("action", type=click.Choice(["create", "rotate", "revoke", "list"]))
@click.option("--role", default="points-engine", show_default=True, type=click.Choice(ROLES),
              help="What the key may do; docs/identity.md has the table.")
@click.option("--key", "prefix", default=None, help="First characters of the name of the key.")
@click.option("--days", type=click.IntRange(min=1), default=None,
              help="The new key works so long; default: for ever.")
@click.option("--rate", type=click.IntRange(min=1), default=None,
              help="Requests a second at the most; default: as JAGA_KEY_RATE says.")
@click.option("--overlap", type=click.IntRange(min=0), default=24, show_default=True,
              help="Hours that a rotated key goes on working.")
def key(home: Path, program: str | None, action: str, role: str, prefix: str | None,
        days: int | None, rate: int | None, overlap: int) -> Any:
    """Create, rotate, revoke or list API keys; a key is shown once and stored hashed."""
    from jaga.homes import open_home
    from serving import keys

    return keys.act(open_home(home), action, program_id=program, role=role, prefix=prefix,
                    life_ms=days and days * 24 * HOUR_MS, rate=rate, overlap_ms=overlap * HOUR_MS)


@verb("identity")
@click.argument("action",
                type=click.Choice(["add", "reset", "roles", "disable", "enable", "link",
                                   "unlink", "list"]))
@click.argument("name", required=False)
@click.argument("member", required=False)
@click.option("--role", "roles", multiple=True,
              help="manager, marketer, admin or auditor; ROLE@PROGRAM where there are several.")
@click.option("--ask", is_flag=True, help="Ask for the password; default: one is made and shown.")
@click.option("--password-file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
              default=None, help="Read the password from a file, or from - the standard input.")
@click.option("--by-provider", is_flag=True,
              help="No password: he signs in by OpenID Connect alone.")
def user(home: Path, program: str | None, action: str, name: str | None, member: str | None,
         roles: tuple[str, ...], ask: bool, password_file: Path | None, by_provider: bool) -> Any:
    """Add people, reset their passwords, change their roles, let them in no more.

    link and unlink say which MEMBER is the person's own account: he decides on none next to it.
    """
    from jaga.homes import open_home
    from serving.identity import administering
    from serving.keys import now_ms
    from serving.review.linking import link_member

    if action in ("link", "unlink"):
        return link_member(open_home(home), name, member, program, is_linked=action == "link")
    return administering.act(open_home(home), action, name, roles, program, now_ms(),
                             password=_password(ask, password_file), by_provider=by_provider)


def _password(ask: bool, file: Path | None) -> str | None:
    """Take a password from a person or a file, never from the command line, which is kept."""
    if ask and file is not None:
        raise BadInput("--ask or --password-file", "both", "leave one out")
    if ask:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    if file is None:
        return None
    text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    return text.rstrip("\r\n")
