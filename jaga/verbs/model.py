"""Verbs of a model's life: train, backtest, gates, promote, monitor, explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jaga.console import progress_bars
from jaga.options import FILE, FOLDER, Moment
from jaga.verb import verb

if TYPE_CHECKING:
    from pathlib import Path


@verb("model")
@click.option("--as-of", type=Moment(), default=None, help="Learn from what was known before T.")
@click.option("--promote", is_flag=True, help="Make the new bundle champion at once.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything random.")
def train(home: Path, program: str | None, as_of: int | None, promote: bool, seed: int) -> Any:
    """Fit, calibrate and judge models on the past; register them as one bundle."""
    from jaga.homes import open_home
    from training.train import train as run

    with progress_bars() as progress:
        return run(
            open_home(home), program_id=program, as_of=as_of, promote=promote, seed=seed,
            progress=progress,
        ).as_dict()


@verb("model")
@click.option("--policy", "policies", type=FILE, multiple=True,
              help="A policy.yaml to try; again for another.")
@click.option("--bundle", default=None, help="Id of a bundle to try.")
@click.option("--lists", type=FILE, default=None,
              help="Deny and allow lists and snoozes to try instead of the journal's, CSV or JSON.")
@click.option("--truth", type=FOLDER, default=None,
              help="Folder of the simulated export, to count by its sealed truth too.")
@click.option("--out", type=FOLDER, default=None, help="Folder for report.json and report.html.")
@click.option("--as-enforced", is_flag=True,
              help="Do as each policy's rules of enforcement say, not in full.")
def backtest(
    home: Path, program: str | None, policies: tuple[Path, ...], bundle: str | None,
    lists: Path | None, truth: Path | None, out: Path | None, as_enforced: bool,
) -> Any:
    """Say what a policy, a bundle or lists would have done with the journal."""
    from jaga.homes import open_home
    from serving.backtest.run import backtest as run

    with progress_bars() as progress:
        found = run(open_home(home), program, policies, bundle, lists, truth, out, as_enforced,
                    progress)
    as_json = click.get_current_context().params["as_json"]
    return found.body if as_json else {"backtest": found.table}


@verb("model")
@click.option("--bundle", default=None, help="Id of a bundle; left out: the newest "
              "that enough matured labels tell of, else the challenger.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of every draw.")
@click.option("--derive", type=click.IntRange(0), default=5, show_default=True,
              help="So many stored verdicts are derived again, drawn by chance.")
def gates(home: Path, program: str | None, bundle: str | None, seed: int, derive: int) -> Any:
    """Judge a challenger beside the champion, on events that both know nothing of."""
    from jaga.homes import open_home
    from serving.sampled import explain_sample
    from training.gating import gates as run

    opened = open_home(home)
    with progress_bars() as progress:
        found = run(opened, program, bundle, seed, progress,
                    (lambda: explain_sample(opened, derive, seed, program, progress))
                    if derive else None)
    as_json = click.get_current_context().params["as_json"]
    return found.as_dict() if as_json else {"passed": found.passed, "gates": found.table}


@verb("model")
@click.argument("bundle_id", required=False)
@click.option("--without-gates", is_flag=True, help="Though its gates are not passed.")
@click.option("--reason", default="", help="Why; kept in the audit log with your name.")
def promote(
    home: Path, program: str | None, bundle_id: str | None, without_gates: bool, reason: str
) -> Any:
    """Make a bundle the champion once its gates are passed; the challenger where none is named."""
    from jaga.homes import open_home
    from training.promote import promote as run

    if without_gates != bool(reason.strip()):
        raise click.UsageError("Wanted --without-gates and --reason together; came one of them.")
    return run(open_home(home), program_id=program, bundle_id=bundle_id, without_gates=reason)


@verb("model")
def rollback(home: Path, program: str | None) -> Any:
    """Make the champion before this one the champion again."""
    from jaga.homes import open_home
    from training.promote import rollback as run

    return run(open_home(home), program_id=program)


@verb("model")
@click.option("--as-of", type=Moment(), default=None, help="Default: just after the last event.")
@click.option("--out", type=FOLDER, default=None,
              help="Folder to write into instead of HOME/monitor/PROGRAM/DATE.")
@click.option("--dry-run", is_flag=True, help="Look, and leave the trust in the model as it is.")
def monitor(
    home: Path, program: str | None, as_of: int | None, out: Path | None, dry_run: bool
) -> Any:
    """Say whether the world moved since the model learnt, and settle how far it is trusted.

    A look back, with --as-of, settles nothing. Status 1 where a gate is closed.
    """
    from jaga.homes import open_home
    from training.monitor.run import monitor as run
    from training.monitor.run import settle

    opened = open_home(home)
    with progress_bars() as progress:
        found = run(opened, program, as_of, out, progress=progress)
    is_settled = as_of is None and not dry_run
    settled = settle(opened, found) if is_settled else None
    told = found.as_dict() | {"settled": settled is not None}
    if click.get_current_context().params["as_json"]:
        return told
    for line in found.lines():
        click.echo(line)
    return {name: told[name] for name in ("passed", "drift", "settled", "folder")} | {
        "trust": found.trust.weight}


@verb("model")
@click.argument("event_id", required=False)
@click.option("--sample", type=click.IntRange(1), default=None,
              help="Instead of one event, so many drawn by chance.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw.")
@click.option("--lineage", is_flag=True,
              help="Tell instead which bundle, run and data it comes from, and who let it serve.")
def explain(home: Path, program: str | None, event_id: str | None, sample: int | None,
            seed: int, lineage: bool) -> Any:
    """Re-derive a stored verdict and compare it byte by byte, or tell where it comes from."""
    from jaga.homes import open_home
    from serving.explain import explain as run
    from serving.sampled import explain_sample

    if (event_id is None) == (sample is None):
        raise click.UsageError("Wanted an event_id or --sample; came neither, or both.")
    if lineage:
        from training.lineage import lineage as come_from

        if event_id is None:
            raise click.UsageError("Wanted an event_id with --lineage; came none.")
        return come_from(open_home(home), event_id, program)
    if sample is not None:
        with progress_bars() as progress:
            return explain_sample(open_home(home), sample, seed, program, progress)
    return run(open_home(home), str(event_id), program_id=program).as_dict()
