"""The judged events of a program with their features, ready to be cut by time."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import CATALOG, Catalog
from features.contract import EVENT_TABLES, PERSONAS
from features.jobs import event_features
from features.links.links import Links
from features.places import MISSING, TIE_BITS, first_place

if TYPE_CHECKING:
    from features.progress import Progress
    from features.store.journal import Journal

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Events:
    """n judged events in the order of their places.

    Parameters
    ----------
    event, kind, member, place, points, outcome : int64, shape (n,)
        Numbers of event and member, position of the kind, place, points asked for, and the
        outcome, missing where none was told.
    persona : int64, shape (n,)
        Position of the member's persona as last known, -1 where unknown.
    ring, ring_size : float64 and int64, shape (n,)
        Score and members of the member's ring, by the rings of the event's day; 0 and 1 where he
        is in none.
    matrix : float64, shape (n, F)
        Features in the order of the catalogue, NaN where unknown.
    catalog : Catalog
        The features of the columns.
    """

    event: Ints
    kind: Ints
    member: Ints
    place: Ints
    points: Ints
    outcome: Ints
    persona: Ints
    ring: Floats
    ring_size: Ints
    matrix: Floats
    catalog: Catalog = CATALOG

    def __len__(self) -> int:
        return len(self.event)

    @property
    def ms(self) -> Ints:
        """When the program learnt of each event, UTC milliseconds."""
        return self.place >> TIE_BITS

    def take(self, mask: Bools) -> Events:
        """Return the events of a mask, shape (n,)."""
        cut = {one.name: getattr(self, one.name)[mask] for one in fields(self)
               if one.name != "catalog"}
        return replace(self, **cut)

    def keys(self) -> pd.DataFrame:
        """Return what labels are looked up by: ``event, place, outcome``."""
        return pd.DataFrame({"event": self.event, "place": self.place, "outcome": self.outcome})


def read_events(
    journal: Journal, as_of_ms: int, progress: Progress, catalog: Catalog = CATALOG
) -> Events:
    """Replay a whole journal into features; personas are those known before ``as_of_ms``.

    Features of an event see what was known at its place and nothing later, so that the events
    before ``as_of_ms`` come out the same whatever follows.
    """
    keys, parts = [], []
    links, rings = Links(), [(np.zeros(0, np.int64), np.zeros(0))]
    for key, matrix in event_features(journal, catalog, progress=progress,
                                      heard=lambda records: rings.append(links.trace(records))):
        keys.append(key)
        parts.append(matrix)
    if not keys:
        return _none(catalog)
    key = pd.concat(keys, ignore_index=True)
    size, ring = (np.concatenate(told) for told in zip(*rings, strict=True))
    members = journal.frame("members", until=first_place(as_of_ms), latest=True)
    return Events(
        **{name: key[name].to_numpy(np.int64)
           for name in ("event", "kind", "member", "place", "points")},
        outcome=_outcomes(journal, key["event"]), persona=_personas(members, key["member"]),
        ring=ring, ring_size=size, matrix=np.concatenate(parts), catalog=catalog,
    )


def _none(catalog: Catalog) -> Events:
    empty = np.zeros(0, np.int64)
    return Events(empty, empty, empty, empty, empty, empty, empty, np.zeros(0), empty,
                  np.zeros((0, len(catalog.names))), catalog)


def _outcomes(journal: Journal, event: pd.Series) -> Ints:
    told = pd.concat([
        journal.frame(table, columns=["event_id", "outcome"]) for table in EVENT_TABLES
    ]).set_index("event_id")["outcome"]
    return told.reindex(event).fillna(MISSING).to_numpy(np.int64)


def _personas(members: pd.DataFrame, member: pd.Series) -> Ints:
    known = members.set_index("member_id")["persona"].reindex(member).fillna(-1)
    persona = known.to_numpy(np.int64)
    return np.where((persona >= 0) & (persona < len(PERSONAS)), persona, -1)
