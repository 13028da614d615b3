import numpy as np
import pandas as pd

from features.places import MISSING, first_place
from models.labelled import resolve
from training.labels import label
from training.splits import DAY_MS

CREDITED, HELD, REFUSED = 0, 1, 2
LEGIT, FRAUD = 0, 1


def events(*rows: tuple[int, int, int]) -> pd.DataFrame:
    """Rows of event number, day and outcome."""
    frame = pd.DataFrame(rows, columns=["event", "day", "outcome"])
    frame["place"] = [first_place(day * DAY_MS) for day in frame["day"]]
    return frame


def feedback(*rows: tuple[int, int, int]) -> pd.DataFrame:
    """Rows of event number, label and day of decision, in order of arrival."""
    frame = pd.DataFrame(rows, columns=["event_id", "label", "day"])
    frame["decided_at"] = frame["day"] * DAY_MS
    frame["place"] = frame["decided_at"] * 2**20
    frame["seq"] = np.arange(len(frame))
    return frame.drop(columns="day").astype(np.int64)


def test_the_later_decision_wins_whatever_came_first() -> None:
    """Of labels that disagree the one decided later counts, and the disagreement is told."""
    rows = resolve(feedback((1, LEGIT, 9), (1, FRAUD, 4), (2, LEGIT, 3), (2, FRAUD, 5)))
    assert rows["target"].tolist() == [0, 1]
    assert rows["disagreed"].tolist() == [True, True]


def test_of_decisions_at_one_moment_the_one_that_arrived_later_wins() -> None:
    """Arrival breaks the tie of two decisions at one moment."""
    rows = resolve(feedback((1, FRAUD, 4), (1, LEGIT, 4)))
    assert rows["target"].tolist() == [0]


def test_silence_becomes_honesty_only_after_maturity_and_only_if_credited() -> None:
    """Old credited events are assumed honest, down-weighted and not labelled; others unknown."""
    found = label(
        events((1, 0, CREDITED), (2, 0, HELD), (3, 0, REFUSED), (4, 80, CREDITED),
               (5, 0, MISSING)),
        feedback(), as_of_ms=100 * DAY_MS, maturity_days=60, assumed_weight=0.3,
    )
    assert found.target.tolist() == [0, -1, -1, -1, 0]
    assert found.weight.tolist() == [0.3, 0.0, 0.0, 0.0, 0.3]
    assert not found.labelled.any()


def test_a_decision_counts_fully_and_at_once() -> None:
    """A labelled event needs no maturity, whatever its outcome."""
    found = label(
        events((1, 99, HELD), (2, 99, CREDITED)), feedback((1, FRAUD, 99), (2, LEGIT, 99)),
        as_of_ms=100 * DAY_MS, maturity_days=60, assumed_weight=0.3)
    assert found.target.tolist() == [1, 0]
    assert found.weight.tolist() == [1.0, 1.0]
    assert found.labelled.all()


def test_labels_of_unknown_events_are_left_alone() -> None:
    """A label for an event that never came changes nothing."""
    found = label(events((1, 0, CREDITED)), feedback((77, FRAUD, 1)), 100 * DAY_MS, 60, 0.3)
    assert found.counts() == {"fraud": 0, "honest": 0, "assumed_honest": 1, "unknown": 0,
                              "disagreed": 0}
