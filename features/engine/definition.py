"""Declarations: what a feature is, said once.

A feature is an `Aggregate` over the records of one entity, or an `Expression` over aggregates and
columns. Both read the *wide row* of a record: its own columns (`features.records`), a few that
the kernel derives (`BUILT_IN`), and those declared here with `Known`, `Pair`, `Probe`, `Same`,
`Elapsed`, `Fresh`, `Group` and `Follow`. Nothing here computes; `features.engine.plan` turns
declarations into integers and `features.engine.kernel` runs them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, fields
from typing import Final

from features.records import KINDS, SCORED

EVENTS: Final = KINDS[:SCORED]
"""The judged kinds: scan, referral, redemption."""
AGGREGATES: Final = (
    "count", "sum", "square", "distinct", "since", "age", "first_seen", "previous", "min", "max",
    "valid",
)
"""count, sum of the argument, sum of its squares, distinct arguments, ms since the last record,
ms since the first, 1 where there was none before, argument of the last record before, smallest,
largest, 1 where a record's ``[valid_from_ms, valid_to_ms)`` holds the event's time."""
BUILT_IN: Final = ("now_ms", "local_ms", "program", "credit", "credited_points")
"""``now_ms``: time of the place. ``local_ms``: when the phone says it happened, in the program's
time zone. ``program``: 1, the entity of everything. ``credit``: +1 where this record makes its
event credited, -1 where it takes the credit back. ``credited_points``: the points so moved."""
OLD_MS: Final = 90 * 86_400_000
"""Where an age stops counting: an age that grows with the journal drifts, and says no more."""
LATE: Final = ("outcome", "credit", "credited_points")
"""Columns known only after an event was scored; what reads them never sees the scored event."""


def _origin() -> str:
    """``file:line`` of the declaration, outside this module and generated code."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename in (__file__, "<string>"):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


@dataclass(frozen=True)
class Declared:
    """What every declaration has: a name, and where it was written.

    Parameters
    ----------
    name : str
        Unique among all declarations but columns, which may be filled more than once.
    """

    name: str
    origin: str = field(default_factory=_origin, compare=False, repr=False, kw_only=True)

    def body(self) -> dict[str, object]:
        """Give what decides the value, for the hash: all but names, texts and origin."""
        told = ("name", "origin", "unit", "family", "meaning", "hidden")
        return {
            "type": type(self).__name__,
            **{f.name: getattr(self, f.name) for f in fields(self) if f.name not in told},
        }


@dataclass(frozen=True)
class Known(Declared):
    """A column filled, where unknown, with the last value known of an entity.

    ``Known("batch", "code", "batch", ("code",))`` gives a scan without a batch that of its code.

    Parameters
    ----------
    entity : str
        Column that says whose value it is.
    argument : str
        Column remembered.
    kinds, where
        Which records are remembered, as in `Aggregate`.
    at : str
        Column that says whose value is looked up; empty: ``entity``.
    """

    entity: str
    argument: str
    kinds: tuple[str, ...]
    where: tuple[str, ...] = ()
    at: str = ""


@dataclass(frozen=True)
class Pair(Declared):
    """A column that numbers the pairs of two columns; an entity of its own.

    Parameters
    ----------
    first, second : str
        Columns; the pair is unknown where one of them is.
    """

    first: str
    second: str


@dataclass(frozen=True)
class Probe(Declared):
    """The number that a declared pair has for two other columns, without adding it.

    Parameters
    ----------
    pair : str
        Name of the `Pair`.
    first, second : str
        Columns looked up in its place.
    """

    pair: str
    first: str
    second: str


@dataclass(frozen=True)
class Same(Declared):
    """A column filled, where unknown, from another one.

    Parameters
    ----------
    source : str
        The other column.
    kinds, where
        On which records, as in `Aggregate`.
    """

    source: str
    kinds: tuple[str, ...] = KINDS
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class Elapsed(Declared):
    """A column with the whole seconds since the entity's last such record."""

    entity: str
    kinds: tuple[str, ...] = EVENTS
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fresh(Declared):
    """A column that is 1 where the entity never had such a record before, else 0."""

    entity: str
    kinds: tuple[str, ...] = EVENTS
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group(Declared):
    """An entity column made of a value column: its value plus one."""

    source: str


@dataclass(frozen=True)
class Follow(Declared):
    """A member column that follows merges to the member who is kept."""


Column = Known | Pair | Probe | Same | Elapsed | Fresh | Group | Follow


@dataclass(frozen=True, kw_only=True)
class Aggregate(Declared):
    """An aggregate over the records of an entity: in a window, under a filter.

    Parameters
    ----------
    entity : str
        Column whose number owns the aggregate. Unknown: the feature is missing.
    aggregate : str
        One of `AGGREGATES`.
    argument : str
        Column that is summed, told apart, remembered or compared.
    kinds : tuple of str
        Kinds of records that count.
    where : tuple of str
        Conditions that must all hold: ``"column == word"``, ``"column > 3"``, ``"a != b"``,
        ``"column known"``, ``"column unknown"``. A comparison with an unknown value is false.
    window : str or int
        ``"10m"``, ``"24h"``, ``"30d"`` or milliseconds: places in ``(k - w, k]``. Empty: all time.
    before : bool
        Leave the scored event itself out.
    at : str
        Column whose number is read; empty: ``entity``.
    unit, family, meaning : str
        For people: the unit, the family of features, one line of meaning.
    hidden : bool
        A part of expressions, no feature of its own.
    """

    entity: str
    aggregate: str
    argument: str = ""
    kinds: tuple[str, ...] = EVENTS
    where: tuple[str, ...] = ()
    window: str | int = ""
    before: bool = False
    at: str = ""
    unit: str = "events"
    family: str = ""
    meaning: str = ""
    hidden: bool = False

    @property
    def is_before(self) -> bool:
        """Whether the scored event itself is left out: asked for, or meant by the aggregate."""
        return self.before or self.aggregate in ("since", "first_seen", "previous")


@dataclass(frozen=True, kw_only=True)
class Expression(Declared):
    """A stateless formula over integers: aggregates, columns and other expressions.

    Parameters
    ----------
    formula : str
        See `features.engine.expression` for the words it may use.
    """

    formula: str
    unit: str = ""
    family: str = ""
    meaning: str = ""
    hidden: bool = False


Feature = Aggregate | Expression
Filtered = Aggregate | Known | Same | Elapsed | Fresh
"""Declarations that speak of some records only."""


def over(
    windows: tuple[str, ...], name: str, meaning: str = "", *, entity: str, aggregate: str,
    argument: str = "", kinds: tuple[str, ...] = EVENTS, where: tuple[str, ...] = (),
    before: bool = False, at: str = "", unit: str = "events", family: str = "",
    hidden: bool = False,
) -> tuple[Aggregate, ...]:
    """One aggregate in several windows; ``{w}`` in name and meaning stands for the window.

    Examples
    --------
    >>> [a.name for a in over(("1h", "24h"), "scans_{w}", entity="member", aggregate="count")]
    ['scans_1h', 'scans_24h']
    """
    return tuple(
        Aggregate(
            name.format(w=w), window=w, meaning=meaning.format(w=w), entity=entity,
            aggregate=aggregate, argument=argument, kinds=kinds, where=where, before=before,
            at=at, unit=unit, family=family, hidden=hidden,
        )
        for w in windows
    )


def difference(
    name: str, meaning: str = "", *, entity: str, argument: str, kinds: tuple[str, ...] = EVENTS,
    where: tuple[str, ...] = (), unit: str = "", family: str = "", hidden: bool = False,
    origin: str = "",
) -> tuple[Aggregate, Expression]:
    """A value less the entity's previous one; unknown at the first.

    Parameters
    ----------
    name, meaning, unit, family, hidden
        As in `Expression`.
    entity, argument, kinds, where
        As in `Aggregate`; records in which the argument is unknown are passed over.
    origin : str
        Where it was written, if not in the calling line.

    Examples
    --------
    >>> before, own = difference("step", entity="member", argument="points")
    >>> before.name, before.aggregate, own.formula
    ('step_before', 'previous', 'points - step_before')
    """
    origin = origin or _origin()
    before = Aggregate(
        f"{name}_before", entity=entity, aggregate="previous", argument=argument, kinds=kinds,
        where=(*where, f"{argument} known"), hidden=True, origin=origin)
    return before, Expression(name, formula=f"{argument} - {name}_before", unit=unit,
                              family=family, meaning=meaning, hidden=hidden, origin=origin)
