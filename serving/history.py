"""Events that the journal holds without a verdict, judged on the state before their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.records import COLUMN, KINDS, SCORED
from models.judgement import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.places import Ints
    from models.answers import Verdict
    from serving.live import Live

_KIND, _EVENT = COLUMN["kind"], COLUMN["event"]
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
    for records in live.slices():
        is_judged = records[:, _KIND] < SCORED
        mine = is_judged & np.isin(records[:, _EVENT], wanted)
        vectors = live.state.replay(records)
        row = np.cumsum(is_judged) - 1
        names = iter(live.journal.names("event", records[mine, _EVENT]))
        for stop in np.flatnonzero(mine | np.isin(records[:, _KIND], _NOTED)):
            record = records[stop]
            if not mine[stop]:
                live.circumstances.note(record[None, :])
                continue
            occasion = live.circumstances.occasion(record, str(next(names)))
            yield record, judge(live.bundle, live.journal.program, occasion, vectors[row[stop]],
                                enforcement="full", degraded=live.degraded)
