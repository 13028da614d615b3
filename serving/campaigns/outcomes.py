"""What partners did after a campaign first decided for them, whatever was sent.

The unit is the member and the day of his first decision outside of the global holdout: up to that
day both groups were treated alike, and the draw alone says who is in which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.members.known import History
from features.places import first_place

if TYPE_CHECKING:
    import pandas as pd

    from features.store.journal import Journal

BEFORE_DAYS: Final = 90
"""Active days of so long before the decision explain part of what follows, in both groups."""
STRETCH: Final = 30
"""Still active on a day is who was active in so many days up to it."""
_SHIFT: Final = 20
"""Bits of a day in a key of member and day; 2,800 years of days."""


@dataclass(frozen=True)
class Activity:
    """Qualifying activity as of a moment.

    Parameters
    ----------
    keys : int64 array, shape (n,)
        Sorted; member and local day of each active day, the day in the low bits.
    today : int
        First day that is not known as a whole.
    until : int
        Places below it are known.
    history : History or None
        Says who was merged into whom; None: nobody.
    as_of_ms : int
        The moment.
    """

    keys: npt.NDArray[np.int64]
    today: int
    until: int
    history: History | None
    as_of_ms: int

    @classmethod
    def read(cls, journal: Journal, as_of_ms: int) -> Activity:
        """All that was known before a moment."""
        return cls.of_history(History.read(journal, as_of_ms), as_of_ms)

    @classmethod
    def of_history(cls, history: History, as_of_ms: int) -> Activity:
        """The same of a history that was read as of the moment."""
        known = history.known(as_of_ms)
        return cls.of(known.days, known.today, first_place(as_of_ms), history, as_of_ms)

    @classmethod
    def of(cls, days: pd.DataFrame, today: int, until: int = 0, history: History | None = None,
           as_of_ms: int = 0) -> Activity:
        """Make it from a frame of ``member, day``."""
        keys = (days["member"].to_numpy(np.int64) << _SHIFT) + days["day"].to_numpy(np.int64)
        return cls(np.sort(keys), today, until, history, as_of_ms)

    def count(
        self, members: npt.NDArray[np.int64], first: npt.NDArray[np.int64],
        last: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.int64]:
        """Active days of each member from day ``first`` to day ``last``, both included.

        >>> import pandas as pd
        >>> days = pd.DataFrame({"member": [7, 7, 8], "day": [10, 12, 11]})
        >>> one = np.array([7])
        >>> Activity.of(days, 20).count(one, np.array([11]), np.array([12]))
        array([1])
        """
        base = members << _SHIFT
        found = np.searchsorted(self.keys, base + last + 1) - np.searchsorted(
            self.keys, base + first)
        return np.asarray(found, dtype=np.int64)

    def roots(self, members: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Whom each member is today, where he was merged into another."""
        if self.history is None:
            return members
        return np.asarray(self.history.log.roots(members, self.as_of_ms), dtype=np.int64)


def entries(decisions: pd.DataFrame, activity: Activity) -> pd.DataFrame:
    """First decision of each member outside of the global holdout.

    Parameters
    ----------
    decisions : DataFrame
        As `serving.campaigns.diary.Diary.decisions`.
    activity : Activity
        Decisions of its unknown days are left out.

    Returns
    -------
    DataFrame
        ``member_id, day, cluster, arm, code, before``: number, local day of the decision, who was
        drawn together, offered or control, what became of the decision, active days in the
        `BEFORE_DAYS` before.
    """
    known = decisions[(decisions["arm"] != "global") & (decisions["day"] < activity.today)]
    known = known.assign(member_id=activity.roots(known["member_id"].to_numpy()))
    first = known.sort_values(["day", "position"], kind="stable").drop_duplicates("member_id")
    day = first["day"].to_numpy()
    before = activity.count(first["member_id"].to_numpy(), day - BEFORE_DAYS, day - 1)
    chosen = first[["member_id", "day", "cluster", "arm", "code"]]
    return chosen.assign(before=before).reset_index(drop=True)


def over(table: pd.DataFrame, activity: Activity, days: int) -> npt.NDArray[np.bool_]:
    """Whether so many days after each entry are known as a whole, shape (n,)."""
    return np.asarray(table["day"].to_numpy() + days < activity.today)


def active(table: pd.DataFrame, activity: Activity, first: int, last: int) -> Any:
    """Whether each partner was active from ``first`` to ``last`` days after his entry, shape (n,).

    The day of the decision itself is day 0 and does not count: the night's decision may come
    after the day's activity.
    """
    day = table["day"].to_numpy()
    return activity.count(table["member_id"].to_numpy(), day + first, day + last) > 0
