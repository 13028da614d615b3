"""Alerts that may belong together, kept between one decision of a key and the next."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from serving.review.alerts import Open, OpenAlerts, parts

if TYPE_CHECKING:
    from collections.abc import Collection

    from features.places import Ints
    from features.store.store import Store
    from serving.review.groups import Alerts

FRESH_MS: Final = 300_000
"""How long an alert that was closed meanwhile may go on tying others: two people look then."""


class Alerted(NamedTuple):
    """Alerts in the order of their events' numbers, and the batch of each, 0 where not known."""

    alerts: Open
    batches: Ints


def read_alerts(store: Store, program: int, also: Collection[int], after: int = 0) -> Alerted:
    """Read the open alerts whose number comes after one, and others as if they were open."""
    found = OpenAlerts(store, program).read(sorted(also), after)
    return Alerted(found, _batches(store, program, found.alerts()))


class Pile:
    """Open alerts of one program, and others it was asked for; threads may share it.

    Whoever decides by a key decides often, so that only what is new is read; all of it is read
    anew after `FRESH_MS`.
    """

    def __init__(self) -> None:
        self._one_reads = threading.Lock()
        self._kept: Alerted | None = None
        self._numbers: set[int] = set()
        self._read_ms = 0

    def read(self, store: Store, program: int, also: Collection[int], now_ms: int) -> Alerted:
        """Read on: open alerts, and ``also`` as if they were open."""
        with self._one_reads:
            kept = self._kept
            if kept is None or not 0 <= now_ms - self._read_ms < FRESH_MS:
                kept, self._read_ms = read_alerts(store, program, also), now_ms
            else:
                last = max(self._numbers, default=0)
                more = read_alerts(store, program, set(also) - self._numbers, last)
                kept = _joined(kept, more) if len(more.alerts) else kept
            if kept is not self._kept:
                self._kept, self._numbers = kept, set(kept.alerts["event"].tolist())
            return kept


def _joined(kept: Alerted, more: Alerted) -> Alerted:
    both = {name: np.concatenate([column, more.alerts[name]])
            for name, column in kept.alerts.columns.items()}
    order = np.argsort(both["event"], kind="stable")
    return Alerted(Open(both).take(order), np.concatenate([kept.batches, more.batches])[order])


def _batches(store: Store, program: int, alerts: Alerts) -> Ints:
    """Batch of each alert: of its scan, else of its code by the newest row; 0 where not known."""
    found = alerts.batch.copy()
    at = {int(event): row for row, event in enumerate(alerts.event) if not found[row]}
    for some in parts(at):
        for event, batch in store.rows(
                "SELECT s.event_id, k.batch_id FROM scans s JOIN codes k "
                "ON k.program = s.program AND k.code_id = s.code_id WHERE s.program = ? "
                f"AND s.event_id IN ({some}) AND k.batch_id > 0 ORDER BY k.place, k.seq",
                (program,)):
            found[at[int(event)]] = int(batch)
    return found
