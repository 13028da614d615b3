"""Which fills are needed, what each reads of the past, and which run in a circle through time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.engine.clause import OPERATORS
from features.engine.definition import Elapsed, Follow, Fresh, Known, Same
from features.sql.versions import Fill, Value, Version, Versions, is_limited

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.engine.clause import Clause


@dataclass(frozen=True)
class Past:
    """The records that a fill remembers.

    Parameters
    ----------
    key : tuple of Version
        Whose record it is.
    argument : tuple of Version
        What is remembered: the first of them that is known; empty for the record's time.
    kinds, clauses
        Which records.
    is_carried : bool
        Only known values are remembered.
    """

    key: Value
    argument: Value
    kinds: tuple[str, ...]
    clauses: tuple[Clause, ...]
    is_carried: bool = False

    @property
    def columns(self) -> set[str]:
        """Names of the columns in the conditions."""
        return {n for c in self.clauses for n in (c.column, c.other) if n}


@dataclass(frozen=True)
class Chain:
    """A circle of one `Known`: ``COALESCE(first, the same of an earlier record, then)``.

    Parameters
    ----------
    fill : Fill
        The `Known`.
    last : Version
        What the circle gives.
    first, then : tuple of Version
        What comes before and after the remembered value.
    """

    fill: Fill
    last: Version
    first: Value
    then: Value


class Graph:
    """What reads what.

    Parameters
    ----------
    versions : Versions
    needed : set of Version
        What features read; a fill that none of them needs is left out.
    """

    def __init__(self, versions: Versions, needed: Iterable[Version]) -> None:
        self.versions = versions
        self.needed = set(needed)
        self.pasts = {
            fill: past for fill in versions.fills if (past := self._past(fill)) is not None}
        self.fills = self._reached()
        self.groups = self._groups()

    def reads(self, fill: Fill) -> set[Version]:
        """Versions that a fill reads, on its own row and on past ones."""
        found = {fill.before, *fill.source, *fill.tested.values()}
        if (past := self.pasts.get(fill)) is not None:
            found |= {*past.key, *past.argument}
            found |= {self.versions.one(name) for name in past.columns}
        return {version for version in found if not version.is_absent}

    def is_circle(self, group: tuple[Fill, ...]) -> bool:
        """Whether fills read what they themselves gave to earlier records."""
        made = {fill.after for fill in group}
        return len(group) > 1 or bool(made & self.reads(group[0]))

    def chain(self, group: tuple[Fill, ...]) -> Chain | None:
        """Read a circle as a chain of records, where it is one."""
        made = {fill.after for fill in group}
        fills = [fill for fill in group if isinstance(fill.column, Known)]
        if len(fills) != 1:
            return None
        past, last = self.pasts[fills[0]], self.versions.one(fills[0].column.argument)  # type: ignore[union-attr]
        found = self._expanded(last, fills[0])
        static = {*past.key, *fills[0].source, *(self.versions.one(n) for n in past.columns)}
        others = {v for f in self.fills if f not in group for v in self.reads(f)} | self.needed
        if found.count(fills[0]) != 1 or made & static or (made - {last}) & others:
            return None
        at = found.index(fills[0])
        first = tuple(v for v in found[:at] if isinstance(v, Version))
        then = tuple(v for v in found[at + 1:] if isinstance(v, Version))
        return None if made & {*first, *then} else Chain(fills[0], last, first, then)

    def _past(self, fill: Fill) -> Past | None:
        one, final = self.versions.one, self.versions.final
        clauses = self.versions.clauses(fill)
        match fill.column:
            case Known(entity=entity, argument=argument, kinds=kinds):
                last = one(argument)
                found = self._expanded(last, fill)
                raw = tuple(v for v in found if isinstance(v, Version) and v not in
                            self.versions.made)
                if found == [*raw, fill] and raw and fill.source == final[entity]:
                    # What such a record lacked it was given from the same memory: remembering
                    # what the records brought themselves is the same, and no circle.
                    kept = tuple(c for c in clauses if (c.column, OPERATORS[c.operator]) != (
                        argument, "known"))
                    return Past(final[entity], raw, kinds, kept, is_carried=True)
                return Past(final[entity], (last,), kinds, clauses)
            case Elapsed(entity=entity, kinds=kinds) | Fresh(entity=entity, kinds=kinds):
                return Past(final[entity], (), kinds, clauses)
            case Follow():
                return Past((self.versions.unfollowed,), (one("other_member"),), ("merge",), ())
        return None

    def _expanded(self, version: Version, me: Fill) -> list[Version | Fill]:
        """Read a version as the first known of others, ``me`` where a fill's memory stands."""
        fill = self.versions.made.get(version)
        if version.is_absent:
            return []
        if fill is not None and fill is me:
            return [*self._expanded(fill.before, me), me]
        if fill is not None and isinstance(fill.column, Same) and not is_limited(fill.column):
            return [*self._expanded(fill.before, me), *self._expanded(fill.source[0], me)]
        return [version]

    def _reached(self) -> list[Fill]:
        made, found = self.versions.made, set[Fill]()
        waiting = [made[v] for v in self.needed if v in made]
        while waiting:
            fill = waiting.pop()
            if fill not in found:
                found.add(fill)
                waiting += [made[v] for v in self.reads(fill) if v in made]
        return [fill for fill in self.versions.fills if fill in found]

    def _groups(self) -> list[tuple[Fill, ...]]:
        """Fills that need each other, in the order declared."""
        made = self.versions.made
        direct = {f: {made[v] for v in self.reads(f) if v in made} for f in self.fills}
        reach: dict[Fill, set[Fill]] = {}
        for fill in self.fills:
            found, waiting = set[Fill](), list(direct[fill])
            while waiting:
                other = waiting.pop()
                if other not in found:
                    found.add(other)
                    waiting += direct[other]
            reach[fill] = found
        groups = (
            tuple(o for o in self.fills if o is f or (o in reach[f] and f in reach[o]))
            for f in self.fills)
        return list(dict.fromkeys(groups))
