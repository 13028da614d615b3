"""All reasons of a stored verdict, approvals included, told when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.errors import NotFound, Unavailable
from features.store.stream import event_record
from models.judgement import judge

if TYPE_CHECKING:
    from features.store.journal import Journal
    from models.bundle import Bundle
    from serving.circumstances import Circumstances

EVERY: Final = 1000
"""More reasons than any event has."""


def every_reason(
    journal: Journal, bundle: Bundle, circumstances: Circumstances, event_id: str
) -> list[dict[str, Any]]:
    """Tell all reasons from the features that were served.

    Raises
    ------
    NotFound
        An event without a verdict.
    Unavailable
        A verdict of another bundle than this one.
    """
    row, stored = journal.verdict_row(event_id), journal.event(event_id)
    if row is None or stored is None:
        raise NotFound("an event with a verdict", "none of that event_id", "check it")
    vector = np.frombuffer(row["vector"], dtype=np.float64)
    if row["bundle_id"] != bundle.bundle_id or len(vector) != len(bundle.stored_names):
        raise Unavailable("the bundle of this verdict", "another champion since",
                          "run jaga explain for verdicts of earlier bundles")
    record = event_record(*stored, stored[1]["place"], stored[1]["seq"])
    verdict = judge(bundle, journal.program, circumstances.occasion(record, event_id),
                    bundle.widen(vector), enforcement="full", explain=True, most=EVERY)
    return [reason.to_json() for reason in verdict.reasons]
