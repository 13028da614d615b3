"""Verbs for the first day: the tour, a simulated program, one's own export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jaga.console import out, progress_bars, show
from jaga.options import FILE, FOLDER, PORT
from jaga.verb import verb

if TYPE_CHECKING:
    from pathlib import Path

STORIES = ("electricians", "farmers", "installers", "resellers", "retail")


@verb("start")
@click.option("--members", type=click.IntRange(min=3), default=2000, show_default=True,
              help="Members of the simulated program.")
@click.option("--days", type=click.IntRange(min=30), default=365, show_default=True,
              help="Days that are simulated.")
@click.option("--seed", type=int, default=7, show_default=True,
              help="Of everything random: the same seed, the same program.")
@click.option("--story", type=click.Choice(STORIES), default="farmers", show_default=True,
              help="What kind of trade is simulated.")
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Name or address to listen at.")
@click.option("--port", type=PORT, default=None,
              help="Refused where it is taken; left out: the first free one from 3000 on.")
@click.option("--serve/--no-serve", default=True, help="Stop after scoring instead of serving.")
def demo(
    home: Path, program: str | None, serve: bool, host: str, port: int | None, **world: Any
) -> Any:
    """Run the main job on a simulated program and open the desks."""
    from jaga.demo import Demo

    with progress_bars() as progress:
        tour = Demo(home, progress=progress, **world).run()
    if not serve:
        return tour
    show(tour, as_json=False)
    from serving.serve import serve as run_service

    run_service(home, host=host, port=port, announce=out.print)
    return None


@verb("start")
@click.option("--out", type=FOLDER, required=True, help="Folder of the export, truth/ inside.")
@click.option("--members", type=click.IntRange(min=3), default=2000, show_default=True,
              help="Members of the simulated program.")
@click.option("--days", type=click.IntRange(min=1), default=365, show_default=True,
              help="Days that are simulated.")
@click.option("--seed", type=int, default=7, show_default=True,
              help="Of everything random: the same seed, the same program.")
@click.option("--story", type=click.Choice(STORIES), default="electricians", show_default=True,
              help="What kind of trade is simulated.")
def simulate(home: Path, program: str | None, **options: Any) -> Any:
    """Write the export of a program one would believe, and its sealed truth."""
    from training.simulate import simulate as run

    with progress_bars() as progress:
        return run(progress=progress, **options).as_dict()


@verb("start", "map")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--out", type=FILE, default=None, help="Where to write it; default: the screen.")
def map_(home: Path, program: str | None, files: tuple[Path, ...], out: Path | None) -> Any:
    """Draft a mapping.yaml from foreign files, each guess marked."""
    from features.exports.draft import draft_mapping

    text = draft_mapping(list(files))
    if out is None:
        click.echo(text)
        return None
    out.write_text(text, encoding="utf-8")
    look = f"look at every line marked guess, then jaga ingest DIR --mapping {out}"
    return {"mapping": str(out), "next": look}


@verb("start")
@click.argument("folder", type=FOLDER)
@click.option("--mapping", type=FILE, default=None, help="Reads a foreign export as it is.")
@click.option("--check", is_flag=True, help="Say what would happen; write nothing.")
def ingest(home: Path, program: str | None, folder: Path, mapping: Path | None, check: bool) -> Any:
    """Take an export into the journal; bad rows go to rejects.parquet, good rows go on."""
    from features.exports.mapping import read_mapping
    from features.store.ingest import ingest as run
    from jaga.homes import open_home

    with progress_bars() as progress:
        return run(
            open_home(home), folder, mapping=read_mapping(mapping) if mapping else None,
            check=check, progress=progress, program_id=program,
        ).as_dict()


@verb("start")
@click.argument("folder", type=FOLDER)
@click.option("--out", type=FILE, required=True, help="The HTML file to write.")
@click.option("--mapping", type=FILE, default=None, help="Reads a foreign export as it is.")
def report(home: Path, program: str | None, folder: Path, out: Path, mapping: Path | None) -> Any:
    """Tell what an export holds: its health, ten cases to open, who is slipping away."""
    from features.exports.mapping import read_mapping
    from training.report import report as run

    with progress_bars() as progress:
        return run(
            folder, out, mapping=read_mapping(mapping) if mapping else None, progress=progress
        ).as_dict()


@verb("start")
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Name or address to listen at.")
@click.option("--port", type=PORT, default=None,
              help="Refused where it is taken; left out: the first free one from 3000 on.")
def serve(home: Path, program: str | None, host: str, port: int | None) -> None:
    """Serve verdicts, inactivity and suggestions, and the pages for people."""
    from serving.serve import serve as run_service

    run_service(home, host=host, port=port, announce=out.print)
