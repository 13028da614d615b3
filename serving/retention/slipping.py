"""Who is slipping: how many by persona, region and tier, how that moved, and who to see first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from models.answers import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from serving.retention.kept import Kept

NEEDS: Final = ("slipping", "lapsed")
"""States that ask for something; off season is none of them."""
FILTERS: Final = ("persona", "region", "tier", "state")
BACK_DAYS: Final = 28
"""A change is told against so many days ago: whole weeks, so that weekdays do not speak."""
MOST_GROUPS: Final = 6
"""Groups of a column that are listed; a program may have hundreds of regions."""


@dataclass(frozen=True)
class Count:
    """How many members something is true of, now and before.

    Parameters
    ----------
    name : str
        State, or value of a persona, region or tier; empty: not known.
    now : int
    before : int or None
        `BACK_DAYS` ago; None where that is not known.
    of : int
        Members of the same group, whatever their state.
    series : tuple of (int, int)
        Day and count, oldest first.
    """

    name: str
    now: int
    before: int | None
    of: int
    series: tuple[tuple[int, int], ...]

    @property
    def change(self) -> int | None:
        """Members more than before; None where that is not known."""
        return None if self.before is None else self.now - self.before

    @property
    def share(self) -> float:
        """Part of the group, 0..1."""
        return self.now / self.of if self.of else 0.0


def by_state(kept: Kept, chosen: Mapping[str, str]) -> list[Count]:
    """Count members by state, in the order of `STATES`; states that nobody was in are left out.

    Parameters
    ----------
    kept : Kept
    chosen : mapping of str to str
        Values of persona, region and tier; a ``state`` is not heeded.
    """
    trend = _picked(kept.trend, {key: chosen[key] for key in chosen if key != "state"})
    return [one for one in (_count(trend, trend[trend["state"] == state], state)
                            for state in STATES) if any(count for _, count in one.series)]


def by_group(kept: Kept, column: str, chosen: Mapping[str, str]) -> list[Count]:
    """Count who is slipping or lapsed in each group of a column, the most first.

    Parameters
    ----------
    kept : Kept
    column : str
        persona, region or tier.
    chosen : mapping of str to str
        As `by_state`.
    """
    trend = _picked(kept.trend, {key: chosen[key] for key in chosen if key != "state"})
    needs = trend["state"].isin(NEEDS)
    found = [_count(group, group[needs[group.index]], str(name))
             for name, group in trend.groupby(column)]
    return sorted(found, key=lambda one: (-one.now, one.name))[:MOST_GROUPS]


def ranked(members: pd.DataFrame, chosen: Mapping[str, str]) -> pd.DataFrame:
    """Members of a choice who are slipping or lapsed, the most points at stake first.

    Where a state is chosen, those of that state, whichever it is.

    >>> import pandas as pd
    >>> members = pd.DataFrame({"member_id": ["a", "b", "c"], "state": ["slipping", "active",
    ...     "lapsed"], "at_stake": [5.0, 90.0, 40.0], "p_inactive": [0.9, 0.1, 0.8]})
    >>> ranked(members, {})["member_id"].tolist()
    ['c', 'a']
    """
    picked = _picked(members, chosen)
    if "state" not in chosen:
        picked = picked[picked["state"].isin(NEEDS)]
    return picked.sort_values(["at_stake", "p_inactive", "member_id"],
                              ascending=[False, False, True], kind="stable")


def _picked(table: pd.DataFrame, chosen: Mapping[str, str]) -> pd.DataFrame:
    for column in FILTERS:
        if column in chosen:
            table = table[table[column] == chosen[column]]
    return table


def _count(group: pd.DataFrame, hit: pd.DataFrame, name: str) -> Count:
    """Count of the part of a group's trend that is hit; days without any count as 0."""
    of = group.groupby("day")["members"].sum()
    series: Any = hit.groupby("day")["members"].sum().reindex(of.index, fill_value=0)
    if not len(series):
        return Count(name, 0, None, 0, ())
    today = int(series.index[-1])
    past = series[series.index <= today - BACK_DAYS]
    return Count(name, int(series.iloc[-1]), int(past.iloc[-1]) if len(past) else None,
                 int(of.iloc[-1]),
                 tuple((int(day), int(n)) for day, n in series.items()))
