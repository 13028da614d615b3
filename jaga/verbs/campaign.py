"""The verb of standing campaigns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jaga.options import Moment
from jaga.verb import verb

if TYPE_CHECKING:
    from features.store.home import Home

ACTIONS = ("draft", "approve", "list", "stop", "run", "results")
TARGETS = {"draft": "a FILE", "approve": "an ID", "stop": "an ID", "results": "an ID"}


@verb("campaign")
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("target", required=False, metavar="[FILE|ID]")
@click.option("--by", default="", help="Who drafts, approves or stops it; kept with the campaign.")
@click.option("--reason", default="", help="Why it is stopped.")
@click.option("--as-of", type=Moment(), default=None, help="Default: just after the last event.")
@click.option("--dry-run", is_flag=True, help="Show what a run would do; write nothing.")
def campaign(
    home: Path, program: str | None, action: str, target: str | None, by: str, reason: str,
    as_of: int | None, dry_run: bool,
) -> Any:
    """Draft, approve, list, stop or run standing campaigns, or show what one brought."""
    from jaga.homes import open_home
    from serving.campaigns import jobs
    from serving.outbox.jobs import clock_of

    if (target is None) != (action not in TARGETS):
        wanted = TARGETS.get(action, "nothing more")
        raise click.UsageError(f"wanted {wanted} after {action}; came {target or 'nothing'}; "
                               f"to do: jaga campaign {action} {'' if target else 'FILE or ID'}")
    opened = open_home(home)
    if action == "run":
        night = jobs.run(opened, program, as_of, is_dry=dry_run)
        return night | {"campaigns": _by_id(night["campaigns"])}
    if action == "list":
        return _listed(opened, program)
    name = str(target)
    if action == "results":
        found = jobs.results_of(opened, name, program, as_of)
        return {"said": "\n".join(found.pop("lines")) + "\n", **found}
    now_ms = clock_of(opened)
    if action == "draft":
        return jobs.draft(opened, Path(name), by, program, now_ms)
    if action == "approve":
        return jobs.approve(opened, name, by, program, now_ms)
    return jobs.stop(opened, name, by, reason, program, now_ms)


def _listed(home: Home, program: str | None) -> Any:
    from serving.campaigns.jobs import listed
    from serving.outbox.jobs import clock_of

    rows = listed(home.journal(program), clock_of(home))
    return {"campaigns": _by_id(rows)}


def _by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Shape rows as a table: the id in front, the rest behind it."""
    return {row["campaign_id"]: {name: cell for name, cell in row.items()
                                 if name != "campaign_id"} for row in rows}
