"""Members who share an outlet or a rep are one draw."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.missions.clusters import MOST_OF_A_REP, clusters
from models.missions.holdouts import Holdouts

NUMBERS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=80)


def naive(names, outlet, rep):
    """The rule, member by member."""
    outlets = Counter(outlet)
    found = [f"outlet:{o}" if o and outlets[o] >= 2 else "" for o in outlet]
    reps = Counter(r for r, taken in zip(rep, found, strict=True) if not taken)
    return [taken or (f"rep:{r}" if r and 2 <= reps[r] <= MOST_OF_A_REP else name)
            for name, r, taken in zip(names, rep, found, strict=True)]


@given(NUMBERS)
def test_clusters_follow_the_rule(pairs):
    """A shared outlet first, then a rep with few partners, else the member alone."""
    names = [f"m-{i}" for i in range(len(pairs))]
    outlet, rep = [o for o, _ in pairs], [r for _, r in pairs]
    assert clusters(names, outlet, rep).tolist() == naive(names, outlet, rep)


def test_a_rep_with_many_partners_is_no_cluster():
    """Partners of a rep with too many do not know each other; unknown is nobody's cluster."""
    many = MOST_OF_A_REP + 1
    names = [f"m-{i}" for i in range(many + 2)]
    rep = [1.0] * many + [np.nan, np.nan]
    assert clusters(names, [0] * len(names), rep).tolist() == names


def test_a_cluster_is_held_out_as_one():
    """Whoever shares a shop has the same draws, and the shares hold over clusters."""
    shops = np.array([f"outlet:{i // 3}" for i in range(30_000)], dtype=object)
    held = Holdouts("acme", 2026, 0.1, 0.2).of(shops, ["streak"] * len(shops))
    assert all(len(set(held[i:i + 3])) == 1 for i in range(0, len(held), 3))
    assert abs((held == "global").mean() - 0.1) < 0.01
    assert abs((held == "mission").mean() - 0.18) < 0.015


def test_names_make_the_draw_the_same_in_another_store():
    """Where ids are given the cluster is called by them, whatever the numbers are."""
    first = clusters(["a", "b"], [7, 7], [0, 0], ["shop", "shop"], ["", ""])
    again = clusters(["a", "b"], [2, 2], [0, 0], ["shop", "shop"], ["", ""])
    assert first.tolist() == again.tolist() == ["outlet:shop"] * 2
