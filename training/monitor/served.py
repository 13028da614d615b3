"""What was answered live in the last days, and whether it stood on the features of the batch.

A verdict is stored with the features it was given on. The same event replayed from the journal
must have the same features, to the bit: what differs was served otherwise than the model learnt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.places import first_place
from models.labelled import FRAUD
from training.monitor.gate import Gate
from training.releases import inverse, read_releases

if TYPE_CHECKING:
    import pandas as pd

    from features.store.journal import Journal
    from models.bundle import Bundle
    from training.events import Events
    from training.settings import MonitorSettings
    from training.splits import Window

COMPARED: Final = 2_000
"""Verdicts whose features are compared, evenly over the window."""
WORDS: Final = ("approve", "review", "decline")


@dataclass(frozen=True)
class Served:
    """Verdicts of a window.

    Parameters
    ----------
    verdicts : int
    shares : dict
        Share of each verdict.
    compared, differing : int
        Verdicts whose features were compared, and those of which one differs.
    released : int
        Events let through by chance whose end is known since.
    released_fraud : float or None
        Share of fraud among these, each by 1 / chance; None of none.
    """

    verdicts: int = 0
    shares: dict[str, float] = field(default_factory=dict)
    compared: int = 0
    differing: int = 0
    released: int = 0
    released_fraud: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"verdicts": self.verdicts, "shares": self.shares, "compared": self.compared,
                "differing": self.differing, "released": self.released,
                "released_fraud": self.released_fraud}


def look(journal: Journal, bundle: Bundle, events: Events, labels: pd.DataFrame, window: Window,
         settings: MonitorSettings) -> tuple[Served, Gate]:
    """Read the verdicts of a window.

    Parameters
    ----------
    bundle : Bundle
        The champion, bound to the catalogue of ``events``; only its verdicts are compared.
    events : Events
        With the features of the batch.
    labels : DataFrame
        `models.labelled.resolve` of what was known before the window's end.

    Returns
    -------
    served : Served
    gate : Gate
        ``parity``.
    """
    low, high = first_place(window.start_ms), first_place(window.end_ms)
    with journal.database.reading() as store:
        counts = dict(store.rows(
            "SELECT verdict, count(*) FROM verdicts WHERE program = ? AND place >= ? "
            "AND place < ? GROUP BY verdict", (journal.key, low, high)))
        own = [int(row[0]) for row in store.rows(
            "SELECT event_id FROM verdicts WHERE program = ? AND place >= ? AND place < ? "
            "AND bundle_id = ? ORDER BY place", (journal.key, low, high, bundle.bundle_id))]
        picked = [own[at] for at in np.unique(np.linspace(
            0, max(len(own) - 1, 0), min(COMPARED, len(own))).astype(int))]
        compared, differing = _compare(store, journal.key, bundle, events, picked)
    total = sum(counts.values())
    known, share = _released(journal, labels, high)
    found = Served(
        total, {word: counts.get(number, 0) / total for number, word in enumerate(WORDS)}
        if total else {}, compared, differing, known, share)
    return found, _gate(found, settings)


def _compare(store: Any, program: int, bundle: Bundle, events: Events, picked: list[int]
             ) -> tuple[int, int]:
    """Verdicts compared, and those with another feature than the batch's."""
    order = np.argsort(events.event, kind="stable")
    numbers = events.event[order]
    compared = differing = 0
    for event in picked:
        at = int(np.searchsorted(numbers, event))
        vector = store.rows("SELECT vector FROM verdicts WHERE program = ? AND event_id = ?",
                            (program, event))[0][0]
        served = np.frombuffer(vector, dtype=np.float64)
        if not len(served) or at >= len(numbers) or numbers[at] != event:
            continue  # given without the state: there was no feature to serve
        batch = bundle.narrow(events.matrix[order[at]])
        compared += 1
        differing += not (len(batch) == len(served)
                          and np.array_equal(batch, served, equal_nan=True))
    return compared, differing


def _released(journal: Journal, labels: pd.DataFrame, until: int) -> tuple[int, float | None]:
    """Released events that have a label, and their share of fraud, each by 1 / chance."""
    releases = read_releases(journal, until)
    drawn = releases.event[releases.drawn]
    known = labels[labels["event"].isin(drawn)]
    if not len(known):
        return 0, None
    chance, _ = releases.of(known["event"].to_numpy())
    fraud = (known["target"] == FRAUD).to_numpy()
    return len(known), float(np.average(fraud, weights=inverse(chance)))


def _gate(found: Served, settings: MonitorSettings) -> Gate:
    if not found.compared:
        return Gate("parity", None, settings.parity_share,
                    "No verdict of this model was given in these days: nothing to compare.")
    return Gate("parity", found.differing / found.compared, settings.parity_share,
                f"{found.differing} of {found.compared:,} verdicts stood on other features than "
                "the batch gives for the same events.")
