"""The step that finds what a program should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import NotFound
from jaga.nightly.step import Did
from models.nudges import find_nudges
from serving.nudges.kept import FILE, keep, newest
from serving.nudges.missions import mission_table
from serving.nudges.rings import ring_table

if TYPE_CHECKING:
    import pandas as pd

    from jaga.nightly.work import Work


def nudges(work: Work) -> Did:
    """Weigh every segment, ring and mission; keep what stands out."""
    before = newest(work.night.folder.parent, work.as_of_ms)
    rings, members = ring_table(work.ring_weeks, work.past, before.ring_names if before else None)
    night = find_nudges(
        work.journal, work.as_of_ms, rings=rings if len(rings) else None,
        missions=_missions(work), progress=work.progress, past=work.past)
    path = work.night.folder / FILE
    keep(path, work.as_of_ms, night.tested, list(night.findings), before, members)
    kinds = [each.kind for each in night.findings]
    return Did(f"{len(kinds)} of {night.tested:,} tests stand out.", (work.below(path),),
               {"tested": night.tested, "segments": night.segments,
                "findings": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}})


def _missions(work: Work) -> pd.DataFrame | None:
    """What missions bring, where a campaign measured any."""
    try:
        found = mission_table(work.journal, work.activity, work.members)
    except NotFound:  # nobody is scored yet, so that nobody is known to be worth anything
        return None
    return found if len(found) else None
