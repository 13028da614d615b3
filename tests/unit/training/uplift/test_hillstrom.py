"""The uplift benchmark's reading and keys on a made-up challenge; the real one stays outside."""

import numpy as np
import pandas as pd
import pytest

from features.errors import NotFound
from training.benchmarks import uplift_hillstrom
from training.uplift.qini import qini


def write_challenge(folder, n=900):
    """A challenge in the published form, where women's mail works on women's buyers only."""
    rng = np.random.default_rng(0)
    segment = rng.choice(["Mens E-Mail", "Womens E-Mail", "No E-Mail"], n)
    womens, mens = rng.integers(0, 2, n), rng.integers(0, 2, n)
    chance = 0.2 + 0.3 * (segment == "Womens E-Mail") * womens + 0.1 * (segment == "Mens E-Mail")
    visit = rng.random(n) < chance
    pd.DataFrame({
        "recency": rng.integers(1, 13, n), "history_segment": "x",
        "history": rng.gamma(2.0, 100.0, n) + 30, "mens": mens, "womens": womens,
        "zip_code": rng.choice(["Urban", "Rural", "Surburban"], n), "newbie": 0,
        "channel": rng.choice(["Web", "Phone"], n), "segment": segment,
        "visit": visit.astype(int), "conversion": (visit & (rng.random(n) < 0.5)).astype(int),
        "spend": visit * rng.gamma(2.0, 30.0, n)}).to_csv(folder / "hillstrom.csv", index=False)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NotFound, match=r"hillstrom\.csv.*--data"):
        uplift_hillstrom.read_mail(tmp_path)


def test_the_challenge_becomes_arms_and_features(tmp_path):
    write_challenge(tmp_path, 300)
    mail = uplift_hillstrom.read_mail(tmp_path)
    raw = pd.read_csv(tmp_path / "hillstrom.csv")
    assert mail.x.shape == (300, 6 + 3 + 2)
    assert (mail.arm == 0).sum() == (raw["segment"] == "No E-Mail").sum()
    rows, treated = mail.of((2,))
    assert (raw["segment"][rows] == "Mens E-Mail").tolist() == treated.astype(bool).tolist()
    assert (mail.womens_only == ((raw["womens"] == 1) & (raw["mens"] == 0))).all()


def test_figures_are_those_of_the_protocol(tmp_path, monkeypatch):
    """Every key is there, the mean is over the seeds, and the gain is ours less theirs."""
    write_challenge(tmp_path)
    monkeypatch.setattr(uplift_hillstrom, "SEEDS", 2)
    monkeypatch.setattr(uplift_hillstrom, "OUTCOMES", ("visit",))
    monkeypatch.setitem(uplift_hillstrom.TREES, "n_estimators", 5)
    steps = []
    found = uplift_hillstrom.benchmark(
        tmp_path, progress=lambda name, done, total: steps.append((done, total)))
    assert steps[-1] == (7, 7)
    assert [done for done, _ in steps] == list(range(1, 8))
    assert found["qini_womens_visit"] == pytest.approx(np.mean(found["qini_by_seed"]))
    assert found["qini_low"] < found["qini_womens_visit"] < found["qini_high"]
    assert found["gain"] == pytest.approx(found["qini_womens_visit"] - found["qini_t_logistic"])
    assert isinstance(found["personal_policy_refused"], bool)
    assert {(one["mail"], one["outcome"]) for one in found["cells"]} == {
        (mail, "visit") for mail in ("womens", "mens", "any")}
    visits = {one["policy"]: one["value"] for one in found["policies"] if one["outcome"] == "visit"}
    assert visits["all womens"] > visits["nobody"]


def test_our_learner_finds_whom_the_mail_works_on(tmp_path):
    """Scores of unseen rows rank women's buyers first."""
    write_challenge(tmp_path)
    mail = uplift_hillstrom.read_mail(tmp_path)
    score = uplift_hillstrom._scores(
        mail, (1,), "visit", uplift_hillstrom.learners("visit", 0)[uplift_hillstrom.OURS], 0)
    rows, treated = mail.of((1,))
    womens = mail.x[rows, 3] == 1
    assert score[womens].mean() > score[~womens].mean() + 0.1
    assert qini(score, treated, mail.outcomes["visit"][rows]) > 5
