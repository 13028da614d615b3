"""Verbs of operation: health, migrations, policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from jaga.options import FILE
from jaga.verb import verb


@verb("operate")
def doctor(home: Path, program: str | None) -> Any:
    """Say what is wrong with a home and how to mend it."""
    from jaga.doctor import examine

    return examine(home)


@verb("operate")
def migrate(home: Path, program: str | None) -> Any:
    """Bring the stores of a home to this version's schema; older replicas may go on meanwhile."""
    from jaga.homes import open_home

    before, after = open_home(home).migrate()
    return {"before": before or "none", "schema": after}


@verb("operate")
@click.argument("action", type=click.Choice(["check", "apply"]))
@click.argument("file", type=FILE)
@click.option("--by", default="", help="Who applies it; kept with the policy.")
def policy(home: Path, program: str | None, action: str, file: Path, by: str) -> Any:
    """Say what a policy.yaml would change, or put it in force; a wrong one changes nothing."""
    from jaga.homes import open_home
    from serving import applying

    opened = open_home(home)
    found = (applying.check_policy(opened, file, program) if action == "check"
             else applying.apply_policy(opened, file, by, program))
    told_twice = set() if click.get_current_context().params["as_json"] else {"changes"}
    return {name: value for name, value in found.items() if name not in told_twice}


@verb("operate")
@click.argument("member_id", required=False)
@click.option("--by", default="", help="Who erases; kept in the audit log.")
@click.option("--compact", is_flag=True,
              help="Rewrite the store, so that no free page holds what was erased.")
def erase(home: Path, program: str | None, member_id: str | None, by: str, compact: bool) -> Any:
    """Take a person out: his ids and words go, the numbers and the audit log stay valid."""
    import time

    from features.store.chain import operator
    from jaga.homes import open_home
    from serving.keeping import jobs

    if member_id is None and not compact:
        raise click.UsageError("Wanted a member_id or --compact; came neither.")
    opened = open_home(home)
    told = {} if member_id is None else jobs.erase_member(
        opened, member_id, program, by or operator(), time.time_ns() // 1_000_000)
    return told | ({"store": jobs.compact(opened)} if compact else {})


@verb("operate")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--by", default="", help="Who asks for it; kept in the audit log.")
def backup(home: Path, program: str | None, out: Path, by: str) -> Any:
    """Write all that a home holds into one file, beside a running service or without one."""
    import time

    from features.store.chain import operator
    from jaga.console import progress_bars
    from jaga.homes import open_home
    from serving.keeping.backup import backup as run

    with progress_bars() as progress:
        return run(open_home(home), out, by or operator(), time.time_ns() // 1_000_000, progress)


@verb("operate")
@click.argument("file", type=FILE)
@click.option("--erased", type=FILE, default=None,
              help="audit/erased.jsonl of the newest home: erases again who was erased since.")
@click.option("--by", default="", help="Who restores; kept in the audit log.")
def restore(home: Path, program: str | None, file: Path, erased: Path | None, by: str) -> Any:
    """Make an empty home what a backup holds, wholly or not at all."""
    import os
    import time

    from features.store.chain import operator
    from jaga.console import progress_bars
    from serving.keeping.restore import check_url
    from serving.keeping.restore import restore as run
    from serving.secretfiles import secret_of

    url = check_url(secret_of(os.environ, "JAGA_DATABASE_URL") or None)
    with progress_bars() as progress:
        return run(file, home, url, by or operator(), time.time_ns() // 1_000_000, progress,
                   erased)


@verb("operate")
@click.option("--by", default="", help="Who asks for it; kept in the audit log.")
def retention(home: Path, program: str | None, by: str) -> Any:
    """Let go what is older than the retention of program.yaml; without one all is kept."""
    import time

    from features.store.chain import operator
    from jaga.homes import open_home
    from serving.keeping.retention import apply_retention

    return apply_retention(open_home(home), program, by or operator(),
                           time.time_ns() // 1_000_000)
