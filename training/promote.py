"""`jaga promote` and `jaga rollback`: who serves, in the bundles' pointer and in MLflow alike."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from features.errors import NotFound
from features.store.chain import Chain, operator
from models import champion
from training.registry import Registry
from training.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.home import Home


def promote(home: Home, program_id: str | None = None, bundle_id: str | None = None
            ) -> dict[str, Any]:
    """Make a bundle the champion; the newest challenger where none is named.

    Raises
    ------
    NotFound
        There is no such bundle.
    """
    program_id = home.journal(program_id).program.program_id
    root = home.bundles(program_id)
    served = champion.history(root)
    chosen = bundle_id or _newest(root, served)
    champion.promote(root, chosen)
    note_champion(home, program_id, "champion_promoted", chosen)
    _alias(home, program_id, chosen, served[-1] if served else None)
    return {"champion": chosen, "before": served[-1] if served else None}


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


def note_champion(home: Home, program_id: str, act: str, bundle_id: str) -> None:
    """Write into the audit log who serves now; the pointer itself is a file."""
    journal = home.journal(program_id)
    with home.database.writing() as store:
        Chain(store, journal.key).add(act, operator(), time.time_ns() // 1_000_000, {},
                                      {"bundle": bundle_id})


def _newest(root: Path, served: tuple[str, ...]) -> str:
    waiting = [name for name in champion.bundles(root) if name not in served]
    if not waiting:
        raise NotFound("a bundle that has not served yet", "none", "run jaga train")
    return max(waiting, key=lambda name: (root / name).stat().st_mtime_ns)


def _alias(home: Home, program_id: str, new: str, old: str | None) -> None:
    """Move the aliases in the registry; the one that served becomes challenger again."""
    settings = read_settings()
    registry = Registry(home.path, settings)
    if old is not None and old != new:
        registry.promote(program_id, old, settings.aliases.challenger)
    registry.promote(program_id, new, settings.aliases.champion)
