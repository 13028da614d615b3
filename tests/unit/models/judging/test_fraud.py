"""The supervised score: one row equals the batch, and contributions are LightGBM's."""

from __future__ import annotations

import threading
from typing import NoReturn

import numpy as np
import pytest

from features.errors import BadInput, Unavailable
from models.calibration import Calibration, logit
from models.fastrow import FastRow, load_library
from models.fraud import FraudModel


def test_one_row_equals_the_batch(fraud, events) -> None:
    """The single-row path gives bit for bit the score of the batch."""
    batch = fraud.score(events.rows[:300])
    assert [fraud.score_row(row) for row in events.rows[:300]] == batch.tolist()


def test_base_and_contributions_add_up_to_the_log_odds_of_the_score(fraud, events) -> None:
    """Reasons are complete: nothing of the score is left unexplained."""
    parts = fraud.contributions(events.rows)
    assert parts.sum(axis=1) == pytest.approx(logit(fraud.score(events.rows)), abs=1e-6)


def test_contributions_are_those_of_lightgbm(booster, events, fraud) -> None:
    """With the identity as calibration they are LightGBM's own, in batch and row by row."""
    plain = FraudModel(booster, Calibration.identity(), fraud.names, fraud.hashes)
    theirs = booster.predict(events.rows[:50], pred_contrib=True)
    assert plain.contributions(events.rows[:50]) == pytest.approx(theirs, abs=1e-12)
    rows = np.array([plain.contributions_row(row) for row in events.rows[:50]])
    assert rows == pytest.approx(theirs, abs=1e-12)


def refused(model: str) -> NoReturn:
    raise BadInput("trees of another kind", "these", "nothing")


def test_without_the_fast_call_the_answers_are_the_same(booster, events) -> None:
    """A build of LightGBM without the single-row calls is slower, not different."""
    text = booster.model_to_string()
    fast, slow = (FastRow(text, library, lay_out=refused, mask=refused)
                  for library in (load_library, lambda: None))
    assert (fast.is_fast, slow.is_fast) == (True, False)
    for row in events.rows[:20]:
        assert fast.score(row) == slow.score(row)
        assert fast.contributions(row).tolist() == slow.contributions(row).tolist()


def test_trees_that_can_not_be_laid_out_are_left_to_lightgbm(booster, events, caplog) -> None:
    """Row by row and in batch the reasons are LightGBM's own, and the log says so once."""
    left = FastRow(booster.model_to_string(), lay_out=refused)
    theirs = booster.predict(events.rows[:20], pred_contrib=True)
    assert np.array([left.contributions(row) for row in events.rows[:20]]) == pytest.approx(theirs)
    assert left.contributions_of(events.rows[:20]) == pytest.approx(theirs)
    assert [record.name for record in caplog.records] == ["jaga.reasons"]
    assert "trees of another kind" in caplog.text


def test_one_row_is_explained_as_in_the_batch(fraud, events, catalog) -> None:
    """Calibrated parts of a row are those of the batch, with rows of a larger catalogue too."""
    wanted = fraud.contributions(events.rows[:50])
    rows = np.array([fraud.contributions_row(row) for row in events.rows[:50]])
    assert rows == pytest.approx(wanted, abs=1e-12)
    bound, wider = fraud.bound(catalog.names), np.append(np.nan, events.rows[7])
    assert bound.contributions_row(wider).tolist() == rows[7].tolist()


def test_threads_do_not_disturb_each_other(fraud, events) -> None:
    """Each thread has a handle and buffers of its own."""
    wanted = fraud.score(events.rows[:400]).tolist()
    came: dict[int, list[float]] = {}

    def work(number: int) -> None:
        came[number] = [fraud.score_row(row) for row in events.rows[:400]]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(scores == wanted for scores in came.values())


def test_a_broken_library_says_so(booster) -> None:
    """A prediction that LightGBM refuses is an error with its own words."""
    fast = FastRow(booster.model_to_string())
    handle = fast._handle()
    with pytest.raises(Unavailable, match="a prediction of LightGBM"):
        handle._check(-1)


def test_rows_of_a_larger_catalogue_are_read_by_name(fraud, events, catalog) -> None:
    """An added feature moves the columns and not the score."""
    wanted = fraud.score(events.rows[:50]).tolist()
    bound = fraud.bound(catalog.names)
    wider = np.column_stack([np.full(50, np.nan), events.rows[:50]])
    assert bound.score(wider).tolist() == wanted
    assert bound.score_row(wider[7]) == wanted[7]
    assert fraud.score(events.rows[:50]).tolist() == wanted


def test_a_missing_feature_is_refused(fraud) -> None:
    """A catalogue without a feature of the model can't serve it."""
    with pytest.raises(BadInput, match="none named event_amount"):
        fraud.bound([name for name in fraud.names if name != "event_amount"])


def test_rows_of_another_width_are_refused(fraud) -> None:
    """Columns are never guessed."""
    with pytest.raises(BadInput, match="rows of 12 features; came 11"):
        fraud.score(np.zeros((1, 11)))


def test_a_booster_of_other_features_is_refused(booster) -> None:
    """Names and booster must fit."""
    with pytest.raises(BadInput, match="1 outputs and 12 features"):
        FraudModel(booster, Calibration.identity(), ["a"], {"a": ""})


def test_a_stored_model_reads_back_the_same(fraud, events, tmp_path) -> None:
    """Text and JSON keep every bit of the score."""
    fraud.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"fraud.lgb.txt", "fraud.json"}
    read = FraudModel.load(tmp_path)
    assert read.score(events.rows).tolist() == fraud.score(events.rows).tolist()
    assert (read.names, read.hashes) == (fraud.names, fraud.hashes)


def test_a_broken_booster_is_refused(fraud, tmp_path) -> None:
    """A text that LightGBM can't read is refused with a sentence."""
    fraud.save(tmp_path)
    (tmp_path / "fraud.lgb.txt").write_text("tree\nbroken")
    with pytest.raises(BadInput, match="a LightGBM model"):
        FraudModel.load(tmp_path)
