"""The pictures of a model card: precision and recall, calibration, families, SHAP.

Matplotlib draws into files without a screen; SHAP values are drawn by the shap library from
LightGBM's own exact contributions.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

OURS_COLOUR: Final = "#0f6e63"
QUIET_COLOURS: Final = ("#b36b2c", "#5b6ea8", "#8a8f98", "#a0567a", "#6d8f3a")
INK: Final = "#22302e"
SIZE: Final = (6.4, 4.2)


def precision_recall(truth: Ints, scores: Mapping[str, Floats], ours: str, path: Path) -> Path:
    """Draw one precision-recall curve a model, ours on top."""
    figure, axes = _canvas("Precision and recall on events kept out", "recall", "precision")
    others = [name for name in scores if name != ours]
    for name, colour in zip(others, QUIET_COLOURS, strict=False):
        precision, recall, _ = precision_recall_curve(truth, scores[name])
        axes.plot(recall, precision, color=colour, linewidth=1.2, label=name)
    precision, recall, _ = precision_recall_curve(truth, scores[ours])
    axes.plot(recall, precision, color=OURS_COLOUR, linewidth=2.6, label=ours)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(frameon=False, fontsize=8)
    return _save(figure, path)


def calibration(truth: Ints, probability: Floats, path: Path, bins: int = 10) -> Path:
    """Draw observed shares of fraud against stated probabilities, in bins of equal mass."""
    figure, axes = _canvas("Does 30 % mean 30 %?", "stated probability", "observed share")
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    stated = [float(probability[part].mean()) for part in parts]
    seen = [float(truth[part].mean()) for part in parts]
    axes.plot([0, 1], [0, 1], color="#c8cdcb", linewidth=1, linestyle="--")
    axes.plot(stated, seen, color=OURS_COLOUR, marker="o", linewidth=1.6)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    return _save(figure, path)


def families(shares: Mapping[str, float], path: Path, top: int = 10) -> Path:
    """Draw how much each family of features moves the score."""
    ranked = sorted(shares.items(), key=lambda pair: pair[1])[-top:]
    figure, axes = _canvas("What the score listens to", "mean size of contribution, log-odds", "")
    axes.barh([name for name, _ in ranked], [value for _, value in ranked], color=OURS_COLOUR)
    axes.grid(visible=False, axis="y")
    return _save(figure, path)


def shap_summary(booster: Any, matrix: Floats, names: Sequence[str], path: Path) -> Path:
    """Draw the shap library's summary of the fraud model over a sample of events."""
    import matplotlib as mpl

    mpl.use("Agg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import matplotlib.pyplot as plt
        import shap

        values = shap.TreeExplainer(booster)(matrix)
        values.feature_names = list(names)
        shap.plots.beeswarm(values, max_display=14, show=False, plot_size=(8, 5.2))
        figure = plt.gcf()
        figure.savefig(path, dpi=110, bbox_inches="tight")
        plt.close(figure)
    return path


def _canvas(title: str, across: str, up: str) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11, color=INK, fontweight="bold")
    axes.set_xlabel(across, color=INK)
    axes.set_ylabel(up, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e7eae9", linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def _save(figure: Any, path: Path) -> Path:
    figure.savefig(path, dpi=110)
    return path
