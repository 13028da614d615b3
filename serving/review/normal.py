"""What is normal: a member's own last events, and those of his peers, for a reason's feature.

Peers have his persona and region, and their events lie in the weeks before: whatever season it is,
it is theirs too. Where they are too few, persona alone has to do, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.places import MISSING, first_place
from serving.review.alerts import parts
from serving.review.trail import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.places import Ints
    from features.store.store import Store
    from serving.archive import StoredEvent
    from serving.review.files import Files
    from serving.review.layouts import Layouts
    from serving.review.trail import Trail

Floats = npt.NDArray[np.float64]
OWN: Final = 40
"""Last events of a member that say what is usual for him."""
SEASON_MS: Final = 28 * 86_400_000
"""Weeks before an event whose events say what is usual of peers just then."""
DRAWN: Final = 4_000
"""Events of those weeks that are looked at, evenly spread."""
PEERS: Final = 150
"""Events of peers that are compared; their quantiles are good to a few in a hundred."""
FEWEST: Final = 8
"""Values from which quantiles are told."""


@dataclass(frozen=True)
class Span:
    """Where values usually lie: every tenth below ``low``, every tenth above ``high``."""

    low: float
    median: float
    high: float
    count: int


@dataclass(frozen=True)
class Normal:
    """What a feature was and usually is; None where too little is stored to say.

    ``scope`` says who the peers are: ``persona_region``, or ``persona`` where those were too few.
    """

    feature: str
    value: float
    own: Span | None
    peers: Span | None
    scope: str


def span(values: Floats) -> Span | None:
    """Quantiles of what is known; None for too few.

    >>> span(np.arange(11.0))
    Span(low=1.0, median=5.0, high=9.0, count=11)
    >>> span(np.array([1.0, np.nan])) is None
    True
    """
    known = values[np.isfinite(values)]
    if len(known) < FEWEST:
        return None
    low, median, high = np.quantile(known, [0.1, 0.5, 0.9]).tolist()
    return Span(low, median, high, len(known))


class Normals:
    """Compares an event with others by the vectors stored with verdicts.

    Parameters
    ----------
    store : Store
        The transaction.
    program : int
    trail : Trail
    files : Files
    layouts : Layouts
    """

    def __init__(self, store: Store, program: int, trail: Trail, files: Files, layouts: Layouts
                 ) -> None:
        self._store = store
        self._program = program
        self._trail = trail
        self._files = files
        self._layouts = layouts

    def of(self, event: StoredEvent, features: Sequence[str]) -> dict[str, Normal]:
        """Say what is normal for some features of an event; what is not stored is left out."""
        names, mine = self.vector(event.number)
        wanted = [name for name in dict.fromkeys(features) if name in names]
        if not wanted:
            return {}
        at = np.array([names.index(name) for name in wanted])
        own = self._values(self._own(event), names, at)
        peers, scope = self._peers(event)
        others = self._values(peers, names, at)
        return {name: Normal(name, float(mine[at[i]]), span(own[:, i]), span(others[:, i]), scope)
                for i, name in enumerate(wanted)}

    def vector(self, event: int) -> tuple[tuple[str, ...], Floats]:
        """Names and values of the vector stored with an event's verdict; empty where it is gone."""
        rows = self._store.rows("SELECT bundle_id, vector FROM verdicts WHERE program = ? "
                                "AND event_id = ?", (self._program, event))
        if rows:
            names = self._layouts.names(rows[0][0])
            vector = np.frombuffer(bytes(rows[0][1]), dtype=np.float64)
            if len(names) == len(vector):
                return names, vector
        return (), np.empty(0)

    def _own(self, event: StoredEvent) -> Ints:
        """Numbers of the member's last events of the kind before this one."""
        rows = self._trail.rows("member", [event.member])
        earlier = ((self._trail.column("place", rows) < event.place)
                   & (self._trail.column("kind", rows) == KINDS.index(event.kind)))
        return self._trail.column("event", rows[earlier][-OWN:])

    def _peers(self, event: StoredEvent) -> tuple[Ints, str]:
        """Numbers of events of peers in the weeks before, and who peers are."""
        trail, files = self._trail, self._files
        places = trail.column("place")
        start = event.place - first_place(SEASON_MS)
        low, high = np.searchsorted(places, [start, event.place]).tolist()
        rows = np.linspace(low, high - 1, min(high - low, DRAWN)).astype(np.int64)
        rows = rows[(trail.column("kind", rows) == KINDS.index(event.kind))
                    & (trail.column("member", rows) != event.member)]
        persona = int(files.of("persona", [event.member])[0])
        region = int(files.of("region", [event.member])[0])
        if persona == MISSING:
            return trail.column("event", rows[:0]), "persona"
        members = trail.column("member", rows)
        same = rows[files.of("persona", members) == persona]
        near = same[files.of("region", trail.column("member", same)) == region]
        scope = "persona_region" if region and len(near) >= FEWEST else "persona"
        chosen = near if scope == "persona_region" else same
        return trail.column("event", _spread(chosen, 4 * PEERS)), scope

    def _values(self, events: Ints, names: tuple[str, ...], at: Ints) -> Floats:
        """Features of events in the same layout, shape (n, features), at most `PEERS` rows."""
        found: list[Floats] = []
        for some in parts(events):
            for bundle_id, blob in self._store.rows(
                    f"SELECT bundle_id, vector FROM verdicts WHERE program = ? "
                    f"AND event_id IN ({some})", (self._program,)):
                vector = np.frombuffer(bytes(blob), dtype=np.float64)
                if len(vector) == len(names) and self._layouts.names(bundle_id) == names:
                    found.append(vector[at])
        return np.array(found[:PEERS]).reshape(-1, len(at))


def _spread(rows: Ints, most: int) -> Ints:
    """At most so many rows, evenly spread."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
