"""`jaga promote` and `jaga rollback`: who serves, in the bundles' pointer and in MLflow alike."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from features.errors import BadInput, Conflict, NotFound
from features.store.chain import LONGEST, Chain, operator
from models import champion
from training.gates.kept import read_gates
from training.registry import Registry
from training.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.store.home import Home


def promote(
    home: Home, program_id: str | None = None, bundle_id: str | None = None,
    without_gates: str = "", by: str = "", now_ms: int | None = None,
) -> dict[str, Any]:
    """Make a bundle the champion; the challenger, or the newest bundle, where none is named.

    Parameters
    ----------
    without_gates : str
        Why it may serve without having passed its gates; written into the audit log.
    by : str
        Who lets it serve; empty: whoever runs this.
    now_ms : int, optional
        Milliseconds since 1970 UTC for the audit log; None: by this machine's clock.

    Raises
    ------
    NotFound
        There is no such bundle.
    Conflict
        Its gates are not passed, and there is a champion that it would follow.
    BadInput
        The reason is too long for the audit log.
    """
    if len(without_gates) > LONGEST:
        raise BadInput(f"a reason of at most {LONGEST} characters", f"{len(without_gates)}",
                       "say it shorter")
    program_id = home.journal(program_id).program.program_id
    root = home.bundles(program_id)
    served = champion.history(root)
    chosen = bundle_id or _waiting(root, served)
    before = served[-1] if served else None
    facts = {"gates": "none needed"}
    if before not in (None, chosen):
        facts = _gated(home, program_id, chosen, before, without_gates.strip())
    champion.promote(root, chosen)
    note_champion(home, program_id, "champion_promoted", chosen, facts, by, now_ms)
    _alias(home, program_id, chosen, before)
    return {"champion": chosen, "before": before, **facts}


def _gated(home: Home, program_id: str, chosen: str, before: str | None, reason: str
           ) -> dict[str, str]:
    """Say for the audit log why a bundle may follow another one; Conflict where it may not."""
    if reason:
        return {"gates": "left out", "reason": reason}
    found = read_gates(home.path, program_id, chosen)
    if found is None or found["champion_id"] != before:
        raise Conflict("a bundle that passed its gates beside the champion of now",
                       "one that was not judged beside it", "run jaga gates first, or give "
                       "--without-gates and --reason")
    if not found["passed"]:
        raise Conflict("a bundle that passed its gates", str(found["sentence"]).rstrip("."),
                       "leave the champion, or give --without-gates and --reason")
    return {"gates": "passed"}


def rollback(home: Home, program_id: str | None = None) -> dict[str, Any]:
    """Make the champion before this one serve again.

    Raises
    ------
    NotFound
        There was no champion before this one.
    """
    program_id = home.journal(program_id).program.program_id
    root = home.bundles(program_id)
    served = champion.history(root)
    back = champion.rollback(root).name
    note_champion(home, program_id, "champion_rolled_back", back)
    _alias(home, program_id, back, served[-1])
    return {"champion": back, "before": served[-1]}


def note_champion(
    home: Home, program_id: str, act: str, bundle_id: str, facts: Mapping[str, str] | None = None,
    by: str = "", now_ms: int | None = None,
) -> None:
    """Write into the audit log who serves now; the pointer itself is a file."""
    journal = home.journal(program_id)
    at_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    with home.database.writing() as store:
        Chain(store, journal.key).add(act, by or operator(), at_ms, {},
                                      {"bundle": bundle_id, **(facts or {})})


def _waiting(root: Path, served: tuple[str, ...]) -> str:
    named = champion.challenger(root)
    if named is not None:
        return named.name
    waiting = [name for name in champion.bundles(root) if name not in served]
    if not waiting:
        raise NotFound("a bundle that has not served yet", "none", "run jaga train")
    return max(waiting, key=lambda name: (root / name).stat().st_mtime_ns)


def _alias(home: Home, program_id: str, new: str, old: str | None) -> None:
    """Move the aliases in the registry; the one that served becomes challenger again.

    The pointer says who serves: a bundle that the registry does not know serves without an alias.
    """
    settings = read_settings()
    registry = Registry(home.path, settings)
    if old is not None and old != new:
        with suppress(NotFound):
            registry.promote(program_id, old, settings.aliases.challenger)
    with suppress(NotFound):
        registry.promote(program_id, new, settings.aliases.champion)
