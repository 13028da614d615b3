"""What the steps of a night share: the journal is read once for all that ask the same of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from features.links.weeks import RingWeeks
from features.members.known import History
from features.places import first_place
from features.segments import Past
from serving.campaigns.outcomes import Activity
from serving.champion import load_champion
from serving.members import members_without_anomaly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.catalog import Catalog
    from features.links.rings import Rings
    from features.places import Ints
    from features.progress import Progress
    from features.store.home import Home
    from features.store.journal import Journal
    from jaga.nightly.night import Night
    from models.bundle import Bundle
    from serving.members import Members


class Work:
    """One night at work.

    Parameters
    ----------
    home : Home
    journal : Journal
    night : Night
    acts_ms : int
        The moment at which what is done tonight is done.
    progress : Progress
    """

    def __init__(
        self, home: Home, journal: Journal, night: Night, acts_ms: int, progress: Progress
    ) -> None:
        self.home = home
        self.journal = journal
        self.night = night
        self.acts_ms = acts_ms
        self.progress = progress
        self._weeks: RingWeeks | None = None

    @property
    def as_of_ms(self) -> int:
        """What was known before this moment is all that a step knows."""
        return self.night.as_of_ms

    @property
    def program_id(self) -> str:
        """The program's id."""
        return self.night.program_id

    def below(self, path: Path) -> str:
        """Name of a file as the record has it: below the home."""
        return path.relative_to(self.home.path).as_posix()

    @property
    def ring_weeks(self) -> list[Rings]:
        """Rings of the last UTC midnight, and of those whole weeks before it."""
        if self._weeks is None:
            for _ in self.records():
                pass
        assert self._weeks is not None  # the stream was read to its end
        return self._weeks.published()

    def records(self) -> Iterator[Ints]:
        """The stream as of the night; whoever reads it to its end has made `ring_weeks` too."""
        weeks = RingWeeks(self.as_of_ms)
        for part in self.journal.records(until=first_place(self.as_of_ms)):
            weeks.learn(part)
            yield part
        self._weeks = weeks

    @cached_property
    def catalog(self) -> Catalog:
        """Features of the program."""
        return self.home.catalog(self.program_id)

    @cached_property
    def bundle(self) -> Bundle:
        """The champion; NotFound where there is none yet."""
        return load_champion(self.home, self.journal, self.catalog)

    @cached_property
    def members(self) -> Members:
        """Everybody, scored, but for how unusual he is."""
        return members_without_anomaly(self.journal, self.bundle, self.as_of_ms, self.progress,
                                       self.history)

    @cached_property
    def history(self) -> History:
        """The facts about members, read once."""
        return History.read(self.journal, self.as_of_ms)

    @cached_property
    def activity(self) -> Activity:
        """On which days each partner was active."""
        return Activity.of_history(self.history, self.as_of_ms)

    @cached_property
    def past(self) -> Past:
        """Every event with its day and segments."""
        return Past.read(self.journal, self.as_of_ms)
