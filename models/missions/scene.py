"""All that a suggestion depends on, as of a moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from models.missions.people import COLUMNS, people_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from features.exports.missions import Mission
    from features.exports.program import Program
    from features.members.known import Known
    from features.store.journal import Journal
    from models.missions.effects import Effects



class Learned(Protocol):
    """What was learnt of the effects of missions from this program's own decisions."""

    def effects(
        self, mission_id: str, frame: pd.DataFrame, answers: pd.DataFrame
    ) -> Effects | None:
        """Effect of a mission on the members of a frame; None where nothing was learnt of it."""


@dataclass(frozen=True)
class Scene:
    """All that a suggestion depends on, as of a moment.

    Parameters
    ----------
    program : Program
        Its holdouts, languages and id.
    missions : sequence of Mission
        What can be offered.
    frame, answers : DataFrame
        Member frame of n members, and what the inactivity model says of them.
    names, languages : sequences of str, length n
        Member ids, and the language each is spoken to in.
    offers : DataFrame
        Past decisions: ``member_id, day, mission_id, holdout``.
    days : DataFrame
        ``member, day`` of qualifying activity.
    numbers : dict of str to int
        Number of each mission in the journal; 0 where it was never offered.
    people : DataFrame
        `models.missions.people.COLUMNS` by member number; where it is empty, members are taken
        for a crowd of their own: drawn by the numbers of outlet and rep in the frame.
    learned : Learned or None
        Effects learnt at training, where there are any.
    as_of_ms : int or None
        The moment, UTC milliseconds; None: the midnight that ``frame["today"]`` begins with.
    bundle_id : str
        Whose model spoke, for the log.
    rests : dict of int to int
        Days of rest after each mission, by its number: also after those that a campaign does not
        offer. Empty: those of ``missions``.
    """

    program: Program
    missions: Sequence[Mission]
    frame: pd.DataFrame
    answers: pd.DataFrame
    names: Sequence[str]
    languages: Sequence[str]
    offers: pd.DataFrame
    days: pd.DataFrame
    numbers: dict[str, int]
    people: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(COLUMNS)))
    learned: Learned | None = None
    as_of_ms: int | None = None
    bundle_id: str = ""
    rests: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.rests:
            object.__setattr__(self, "rests", {
                self.numbers[mission.id]: mission.cool_off_days for mission in self.missions})
        if not len(self.people):
            people = people_of(self.frame, self.names, self.offers, self.days)
            object.__setattr__(self, "people", people)

    @classmethod
    def of(
        cls, journal: Journal, known: Known, frame: pd.DataFrame, answers: pd.DataFrame,
        learned: Learned | None = None, as_of_ms: int | None = None, bundle_id: str = "",
        open_cases: Collection[int] = (),
    ) -> Scene:  # fmt: skip
        """Gather a scene from a journal and what was known at the moment of ``frame``."""
        missions = list(journal.missions)
        numbers = {mission.id: journal.number("mission", mission.id) for mission in missions}
        offers = known.offers
        names = _named(journal, "member", frame.index)
        called = _named(journal, "outlet", frame["outlet"]), _named(journal, "member", frame["rep"])
        zones = known.members.set_index("member_id")["timezone"].reindex(frame.index)
        people = people_of(frame, names, offers, known.days, known.deliveries, open_cases,
                           _named(journal, "timezone", zones), called)  # fmt: skip
        first = journal.program.languages[0]
        spoken = _named(journal, "language", frame["language"])
        return cls(
            journal.program, missions, frame, answers, names, [word or first for word in spoken],
            offers, known.days, numbers, people, learned, as_of_ms, bundle_id,
        )  # fmt: skip

    def take(self, rows: Any) -> Scene:
        """The scene of some of the members, by position; draws stay those of the whole."""
        rows = np.asarray(rows, dtype=np.int64)
        picked = rows.tolist()
        return replace(
            self, frame=self.frame.iloc[rows], answers=self.answers.iloc[rows],
            names=[self.names[row] for row in picked],
            languages=[self.languages[row] for row in picked],
            people=self.people.loc[self.frame.index[rows]],
        )  # fmt: skip

    @cached_property
    def today(self) -> int:
        """First day of the horizon, since 1970; 0 without members."""
        return int(self.frame["today"].iloc[0]) if len(self.frame) else 0

    @cached_property
    def moment_ms(self) -> int:
        """The moment in UTC milliseconds."""
        if self.as_of_ms is not None:
            return self.as_of_ms
        day = dt.date(1970, 1, 1) + dt.timedelta(days=self.today)
        midnight = dt.datetime.combine(day, dt.time(), self.program.zone)
        return round(midnight.timestamp() * 1000)


def _named(journal: Journal, kind: str, numbers: Any) -> list[str]:
    """Names of entities, "" where the number is unknown."""
    known = pd.Series(numbers).fillna(0).to_numpy().astype(np.int64)
    return [str(name) if name else "" for name in journal.names(kind, known)]
