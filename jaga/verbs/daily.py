"""Verbs of every day: features, scores, suggestions, replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jaga.console import progress_bars
from jaga.options import FILE, FOLDER, Moment
from jaga.verb import verb

if TYPE_CHECKING:
    from pathlib import Path


@verb("daily")
@click.option("--out", type=FILE, default=None, help="Parquet file to write.")
@click.option("--as-of", type=Moment(), default=None, help="Every member as of T, not every event.")
@click.option("--list", "listing", is_flag=True, help="List the features and what they mean.")
def features(
    home: Path, program: str | None, out: Path | None, as_of: int | None, listing: bool
) -> Any:
    """Write the feature row of every event, or of every member as of T."""
    from features.jobs import list_features, write_event_features, write_member_features
    from features.store.home import Home

    if listing:
        for row in list_features():
            click.echo(f"{row['name']:<36} {row['family']:<16} {row['unit']:<8} {row['meaning']}")
        return None
    if out is None:
        raise click.UsageError("wanted --out FILE or --list; came neither; to do: add --out.")
    journal = Home(home).journal(program)
    with progress_bars() as progress:
        if as_of is None:
            return {"rows": write_event_features(journal, out, progress=progress), "out": str(out)}
        return {"rows": write_member_features(journal, out, as_of), "out": str(out)}


@verb("daily")
@click.option("--out", type=FOLDER, required=True, help="Folder for members.parquet.")
@click.option("--as-of", type=Moment(), default=None, help="Default: just after the last event.")
def score(home: Path, program: str | None, out: Path, as_of: int | None) -> Any:
    """Score every member: anomaly, inactivity, state and reasons."""
    from features.store.home import Home
    from serving.score import score as run

    with progress_bars() as progress:
        return run(Home(home), out, program_id=program, as_of=as_of, progress=progress).as_dict()


@verb("daily")
@click.option("--out", type=FILE, required=True, help="Parquet file to write.")
@click.option("--budget", type=click.IntRange(min=0), default=None, help="Points to spend at most.")
@click.option("--as-of", type=Moment(), default=None, help="Default: just after the last event.")
def suggest(
    home: Path, program: str | None, out: Path, budget: int | None, as_of: int | None
) -> Any:
    """Rank which mission to offer whom, with its cost and expected effect."""
    from features.store.home import Home
    from serving.suggest import suggest as run

    return run(Home(home), out, program_id=program, budget=budget, as_of=as_of).as_dict()


@verb("daily")
@click.argument("folder", type=FOLDER)
@click.option("--out", type=FILE, required=True, help="Parquet file to write.")
@click.option("--mapping", type=FILE, default=None, help="Reads a foreign export as it is.")
def replay(home: Path, program: str | None, folder: Path, out: Path, mapping: Path | None) -> Any:
    """Send an export's events through the live verdict path, under full enforcement."""
    from features.exports.mapping import read_mapping
    from features.store.home import Home
    from serving.replay import replay as run

    with progress_bars() as progress:
        return run(
            Home(home), folder, out, program_id=program,
            mapping=read_mapping(mapping) if mapping else None, progress=progress,
        ).as_dict()
