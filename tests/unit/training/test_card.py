from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from training import plots
from training.card import Card, results
from training.evaluate import OURS, Judged, compare
from training.settings import read_settings
from training.splits import DAY_MS, split

SETTINGS = read_settings()


def judged(rows: int = 400) -> tuple[Judged, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = (rng.random(rows) < 0.2).astype(np.int64)
    return (
        Judged(truth, rng.integers(1, 100, rows), rng.integers(0, 40, rows),
               rng.integers(0, 9, rows)),
        truth * 0.5 + rng.random(rows) * 0.6,
    )


def test_ours_comes_first_with_intervals_and_baselines_without() -> None:
    """The table leads with our model and its intervals hold the figure."""
    events, score = judged()
    rows = compare(events, {"amount alone": -score, OURS: score}, 5, SETTINGS.evaluation, seed=0)
    assert [row["model"] for row in rows] == [OURS, "amount alone"]
    assert rows[0]["auc_low"] <= rows[0]["auc"] <= rows[0]["auc_high"]
    assert "auc_low" not in rows[1]
    assert "| amount alone |" in results(rows)


def test_too_few_frauds_give_no_figure() -> None:
    """A slice with a handful of frauds is not judged."""
    events, score = judged(6)
    assert compare(events, {OURS: score}, 5, SETTINGS.evaluation, seed=0) == []
    assert "too few" in results([])


def test_a_card_says_windows_figures_limits_and_what_it_cannot_do(tmp_path: Path) -> None:
    """Everything a reader must know is in the text."""
    events, score = judged()
    limit = {"threshold": 0.4, "bound_by": "capacity", "held_per_day": 3.0, "honest_held": 0.004}
    card = Card(
        "b1", "acme", "champion", 0,
        split(0, 100 * DAY_MS, 100 * DAY_MS, 20, SETTINGS.slices),
        {"fit": {"fraud": 31, "honest": 80, "assumed_honest": 9000, "unknown": 5}},
        compare(events, {OURS: score}, 5, SETTINGS.evaluation, seed=0),
        {"score": {"scan": limit, "redemption": limit | {"threshold": None}}},
        {"Probabilities": {"brier": 0.1, "none": float("nan")}}, ("Fitted on 31 frauds.",),
        (tmp_path / "calibration.png",), features=120,
        released={"sentence": "Not enough to say.", "rows": []},
    )
    text = card.write(tmp_path / "card.md").read_text()
    for said in ("Bundle b1", "9,000", "[1970-01-01, 1970-03-02)", "0.40%", "never",
                 "A score never declines", "![calibration](calibration.png)", "brier 0.1",
                 "## What was let through by chance\n\nNot enough to say.\n\n## Where"):
        assert said in text
    assert "nan" not in text


@pytest.mark.filterwarnings("ignore")  # shap and its colour maps warn on import
def test_every_picture_is_drawn(tmp_path: Path) -> None:
    """Each plot becomes a PNG of more than a blank page."""
    events, score = judged()
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(300, 4))
    booster = lgb.train({"objective": "binary", "verbosity": -1},
                        lgb.Dataset(matrix, (matrix[:, 0] > 0).astype(int)), 5)
    drawn = [
        plots.precision_recall(events.truth, {OURS: score, "other": -score}, OURS,
                               tmp_path / "a.png"),
        plots.calibration(events.truth, np.clip(score, 0, 1), tmp_path / "b.png"),
        plots.families({"speed": 0.4, "place": 0.1}, tmp_path / "c.png"),
        plots.shap_summary(booster, matrix, list("abcd"), tmp_path / "d.png"),
    ]
    for path in drawn:
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size > 5000
