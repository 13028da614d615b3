"""Rows of the past and rows that ask about it, in one order, so that windows answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from features.sql.text import NULL, known, listed

EARLIER: Final = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
"""Frame of all rows before one."""


@dataclass
class Rows:
    """A union of records and questions; ``o`` orders them, ``reads`` is 1 where one asks.

    Parameters
    ----------
    source : str
        Table they come from.
    writer : tuple of str
        Columns that say whom a record is about.
    reader : tuple of str
        Columns that say whom a row asks about.
    asks : str
        Which rows ask.
    writes : str
        Which rows are remembered; those that ask about themselves among them.
    kept : tuple of str
        Columns kept of a row, beside ``pos``.
    is_after : bool
        A row that asks about another column sees what it writes itself.
    facts : dict
        Names of the columns computed of each record, by their SQL.
    """

    source: str
    writer: tuple[str, ...]
    reader: tuple[str, ...]
    asks: str = "TRUE"
    writes: str = "TRUE"
    kept: tuple[str, ...] = ()
    is_after: bool = False
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns of the key."""
        return tuple(f"k{i}" for i in range(len(self.writer)))

    @property
    def is_same(self) -> bool:
        """Whether rows ask about whom they are about themselves."""
        return self.writer == self.reader

    def fact(self, text: str) -> str:
        """Name a column computed of each record; NULL where a row only asks."""
        return self.facts.setdefault(text, f"f{len(self.facts)}")

    def text(self) -> str:
        """Give the SELECT."""
        if self.is_same:
            reads = "1" if self.asks == "TRUE" else f"CASE WHEN {self.asks} THEN 1 ELSE 0 END"
            return self._select("pos", reads, self.writer, tuple(self.facts),
                                f"{known(self.writer)} AND {self.writes}")
        written = self._select("3 * pos + 1", "0", self.writer, tuple(self.facts),
                               f"{known(self.writer)} AND {self.writes}")
        asked = self._select(f"3 * pos + {2 if self.is_after else 0}", "1", self.reader,
                             (NULL,) * len(self.facts), f"{known(self.reader)} AND {self.asks}")
        return f"{written}\nUNION ALL\n{asked}"

    def _select(
        self, order: str, reads: str, key: tuple[str, ...], facts: tuple[str, ...], test: str
    ) -> str:
        test = test.removesuffix(" AND TRUE")
        return (
            "SELECT " + listed(
                f"pos, {order} AS o, {reads} AS reads", ", ".join(self.kept),
                ", ".join(f"{column} AS {name}" for column, name in zip(
                    key, self.keys, strict=True)),
                *(f"{text} AS {name}" for text, name in zip(
                    facts, self.facts.values(), strict=True)))
            + f"\nFROM {self.source}\nWHERE {test}")

    def last(self, fact: str, frame: str = EARLIER) -> str:
        """Give the value of a fact in the last row of a frame that has one."""
        return (f"MAX_BY({fact}, CASE WHEN {fact} IS NOT NULL THEN o END) "
                f"OVER ({self.order} {frame})")

    @property
    def order(self) -> str:
        """Partition and order of running windows."""
        place = "place, " if "place" in self.kept else ""
        return f"PARTITION BY {', '.join(self.keys)} ORDER BY {place}o"
