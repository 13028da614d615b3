"""`jaga policy`: check a policy against the one in force, or put it in force."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from features.errors import JagaError
from features.exports.config import read_text
from models.difference import differences
from serving.champion import bare_bundle, load_champion
from serving.policies import Policies, examined, with_policy
from serving.tour import read_tour

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.home import Home
    from features.store.journal import Journal
    from models.policy import Policy
    from models.thresholds import Thresholds


def check_policy(home: Home, path: Path, program_id: str | None = None) -> dict[str, Any]:
    """Say what a policy would change; nothing is written.

    Raises
    ------
    BadConfig
        Where it breaks the schema, contradicts itself, its program or its bundle.
    NotFound
        No such program.
    """
    journal = home.journal(program_id)
    before, thresholds = _in_force(home, journal)
    policy = examined(read_text(path), journal.program, thresholds, path.name)
    return _told(journal, policy, before)


def apply_policy(home: Home, path: Path, by: str, program_id: str | None = None,
                 now_ms: int | None = None) -> dict[str, Any]:
    """Put a policy in force; a service that runs heeds it from its next transaction on.

    Parameters
    ----------
    home : Home
    path : Path
        The file; its text is stored as it is.
    by : str
        Who applies it.
    program_id : str, optional
    now_ms : int, optional
        UTC milliseconds; None: the clock of the home's service.

    Raises
    ------
    BadConfig
        As `check_policy`; then the policy in force stays.
    BadInput
        Where nobody is named.
    """
    journal = home.journal(program_id)
    before, thresholds = _in_force(home, journal)
    text = read_text(path)
    examined(text, journal.program, thresholds, path.name)
    if now_ms is None:
        now_ms = time.time_ns() // 1_000_000 - read_tour(home.path).behind_ms
    with home.database.writing() as store:
        policies = Policies(store, journal.key)
        policy = policies.apply(text, by, now_ms, journal.program, thresholds)
        number = policies.head
    return _told(journal, policy, before) | {"by": by, "number": number}


def _told(journal: Journal, policy: Policy, before: Policy) -> dict[str, Any]:
    changes = differences(before, policy)
    return {"program_id": journal.program.program_id, "version": policy.version,
            "in_force_before": before.version, "changes": changes,
            "what_changes": "\n".join(changes) + "\n" if changes else "nothing"}


def _in_force(home: Home, journal: Journal) -> tuple[Policy, Thresholds | None]:
    """Policy in force, and the thresholds of the champion; None of them without one."""
    try:
        champion = load_champion(home, journal)
        return champion.policy, champion.thresholds
    except JagaError:
        return with_policy(journal, bare_bundle(journal)).policy, None
