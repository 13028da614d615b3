"""Verbs of every day: features, scores, suggestions, replay, rings, insiders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jaga.console import progress_bars
from jaga.options import FILE, FOLDER, Moment
from jaga.verb import verb

if TYPE_CHECKING:
    from pathlib import Path

    from features.catalog import Catalog
    from features.store.home import Home


@verb("daily")
@click.option("--out", type=FILE, default=None, help="Parquet file to write.")
@click.option("--as-of", type=Moment(), default=None, help="Every member as of T, not every event.")
@click.option("--list", "listing", is_flag=True, help="List the features and what they mean.")
@click.option("--engine", type=click.Choice(["local", "duckdb", "spark"]), default="local",
              help="What computes the rows of events: Jaga's kernel, or SQL at scale.")
@click.option("--check-parity", "parity", is_flag=True,
              help="Compare what was served, and SQL, with the kernel; status 1 where they differ.")
def features(
    home: Path, program: str | None, out: Path | None, as_of: int | None, listing: bool,
    engine: str, parity: bool,
) -> Any:
    """Write the feature row of every event, or of every member as of T."""
    from features.jobs import list_features, write_event_features, write_member_features
    from features.sql.jobs import write_event_features as write_through_sql
    from jaga.homes import open_home

    if listing:
        for row in list_features(_listed(open_home(home), program)):
            declared = f" ({row['declared']})" if row["declared"] else ""
            click.echo(f"{row['name']:<36} {row['family']:<16} {row['unit']:<8} "
                       f"{row['meaning']}{declared}")
        return None
    if parity:
        from jaga.parity import check_parity

        with progress_bars() as progress:
            return check_parity(open_home(home), program, engine, progress)
    if out is None:
        raise click.UsageError("wanted --out FILE, --list or --check-parity; came none of them; "
                               "to do: add --out.")
    opened = open_home(home)
    journal = opened.journal(program)
    with progress_bars() as progress:
        if as_of is None:
            catalog = opened.catalog(journal.program.program_id)
            if engine == "local":
                rows = write_event_features(journal, out, catalog, progress=progress)
            else:
                rows = write_through_sql(journal, out, engine, catalog, progress=progress)
            return {"rows": rows, "out": str(out)}
        if engine != "local":
            raise click.UsageError(f"wanted --engine with the rows of events; came --as-of with "
                                   f"--engine {engine}; to do: leave one of them out.")
        return {"rows": write_member_features(journal, out, as_of), "out": str(out)}


def _listed(home: Home, program: str | None) -> Catalog:
    """The named program's features, the only one's where none is named, else everybody's."""
    if program is None:
        programs = home.programs()
        program = programs[0] if len(programs) == 1 else None
    return home.catalog(program)


@verb("daily")
@click.option("--out", type=FOLDER, required=True, help="Folder for members.parquet.")
@click.option("--as-of", type=Moment(), default=None, help="Default: just after the last event.")
def score(home: Path, program: str | None, out: Path, as_of: int | None) -> Any:
    """Score every member: anomaly, inactivity, state and reasons."""
    from jaga.homes import open_home
    from serving.score import score as run

    with progress_bars() as progress:
        return run(open_home(home), out, program_id=program, as_of=as_of,
                   progress=progress).as_dict()


@verb("daily")
@click.option("--out", type=FILE, required=True, help="Parquet file to write.")
@click.option("--budget", type=click.IntRange(min=0), default=None, help="Points to spend at most.")
@click.option("--as-of", type=Moment(), default=None, help="Default: just after the last event.")
def suggest(
    home: Path, program: str | None, out: Path, budget: int | None, as_of: int | None
) -> Any:
    """Rank which mission to offer whom, with its cost and expected effect."""
    from jaga.homes import open_home
    from serving.suggest import suggest as run

    return run(open_home(home), out, program_id=program, budget=budget, as_of=as_of).as_dict()


@verb("daily")
@click.argument("folder", type=FOLDER)
@click.option("--out", type=FILE, required=True, help="Parquet file to write.")
@click.option("--mapping", type=FILE, default=None, help="Reads a foreign export as it is.")
def replay(home: Path, program: str | None, folder: Path, out: Path, mapping: Path | None) -> Any:
    """Send an export's events through the live verdict path, under full enforcement."""
    from features.exports.mapping import read_mapping
    from jaga.homes import open_home
    from serving.replay import replay as run

    with progress_bars() as progress:
        return run(
            open_home(home), folder, out, program_id=program,
            mapping=read_mapping(mapping) if mapping else None, progress=progress,
        ).as_dict()


@verb("daily")
@click.option("--as-of", type=Moment(), default=None, help="Default: just after the last event.")
@click.option("--out", type=FILE, default=None, help="Default: HOME/rings/PROGRAM/DATE.parquet.")
def rings(home: Path, program: str | None, as_of: int | None, out: Path | None) -> Any:
    """Publish who is joined with whom, as known at the last UTC midnight."""
    from features.links.jobs import publish
    from jaga.homes import open_home

    return publish(open_home(home), program, as_of, out).as_dict()


@verb("daily")
@click.option("--as-of", type=Moment(), default=None, help="Default: just after the last event.")
@click.option("--out", type=FILE, default=None,
              help="Another file beside HOME/insiders/PROGRAM/DATE.json: .json or .parquet.")
def insiders(home: Path, program: str | None, as_of: int | None, out: Path | None) -> Any:
    """Weigh staff, reps and reviewers against their peers; a finding blocks nobody."""
    from jaga.homes import open_home
    from models.insiders.jobs import look

    opened = open_home(home)
    found = look(opened, program, as_of, out)
    for line in found.lines(opened.journal(program).program.languages[0]):
        click.echo(line)
    return found.as_dict()
