"""The fitted effects that a bundle carries: who gets which, and that they survive the disk."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from features.errors import Unavailable
from features.members.rhythm import MEMBER_CATALOG
from models.bundle import Bundle
from models.uplift.model import MissionEffect, UpliftModel, segments
from models.uplift.personal import COLUMNS, FURTHEST, Line, Scale, design
from models.uplift.shrinkage import Belief


def members(n, seed=0):
    """Member frame of n members with some cells unknown."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.gamma(2.0, 5.0, (n, len(MEMBER_CATALOG.names))),
                         columns=list(MEMBER_CATALOG.names))
    frame["persona"] = rng.integers(0, 5, n).astype(float)
    frame.loc[::7, "balance"] = np.nan
    return frame


def line(n=400, penalty=3.0):
    frame = members(n)
    columns = design(frame)
    scale = Scale.of(columns)
    standard = scale.apply(columns)
    effect = standard[:, 0] * 0.2 + np.random.default_rng(1).normal(0, 1, n)
    return frame, standard, effect, Line.fit(scale, standard, effect, penalty)


def mission(assumed=0.1, own=None):
    return MissionEffect(Belief(0.05, 0.01), Belief(0.05, 0.03),
                         {"retailer/slipping": Belief(0.09, 0.02)}, assumed, 900, 400, own)


def asked(frame):
    return pd.DataFrame({"state": np.where(np.arange(len(frame)) % 2, "slipping", "lapsed")},
                        index=frame.index)


def model(level, own=None, assumed=0.1):
    return UpliftModel({"streak": mission(assumed, own)}, level, "streak", "because", 30)


def test_a_single_effect_is_everybodys():
    frame = members(6)
    found = model("single").effects("streak", frame, asked(frame))
    assert found.value.tolist() == [0.05] * 6
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.01, abs=1e-4)


def test_segments_have_their_own():
    """Who was never seen has the mission's effect, less surely."""
    frame = members(50)
    answers = asked(frame)
    found = model("segment").effects("streak", frame, answers)
    names = segments(frame["persona"], answers["state"])
    own = names == "retailer/slipping"
    assert own.any()
    assert found.value.tolist() == np.where(own, 0.09, 0.05).tolist()
    assert (found.high - found.value)[own] == pytest.approx(1.96 * 0.02, abs=1e-4)
    assert (found.high - found.value)[~own] == pytest.approx(1.96 * 0.03, abs=1e-4)


def test_an_unknown_persona_is_a_segment_of_its_own():
    frame = members(2).assign(persona=np.nan)
    found = model("segment").effects("streak", frame, asked(frame))
    assert found.value.tolist() == [0.05, 0.05]


def test_personal_effects_are_the_line():
    frame, _, _, own = line()
    found = model("personal", own).effects("streak", frame, asked(frame))
    value, error = own.effects(design(frame))
    assert found.value == pytest.approx(value)
    assert found.low == pytest.approx(value - 1.96 * error, abs=1e-4)


def test_nothing_is_said_where_the_assumption_outweighs():
    frame = members(3)
    assert model("single", assumed=0.5).effects("streak", frame, asked(frame)) is None
    assert model("single").effects("other", frame, asked(frame)) is None


def test_nobody_gives_no_effects():
    frame = members(3).iloc[:0]
    for level in ("single", "segment"):
        assert len(model(level).effects("streak", frame, asked(frame)).value) == 0


def test_a_line_is_a_ridge():
    """The same weights as scikit-learn's, and the covariance of the penalty read as a prior."""
    _, standard, effect, own = line(penalty=20.0)
    peer = Ridge(20.0).fit(standard, effect)
    assert own.weight[0] == pytest.approx(peer.intercept_)
    assert own.weight[1:] == pytest.approx(peer.coef_)
    noise = ((effect - peer.predict(standard)) ** 2).mean()
    columns = np.column_stack([np.ones(len(standard)), standard])
    prior = 20.0 * np.eye(columns.shape[1])
    prior[0, 0] = 0
    assert np.array(own.covariance) == pytest.approx(
        noise * np.linalg.pinv(columns.T @ columns + prior))


def test_the_unknown_is_taken_for_the_mean_and_nobody_for_further_than_seen():
    _, _, _, own = line()
    columns = np.full((2, len(COLUMNS)), np.nan)
    columns[1] = 1e12
    value, _ = own.effects(columns)
    assert value[0] == pytest.approx(own.weight[0])
    assert value[1] == pytest.approx(own.weight[0] + FURTHEST * sum(own.weight[1:]))


def test_intervals_of_a_line_cover_the_truth():
    """Over many worlds a member's true effect lies inside, about as often as promised."""
    inside = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        standard = rng.normal(size=(300, len(COLUMNS)))
        weight = rng.normal(0, 0.3, len(COLUMNS))
        effect = standard @ weight + rng.normal(0, 3, 300)
        own = Line.fit(Scale((0.0,) * len(COLUMNS), (1.0,) * len(COLUMNS)), standard, effect, 100.0)
        value, error = own.effects(standard)
        inside.append(np.mean(np.abs(value - standard @ weight) < 1.96 * error))
    assert 0.92 < np.mean(inside) < 0.98


def test_what_is_saved_is_what_is_loaded(tmp_path):
    _, _, _, own = line()
    saved = model("personal", own)
    saved.save(tmp_path)
    assert UpliftModel.load(tmp_path) == saved
    assert [path.name for path in tmp_path.iterdir()] == ["uplift.json"]


def test_a_bundle_carries_effects_and_lives_without(tmp_path):
    """Same content, same id; a bundle without effects loads with none."""
    bare = Bundle("acme", 0, {}, {})
    folder = dataclasses.replace(bare, uplift=model("segment")).save(tmp_path)
    assert Bundle.load(folder).uplift == model("segment")
    assert (folder / "uplift/uplift.json").exists()
    assert Bundle.load(bare.save(tmp_path)).uplift is None


def test_features_that_changed_are_refused(tmp_path):
    model("single").save(tmp_path)
    path = tmp_path / "uplift.json"
    raw = json.loads(path.read_text())
    raw["features"]["balance"] = "another"
    path.write_text(json.dumps(raw))
    with pytest.raises(Unavailable, match="train again"):
        UpliftModel.load(tmp_path)
    with pytest.raises(Unavailable, match="train again"):
        UpliftModel.load(tmp_path / "nowhere")
