"""Guesses of a draft: which file is which table, and which column is which.

A guess is judged by the name (`features.exports.synonyms`) and by what the column holds. Nothing is
certain: a confidence word goes with each guess into the draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.contract import TABLES, Column
from features.exports.synonyms import COLUMNS, VALUES, likeness, parts_of
from features.exports.synonyms import TABLES as TABLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.exports.profiles import ColumnProfile, SourceProfile

LEAST: Final = 0.55
"""Likeness from which a column is taken at all."""
LIKELY: Final = 0.8
KINDS: Final = {
    "time": ("time",), "points": ("whole", "number"), "integer": ("whole",),
    "money": ("whole", "number"), "decimal": ("whole", "number"),
    "degrees": ("whole", "number"), "boolean": ("truth", "text", "whole"),
    "enum": ("text", "truth", "whole"), "set": ("text",), "private": ("text",),
    "id": ("text", "whole", "number"),
}
"""What a column must hold to become one of ours of that type."""
GROUPED: Final = 1.05
"""Rows per id from which rows are taken for the lines of one event."""
EVENTS: Final = ("scans", "redemptions", "referrals")
DRAFTED: Final = (*EVENTS, "members", "codes", "outlets", "feedback")


@dataclass(frozen=True)
class Guess:
    """One of our columns from one of theirs."""

    ours: Column
    theirs: ColumnProfile
    score: float
    language: str

    @property
    def confidence(self) -> str:
        """How sure the guess is, in a word."""
        if self.theirs.doubtful or self.score < LIKELY:
            return "weak"
        return "sure" if self.score == 1 else "likely"


@dataclass(frozen=True)
class TableGuess:
    """One of our tables from one file: its columns, and whether lines are to be grouped."""

    table: str
    source: SourceProfile
    columns: dict[str, Guess]
    score: float

    @property
    def key(self) -> str:
        """Their column of which each value is one row of ours; empty where each row is one."""
        names = [TABLES[self.table].identity[0], "invoice_no"]
        guess = next((self.columns[name] for name in names if name in self.columns), None)
        if guess is None or self.table == "feedback":
            return ""
        lines = guess.theirs.filled / max(1, guess.theirs.distinct)
        return guess.theirs.name if lines > GROUPED else ""


def guess_tables(sources: Sequence[SourceProfile]) -> list[TableGuess]:
    """Take the best table for each file, each table and each file once."""
    scored = [guess for source in sources for table in DRAFTED
              if (guess := guess_table(table, source)) is not None]
    taken: list[TableGuess] = []
    for guess in sorted(scored, key=lambda each: -each.score):
        if all(guess.table != one.table and guess.source != one.source for one in taken):
            taken.append(guess)
    return taken


def guess_table(table: str, source: SourceProfile) -> TableGuess | None:
    """Judge a file as one of our tables; None where it lacks what nothing can stand in for."""
    columns = _columns(table, source)
    must = {"members": {"member_id"}, "codes": {"code_id"}, "outlets": {"outlet_id"},
            "feedback": {"event_id", "label"},
            "referrals": {"member_id", "occurred_at", "referee_id"}}
    named = _named(table, source)
    if must.get(table, {"member_id", "occurred_at"}) - set(columns):
        return None
    if table == "redemptions" and not named and "reward_id" not in columns:
        return None
    required = TABLES[table].required
    found = sum(guess.score for name, guess in columns.items() if name in required)
    score = 2 * named + found / len(required) + 0.1 * len(columns)
    return TableGuess(table, source, columns, score)


def _named(table: str, source: SourceProfile) -> float:
    """How much the file's name reads like the table's."""
    stem = source.source.rsplit("/", 1)[-1].split(".")[0]
    return likeness(stem, table, TABLE_NAMES)[0]


def _columns(table: str, source: SourceProfile) -> dict[str, Guess]:
    """Take the best pairs of names first; each column of theirs and of ours once."""
    pairs = [guess for ours in TABLES[table].columns for theirs in source.columns
             if (guess := _pair(table, ours, theirs)) is not None]
    taken: dict[str, Guess] = {}
    used: set[str] = set()
    for guess in sorted(pairs, key=lambda each: (-each.score, not each.ours.required)):
        if guess.ours.name not in taken and guess.theirs.name not in used:
            taken[guess.ours.name] = guess
            used.add(guess.theirs.name)
    return taken


def _pair(table: str, ours: Column, theirs: ColumnProfile) -> Guess | None:
    if theirs.kind not in KINDS[ours.type]:
        return None
    score, language = likeness(theirs.name, ours.name, COLUMNS)
    if ours.type in ("enum", "set") and not _speaks(ours, theirs):
        return None
    if ours.type == "boolean" and len(theirs.words) > 2:
        return None
    repeats = theirs.distinct < theirs.filled
    if ours.name == TABLES[table].identity[0] and table != "feedback" and repeats:
        score -= 0.2
    return Guess(ours, theirs, score, language) if score >= LEAST else None


def _speaks(ours: Column, theirs: ColumnProfile) -> bool:
    """Say whether at least one of few words is understood."""
    return any(word_for(ours, word)[0] for word in theirs.words)


def word_for(ours: Column, word: str) -> tuple[str, float]:
    """Our word for one of theirs, empty where none is understood, and how alike they are.

    >>> from features.contract import SCANS
    >>> word_for(SCANS.column("outcome"), "Disetujui")
    ('credited', 0.9)
    """
    scored = [(likeness(word, value, VALUES)[0], value) for value in ours.values]
    score, value = max(scored, key=lambda pair: pair[0])
    return (value, score) if score >= LEAST else ("", 0.0)


def truth_of(word: str) -> bool | None:
    """Read a word as truth.

    >>> truth_of("Ya"), truth_of("N"), truth_of("perhaps")
    (True, False, None)
    """
    plain = "".join(parts_of(word))
    if plain in ("true", "1", "yes", "y", "t", "ya", "si", "s"):
        return True
    return False if plain in ("false", "0", "no", "n", "f", "tidak") else None
