"""`jaga explain --sample`: stored verdicts drawn by chance, each derived again and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from features.errors import NotFound
from serving.explain import explain

if TYPE_CHECKING:
    from features.progress import Progress
    from features.store.home import Home


def explain_sample(home: Home, count: int, seed: int, program_id: str | None,
                   progress: Progress) -> dict[str, Any]:
    """Derive some stored verdicts again; each reads the journal up to its place.

    Parameters
    ----------
    home : Home
    count : int
        How many, all of them where there are fewer.
    seed : int
        Of the draw.
    program_id : str or None
    progress : Progress

    Returns
    -------
    dict
        ``passed``: every one is the same bytes; ``differing``: ids of those that are not, and
        the fields in which they differ.

    Raises
    ------
    NotFound
        No program of that name, or none with verdicts; a bundle or policy that is gone.
    """
    journal = home.journal(program_id)
    with home.database.reading() as store:
        events = [int(row[0]) for row in store.rows(
            "SELECT event_id FROM verdicts WHERE program = ? ORDER BY place", (journal.key,))]
    if not events:
        raise NotFound("a stored verdict", "none", "send an event to /v1/verdicts first")
    drawn = np.random.default_rng(seed).permutation(np.array(events))[:count]
    differing: dict[str, list[str]] = {}
    for done, name in enumerate(journal.names("event", drawn).tolist(), 1):
        found = explain(home, str(name), journal.program.program_id)
        if not found.equal:
            differing[str(name)] = sorted(found.differing)
        progress("derive again", done, len(drawn))
    return {"derived": len(drawn), "of": len(events), "differing": differing,
            "passed": not differing}
