"""The nightly job: what the journal knew, tested and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import BadInput
from features.progress import Progress, silent
from features.segments import Past
from models.nudges.given import growing_rings, judged_missions
from models.nudges.leavers import left_after
from models.nudges.watch import FALSE_SHARE, Night, Watch

if TYPE_CHECKING:
    import pandas as pd

    from features.store.journal import Journal


def find_nudges(
    journal: Journal, as_of_ms: int, *, rings: pd.DataFrame | None = None,
    missions: pd.DataFrame | None = None, false_share: float = FALSE_SHARE,
    progress: Progress = silent, past: Past | None = None,
) -> Night:
    """Find what a program should look at, as of a moment.

    Parameters
    ----------
    journal : Journal
    as_of_ms : int
        UTC milliseconds; only what was known before it counts. Whole local days are looked at:
        the day of the moment itself is left for the next night.
    rings : DataFrame, optional
        As in `models.nudges.given.growing_rings`; numbers of rings must keep from day to day.
    missions : DataFrame, optional
        As in `models.nudges.given.judged_missions`.
    false_share : float
        Share of false ones among a night's findings that is put up with.
    progress : callable
    past : Past, optional
        As of the same moment, where somebody has read it already.

    Returns
    -------
    Night
        The dearest finding first; none where nothing is wrong, or little is known.
    """
    if not 0 < false_share < 1:
        raise BadInput("a share of false findings between 0 and 1", str(false_share),
                       "leave it out for 0.1")
    past = Past.read(journal, as_of_ms) if past is None else past
    value = journal.program.point_value
    today = past.whole_days
    watch = Watch(past, value, progress)
    extra = left_after(past, today, value)
    if rings is not None:
        extra += growing_rings(rings, today, value)
    if missions is not None:
        extra += judged_missions(missions, today)
    return watch.night(today, extra, false_share)
