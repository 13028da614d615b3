"""Draws are salted, even, independent and the same again."""

import numpy as np
import pytest

from models.draws import draw
from models.missions.holdouts import Holdouts

MEMBERS = [f"m-{i}" for i in range(20_000)]


def test_draws_are_even():
    """Twenty thousand members fall evenly into ten parts."""
    parts = np.bincount([int(draw("salt", m) * 10) for m in MEMBERS], minlength=10)
    assert np.abs(parts / len(MEMBERS) - 0.1).max() < 0.01


def test_missions_draw_on_their_own_and_the_global_draw_stays():
    """Held out of one mission says nothing about another; held out of all is for the year."""
    holdouts = Holdouts("acme", 2026, 0.1, 0.2)
    one, two = (holdouts.of(MEMBERS, [mission] * len(MEMBERS))
                for mission in ("a", "b"))
    assert ((one == "global") == (two == "global")).all()
    assert (one == "global").mean() == pytest.approx(0.1, abs=0.01)
    open_to = one != "global"
    both = ((one == "mission") & (two == "mission"))[open_to].mean()
    assert both == pytest.approx(0.04, abs=0.01)
    later = Holdouts("acme", 2027, 0.1, 0.2).of(MEMBERS, ["a"] * len(MEMBERS))
    assert ((one == "global") & (later == "global")).mean() == pytest.approx(0.01, abs=0.005)


def test_programs_draw_apart():
    """Another program's members are drawn with another salt."""
    here, there = (Holdouts(p, 2026, 0.5, 0.5) for p in ("acme", "other"))
    same = here.of(MEMBERS, ["a"] * len(MEMBERS)) == there.of(MEMBERS, ["a"] * len(MEMBERS))
    assert same.mean() < 0.6
