"""All reasons of a stored verdict, approvals included, told when somebody asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.alarms import ALARMS
from features.errors import NotFound, Unavailable
from features.store.stream import event_record
from models.judgement import judge

if TYPE_CHECKING:
    from features.store.journal import Journal
    from models.bundle import Bundle
    from serving.circumstances import Circumstances

EVERY: Final = 1000
"""More reasons than any event has."""
FIRM: Final = ("proof.", "fact.", "cap.", "alarm.")
"""Codes of facts, which come first."""


def every_reason(
    journal: Journal, bundle: Bundle, circumstances: Circumstances, event_id: str
) -> list[dict[str, Any]]:
    """Tell all reasons from the features that were served, and the ring and alarms told then.

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
    told = json.loads(row["body"])["reasons"]
    open_then = {reason["code"].removeprefix("alarm.") for reason in told}
    occasion = circumstances.occasion(record, event_id, alarms=tuple(
        code for code in ALARMS if code in open_then))
    verdict = judge(bundle, journal.program, occasion, bundle.widen(vector),
                    enforcement="full", explain=True, most=EVERY)
    ring = [reason for reason in told if reason["code"] == "ring.members"]
    found = [reason.to_json() for reason in verdict.reasons]
    facts = sum(reason["code"].startswith(FIRM) for reason in found)
    return [*found[:facts], *ring, *found[facts:]]
