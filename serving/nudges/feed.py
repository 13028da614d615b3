"""The copilot's feed: every nudge of a program, ranked by money, without those that sleep.

An alarm's ends by itself when the alarm is over, a person's when the next look does not find him,
a trend's when the next night does not see it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.insiders.jobs import has_looked
from models.texts import CATALOGUES, Texts
from serving.nudges.alarms import alarm_nudge, refused_messages
from serving.nudges.kept import newest
from serving.nudges.people import people_inside
from serving.nudges.snoozes import Snoozes
from serving.nudges.trends import trends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from features.store.journal import Journal
    from serving.live import Live
    from serving.nudges.nudge import Nudge

    Source = Callable[[Journal, Texts, str], Iterable[Nudge]]

WORDS: Final = Path(__file__).parent / "catalogues"


@cache
def words() -> Texts:
    """Words of nudges and of all that they quote, in every language."""
    return Texts.read_all([CATALOGUES, WORDS])


class Told(NamedTuple):
    """Nudges that are awake, the urgent and the dearest first, and how many sleep."""

    nudges: list[Nudge]
    asleep: int


def awake(journal: Journal, found: Sequence[Nudge], now_ms: int) -> Told:
    """Leave out what sleeps at a moment, and rank the rest."""
    with journal.database.reading() as store:
        asleep = Snoozes(store, journal.key).newest(now_ms)
    told = [one for one in found
            if one.key not in asleep or not asleep[one.key].holds(one.size, now_ms)]
    told.sort(key=lambda one: (not one.is_urgent, -one.money, -one.size, one.key))
    return Told(told, len(found) - len(told))


class Nudges:
    """The copilot's feed of one program.

    Parameters
    ----------
    journal : Journal
    clock : callable
        Milliseconds since 1970 UTC.
    insiders : Path or None
        Where the daily look at people inside writes; None: nowhere.
    nights : Path or None
        Where the program's nights write; None: nowhere.
    live : Live or None
        Its alarms are copied before they are read, so that any thread may ask; None: no service
        runs, and alarms are not known.
    more : sequence of callable
        Other sources: each is given journal, words and language, and gives nudges.
    """

    def __init__(
        self, journal: Journal, clock: Callable[[], int], insiders: Path | None = None,
        nights: Path | None = None, live: Live | None = None, more: Sequence[Source] = (),
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._insiders = insiders
        self._nights = nights
        self._live = live
        self._more = more

    def told(self, language: str | None = None) -> Told:
        """Everything worth a look now, in a language; None: the program's first."""
        texts, now_ms = words(), self._clock()
        spoken = texts.language(language, *self._journal.program.languages)
        found = list(self._found(texts, spoken, now_ms))
        return awake(self._journal, found, now_ms)

    def find(self, key: str) -> Nudge | None:
        """The nudge of a key, asleep or awake; None where there is none now."""
        texts, now_ms = words(), self._clock()
        spoken = texts.language(*self._journal.program.languages)
        return next((one for one in self._found(texts, spoken, now_ms) if one.key == key), None)

    def answer(self, language: str | None = None) -> dict[str, Any]:
        """The feed as the wire has it, and a sentence about it."""
        told = self.told(language)
        return {"nudges": [one.to_json() for one in told.nudges],
                "message": self._message(told, language), "has_looked": self.has_looked}

    @property
    def has_looked(self) -> bool:
        """Whether anybody has looked at people inside yet."""
        return self._insiders is not None and has_looked(self._insiders)

    def _found(self, texts: Texts, language: str, now_ms: int) -> Iterable[Nudge]:
        yield from refused_messages(self._journal, texts, language)
        if self._live is not None:
            for found in self._live.circumstances.alarms.findings(now_ms):
                if found.until_ms is None:
                    yield alarm_nudge(self._journal, found, texts, language)
        if self._insiders is not None:
            yield from people_inside(self._insiders, self._journal.program.program_id, texts,
                                     language)
        kept = newest(self._nights)
        if kept is not None:
            yield from trends(self._journal, kept, texts, language)
        for source in self._more:
            yield from source(self._journal, texts, language)

    def _message(self, told: Told, language: str | None) -> str:
        """Say what the feed holds, or what was looked at where it holds nothing."""
        texts = words()
        spoken = texts.language(language, *self._journal.program.languages)
        if told.nudges:
            return texts.text("nudge.some", spoken)
        has_night = newest(self._nights) is not None
        said = [texts.text("nudge.quiet" if has_night else "nudge.quiet.untold", spoken),
                texts.text("nudge.quiet.nobody" if self.has_looked else "nudge.quiet.unlooked",
                           spoken)]
        if not has_night:
            said.append(texts.text("nudge.quiet.night", spoken))
        if told.asleep:
            said.append(texts.text("nudge.quiet.asleep", spoken, count=told.asleep))
        return " ".join(said)
