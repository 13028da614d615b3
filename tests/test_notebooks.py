"""Every notebook runs as the plain script it is, and turns into a notebook that Jupyter opens."""

from __future__ import annotations

import runpy
from pathlib import Path

import jupytext
import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.py"))
UNTOUCHED = ("display.max_colwidth", 50, "display.float_format", None)
"""Options that a notebook sets for its tables, put back for the tests after it."""
pytestmark = pytest.mark.filterwarnings("ignore")  # shap, MLflow and jupytext warn on import


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory and a folder for temporary files, both empty, without a screen."""
    mpl.use("Agg")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    return tmp_path


def test_there_are_notebooks() -> None:
    """The folder is found, so that the tests below are not silent."""
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_anywhere_and_leaves_nothing(path: Path, elsewhere: Path) -> None:
    """A notebook runs from any directory, draws figures with titles, and cleans up after itself."""
    with mpl.rc_context(), pd.option_context(*UNTOUCHED):
        runpy.run_path(str(path))
        figures = [plt.figure(number) for number in plt.get_fignums()]
        titles = [figure.axes[0].get_title(loc="left") for figure in figures]
        plt.close("all")
    assert titles
    assert "" not in titles
    assert [left for left in elsewhere.rglob("*") if left.name != "scratch"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_becomes_a_notebook(path: Path) -> None:
    """jupytext makes a valid notebook of it that opens with a title and a paragraph."""
    notebook = jupytext.read(path)
    nbformat.validate(nbformat.reads(jupytext.writes(notebook, fmt="ipynb"), as_version=4))
    opening = notebook.cells[0]
    assert opening.cell_type == "markdown"
    title, paragraph = opening.source.split("\n\n", 1)
    assert title.startswith("# ")
    assert len(paragraph) > 100
    assert notebook.metadata["kernelspec"]["name"] == "python3"
