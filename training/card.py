"""The model card: what a bundle is, what it learnt from, how good it is, and what it can't do.

Written in Markdown beside its plots, for whoever has to answer for a held partner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from training.evaluate import Row
    from training.splits import Split

FIGURES: Final = {
    "auc": "AUC", "ap": "AP", "precision_at_capacity": "precision at capacity",
    "card_precision": "card precision", "recall_at_1pct": "recall at 1 % FPR",
    "stopped_1pct": "points stopped at 1 % honest held",
}
"""Columns of the results table and what they are called."""
LIMITS: Final = (
    "Labels come from events somebody chose to look at. Figures on them say how well those are "
    "told apart; they are no share of all fraud.",
    "A credited event that nobody labelled is assumed honest after maturity. Fraud never found "
    "hides among them.",
    "The fraud score knows the fraud it was shown. What is new is the anomaly score's business, "
    "and that one sees the unusual, not the guilty.",
    "A score never declines. Only hard proof does, and a person can always open a held case.",
)
"""What every reader must know; true of every bundle."""


@dataclass(frozen=True)
class Card:
    """Everything a model card says.

    Parameters
    ----------
    bundle_id, program_id, role : str
        Which bundle of which program, and whether it serves.
    seed : int
        Seed of every random choice.
    split : Split
        The windows it was learnt on and judged on.
    labels : mapping
        Window name to counts of `training.labels.Labels.counts`.
    rows : sequence
        Rows of `training.evaluate.compare`; empty where there was too little to judge by.
    limits : mapping
        Score name, then kind of event, to `training.thresholds.Limit.as_dict`.
    more : mapping
        Further named numbers: calibration, inactivity.
    sentences : sequence of str
        What the training said.
    plots : sequence of Path
        Pictures in the card's own folder.
    features : int
        How many features the bundle reads.
    released : mapping
        `training.trained.TrainReport.released`.
    """

    bundle_id: str
    program_id: str
    role: str
    seed: int
    split: Split
    labels: Mapping[str, Mapping[str, int]]
    rows: Sequence[Row]
    limits: Mapping[str, Mapping[str, Mapping[str, Any]]]
    more: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    sentences: Sequence[str] = ()
    plots: Sequence[Path] = ()
    features: int = 0
    released: Mapping[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        """Write the card as Markdown and return its path."""
        path.write_text(self.markdown(), encoding="utf-8")
        return path

    def markdown(self) -> str:
        """Return the card's text."""
        parts = [
            f"# Bundle {self.bundle_id}",
            f"Program `{self.program_id}` · {self.role} · {self.features} features · "
            f"seed {self.seed}",
            "\n".join(f"- {sentence}" for sentence in self.sentences),
            "## What it learnt from", _windows(self.split, self.labels),
            "## How good it is", results(self.rows),
            *(_numbers(name, values) for name, values in self.more.items()),
            *_released(self.released),
            "## Where it holds", _limits(self.limits),
            "## Pictures",
            "\n\n".join(f"![{plot.stem.replace('_', ' ')}]({plot.name})" for plot in self.plots)
            or "None: no fraud model was fitted.",
            "## What it can't do", "\n".join(f"- {limit}" for limit in LIMITS),
        ]
        return "\n\n".join(part for part in parts if part) + "\n"


def results(rows: Sequence[Row]) -> str:
    """Return the results as a Markdown table, ours first with its intervals.

    >>> print(results([{"model": "jaga", "auc": 0.9, "auc_low": 0.8, "auc_high": 0.95}]))
    | model | AUC |
    |---|---|
    | jaga | 0.900 [0.800, 0.950] |
    """
    if not rows:
        return "Not said: too few labelled frauds outside the fit to judge by."
    names = [name for name in FIGURES if name in rows[0]]
    lines = ["| model | " + " | ".join(FIGURES[name] for name in names) + " |",
             "|---" * (len(names) + 1) + "|"]
    for row in rows:
        cells = [_figure(row, name) for name in names]
        lines.append(f"| {row['model']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _figure(row: Row, name: str) -> str:
    value = row[name]
    if value is None or value != value:
        return "not said"
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    between = f" [{low:.3f}, {high:.3f}]" if low is not None and high is not None else ""
    return f"{value:.3f}{between}"


def _windows(split: Split, labels: Mapping[str, Mapping[str, int]]) -> str:
    lines = ["| slice | window | fraud | honest | assumed honest | unknown |", "|---" * 6 + "|"]
    for name in ("fit", "calibration", "thresholds", "kept_out", "future"):
        counts = labels.get(name)
        if counts is None:
            continue
        cells = (counts[key] for key in ("fraud", "honest", "assumed_honest", "unknown"))
        lines.append(f"| {name.replace('_', ' ')} | {getattr(split, name)} | "
                     + " | ".join(f"{cell:,}" for cell in cells) + " |")
    return "\n".join(lines)


def _released(released: Mapping[str, Any]) -> list[str]:
    """What was let through by chance says of holds, and of our score."""
    if not released:
        return []
    table = results(released["rows"]) if released["rows"] else ""
    return ["## What was let through by chance", released["sentence"], table]


def _numbers(title: str, values: Mapping[str, float]) -> str:
    said = [f"{name.replace('_', ' ')} {value:.4g}" for name, value in values.items()
            if value == value]
    return f"**{title}**: " + ", ".join(said) if said else ""


def _limits(limits: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    lines = ["| score | kind | holds from | set by | held a day | honest held |",
             "|---" * 6 + "|"]
    for score, kinds in limits.items():
        for kind, limit in kinds.items():
            threshold = limit["threshold"]
            held = "never" if threshold is None else f"{threshold:.4g}"
            lines.append(f"| {score} | {kind} | {held} | {limit['bound_by']} | "
                         f"{limit['held_per_day']:.1f} | {limit['honest_held']:.2%} |")
    return "\n".join(lines)
