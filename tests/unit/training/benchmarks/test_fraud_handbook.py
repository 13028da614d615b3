import numpy as np

from training.benchmarks.fraud_handbook import Rows, judged_rows, table, week
from training.splits import DAY_MS

START = 100


def rows(*events: tuple[int, int, int]) -> Rows:
    """Transactions of day, customer and fraud."""
    day, member, fraud = (np.array(column) for column in zip(*events, strict=True))
    return Rows(np.zeros((len(day), 1)), day, member, fraud)


def test_customers_compromised_in_the_train_week_leave_all_test_days() -> None:
    """A fraud two weeks to one week before the test week removes its customer."""
    kept = judged_rows(rows((START - 14, 1, 1), (START, 1, 0), (START + 6, 1, 0), (START, 2, 0)),
                  week(START * DAY_MS))
    assert kept.tolist() == [False, False, False, True]


def test_a_fraud_of_the_delay_week_counts_from_when_it_is_known() -> None:
    """A fraud eight days before a test day removes its customer from that day on, not before."""
    events = rows((START - 5, 1, 1), *((START + offset, 1, 0) for offset in range(7)))
    assert judged_rows(events, week(START * DAY_MS)).tolist() == [
        False, True, True, True, False, False, False, False]


def test_customers_of_older_frauds_stay() -> None:
    """Who was compromised before the train week is nobody the protocol removes."""
    kept = judged_rows(rows((START - 15, 1, 1), (START, 1, 0)), week(START * DAY_MS))
    assert kept.tolist() == [False, True]


def test_the_table_prints_ours_beside_the_others() -> None:
    """One line a model and window, and the published ones."""
    ours = {"auc": 0.9, "ap": 0.7, "cp100": 0.3, "recall_1pct": 0.7}
    text = table({"train_7d": ours}, {"train_7d": {"random forest": ours}})
    assert "train_7d jaga" in text
    assert "train_7d random forest" in text
    assert "published, 7 days: XGBoost" in text
