"""Lineage: from a verdict back to the bundle, its run, its data, and who let it serve."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from features.errors import NotFound
from features.store.chain import Chain
from models.answers import rfc3339
from models.bundle import Bundle
from models.champion import LOST_BUNDLE
from training.gates.kept import read_gates
from training.registry import WINDOW, Registry
from training.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.store.home import Home
    from features.store.journal import Journal
    from training.trained import TrainReport

FILE: Final = "data.json"
ACTS: Final = ("champion_promoted", "champion_rolled_back")


def write_data(folder: Path, report: TrainReport, bundle: Bundle) -> Path:
    """Write what a bundle was made from: windows, labels and the hash of every feature.

    A parameter of a run holds some thousand characters, the hashes of all features are longer.
    """
    said = {"bundle_id": report.bundle_id, "as_of": rfc3339(report.as_of_ms),
            "windows": report.windows, "labels": report.labels,
            "event_features": bundle.event_features, "member_features": bundle.member_features,
            "versions": bundle.versions}
    path = folder / FILE
    path.write_text(json.dumps(said, indent=1), encoding="utf-8")
    return path


def lineage(home: Home, event_id: str, program_id: str | None = None) -> dict[str, Any]:
    """Tell where a stored verdict comes from.

    Parameters
    ----------
    home : Home
    event_id : str
    program_id : str, optional

    Returns
    -------
    dict
        ``verdict`` (what, when, by which policy), ``bundle`` (id, moment, hash of each feature),
        ``run`` (MLflow's id, windows of the data, metrics with the ends of their intervals),
        ``gates`` (what they found) and ``served`` (who let it serve, when and why); None or empty
        where there is none, as for verdicts that were given without a champion.

    Raises
    ------
    NotFound
        No such event, or one without a verdict.
    """
    journal = home.journal(program_id)
    row = journal.verdict_row(event_id)
    if row is None:
        raise NotFound("an event with a verdict", "none of that event_id", "check it")
    program_id = journal.program.program_id
    stored, bundle_id = json.loads(row["body"]), str(row["bundle_id"])
    asked = bundle_id.removeprefix(f"{LOST_BUNDLE}:")
    run = Registry(home.path, read_settings()).run_of(program_id, asked)
    return {
        "event_id": event_id,
        "verdict": {name: stored[name] for name in
                    ("verdict", "would_have", "score", "decided_at", "policy_version", "degraded")},
        "bundle": _bundle(home, program_id, bundle_id),
        "run": None if run is None else _run(run),
        "gates": read_gates(home.path, program_id, asked),
        "served": _served(journal, asked),
    }


def _bundle(home: Home, program_id: str, bundle_id: str) -> dict[str, Any]:
    found: dict[str, Any] = {"bundle_id": bundle_id, "as_of": None, "event_features": {},
                             "member_features": {}}
    try:
        bundle = Bundle.load(home.bundles(program_id) / bundle_id)
    except NotFound:
        return found
    return found | {"as_of": rfc3339(bundle.as_of_ms), "event_features": bundle.event_features,
                    "member_features": bundle.member_features}


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    params = run["params"]
    return {
        "run_id": run["run_id"], "seed": params.get("seed"),
        "windows": {name.removeprefix(WINDOW): value for name, value in sorted(params.items())
                    if name.startswith(WINDOW)},
        "judged_on": params.get("judged_on"),
        "metrics": dict(sorted(run["metrics"].items())),
    }


def _served(journal: Journal, bundle_id: str) -> list[dict[str, Any]]:
    """Acts of the audit log that let a bundle serve, oldest first."""
    found = []
    with journal.database.reading() as store:
        for entry in Chain(store, journal.key).entries():
            details = json.loads(entry.details) if entry.act in ACTS else {}
            if details.pop("bundle", None) == bundle_id:
                found.append({"act": entry.act, "who": entry.who, "at": rfc3339(entry.at_ms),
                              "entry": entry.number, **details})
    return found
