"""The matured events later than both bundles learnt from, and what each bundle says of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import EVENT_KINDS, OUTCOMES, PERSONAS
from features.places import first_place
from models.answers import Outcome
from models.decision import BEHAVIOUR
from models.families import DECLARATION_FEATURES
from models.judgement import mark_together, weigh
from models.occasion import Occasion
from models.signs import sign_names
from models.stakes import Stakes
from training.gates.trial import Side, Trial
from training.labels import FRAUD, HONEST, label
from training.releases import read_releases
from training.splits import DAY_MS, Window

if TYPE_CHECKING:
    from features.store.journal import Journal
    from models.bundle import Bundle
    from models.policy import Policy
    from training.events import Events
    from training.labels import Labels
    from training.settings import Settings

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Array = npt.NDArray[Any]
KINDS: Final = tuple(EVENT_KINDS)
_STOPPED: Final = (OUTCOMES.index("held"), OUTCOMES.index("refused"))


@dataclass(frozen=True)
class Bench:
    """One program's events and what is asked of a bundle about each.

    Parameters
    ----------
    journal : Journal
    events : Events
        All of the program, in the order of their places.
    policy : Policy
        In force; both bundles judge by it, so that they differ in their models alone.
    end_ms : int
        What was known before this moment is looked at.
    settings : Settings
    """

    journal: Journal
    events: Events
    policy: Policy
    end_ms: int
    settings: Settings

    @property
    def until(self) -> int:
        """Place before which rows are read."""
        return first_place(self.end_ms)

    @property
    def maturity_days(self) -> float:
        """How old an event is that judges: labels of reviews, the first to come, are in."""
        return min(self.settings.labels.maturity_days["review"],
                   self.journal.program.label_maturity_days)

    @cached_property
    def labels(self) -> Labels:
        """What is known of each event."""
        return label(
            self.events.keys(), self.journal.frame("feedback", until=self.until), self.end_ms,
            self.journal.program.label_maturity_days, self.settings.labels.assumed_weight,
            read_releases(self.journal, self.until))

    def window(self, champion_ms: int, challenger_ms: int) -> Window:
        """Days that two bundles know nothing of, by up to when each knows."""
        return window_of(champion_ms, challenger_ms, self.end_ms, self.maturity_days)

    def is_enough(self, window: Window) -> bool:
        """Whether somebody decided on enough frauds and honest events of a window."""
        labels, least = self.labels, self.settings.gates
        target = labels.target[window.holds(self.events.ms) & (labels.labelled | labels.ended)]
        return bool((target == FRAUD).sum() >= least.min_frauds
                    and (target == HONEST).sum() >= least.min_honest)

    def occasions(self, rows: Ints) -> list[Occasion]:
        """What is known of events beside their features.

        Lists, alarms and announced peaks are left out: they excuse, and would excuse both alike.
        """
        part = self.events
        names = self.journal.names("event", part.event[rows]).tolist()
        regions = self.words("region", rows)
        codes = self.journal.frame("codes", self.until, columns=["code_id"])
        return [
            Occasion(str(name), KINDS[part.kind[row]], int(part.points[row]), int(part.ms[row]),
                     PERSONAS[part.persona[row]] if part.persona[row] >= 0 else None,
                     tracks_codes=len(codes) > 0, member=int(part.member[row]),
                     region=str(region) or None, ring=float(part.ring[row]) or None,
                     ring_size=int(part.ring_size[row]))
            for row, name, region in zip(rows.tolist(), names, regions.tolist(), strict=True)
        ]

    def words(self, column: str, rows: Ints) -> Array:
        """Word in a column of each event's member, as last told; empty where none was."""
        frame = self.journal.frame("members", self.until, latest=True,
                                   columns=["member_id", column])
        known = frame.set_index("member_id")[column].reindex(self.events.member[rows])
        numbers = known.fillna(0).to_numpy(np.int64).clip(min=0)
        return self.journal.names(column, numbers).astype(str)

    def side(self, bundle: Bundle, rows: Ints, occasions: list[Occasion]) -> Side:
        """Ask a bundle about events, as it would judge them live."""
        part, program = self.events, self.journal.program
        matrix = part.matrix[rows]
        marks = mark_together(bundle, occasions, matrix)
        weighed = [weigh(bundle, program, occasion, vector, enforcement="full", marks=mark)
                   for occasion, vector, mark in zip(occasions, matrix, marks, strict=True)]
        score = np.array([np.nan if mark.score is None else mark.score for mark in marks])
        anomaly = np.array([np.nan if mark.anomaly is None else mark.anomaly for mark in marks])
        has_score = bundle.fraud is not None
        return Side(
            bundle.bundle_id, np.nan_to_num(score if has_score else anomaly),
            score if has_score else None,
            np.array([one.decision.would_have is not Outcome.APPROVE for one in weighed], bool),
            np.array([bool(BEHAVIOUR & set(one.decision.grounds)) for one in weighed], bool))


def window_of(champion_ms: int, challenger_ms: int, end_ms: int, maturity_days: float) -> Window:
    """Days that both bundles know nothing of, and whose labels had their time.

    Parameters
    ----------
    champion_ms, challenger_ms : int
        Up to when each bundle knows.
    end_ms : int
        What was known before this moment judges.
    maturity_days : float
        How long a fraud may take to be found.
    """
    start = max(champion_ms, challenger_ms)
    return Window(start, max(end_ms - round(maturity_days * DAY_MS), start))


def read_trial(bench: Bench, champion: Bundle, challenger: Bundle, seed: int) -> Trial:
    """Have both bundles judge every matured event later than what either of them learnt from.

    A credited event that nobody spoke of counts as honest where honest events are held, long before
    ``label_maturity_days``: the frauds among them make that share too large, never too small. Such
    events are thinned evenly over time to ``gates.max_rows``; no event with a decision is left out.
    """
    events, labels, settings = bench.events, bench.labels, bench.settings
    window = bench.window(champion.as_of_ms, challenger.as_of_ms)
    decided = labels.labelled | labels.ended
    quiet = ~np.isin(events.outcome, _STOPPED)
    rows = _thinned(window.holds(events.ms) & (labels.known | quiet), decided,
                    settings.gates.max_rows)
    occasions = bench.occasions(rows)
    return Trial(
        window, (labels.target[rows] == FRAUD).astype(np.int64), decided[rows],
        np.where(labels.ended[rows], labels.weight[rows], 1.0), events.member[rows],
        events.points[rows], _groups(bench, rows),
        _look_alikes(events, rows, labels.target[rows] != FRAUD),
        bench.side(champion, rows, occasions), bench.side(challenger, rows, occasions),
        Stakes.of(bench.policy, bench.journal.program), settings.gates, seed)


def _thinned(known: Bools, decided: Bools, most: int) -> Ints:
    always = np.flatnonzero(known & decided)
    rest = np.flatnonzero(known & ~decided)
    room = max(most - len(always), 0)
    if len(rest) > room:
        rest = rest[np.linspace(0, len(rest) - 1, room).astype(int)] if room else rest[:0]
    return np.sort(np.concatenate([always, rest]))


def _groups(bench: Bench, rows: Ints) -> dict[str, Array]:
    persona = [PERSONAS[one] if one >= 0 else "" for one in bench.events.persona[rows].tolist()]
    return {"persona": np.array(persona, dtype=str),
            **{name: bench.words(name, rows) for name in ("language", "region")}}


def _look_alikes(events: Events, rows: Ints, honest: Bools) -> dict[str, Bools]:
    """Honest events that show a sign, or that are declared innocent, by the name of it."""
    names = events.catalog.names
    found: dict[str, Bools] = {}
    for name in (*sign_names(names), *DECLARATION_FEATURES):
        if name in names:
            shown = (events.matrix[rows, names.index(name)] > 0) & honest
            key = DECLARATION_FEATURES.get(name, name)
            found[key] = found.get(key, np.zeros(len(rows), bool)) | shown
    return {name: shown for name, shown in found.items() if shown.any()}
