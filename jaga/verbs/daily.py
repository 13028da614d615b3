"""Verbs of every day: features, scores, suggestions, sending, replay, rings, assistants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jaga.console import progress_bars
from jaga.options import FILE, FOLDER, Moment, Pair
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
@click.option("--segment", "segments", type=Pair(), multiple=True,
              help="Only members of it, as persona=retailer; may come again.")
@click.option("--channel-capacity", "capacities", type=Pair(counted=True), multiple=True,
              help="Messages at most, as whatsapp=200; may come again.")
@click.option("--dry-run", is_flag=True, help="Write the file and keep no decision.")
@click.option("--as-of", type=Moment(), default=None, help="Default: just after the last event.")
def suggest(
    home: Path, program: str | None, out: Path, budget: int | None,
    segments: tuple[tuple[str, str], ...], capacities: tuple[tuple[str, int], ...],
    dry_run: bool, as_of: int | None,
) -> Any:
    """Rank which mission to offer whom, with its cost and expected effect."""
    from jaga.homes import open_home
    from serving.suggest import suggest as run

    return run(open_home(home), out, program_id=program, budget=budget, as_of=as_of,
               segment=_once(segments), channel_capacity=_once(capacities),
               is_dry=dry_run).as_dict()


def _once(pairs: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """Pairs by name; a name that comes twice is a mistake."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise click.UsageError("wanted each name once; came one twice; to do: drop one of them.")
    return found


@verb("daily")
@click.option("--draft", type=FILE, default=None,
              help="Write the missions that come with Jaga to this file, to start from.")
@click.option("--check", type=FILE, default=None, help="Check this missions.yaml.")
def missions(home: Path, program: str | None, draft: Path | None, check: Path | None) -> Any:
    """List a program's missions, check a missions.yaml, or draft one to start from."""
    from features.exports.missions import draft_missions, read_missions, starter_program
    from jaga.homes import open_home

    opened = open_home(home)
    if draft is not None and program is None and not opened.programs():
        return {"missions": draft_missions(draft, starter_program()), "out": str(draft)}
    journal = opened.journal(program)
    if draft is not None:
        return {"missions": draft_missions(draft, journal.program), "out": str(draft)}
    listed = read_missions(check, journal.program) if check else journal.missions
    for mission in listed:
        click.echo(f"{mission.id:<28} {mission.cost_points:>6} points  {mission.goal}")
    if not listed:
        click.echo("No missions. Start with jaga missions --draft missions.yaml, put the file "
                   "into the export, and ingest it.")
    return {"missions": len(listed), "languages": ", ".join(journal.program.languages)}


@verb("daily")
@click.option("--dry-run", is_flag=True, help="Say what would go; send and write nothing.")
@click.option("--dead", is_flag=True, help="List what was given up.")
@click.option("--wake", is_flag=True, help="Try again, from the start, what was given up.")
@click.option("--again-after", type=click.IntRange(0), default=None, metavar="CURSOR",
              help="Have every outcome after this place in the feed told again.")
@click.option("--forget", is_flag=True, help="Forget the webhook, and drop what waits for it.")
def send(
    home: Path, program: str | None, dry_run: bool, dead: bool, wake: bool,
    again_after: int | None, forget: bool,
) -> Any:
    """Hand what waits in the outbox to the program's webhook; a running service does so itself."""
    from jaga.homes import open_home
    from serving.outbox import jobs
    from serving.outbox.webhook import webhook_of
    from serving.settings import read_settings

    if dry_run + dead + wake + forget + (again_after is not None) > 1:
        raise click.UsageError("wanted one of --dry-run, --dead, --wake, --again-after and "
                               "--forget; came several; to do: run them one after the other.")
    opened = open_home(home)
    if dry_run or dead:
        return _as_lines(jobs.would_send(opened, program) if dry_run
                         else jobs.dead_letters(opened, program))
    if wake:
        return jobs.wake_dead(opened, program)
    if forget:
        return jobs.forget(opened, program)
    if again_after is not None:
        return jobs.go_back(opened, again_after, program)
    settings = read_settings()
    return jobs.send_waiting(
        opened, webhook_of(settings.webhook_url, settings.webhook_secrets), program)


def _as_lines(found: dict[str, Any]) -> dict[str, Any]:
    """Write each message as a line for people; machines get the list."""
    if click.get_current_context().params["as_json"]:
        return found
    lines = ["  ".join(str(cell) for cell in one.values() if cell is not None)
             for one in found["messages"]]
    return found | {"messages": "\n".join([*lines, ""]) if lines else "none"}


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


@verb("daily")
@click.argument("job", type=click.Choice(["nightly"]))
@click.option("--as-of", type=Moment(), default=None,
              help="Default: the last midnight of the program that is over.")
def run(home: Path, program: str | None, job: str, as_of: int | None) -> Any:
    """Do the day's jobs, those that are not done yet; for cron, a timer or a CronJob."""
    from jaga.homes import open_home
    from jaga.nightly.run import run as run_nightly

    with progress_bars() as progress:
        return run_nightly(open_home(home), program, as_of, progress)


@verb("daily")
@click.option("--url", default="http://127.0.0.1:3000", show_default=True,
              help="Origin of the running service that is asked.")
@click.option("--pages", default=None,
              help="Origin of the pages in links; default: the service, which leads there.")
def mcp(home: Path, program: str | None, url: str, pages: str | None) -> None:
    """Let an assistant ask a running service; it decides nothing.

    Speaks the Model Context Protocol over standard input and output. The key is in JAGA_KEY, or in
    the file that JAGA_KEY_FILE names; its role says what is answered.
    """
    from jaga.assistant.run import run

    run(url, pages)
