"""Events that the journal holds without a verdict, judged on the state before their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.links.links import days
from features.records import COLUMN, KINDS, SCORED
from models.judgement import judge, mark_together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.places import Ints
    from models.answers import Verdict
    from models.occasion import Occasion
    from serving.live import Live

TOGETHER: Final = 4_000
"""Events marked at a time: their rows of features fit into a fast cache, or nearly."""
_KIND, _EVENT, _PLACE = (COLUMN[name] for name in ("kind", "event", "place"))
_NOTED = (KINDS.index("member"), KINDS.index("code"))


def judge_history(live: Live, wanted: Ints) -> Iterator[tuple[Ints, Verdict]]:
    """Go through the journal to its end, judging some of its events under full enforcement.

    Each acts on what follows with its stored outcome; nothing is stored.

    Parameters
    ----------
    live : Live
        Stands after the journal's last event in the end.
    wanted : shape (n,)
        Numbers of events, increasing.

    Yields
    ------
    record, verdict
    """
    live.releases.open(None)
    draws = bool(live.bundle.policy.random_release.share)
    for records in live.slices():
        vectors = live.state.replay(records)
        row = np.cumsum(records[:, _KIND] < SCORED) - 1
        for stops, occasions in _occasions(live, records, wanted):
            matrix = vectors[row[stops]]
            marks = mark_together(live.bundle, occasions, matrix, live.degraded)
            for stop, occasion, vector, own in zip(stops, occasions, matrix, marks, strict=True):
                told = (live.releases.told(occasion, int(records[stop, _PLACE])) if draws
                        else occasion)
                verdict = judge(live.bundle, live.journal.program, told, vector,
                                enforcement="full", degraded=live.degraded, marks=own)
                live.releases.note(verdict)
                yield records[stop], verdict


def _occasions(live: Live, records: Ints, wanted: Ints) -> Iterator[tuple[Ints, list[Occasion]]]:
    """Rows and circumstances of wanted events, some at a time, each as of its own place."""
    mine = (records[:, _KIND] < SCORED) & np.isin(records[:, _EVENT], wanted)
    names = live.journal.names("event", records[mine, _EVENT])
    alarms = live.circumstances.alarms.ask(records, mine)
    asked = mine | np.isin(records[:, _KIND], _NOTED)
    stops: list[int] = []
    occasions: list[Occasion] = []
    for day in days(records):
        live.circumstances.links.note(records[day])
        for stop in (np.flatnonzero(asked[day]) + day.start).tolist():
            record = records[stop]
            if not mine[stop]:
                live.circumstances.meet(record[None, :])
                continue
            occasions.append(live.circumstances.occasion(
                record, str(names[len(stops)]), live.circumstances.links.rings,
                alarms[len(stops)]))
            stops.append(stop)
    for start in range(0, len(stops), TOGETHER):
        yield (np.array(stops[start : start + TOGETHER], dtype=np.int64),
               occasions[start : start + TOGETHER])
