"""All reasons of a stored verdict, approvals included, told when somebody asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.alarms import ALARMS
from features.errors import NotFound, Unavailable
from features.store.stream import event_record
from models.champion import is_bare
from models.judgement import judge
from serving.policies import with_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.journal import Journal
    from models.bundle import Bundle
    from serving.circumstances import Circumstances

EVERY: Final = 1000
"""More reasons than any event has."""
FIRM: Final = ("proof.", "fact.", "cap.", "watch.", "alarm.")
"""Codes of facts, which come first."""


def every_reason(
    journal: Journal, bundle: Bundle, circumstances: Circumstances, event_id: str,
    earlier: Callable[[str], Bundle] | None = None,
) -> list[dict[str, Any]]:
    """Tell all reasons from the features that were served, and the ring and alarms told then.

    They are those of the verdict's own bundle and policy. A verdict that was given without a
    model, or without the state, had no reasons but those that it told.

    Parameters
    ----------
    journal : Journal
    bundle : Bundle
        The champion.
    circumstances : Circumstances
    event_id : str
    earlier : callable, optional
        Finds a bundle that serves no more.

    Raises
    ------
    NotFound
        An event without a verdict, or one whose bundle or policy is gone.
    Unavailable
        A verdict of another bundle, which can't be read.
    """
    row, stored = journal.verdict_row(event_id), journal.event(event_id)
    if row is None or stored is None:
        raise NotFound("an event with a verdict", "none of that event_id", "check it")
    body = json.loads(row["body"])
    told: list[dict[str, Any]] = body["reasons"]
    if is_bare(row["bundle_id"]) or body["degraded"] == "state":
        return told
    own = with_policy(journal, _own(row["bundle_id"], bundle, earlier), row["policy_version"])
    vector = np.frombuffer(row["vector"], dtype=np.float64)
    if len(vector) != len(own.stored_names):
        return told  # its features are not kept any longer
    record = event_record(*stored, stored[1]["place"], stored[1]["seq"])
    open_then = {reason["code"].removeprefix("alarm.") for reason in told}
    occasion = circumstances.occasion(record, event_id, alarms=tuple(
        code for code in ALARMS if code in open_then))
    verdict = judge(own, journal.program, occasion, own.widen(vector), enforcement="full",
                    degraded=body["degraded"], explain=True, most=EVERY)
    ring = [reason for reason in told if reason["code"] == "ring.members"]
    found = [reason.to_json() for reason in verdict.reasons]
    facts = sum(reason["code"].startswith(FIRM) for reason in found)
    return [*found[:facts], *ring, *found[facts:]]


def _own(bundle_id: str, champion: Bundle, earlier: Callable[[str], Bundle] | None) -> Bundle:
    if bundle_id == champion.bundle_id:
        return champion
    if earlier is None:
        raise Unavailable("the bundle of this verdict", "another champion since",
                          "run jaga explain for verdicts of earlier bundles")
    return earlier(bundle_id)
