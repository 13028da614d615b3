"""The silence benchmark's reading, protocol and interval; the logs themselves stay outside."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from features.errors import NotFound
from training.benchmarks import inactivity
from training.benchmarks.purchases import CONFIGURATIONS, REHEARSALS, read_purchases


def write_logs(folder):
    """Tiny logs in the three published forms."""
    (folder / "CDNOW_master.txt").write_text(
        " customer_id  date number_of_cds  dollar_value\n"
        " 00001 19970101  1   11.77\n 00001 19970101  2   12.00\n 00002 19970112  5   77.00\n")
    pd.DataFrame({
        "InvoiceNo": ["1", "1", "2"], "StockCode": ["x", "y", "x"], "Quantity": [1, 2, 3],
        "InvoiceDate": pd.to_datetime(["2010-12-01 08:26", "2010-12-01 08:26", "2010-12-02 09:00"]),
        "CustomerID": [7, 7, 7], "Revenue": [1.5, 2.5, 3.0],
    }).to_parquet(folder / "online_retail_clean.parquet")
    pd.DataFrame({"cust": ["1", "2"], "date": ["2006-01-01", "2006-01-03"]}
                 ).to_parquet(folder / "grocery.parquet")


def test_logs_become_days(tmp_path):
    """One row per customer and day, with summed value and different products."""
    write_logs(tmp_path)
    logs = read_purchases(tmp_path)
    cdnow, retail = logs["cdnow"], logs["retail"]
    assert cdnow["points"].round(2).tolist() == [23.77, 77.0]
    assert cdnow["day"].diff().iloc[1] == 11
    assert retail[["events", "skus", "quantity"]].to_numpy().tolist() == [[2, 2, 3], [1, 1, 3]]
    assert len(logs["grocery"]) == 2


def test_a_missing_log_is_named(tmp_path):
    """The message says which file and where to point."""
    with pytest.raises(NotFound, match=r"CDNOW_master\.txt.*--data"):
        read_purchases(tmp_path)


def test_fourteen_configurations_end_before_their_test():
    """Every training snapshot's horizon is over on the day of judging."""
    assert len(CONFIGURATIONS) == 14
    assert all(min(one.snapshots) >= one.horizon for one in CONFIGURATIONS)


def test_settings_are_chosen_before_the_first_test_of_a_log():
    """No rehearsal sees a day of any test window."""
    for one in REHEARSALS:
        first = min(test.day for test in CONFIGURATIONS if test.data == one.data)
        assert one.day + one.horizon <= first, one.name


def test_weighted_auc_is_that_of_repeated_rows():
    """Counting a row twice is the same as writing it twice."""
    rng = np.random.default_rng(0)
    silent, score = rng.random(60) < 0.4, rng.integers(0, 9, 60)
    weight = rng.integers(0, 4, 60)
    ours = inactivity._weighted_auc(silent, score, weight)
    assert ours == pytest.approx(roc_auc_score(np.repeat(silent, weight),
                                               np.repeat(score, weight)))


def test_the_interval_of_a_better_ranking_is_above_zero():
    """A ranking that knows more gains; the same ranking gains nothing."""
    rng = np.random.default_rng(1)
    silent = rng.random(800) < 0.5
    good, poor = silent + rng.normal(0, 1, 800), silent + rng.normal(0, 4, 800)
    assert inactivity._gain(silent, good, poor, 0)[0] > 0
    assert inactivity._gain(silent, poor, poor, 0) == (0, 0)
