"""Names behind the numbers of a night's findings, as they are in the journal now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import PERSONAS, REWARD_KINDS, TIERS

if TYPE_CHECKING:
    from features.store.journal import Journal
    from models.texts import Texts

WORDS: Final = {"persona": PERSONAS, "tier": TIERS, "reward_kind": REWARD_KINDS}
"""Kinds of segment whose numbers are positions of words."""
ENTITIES: Final = {"region": "region", "trade": "trade", "rep": "member", "sku": "sku",
                   "batch": "batch", "reward": "reward", "campaign": "campaign", "ring": "member"}
"""Kinds of entity by kinds of segment; a ring has the name of one of its members."""


class Names:
    """Names of segments in one program; whoever was erased has his new name.

    Parameters
    ----------
    journal : Journal
    texts : Texts
        With the words ``nudge.*``.
    """

    def __init__(self, journal: Journal, texts: Texts) -> None:
        self._journal = journal
        self._texts = texts

    def plain(self, kind: str, segment: int | str) -> str:
        """Name as the program writes it: an id, or a word of the contract."""
        if kind == "program":
            return self._journal.program.program_id
        if kind == "mission":
            return str(segment)
        if kind in WORDS:
            words, place = WORDS[kind], int(segment)
            return words[place] if 0 <= place < len(words) else ""
        number = np.array([int(segment)])
        return str(self._journal.names(ENTITIES[kind], number)[0])

    def who(self, kind: str, segment: int | str, language: str) -> str:
        """The segment in a sentence: "region Java", "retailers"."""
        name = self.plain(kind, segment)
        if kind in WORDS and name:
            name = self._texts.text(f"nudge.{kind}.{name}", language)
        if not name:
            name = self._texts.text("word.unknown", language)
        if kind == "program":
            return self._texts.text("nudge.who.program", language)
        return self._texts.text(f"nudge.who.{kind}", language, name=name)
