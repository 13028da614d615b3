"""What a judgement needs to know of an event beside its features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import ENTRY_CHANNELS, PERSONAS
from features.places import place_ms
from features.records import COLUMN, KINDS
from models.judgement import Occasion
from serving.archive import Archive
from serving.casework import Casework
from serving.denied import Denied

if TYPE_CHECKING:
    from features.places import Ints
    from features.store.journal import Journal

MANY: Final = 500
"""Members heard of at once above which the whole list is the quicker way."""
_CODE, _MEMBER_ROW = KINDS.index("code"), KINDS.index("member")
_KIND, _PLACE, _POINTS = (COLUMN[name] for name in ("kind", "place", "points"))
_MEMBER, _PERSONA, _CHANNEL = (COLUMN[name] for name in ("member", "persona", "channel"))


class Circumstances:
    """Personas, languages, the deny list, and whether codes are tracked, as far as records went.

    Personas and codes follow the records; languages are those of today, as words are not facts.
    """

    def __init__(self) -> None:
        self.denied = Denied()
        self._personas: dict[int, int] = {}
        self._languages: dict[int, str] = {}
        self._tracks_codes = False

    def learn(self, journal: Journal) -> None:
        """Read languages and the deny list anew."""
        frame = journal.frame("members", latest=True, columns=["member_id", "language"])
        names = journal.names("language", frame["language"].to_numpy())
        self._languages = {
            int(member): str(name)
            for member, name in zip(frame["member_id"], names, strict=True) if name}
        with journal.database.reading() as store:
            self.denied = Denied(Casework(store, journal.key).lists())

    def hear(self, journal: Journal, records: Ints) -> None:
        """Learn anew what records of members, or acts of the desk, may have changed."""
        members = np.unique(records[records[:, _KIND] == _MEMBER_ROW, _MEMBER])
        if len(members) > MANY:
            self.learn(journal)
            return
        with journal.database.reading() as store:
            self.denied = Denied(Casework(store, journal.key).lists())
            spoken = Archive(store, journal.key).languages(members.tolist())
        for member in members.tolist():
            self._languages.pop(member, None)
        self._languages.update(spoken)

    def speak(self, member: int, language: str) -> None:
        """Speak to a member in a language, whatever the journal knows of him today."""
        self._languages[member] = language

    def recall(self, journal: Journal) -> None:
        """Learn, and take personas as they are today; for readers beside the state."""
        self.learn(journal)
        frame = journal.frame("members", latest=True, columns=["member_id", "persona"])
        self._personas = dict(zip(frame["member_id"].tolist(), frame["persona"].tolist(),
                                  strict=True))

    def note(self, records: Ints) -> None:
        """Remember members and codes of records that are passed."""
        kinds = records[:, _KIND]
        self._tracks_codes |= bool((kinds == _CODE).any())
        members = records[kinds == _MEMBER_ROW]
        self._personas.update(zip(members[:, _MEMBER].tolist(), members[:, _PERSONA].tolist(),
                                  strict=True))

    def remembered(self) -> tuple[Ints, bool]:
        """What records said: number and persona of members, shape (n, 2); are codes tracked."""
        pairs = np.array(list(self._personas.items()), dtype=np.int64).reshape(-1, 2)
        return pairs, self._tracks_codes

    def remember(self, personas: Ints, tracks_codes: bool) -> None:
        """Go on from what `remembered` told."""
        self._personas = dict(personas.tolist())
        self._tracks_codes = tracks_codes

    def occasion(self, record: Ints, event_id: str) -> Occasion:
        """Describe an event."""
        member = int(record[_MEMBER])
        ms = place_ms(int(record[_PLACE]))
        return Occasion(
            event_id, KINDS[int(record[_KIND])], int(record[_POINTS]), ms,
            persona=_word(PERSONAS, self._personas.get(member, -1)),
            channel=_word(ENTRY_CHANNELS, int(record[_CHANNEL])),
            language=self._languages.get(member), denied=self.denied.of(record, ms),
            tracks_codes=self._tracks_codes)


def _word(words: tuple[str, ...], index: int) -> str | None:
    return words[index] if 0 <= index < len(words) else None
