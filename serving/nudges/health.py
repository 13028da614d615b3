"""A model that what comes has moved away from, as one nudge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving.copilot.monitored import read_monitored
from serving.nudges.nudge import Nudge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.store.journal import Journal
    from models.texts import Texts


def model_health(folder: Path, bundle_of: Callable[[], str]
                 ) -> Callable[[Journal, Texts, str], list[Nudge]]:
    """Make the source that tells of closed gates of the newest look at a bundle.

    Parameters
    ----------
    folder : Path
        Where the monitor of the model writes.
    bundle_of : callable
        Gives the id of the bundle that judges now.
    """

    def tell(journal: Journal, texts: Texts, language: str) -> list[Nudge]:
        found = read_monitored(folder, bundle_of())
        if found is None or not found.alerts:
            return []
        program_id = journal.program.program_id
        named = ", ".join(texts.text(f"monitor.{gate['code']}", language) for gate in found.alerts)
        return [Nudge(
            "monitor:program", f"monitor:program:{program_id}:{found.as_of}", "monitor.alert",
            texts.text("monitor.alert", language, named=named),
            texts.text("monitor.alert.innocent", language),
            texts.text("monitor.alert.next", language), {"kind": "program", "id": program_id},
            found.as_of, 0, None, None, size=float(len(found.alerts)), why_now=found.windows,
            link=f"/model?program={program_id}", is_urgent=True)]

    return tell
