"""Silence in simulated worlds: the figures' own arithmetic, against slow reckonings."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from features.contract import PERSONAS
from features.errors import BadInput
from training.benchmarks.inactivity_cells import CELL, cells, figures
from training.benchmarks.inactivity_worlds import _there, benchmark


def rows(count=3_000, seed=0):
    """Member-dates whose chances are true, and peers that know less."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.02, 0.98, count)
    return pd.DataFrame({
        "p": p, "p_bgnbd": np.sqrt(p), "p_silence": 0.3, "silent": rng.random(count) < p,
        "persona": rng.integers(0, 2, count).astype(float), "season": "Q1", "state": "active",
        "low": 10.0, "high": 20.0, "came": np.where(np.arange(count) % 5 == 0, 30.0, 15.0),
        "started": np.arange(count) % 10 > 0, "resting": False,
    })


def test_figures_are_of_those_who_started():
    """Ranking and log-loss leave out who never came; the peers stand beside."""
    table = rows()
    told, mine = figures(table), table[table["started"]]
    assert told["members"] == len(mine)
    assert told["auc"] == pytest.approx(roc_auc_score(mine["silent"], mine["p"]))
    assert told["logloss"] == pytest.approx(log_loss(mine["silent"], mine["p"]))
    assert told["ece"] < 0.04 < told["ece_bgnbd"]
    assert told["auc_silence"] == 0.5
    assert told["coverage"] == pytest.approx(0.8)


def test_cells_say_how_far_off_each_persona_is():
    """A persona whose chances are ten points low is the worst cell; small cells say nothing."""
    table = rows()
    low = table["persona"] == 1
    table.loc[low, "p"] -= 0.1
    few = table.iloc[: CELL - 1].assign(season="Q4", p=0.0)
    found = cells(pd.concat([table, few[few["persona"] == 0]]))
    mine = table[low]
    assert [cell["season"] for cell in found] == ["Q1", "Q1"]
    assert found[0]["persona"] == PERSONAS[1]
    assert found[0]["off"] == pytest.approx(100 * (mine["p"].mean() - mine["silent"].mean()))
    assert figures(table)["worst_cell"] == pytest.approx(abs(found[0]["off"]))


def test_resting_counts_those_who_came_back():
    """Of four who rest and return, one was called slipping: a quarter."""
    table = rows()
    table.loc[:4, "resting"] = True
    table.loc[4, "came"] = np.nan
    table.loc[[0, 4], "state"] = "slipping"
    assert figures(table)["resting"] == {"members": 4, "slipping": 0.25, "lapsed": 0.0}


def test_who_is_back_is_there():
    """Not yet left, or left and back; gone is only who is away at the moment."""
    day = pd.Timestamp("2026-03-01", tz="UTC")
    before, after = (f"2026-0{month}-01T00:00:00Z" for month in (2, 4))
    truth = pd.DataFrame({"left_at": [None, after, before, before],
                          "back_at": [None, None, None, before]})
    assert _there(truth, int(day.timestamp() * 1000)).tolist() == [True, True, False, True]


def test_a_run_without_last_year_is_refused():
    """The message says how long it must be."""
    with pytest.raises(BadInput, match="--days of 575 or more"):
        benchmark(days=400)
