"""What a training left about the bundle that serves: its manifest, its card, its drift report.

The papers lie with the run that made the bundle; a run elsewhere, or one that is gone, leaves the
bundle without them, and the page says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import LABELS
from models.bundle import MANIFEST
from models.champion import challenger, champion, history
from models.labelled import COLUMNS, resolved

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from features.store.store import Store

RUNS: Final = "mlartifacts"
REPORTS: Final = "reports"
GATES: Final = "gates.json"
ENOUGH: Final = 50
"""Labelled verdicts below which no calibration is drawn: with fewer, ten bins hold five each."""
BINS: Final = 10
ASKED: Final = 500
NEWEST: Final = 5_000


@dataclass(frozen=True)
class Papers:
    """What is known of the bundle that serves.

    Parameters
    ----------
    bundle_id : str
    manifest : dict
    served : tuple of str
        Bundles that served, the present one last.
    card : str
        Markdown; empty where the run is not here.
    drift : dict
        ``passed``, ``sentence``, ``moved``; empty as above.
    folder : Path or None
        Of the card and its pictures.
    tried : str
        Id of the challenger; empty where none is tried.
    gates : dict
        What the gates found about the challenger, else about the bundle that serves:
        ``passed, sentence, window, gates``; empty where they did not look.
    """

    bundle_id: str
    manifest: dict[str, Any]
    served: tuple[str, ...]
    card: str
    drift: dict[str, Any]
    folder: Path | None
    tried: str = ""
    gates: dict[str, Any] = field(default_factory=dict)


def read_papers(home: Path, program_id: str) -> Papers | None:
    """Read the papers of the bundle that serves a program; None where none serves."""
    root = home / "bundles" / program_id
    folder = champion(root)
    manifest = _json(folder / MANIFEST) if folder else {}
    if folder is None or not manifest:
        return None
    run = _run_of(home, folder.name)
    card = run / "card" / "card.md" if run else None
    named = challenger(root)
    tried = named.name if named else ""
    return Papers(folder.name, manifest, history(root),
                  card.read_text(encoding="utf-8") if card and card.is_file() else "",
                  _json(run / "drift" / "drift.json") if run else {}, card.parent if card else None,
                  tried, _json(home / REPORTS / program_id / (tried or folder.name) / GATES))


@dataclass(frozen=True)
class Reliability:
    """Stated chance against what labels say, in bins of equal mass: shape (bins,) each."""

    stated: list[float]
    seen: list[float]
    events: int


def read_reliability(store: Store, program: int, bundle_id: str) -> Reliability | None:
    """Compare scores of a bundle's verdicts with labels; None where there are too few."""
    labels = resolved(store.rows(
        f"SELECT {', '.join(COLUMNS)} FROM feedback WHERE program = ? ORDER BY decided_at DESC "
        "LIMIT ?", (program, NEWEST)))
    numbers = sorted(labels)
    pairs: list[tuple[float, int]] = []
    for start in range(0, len(numbers), ASKED):
        listed = ", ".join(str(number) for number in numbers[start:start + ASKED])
        for event, body in store.rows(
                "SELECT event_id, body FROM verdicts WHERE program = ? AND bundle_id = ? "
                f"AND event_id IN ({listed})", (program, bundle_id)):
            score = json.loads(body).get("score")
            if score is not None:
                pairs.append((float(score), int(labels[int(event)] == LABELS.index("fraud"))))
    if len(pairs) < ENOUGH:
        return None
    return _binned(np.array(pairs))


def _binned(pairs: npt.NDArray[np.float64]) -> Reliability:
    parts = np.array_split(pairs[np.argsort(pairs[:, 0], kind="stable")], BINS)
    return Reliability([float(part[:, 0].mean()) for part in parts],
                       [float(part[:, 1].mean()) for part in parts], len(pairs))


def _run_of(home: Path, bundle_id: str) -> Path | None:
    """Folder of the papers of the run that made a bundle."""
    for manifest in sorted((home / RUNS).glob(f"*/artifacts/bundle/{MANIFEST}")):
        if _json(manifest).get("bundle_id") == bundle_id:
            return manifest.parents[1]
    return None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
