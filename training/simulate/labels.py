"""Labels: what reviewers, auditors, banks and partners themselves found out, and when.

Only what was looked at has a label; it comes days to months late; one reviewer's label in fourteen
is wrong. Nothing is labelled after the end of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import LABELS, SOURCES
from training.simulate.calendars import DAY, HOUR
from training.simulate.desk import Desk, assign, view_ms
from training.simulate.outcomes import HELD, REFUSED
from training.simulate.sheet import NONE, REDEMPTION, Sheet

if TYPE_CHECKING:
    from training.simulate.playbill import Act
    from training.simulate.program import World

Array = npt.NDArray[Any]

LEGIT, FRAUD = range(len(LABELS))
REVIEW, AUDIT, APPEAL, CHARGEBACK = range(len(SOURCES))
REVIEWED_AT_RANDOM: Final = 0.0025
REVIEWED_LOOK_ALIKE: Final = 0.012
REVIEWED_REFUSED: Final = 0.30
REVIEWED_HELD: Final = 0.45
FRIENDLY: Final = "reviewer_collusion"
"""The pattern whose cases the bought reviewer takes for himself, and clears."""
REVIEW_DAYS: Final = (7.0, 0.95)
"""Median and sigma of the lognormal delay of a review, from its place in the queue."""
PROVEN: Final = 0.14
"""Share of all fraud that an audit or a bank proves in the end, weeks later."""
PROVEN_DAYS: Final = (30.0, 16.0)
"""From, and mean of what comes on top."""
WRONG: Final = (0.05, 0.10)
"""Reviewers' errors, from the best to the worst."""
PATTERN_NAMED: Final = 0.6
APPEALED: Final = 0.5


def feedback(world: World, sheet: Sheet, acts: list[Act], patterns: tuple[str, ...],
             region: Array) -> dict[str, Array]:
    """Draw the feedback on a sheet with clocks and outcomes; ``region`` is each event's.

    Returns
    -------
    dict of arrays
        event, label, decided, source, pattern (number or -1), reviewer, opened.
    """
    dice = world.dice("labels")
    parts = [_reviews(world, sheet, acts, patterns, region, dice), _proofs(sheet, dice)]
    parts.append(_appeals(parts[0], sheet, dice))
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    on = whole["decided"] < world.calendar.end
    order = np.lexsort((whole["event"], whole["decided"]))
    return {name: column[order[on[order]]] for name, column in whole.items()}


def _picked(sheet: Sheet, acts: list[Act], patterns: tuple[str, ...],
            dice: np.random.Generator) -> Array:
    """Rows that come to the desk."""
    by_pattern = np.array([max(a.review for a in acts if a.slug == slug) for slug in patterns])
    chance = np.where(sheet["look"] >= 0, REVIEWED_LOOK_ALIKE, REVIEWED_AT_RANDOM)
    told = np.where(sheet["outcome"] == REFUSED, REVIEWED_REFUSED, chance)
    told = np.where(sheet["outcome"] == HELD, REVIEWED_HELD, told)
    own = by_pattern[np.maximum(sheet["pattern"], 0)]
    settled = np.isin(sheet["outcome"], [HELD, REFUSED]) & (own < REVIEWED_HELD)
    chance = np.where((sheet["pattern"] >= 0) & ~settled, own, told)
    return np.flatnonzero(dice.random(len(sheet)) < chance)


def _reviews(world: World, sheet: Sheet, acts: list[Act], patterns: tuple[str, ...],
             region: Array, dice: np.random.Generator) -> dict[str, Array]:
    rows, desk = _picked(sheet, acts, patterns, dice), Desk.of(world)
    fraud = sheet["pattern"] >= 0
    median, sigma = REVIEW_DAYS
    queue = (dice.lognormal(np.log(median), sigma, len(rows)) * DAY).astype(np.int64)
    friendly = fraud[rows] & (sheet["pattern"][rows] == patterns.index(FRIENDLY))
    reviewer = assign(desk, region[rows], friendly, dice)
    waved = friendly & (reviewer == desk.bought)
    view = view_ms(waved, dice)
    opened = sheet["recorded"][rows] + np.where(waved, queue // 8, queue)
    error = np.linspace(*WRONG, desk.reviewers)[reviewer]
    truth = np.where(fraud[rows], FRAUD, LEGIT)
    label = np.where(dice.random(len(rows)) < error, 1 - truth, truth)
    label = np.where(waved, LEGIT, label)
    named = (label == FRAUD) & (dice.random(len(rows)) < PATTERN_NAMED)
    guess = dice.integers(0, len(patterns), len(rows))
    wrong = ~fraud[rows] | (dice.random(len(rows)) < 0.08)
    pattern = np.where(wrong, guess, sheet["pattern"][rows])
    return {"event": sheet["key"][rows], "label": label,
            "decided": opened + view,
            "source": np.full(len(rows), REVIEW), "pattern": np.where(named, pattern, NONE),
            "reviewer": desk.first_agent + reviewer, "opened": opened}


def _proofs(sheet: Sheet, dice: np.random.Generator) -> dict[str, Array]:
    """Audits of shops and sellers, and banks that claim money back."""
    fraud = sheet["pattern"] >= 0
    rows = np.flatnonzero(fraud & (dice.random(len(sheet)) < PROVEN))
    first, more = PROVEN_DAYS
    decided = sheet["recorded"][rows] + (
        (first + dice.exponential(more, len(rows))) * DAY).astype(np.int64)
    bank = sheet["kind"][rows] == REDEMPTION
    named = np.where(dice.random(len(rows)) < PATTERN_NAMED, sheet["pattern"][rows], NONE)
    return {"event": sheet["key"][rows], "label": np.full(len(rows), FRAUD), "decided": decided,
            "source": np.where(bank, CHARGEBACK, AUDIT), "pattern": named,
            "reviewer": np.full(len(rows), NONE), "opened": decided - 20 * HOUR}


def _appeals(reviews: dict[str, Array], sheet: Sheet, dice: np.random.Generator
             ) -> dict[str, Array]:
    """Honest partners called fraudsters object, and half of them are heard."""
    order = np.argsort(sheet["key"], kind="stable")
    at = order[np.searchsorted(sheet["key"][order], reviews["event"])]
    wronged = (reviews["label"] == FRAUD) & (sheet["pattern"][at] < 0)
    rows = np.flatnonzero(wronged & (dice.random(len(at)) < APPEALED))
    opened = reviews["decided"][rows] + (dice.gamma(2, 4.0, len(rows)) * DAY).astype(np.int64)
    return {"event": reviews["event"][rows], "label": np.full(len(rows), LEGIT),
            "decided": opened + (dice.gamma(2, 3.0, len(rows)) * DAY).astype(np.int64),
            "source": np.full(len(rows), APPEAL), "pattern": np.full(len(rows), NONE),
            "reviewer": reviews["reviewer"][rows], "opened": opened}
