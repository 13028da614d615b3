"""The generated program is one that could be, and the benchmark tells all its parts."""

import numpy as np
import pytest

from features.contract import OUTCOMES
from features.members.rhythm import member_frame
from training.benchmarks import scoring
from training.benchmarks.crowd import SEASONS, TODAY, crowd


def test_a_crowd_is_heavy_tailed_and_rests_in_its_season():
    """Ten to fifteen active days on average, half of that for most, nobody out of season."""
    history, as_of_ms = crowd(3000, seed=2)
    known = history.known(as_of_ms)
    days = known.days.groupby("member").size()
    assert 8 < len(known.days) / 3000 < 18
    assert days.median() < 0.7 * days.mean()
    frame = member_frame(known)
    off = frame["off_season_now"] > 0
    assert off.any()
    assert (frame.loc[off, "days_since_scan"].dropna() >= 0).all()
    assert known.days["day"].max() < TODAY
    assert set(known.off_seasons) == set(SEASONS)
    assert (np.diff(history.log.events["place"]) >= 0).all()
    assert len(known.judged) > 0
    assert set(history.log.events["outcome"].unique()) == set(range(len(OUTCOMES)))


def test_the_same_seed_gives_the_same_crowd():
    """And another seed another one."""
    one, same, other = (crowd(300, seed)[0].log.events for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one.equals(other)


def test_every_part_is_told(monkeypatch):
    """Parts add up to the seconds; the floor is grouping and trees."""
    monkeypatch.setattr(scoring, "FITTED", 1500)
    found = scoring.benchmark(members=1500)
    assert found["rung"] == "ensemble"
    assert sum(found["parts"].values()) == pytest.approx(found["seconds"], abs=0.05)
    assert set(found["floor"]) == {"grouping", "trees"}
    assert 0 < found["explained"] < found["members"] == 1500
    assert found["ratio_floor"] > 0
