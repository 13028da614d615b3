"""Shares and delays of labels: a shift of many members is told, one member's labels are not."""

import numpy as np
import pandas as pd

from features.contract import SOURCES
from features.places import first_place
from training.monitor import labelling
from training.monitor.gate import Gate
from training.settings import read_settings
from training.splits import DAY_MS

SETTINGS = read_settings()
DAYS = 200


def gates(share: float, hands: int = 10_000, late: int = 5) -> dict[str, Gate]:
    """Ten labelled events a day, two of them fraud; another share and delay in the last weeks."""
    ms = np.repeat(np.arange(DAYS), 10) * DAY_MS
    event = np.arange(1, len(ms) + 1)
    new = ms >= (DAYS - 60) * DAY_MS
    member = np.where(new, 20_000 + event % hands, event)
    fraud = event % 10 < np.where(new, share * 10, 2)
    decided = ms + np.where(new, late, 5) * DAY_MS
    rows = pd.DataFrame({
        "event_id": event, "label": fraud.astype(int), "source": SOURCES.index("review"),
        "decided_at": decided, "place": [first_place(int(at)) for at in decided], "seq": event})
    rows = rows[rows["decided_at"] < DAYS * DAY_MS]
    _, found = labelling.look(rows, event, member, ms, DAYS * DAY_MS,
                              SETTINGS.labels.maturity_days, SETTINGS.monitor)
    return {gate.code: gate for gate in found}


def test_labels_as_before_pass() -> None:
    """The same share, as late as ever; labels that are still to come change nothing."""
    assert [gate.passed for gate in gates(0.2).values()] == [True, True]


def test_more_fraud_among_many_members_is_told_and_among_a_few_hands_is_not() -> None:
    """Sixty in a hundred instead of twenty."""
    assert gates(0.6)["label_share"].passed is False
    assert gates(0.6, hands=20)["label_share"].passed is not False


def test_labels_that_come_later_are_told() -> None:
    """Fifteen days instead of five."""
    assert gates(0.2, late=15)["label_delay"].passed is False
