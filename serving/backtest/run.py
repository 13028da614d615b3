"""`jaga backtest`: candidates against what is in force, over the whole journal."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from features.errors import NotFound
from features.places import first_place
from features.progress import Progress, silent
from models.answers import rfc3339
from serving.backtest.candidate import IN_FORCE, candidates
from serving.backtest.changes import changes, examples
from serving.backtest.desk import desk
from serving.backtest.known import read_labels, read_truth, read_weights
from serving.backtest.page import write_report
from serving.backtest.sweep import sweep
from serving.backtest.table import text
from serving.backtest.tally import figures
from serving.backtest.weeks import weeks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from features.store.home import Home
    from features.store.journal import Journal
    from serving.backtest.candidate import Candidate
    from serving.backtest.known import Known
    from serving.backtest.sweep import Swept
    from serving.backtest.swept import Acts

NOTHING: Final = ("Events act on what follows with the outcome that the journal holds: what a "
                  "candidate would have stopped earlier is not undone.")


@dataclass(frozen=True)
class Backtest:
    """What was found.

    Parameters
    ----------
    body : dict
        Every figure, plain JSON, no event named.
    table : str
        The same for a console.
    """

    body: dict[str, Any]
    table: str


def backtest(
    home: Home, program_id: str | None = None, policies: Sequence[Path] = (),
    bundle_id: str | None = None, lists: Path | None = None, truth: Path | None = None,
    out: Path | None = None, as_enforced: bool = False, progress: Progress = silent,
) -> Backtest:
    """Judge the journal by what is in force and by what is to be tried, and count.

    Parameters
    ----------
    home : Home
        Holds the program and its champion.
    policies : sequence of Path
        Policies to try, a candidate each.
    bundle_id : str or None
        Bundle to try, with every policy.
    lists : Path or None
        Lists to try in place of the journal's, CSV or JSON.
    truth : Path or None
        Folder of the simulated export; its sealed truth is opened after the last verdict.
    out : Path or None
        Folder for report.json and report.html.
    as_enforced : bool
        Do as each policy's rules of enforcement say, not in full.
    progress : Progress

    Raises
    ------
    JagaError
        As `serving.backtest.candidate.candidates` and `read_truth`; NotFound also where nothing
        was ever judged.
    """
    started = time.perf_counter()
    journal = home.journal(program_id)
    catalog = home.catalog(journal.program.program_id)
    tried, notes = candidates(home, journal, catalog, policies, bundle_id, lists)
    if not journal.last_place:
        raise NotFound("a journal with events", "one without", "ingest an export first")
    swept = sweep(journal, catalog, tried, None if as_enforced else "full", progress)
    seconds = time.perf_counter() - started
    labels, more = read_labels(journal, swept.events.event, first_place(journal.as_of_ms))
    notes += [NOTHING, *more]
    sealed = None
    if truth is not None:
        sealed, more = read_truth(journal, swept.events.event, truth)
        notes += more
    body = _body(journal, tried, swept, labels, sealed, notes)
    body |= {"seconds": round(seconds, 2), "per_second": round(len(swept.events) / seconds, 1)}
    if out is not None:
        write_report(out, body, {
            each.name: examples(journal, swept.events, swept.acts[0], acts, labels)
            for each, acts in list(zip(tried, swept.acts, strict=True))[1:]})
        body["out"] = str(out)
    return Backtest(body, _told(body))


def _body(journal: Journal, tried: list[Candidate], swept: Swept, labels: Known,
          sealed: Known | None, notes: list[str]) -> dict[str, Any]:
    weights = read_weights(journal, swept.events.event)
    by_name: dict[str, Acts] = {each.name: acts
                                for each, acts in zip(tried, swept.acts, strict=True)}
    return {
        "program_id": journal.program.program_id, "as_of": rfc3339(journal.as_of_ms),
        "events": len(swept.events), "judged_one_by_one": swept.judged,
        "candidates": {each.name: {**_who(each, swept),
                                   **figures(swept.events, acts, labels, sealed, weights),
                                   "desk": desk(swept.events, acts, each.bundle.policy,
                                                journal.program)}
                       for each, acts in zip(tried, swept.acts, strict=True)},
        "changes": {name: changes(swept.events, swept.acts[0], acts, labels)
                    for name, acts in by_name.items() if name != IN_FORCE},
        "weeks": weeks(swept.events, by_name), "notes": notes,
    }


def _who(candidate: Candidate, swept: Swept) -> dict[str, Any]:
    """Which bundle and policy, and the share of events that the bundle may have learnt from."""
    learnt = swept.events.ms < candidate.bundle.as_of_ms
    return {"bundle_id": candidate.bundle.bundle_id,
            "policy_version": candidate.bundle.policy.version,
            "own_lists": candidate.listed is not None,
            "in_sample_share": round(float(learnt.mean()), 4) if len(learnt) else 0.0}


def _told(body: dict[str, Any]) -> str:
    changed = [f"{name}: {own['newly_held']['events']:,} newly held, "
               f"{own['newly_released']['events']:,} newly let through, "
               f"{own['otherwise_held']['events']:,} held otherwise"
               for name, own in body["changes"].items()]
    speed = (f"{body['events']:,} events in {body['seconds']:,.1f} s, "
             f"{body['judged_one_by_one']:,} of them judged one by one")
    return "\n".join([text(body["candidates"]), "", *changed, *body["notes"], speed])
