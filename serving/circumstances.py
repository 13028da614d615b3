"""What a judgement needs to know of an event beside its features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.alarms import Alarms
from features.contract import ENTRY_CHANNELS, PERSONAS
from features.links.links import Links
from features.links.rings import Standing
from features.places import place_ms
from features.records import COLUMN, KINDS
from models.occasion import Occasion
from models.trusthistory import TrustHistory
from serving.archive import Archive
from serving.listed import Listed
from serving.lists import Lists
from serving.peaks import Peaks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.links.rings import Rings
    from features.places import Ints
    from features.store.journal import Journal
    from features.store.store import Store

MANY: Final = 500
"""Members heard of at once above which the whole list is the quicker way."""
_CODE, _MEMBER_ROW = KINDS.index("code"), KINDS.index("member")
_CAMPAIGN = KINDS.index("campaign")
_KIND, _PLACE, _POINTS = (COLUMN[name] for name in ("kind", "place", "points"))
_MEMBER, _PERSONA, _REGION = (COLUMN[name] for name in ("member", "persona", "region"))
_CHANNEL = COLUMN["channel"]


class Circumstances:
    """Members, links, languages, the lists, and whether codes are tracked, as far as records went.

    Personas, regions, links and codes follow the records; languages are those of today, as words
    are no facts. ``links`` wants every record, the event to be judged included; all that is
    passed is noted by `note`. ``alarms`` are asked about an event before they are told of it.
    """

    def __init__(self) -> None:
        self.listed = Listed()
        self.peaks = Peaks()
        self.links = Links()
        self.alarms = Alarms()
        self.trust = TrustHistory()
        self._personas: dict[int, int] = {}
        self._regions: dict[int, int] = {}
        self._region_names: dict[int, str] = {}
        self._languages: dict[int, str] = {}
        self._tracks_codes = False

    def learn(self, journal: Journal) -> None:
        """Read languages, names of regions, announced peaks, the lists and the trust anew."""
        self.peaks = Peaks.read(journal)
        frame = journal.frame("members", latest=True, columns=["member_id", "language"])
        names = journal.names("language", frame["language"].to_numpy())
        self._languages = {
            int(member): str(name)
            for member, name in zip(frame["member_id"], names, strict=True) if name}
        with journal.database.reading() as store:
            self.listed = Lists(store, journal.key).standing()
            self.trust = TrustHistory.read(store, journal.key)
            self._region_names = Archive(store, journal.key).words("region")

    def hear(self, journal: Journal, records: Ints) -> None:
        """Learn anew what records of members, or acts of the desk, may have changed."""
        members = np.unique(records[records[:, _KIND] == _MEMBER_ROW, _MEMBER])
        if len(members) > MANY:
            self.learn(journal)
            return
        if (records[:, _KIND] == _CAMPAIGN).any():
            self.peaks = Peaks.read(journal)
        with journal.database.reading() as store:
            self.listed = Lists(store, journal.key).standing(self.listed, records)
            archive = Archive(store, journal.key)
            spoken = archive.languages(members.tolist())
            if len(members):
                self._region_names = archive.words("region")
        for member in members.tolist():
            self._languages.pop(member, None)
        self._languages.update(spoken)

    def heed(self, store: Store, program: int) -> None:
        """Learn inside a transaction what was settled on the trust in bundles since."""
        self.trust = self.trust.heed(store, program)

    def speak(self, member: int, language: str) -> None:
        """Speak to a member in a language, whatever the journal knows of him today."""
        self._languages[member] = language

    def recall(self, journal: Journal) -> None:
        """Learn, and take members as they are today; for readers beside the state."""
        self.learn(journal)
        frame = journal.frame("members", latest=True, columns=["member_id", "persona", "region"])
        members = frame["member_id"].tolist()
        self._personas = dict(zip(members, frame["persona"].tolist(), strict=True))
        self._regions = dict(zip(members, frame["region"].tolist(), strict=True))

    def note(self, records: Ints) -> None:
        """Remember members, links, alarms and codes of records that are passed."""
        self.links.note(records)
        self.alarms.note(records)
        self.meet(records)

    def meet(self, records: Ints) -> None:
        """Remember members and codes alone, for who notes links and alarms himself."""
        kinds = records[:, _KIND]
        self._tracks_codes |= bool((kinds == _CODE).any())
        members = records[kinds == _MEMBER_ROW]
        numbers = members[:, _MEMBER].tolist()
        self._personas.update(zip(numbers, members[:, _PERSONA].tolist(), strict=True))
        self._regions.update(zip(numbers, members[:, _REGION].tolist(), strict=True))

    def remembered(self) -> tuple[Ints, bool, dict[str, Any], dict[str, Any]]:
        """What records said.

        Returns
        -------
        member, persona and region, shape (n, 3); are codes tracked; arrays of links, of alarms
        """
        rows = [(member, persona, self._regions.get(member, 0))
                for member, persona in self._personas.items()]
        members = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return members, self._tracks_codes, self.links.arrays(), self.alarms.arrays()

    def remember(self, members: Ints, tracks_codes: bool, links: Mapping[str, Any],
                 alarms: Mapping[str, Any]) -> None:
        """Go on from what `remembered` told."""
        self.links = Links.from_arrays(links)
        self.alarms = Alarms.from_arrays(alarms)
        self._personas = dict(members[:, :2].tolist())
        self._regions = dict(members[:, [0, 2]].tolist())
        self._tracks_codes = tracks_codes

    def occasion(self, record: Ints, event_id: str, rings: Rings | None = None,
                 alarms: tuple[str, ...] = ()) -> Occasion:
        """Describe an event.

        ``rings`` are those of its day, ``alarms`` what was open for it; without them for who does
        not stand there.
        """
        member = record.item(_MEMBER)
        ms = place_ms(record.item(_PLACE))
        persona, region = self._personas.get(member, -1), self._regions.get(member, 0)
        listing = self.listed.of(record, ms)
        ring, told = Standing(), None
        if rings is not None:
            ring = rings.of(member)
            told = rings.facts(ring.ring) if ring.ring else None
        return Occasion(
            event_id, KINDS[record.item(_KIND)], record.item(_POINTS), ms,
            persona=_word(PERSONAS, persona),
            channel=_word(ENTRY_CHANNELS, record.item(_CHANNEL)),
            language=self._languages.get(member), denied=listing.denied,
            tracks_codes=self._tracks_codes, member=member,
            region=self._region_names.get(region),
            allowed=listing.allowed, snoozed=listing.snoozed, watched=listing.watched,
            alarms=alarms,
            peaks=self.peaks.of(record, ms, persona, region),
            ring=None if told is None else ring.score,
            ring_size=0 if told is None else told.size, ring_facts=told,
            trusts=self.trust.lowered(ms))


def _word(words: tuple[str, ...], index: int) -> str | None:
    return words[index] if 0 <= index < len(words) else None
