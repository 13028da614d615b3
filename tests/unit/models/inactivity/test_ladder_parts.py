"""Horizons, calibration lines, starters and Shapley shares, each against its own oracle."""

import numpy as np
import pandas as pd
import pytest

from models.inactivity.btyd import Btyd, logit, sigmoid
from models.inactivity.calibration import Lines
from models.inactivity.horizons import LONGEST, SHORTEST, Horizons
from models.inactivity.rhythms import Rhythms
from models.inactivity.starters import Starters


def test_a_persona_with_slow_gaps_looks_further_ahead():
    """Horizons follow the persona's gaps, within 30 to 120 days."""
    rng = np.random.default_rng(0)
    mean = np.concatenate([rng.uniform(5, 10, 100), rng.uniform(60, 80, 100),
                           rng.uniform(300, 400, 100)])
    frame = pd.DataFrame({"gap_mean": mean, "gap_sd": 0.0, "persona": np.repeat([0.0, 1, 2], 100)})
    found = Horizons.fit(frame)
    assert found.by_persona[0] == SHORTEST
    assert 70 <= found.by_persona[1] <= 80
    assert found.by_persona[2] == LONGEST


def test_few_gaps_give_the_default():
    """A program where hardly anybody came twice is judged by two months."""
    frame = pd.DataFrame({"gap_mean": [5.0], "gap_sd": [np.nan], "persona": [0.0]})
    assert Horizons.fit(frame) == Horizons(60)


def test_each_persona_gets_its_own_line():
    """Where one persona is overconfident and another shifted, both are mended."""
    rng = np.random.default_rng(1)
    raw = rng.normal(0, 2, 6_000)
    persona = np.repeat([0.0, 1.0], 3_000)
    true = np.where(persona == 0, raw / 2, raw + 1)
    silent = rng.random(6_000) < sigmoid(true)
    lines = Lines.fit(raw, silent, persona, np.arange(6_000) % 3 == 0, np.zeros(6_000, bool))
    assert lines.lines[0] == pytest.approx((0.5, 0.0), abs=0.1)
    assert lines.lines[1] == pytest.approx((1.0, 1.0), abs=0.12)
    assert Lines.from_json(lines.to_json()) == lines


def test_the_same_season_last_year_moves_the_rate():
    """Rows of the coming season that were silent more often shift that persona."""
    rng = np.random.default_rng(2)
    raw, season = rng.normal(0, 1, 4_000), np.arange(4_000) < 1_000
    silent = rng.random(4_000) < sigmoid(raw + np.where(season, 1.5, 0))
    lines = Lines.fit(raw, silent, np.zeros(4_000), np.arange(4_000) >= 3_500, season)
    p = sigmoid(lines.apply(raw[season], np.zeros(1_000)))
    assert p.mean() == pytest.approx(silent[season].mean(), abs=0.02)


def test_few_rows_leave_the_chance_as_it_is():
    """A hundred rows are no ground to move a line."""
    nothing = np.zeros(100, dtype=bool)
    assert Lines.fit(np.zeros(100), ~nothing, np.zeros(100), nothing, nothing) == Lines()


def test_a_line_that_would_spoil_the_latest_snapshot_is_dropped():
    """Older rows ask for a shift that the newest do not show: the chance stays as it is."""
    rng = np.random.default_rng(5)
    raw, latest = rng.normal(0, 1, 4_000), np.arange(4_000) >= 3_000
    silent = rng.random(4_000) < sigmoid(raw + np.where(latest, 0, 1))
    lines = Lines.fit(raw, silent, np.zeros(4_000), latest, np.zeros(4_000, dtype=bool))
    assert lines == Lines()


def test_starters_learn_from_days_since_joining():
    """The longer nothing came, the less likely a start; few rows give a smoothed rate.

    Days before the program's first day say nothing: there was nobody to see an activity.
    """
    rng = np.random.default_rng(3)
    joined = rng.integers(0, 400, 2_000).astype(float)
    silent = rng.random(2_000) < sigmoid(np.log1p(joined) - 3)
    table = pd.DataFrame({"days_since_joined": joined, "today": 1000.0, "silent": silent})
    fitted = Starters.fit(table, 500)
    near, far = fitted.p_none(waiting(5.0, 300.0))
    assert near < 0.35 < 0.85 < far
    once, never = fitted.p_none(waiting(500.0, 2000.0))
    assert once == never
    few = Starters.fit(table.iloc[:8], 500)
    assert few.slope == 0
    assert 0 < few.p_none(waiting(5.0))[0] < 1


def waiting(*days):
    return pd.DataFrame({"days_since_joined": days, "today": 1000.0})


def frame(**columns):
    table = pd.DataFrame({"persona": np.nan, "off_season_now": 0.0, "off_season_left": 0.0,
                          "off_season_start": np.nan, **columns})
    return table.assign(active_span=table["tenure"] - table["days_since_last"])


def test_shapley_shares_of_one_difference_are_that_difference():
    """A member who differs from the usual one in silence alone owes everything to silence."""
    model = Btyd("mbg", 0.8, 40.0, 0.9, 2.5)
    rhythms = Rhythms({-1: (Btyd("bg", 0.8, 40.0, 0.9, 2.5), model)})
    usual = np.array([20.0, 5.0, 200.0])
    member = frame(days_since_last=[90.0], repeat_days=[5.0], tenure=[200.0])
    silence, rhythm, reach, base = rhythms.shares(member, 60, "mbg", usual)[0]
    assert (rhythm, reach) == (0, 0)
    assert base == pytest.approx(float(logit(model.p_none(5, 180, 200, 60))))
    assert silence + base == pytest.approx(float(logit(model.p_none(5, 110, 200, 60))))


def test_an_off_season_shortens_the_horizon():
    """Forty of sixty days off leave the chance of twenty."""
    rhythms = Rhythms({-1: (Btyd("bg", 0.8, 40.0, 0.9, 2.5), Btyd("mbg", 0.8, 40.0, 0.9, 2.5))})
    open_days = frame(days_since_last=[9.0], repeat_days=[5.0], tenure=[200.0])
    closed = open_days.assign(off_season_now=1.0, off_season_left=40.0, off_season_start=0.0)
    np.testing.assert_array_equal(rhythms.terms(closed, 60), rhythms.terms(open_days, 20))


def test_rhythms_come_back_from_plain_values():
    """What is saved is what was fitted."""
    rhythms = Rhythms({-1: (Btyd("bg", 1, 2, 3, 4), Btyd("mbg", 1, 2, 3, 4))})
    assert Rhythms.from_json(rhythms.to_json()) == rhythms


def test_personas_with_enough_members_have_their_own_pair():
    """Two hundred members of a persona are fitted apart from the others."""
    rng = np.random.default_rng(4)
    count = 260
    table = frame(days_since_last=rng.uniform(1, 100, count),
                  repeat_days=rng.poisson(4, count) + 1.0,
                  tenure=rng.uniform(200, 400, count))
    table["persona"] = np.where(np.arange(count) < 220, 0.0, 1.0)
    assert set(Rhythms.fit(table, 0).pairs) == {-1, 0}
