"""Reviewers' error from second reviews: how near the estimate comes, and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.contract import SOURCES
from features.exports.program import Program
from features.places import first_place
from features.store.home import Home
from training.labels import label
from training.secondlooks import estimate, read_second_looks
from training.splits import DAY_MS

if TYPE_CHECKING:
    from pathlib import Path


def test_the_interval_covers_the_error_of_simulated_reviewers() -> None:
    """In nineteen of twenty desks at least, whatever share of the cases is fraud."""
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        fraud = rng.random(150) < 0.4
        first, second = (fraud ^ (rng.random(150) < 0.08) for _ in range(2))
        found = estimate(150, int((first != second).sum()))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.08 <= found.high
    assert covered >= 190


def test_only_what_was_given_before_counts(tmp_path: Path) -> None:
    """Second reviews of later, and decisions that say nothing of fraud, are not read."""
    home = Home(tmp_path)
    journal = home.create(Program(program_id="acme"))
    with home.database.writing() as store:
        for event in range(1, 61):
            second = "release" if event <= 6 else "confirm_fraud"
            store.run(
                "INSERT INTO second_reviews (program, event_id, first_by, first_decision, "
                "drawn_ms, second_by, second_decision, second_ms) "
                "VALUES (?, ?, 'a', ?, 0, 'b', ?, ?)",
                (journal.key, event, "keep" if event > 50 else "confirm_fraud", second, event))
    assert read_second_looks(journal, 1000).cases == 50
    assert read_second_looks(journal, 1000).disagreed == 6
    assert read_second_looks(journal, 41).cases == 40
    assert read_second_looks(journal, 20).error is None
    home.close()


def test_a_review_weighs_less_where_reviewers_err_and_an_audit_does_not() -> None:
    """By one minus twice the error."""
    events = pd.DataFrame({"event": [1, 2], "place": first_place(DAY_MS), "outcome": 0})
    feedback = pd.DataFrame({
        "event_id": [1, 2], "label": 1, "decided_at": 2 * DAY_MS, "place": first_place(2 * DAY_MS),
        "seq": [1, 2], "source": [SOURCES.index("review"), SOURCES.index("audit")]})
    found = label(events, feedback, 3 * DAY_MS, 60, 0.3, looks=estimate(100, 18))
    np.testing.assert_allclose(found.weight, [0.8, 1.0])
