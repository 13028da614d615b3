"""The ladder on a made-up program: chances, families, states, dates, and its files."""

import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from features.errors import Unavailable
from models.inactivity.btyd import logit
from models.inactivity.calibration import expected_error
from models.inactivity.horizons import Horizons
from models.inactivity.model import InactivityModel
from models.inactivity.reasons import FAMILIES
from models.inactivity.snapshots import snapshot_days
from models.inactivity.trees import Trees

STATES = {"new", "active", "off_season", "slipping", "lapsed", "blocked"}


def test_chances_rank_and_are_calibrated(world, model):
    """Against what truly followed: better ranked than silence or rhythm, and rates are met.

    The farmers' bound is wide: their season opens within the horizon, which only last year saw.
    """
    frame, silent = world.frame(), world.silent(model)
    p = model.p_inactive(frame)
    started = frame["days_since_last"].notna().to_numpy()
    ours = roc_auc_score(silent[started], p[started])
    assert ours > roc_auc_score(silent[started], frame["days_since_last"][started])
    assert ours > roc_auc_score(silent[started], model.table(frame[started])["none_bg"])
    assert expected_error(p, silent) < 0.08
    for persona, bound in ((0, 0.05), (3, 0.16)):
        mine = (frame["persona"] == persona).to_numpy()
        assert abs(p[mine].mean() - silent[mine].mean()) < bound, persona


def test_five_hundred_members_allow_every_rung(model):
    """The choice compares three rungs and says so in its sentence."""
    assert {name for name in model.figures if name.startswith("log_loss_")} == {
        "log_loss_btyd", "log_loss_logistic", "log_loss_ensemble"}
    assert model.rung in model.why
    assert "members left out" in model.why


def test_a_small_program_gets_the_rhythm_model(make_world):
    """Below two hundred members nothing else is allowed, and the reason is size."""
    small = make_world(60, seed=3).model()
    assert small.rung == "btyd"
    assert "60 members" in small.why
    assert small.parts.rfm is None


def test_three_weeks_and_one_member_still_answer(world):
    """Without snapshots, and with a single event in all, there is a chance for everybody."""
    frame = world.frame().iloc[:2].copy()
    frame.loc[:, :] = np.nan
    frame["today"], frame["blocked"], frame["days_since_joined"] = 19_800.0, 0.0, 10.0
    one = frame.index[0]
    frame.loc[one, ["days_since_last", "tenure", "cadence"]] = [5.0, 5.0, 7.0]
    frame.loc[one, ["repeat_days", "active_span"]] = 0.0
    frame["last_day"] = frame["today"] - frame["days_since_last"]
    fitted = InactivityModel.fit([], frame, Horizons.fit(frame), seed=0)
    answer = fitted.predict(frame)
    assert fitted.rung == "btyd"
    assert answer["p_inactive"].between(0, 1).all()
    assert answer["state"].tolist() == ["new", "new"]
    assert answer["segment"].tolist() == ["", "never_started"]


@pytest.mark.parametrize("rung", ["btyd", "logistic", "ensemble"])
def test_families_and_base_are_the_log_odds(rungs, world, rung):
    """For every member the shares add up to the calibrated log-odds within 1e-6."""
    model, frame = rungs[rung], world.frame()
    frame = frame[frame["days_since_last"].notna()]
    shares = model.shares(frame)
    assert list(shares.columns) == [*FAMILIES, "base"]
    assert np.abs(shares.sum(axis=1) - model.log_odds(model.table(frame))).max() < 1e-6
    told = np.clip(shares.sum(axis=1), logit(0.0), logit(1.0))
    assert np.abs(logit(model.p_inactive(frame)) - told).max() < 1e-6


def test_reasons_are_for_those_who_slip(world, model):
    """Slipping and lapsed members have one to three reasons, strongest first; others none."""
    answer = model.predict(world.frame())
    assert set(answer["state"]) <= STATES
    told = answer["state"].isin(["slipping", "lapsed"])
    assert told.any()
    assert answer.loc[~told, "reasons"].map(len).max() == 0
    for reasons in answer.loc[told, "reasons"]:
        assert len(reasons) <= 3
        shares = [reason.contribution for reason in reasons]
        assert shares == sorted(shares, reverse=True)
        assert all(share > 0 for share in shares)
    assert (answer.loc[told, "reasons"].map(len) > 0).mean() > 0.95


@pytest.mark.parametrize(("language", "words"), [
    ("en", "days"), ("id", "hari"), ("es", "días")])
def test_reasons_speak_three_languages(world, model, language, words):
    """The same member, the same code, his own language."""
    frame = world.frame()
    one = model.predict(frame, language=language)
    slipping = one[one["state"].isin(["slipping", "lapsed"])]
    assert any(words in reason.text for reasons in slipping["reasons"] for reason in reasons)


def test_each_member_may_have_his_own_language(world, model):
    """A list of languages is taken member by member."""
    frame = world.frame()
    mixed = model.predict(frame, language=["id" if m % 2 else "en" for m in frame.index])
    english = model.predict(frame, language="en")
    for member in mixed.index[mixed["reasons"].map(len) > 0]:
        same = mixed.at[member, "reasons"][0].text == english.at[member, "reasons"][0].text
        assert same is (member % 2 == 0)


def test_farmers_out_of_season_never_slip(world, model):
    """In March a farmer's silence is the season: declared by some, learnt for the others."""
    frame = world.frame()
    answer = model.predict(frame)
    farmers = answer[frame["persona"] == 3]
    assert not (farmers["state"] == "slipping").any()
    segments = farmers.loc[farmers["state"] == "off_season", "segment"].value_counts()
    assert segments["declared"] > 40
    assert segments["learnt"] > 40
    shops = answer[frame["persona"] == 0]
    assert (shops["state"] == "off_season").mean() < 0.02


def test_expected_days_are_ordered_and_ahead(world, model):
    """Low, date and high follow each other from today on; the lapsed are not expected."""
    frame, answer = world.frame(), model.predict(world.frame())
    expected = answer[answer["expected_next_activity"].notna()]
    assert (expected["low"] <= expected["expected_next_activity"]).all()
    assert (expected["expected_next_activity"] <= expected["high"]).all()
    assert (expected["low"] >= frame["today"].iloc[0]).all()
    assert answer.loc[answer["state"] == "lapsed", "high"].isna().all()
    waiting = answer[(frame["off_season_now"] > 0) & (answer["state"] == "off_season")]
    season = frame.loc[waiting.index, "off_season_left"]
    assert (waiting["low"] >= 19_800 + season).all()


def test_the_range_holds_eight_in_ten(world, model):
    """Of the active members who come back, about 80 % do so between low and high."""
    answer = model.predict(world.frame())
    coming = world.days[world.days["day"] >= 19_800].groupby("member")["day"].min()
    active = answer[(answer["state"] == "active")].join(coming.rename("came"), how="inner")
    inside = active["came"].between(active["low"], active["high"])
    assert 0.7 < inside.mean() < 0.95


def test_saved_and_loaded_it_answers_the_same(world, model, tmp_path):
    """Plain files give back the same numbers to the bit; the files are text."""
    model.save(tmp_path)
    loaded = InactivityModel.load(tmp_path)
    frame = world.frame()
    np.testing.assert_array_equal(loaded.p_inactive(frame), model.p_inactive(frame))
    np.testing.assert_array_equal(loaded.shares(frame.iloc[:50]), model.shares(frame.iloc[:50]))
    assert all(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())


def test_a_changed_feature_asks_for_training(model, tmp_path):
    """A bundle whose features were declared otherwise is refused by name."""
    model.save(tmp_path)
    path = tmp_path / "inactivity.json"
    raw = json.loads(path.read_text())
    raw["features"]["cadence"] = "0" * 12
    path.write_text(json.dumps(raw))
    with pytest.raises(Unavailable, match="cadence"):
        InactivityModel.load(tmp_path)


def test_a_missing_file_asks_for_training(tmp_path):
    """An empty folder is no model."""
    with pytest.raises(Unavailable, match="train again"):
        InactivityModel.load(tmp_path)


def test_the_same_seed_gives_the_same_model(make_world):
    """Fitting twice gives the same chances."""
    small = make_world(250, seed=5)
    frame = small.frame()
    first, again = (small.model(1).p_inactive(frame) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_no_snapshot_reaches_past_the_moment_of_training():
    """Every horizon is over when training begins, and every snapshot has four weeks before it."""
    for horizon in (30, 60, 120):
        for length in (10, 60, 200, 500, 1500):
            days = snapshot_days(FIRST_DAY, FIRST_DAY + length, horizon)
            assert all(day + horizon <= FIRST_DAY + length for day in days)
            assert all(day >= FIRST_DAY + 28 for day in days)
            assert len(set(days)) == len(days)


def test_trees_read_every_declared_column(model):
    """A booster keeps its columns in order."""
    trees = model.parts.trees
    if trees is not None:
        assert Trees.from_text(trees.to_text(), trees.columns).booster.num_feature() == len(
            trees.columns)


FIRST_DAY = 19_000
