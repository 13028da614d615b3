"""What got through: points credited to fraud, as far as labels prove it and scores expect it.

Labels of events that were credited come from reports, not from a draw, so that what they prove is
the least that leaked. What the calibrated scores expect of a sample of approved events is an
estimate of all of it; its interval is that of the draw, and says nothing of an error in the scores.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import EVENT_KINDS, LABELS, OUTCOMES
from models.labelled import COLUMNS, resolved

if TYPE_CHECKING:
    from features.store.store import Store
    from serving.copilot.figures import Span

SAMPLE: Final = 600
"""Verdicts drawn: with a tenth of it fraud-like, the interval is about a fifth of the estimate."""
SEED: Final = 20260101
DRAWS: Final = 400
ASKED: Final = 500
"""Ids in one query; below the 999 variables that any SQLite allows."""
LOW, HIGH = 2.5, 97.5


@dataclass(frozen=True)
class Leak:
    """Points that were credited to fraud.

    Parameters
    ----------
    labelled : int
        Credited events of the span that have a label.
    proved, proved_events : int
        Points and events of those labelled fraud.
    expected, low, high : float or None
        Points that the scores expect among all approved, with a 95 % interval; None: not measured.
    sampled : int
        Verdicts that the estimate rests on.
    """

    labelled: int
    proved: int
    proved_events: int
    expected: float | None
    low: float | None
    high: float | None
    sampled: int


def read_leak(store: Store, program: int, span: Span, seed: int = SEED) -> Leak:
    """Read what leaked of the events of a span."""
    labels = _labels(store, program, span)
    events = _events(store, program, sorted(labels), span)
    credited = {event: points for event, (points, outcome) in events.items() if outcome == 0}
    fraud = [event for event in credited if labels[event] == LABELS.index("fraud")]
    expected, low, high, sampled = _expected(store, program, span, seed)
    return Leak(len(credited), sum(credited[event] for event in fraud), len(fraud),
                expected, low, high, sampled)


def _labels(store: Store, program: int, span: Span) -> dict[int, int]:
    """Label that counts of every event that one came for since the span began."""
    return resolved(store.rows(
        f"SELECT {', '.join(COLUMNS)} FROM feedback WHERE program = ? AND place >= ?",
        (program, span.places[0])))


def _events(store: Store, program: int, numbers: list[int], span: Span
            ) -> dict[int, tuple[int, int]]:
    """Points and outcome of those events that give points and lie in the span."""
    first, last = span.places
    found: dict[int, tuple[int, int]] = {}
    for table in EVENT_KINDS.values():
        if table == "redemptions":
            continue
        for start in range(0, len(numbers), ASKED):
            listed = ", ".join(str(number) for number in numbers[start:start + ASKED])
            rows = store.rows(
                f"SELECT event_id, points, COALESCE(outcome, 0), place FROM {table} "
                f"WHERE program = ? AND event_id IN ({listed})", (program,))
            found |= {int(row[0]): (int(row[1]), int(row[2])) for row in rows
                      if first <= row[3] < last}
    return found


def _expected(store: Store, program: int, span: Span, seed: int
              ) -> tuple[float | None, float | None, float | None, int]:
    first, last = span.places
    places = store.ints("SELECT place FROM verdicts WHERE program = ? AND place >= ? "
                        "AND place < ?", (program, first, last), 1)[:, 0]
    random = np.random.default_rng(seed)
    drawn = np.sort(random.permutation(places)[:SAMPLE])
    scores = _scores(store, program, drawn.tolist())
    events = _events(store, program, sorted(scores), span)
    chance = np.array([scores[event] for event in events], dtype=np.float64)
    if not len(chance):
        return None, None, None, 0
    points = np.array([points if outcome == OUTCOMES.index("credited") else 0
                       for points, outcome in events.values()], dtype=np.float64)
    at_risk = chance * points * (len(places) / len(drawn))
    draws = random.choice(at_risk, (DRAWS, len(at_risk))).sum(axis=1)
    low, high = np.percentile(draws, (LOW, HIGH))
    return float(at_risk.sum()), float(low), float(high), len(at_risk)


def _scores(store: Store, program: int, places: list[int]) -> dict[int, float]:
    """Score by event of the verdicts at some places; those without a score are left out."""
    found: dict[int, float] = {}
    for start in range(0, len(places), ASKED):
        listed = ", ".join(str(place) for place in places[start:start + ASKED])
        for event, body in store.rows(f"SELECT event_id, body FROM verdicts WHERE program = ? "
                                      f"AND place IN ({listed})", (program,)):
            said: dict[str, Any] = json.loads(body)
            if said.get("score") is not None:
                found[int(event)] = float(said["score"])
    return found
