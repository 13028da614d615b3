import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training.drift import drift_report
from training.settings import read_settings

pytestmark = pytest.mark.filterwarnings("ignore")  # Evidently's dependencies warn on import
SETTINGS = read_settings().drift


def window(seed: int, rows: int = 600, **shift: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    names = ("points_1d", "devices_7d", "gap", "score")
    return pd.DataFrame({name: rng.normal(shift.get(name, 0), 1, rows) for name in names})


def test_the_same_stream_passes_the_gate(tmp_path: Path) -> None:
    """Two draws of one distribution pass, and both files are written."""
    gate = drift_report(window(0), window(1), tmp_path, SETTINGS)
    assert gate.passed
    assert json.loads((tmp_path / "drift.json").read_text())["passed"] is True
    assert (tmp_path / "drift.html").stat().st_size > 1000


def test_a_moved_score_closes_the_gate(tmp_path: Path) -> None:
    """A score that moved fails by itself, named in the sentence."""
    gate = drift_report(window(0), window(1, score=2.0), tmp_path, SETTINGS)
    assert gate.passed is False
    assert "score" in gate.sentence
    assert list(gate.moved) == ["score"]


def test_many_new_unknowns_close_the_gate(tmp_path: Path) -> None:
    """A column that lost a fifth of its values fails although the rest looks the same."""
    current = window(1)
    current.loc[:120, "gap"] = np.nan
    gate = drift_report(window(0), current, tmp_path, SETTINGS)
    assert [test["column"] for test in gate.tests if not test["passed"]] == ["gap"]


@pytest.mark.parametrize("rows", [0, 1, 20])
def test_too_few_rows_give_a_sentence(tmp_path: Path, rows: int) -> None:
    """An empty or tiny window is no error and no verdict."""
    gate = drift_report(window(0), window(1, rows=rows), tmp_path, SETTINGS)
    assert gate.passed is None
    assert "Too little to compare" in gate.sentence
    assert not (tmp_path / "drift.html").exists()


def test_a_column_of_unknowns_is_left_out(tmp_path: Path) -> None:
    """A column nobody fills says nothing about drift."""
    gate = drift_report(window(0).assign(empty=np.nan), window(1).assign(empty=np.nan),
                        tmp_path, SETTINGS)
    assert gate.passed
    assert all(test["column"] != "empty" for test in gate.tests)
