"""What the journal knew before a moment, as the tests of insiders read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.contract import EVENT_TABLES
from features.places import TIE_BITS, first_place

if TYPE_CHECKING:
    import numpy.typing as npt

    from features.store.journal import Journal

DAY: Final = 86_400_000
HOURS: Final = (8, 18)
"""A desk's day, from and until; what lies outside is compared with peers, never judged alone."""
_WANTED: Final = ("event_id", "member_id", "occurred_at", "points", "agent_id", "device_id",
                  "outcome")


@dataclass(frozen=True)
class Past:
    """Tables as of a moment, integers as in the journal.

    Parameters
    ----------
    as_of_ms : int
    events : DataFrame
        Of every judged event: ``kind event_id member_id points agent_id device_id outcome ms
        day``; ``ms`` is the server's clock, ``day`` the program's local day.
    members, adjustments, feedback, activities, referrals : DataFrame
        The last known version of each member; rows of the others, with ``ms``.
    goods : DataFrame
        ``outlet_id ms``: when goods were last scanned at an outlet or sent to it.
    zone : str
        The program's time zone.
    """

    as_of_ms: int
    events: pd.DataFrame
    members: pd.DataFrame
    adjustments: pd.DataFrame
    feedback: pd.DataFrame
    activities: pd.DataFrame
    referrals: pd.DataFrame
    goods: pd.DataFrame
    zone: str

    def is_late(self, ms: pd.Series) -> npt.NDArray[np.bool_]:
        """Which moments lie outside a desk's day, or on a Sunday."""
        local = pd.to_datetime(ms, unit="ms", utc=True).dt.tz_convert(self.zone).dt
        return np.asarray((local.hour < HOURS[0]) | (local.hour >= HOURS[1])
                          | (local.dayofweek == 6))


def read_past(journal: Journal, as_of_ms: int) -> Past:
    """Read what was known before a moment."""
    until = first_place(as_of_ms)
    zone = journal.program.timezone
    parts = []
    for kind, table in enumerate(EVENT_TABLES):
        part = journal.frame(table, until, columns=_WANTED)
        parts.append(part.assign(kind=kind))
    events = pd.concat(parts, ignore_index=True)
    events["ms"] = events["place"].to_numpy() >> TIE_BITS
    events["day"] = _days(events["ms"], zone)
    members = journal.frame("members", until, latest=True, columns=(
        "member_id", "region", "persona", "joined_at", "enrolled_by", "outlet_id"))
    booked = journal.frame("adjustments", until, columns=(
        "member_id", "agent_id", "occurred_at", "points", "ticket"))
    labels = journal.frame("feedback", until, columns=(
        "event_id", "label", "decided_at", "source", "reviewer_id", "opened_at"))
    brought = journal.frame("referrals", until, columns=(
        "member_id", "occurred_at", "referee", "referee_kind"))
    seen = journal.frame("activities", until, columns=("member_id", "occurred_at", "kind"))
    return Past(as_of_ms, events, members.set_index("member_id"),
                booked.rename(columns={"occurred_at": "ms"}),
                labels.rename(columns={"decided_at": "ms"}),
                seen.rename(columns={"occurred_at": "ms"}),
                brought.rename(columns={"occurred_at": "ms"}), _goods(journal, until), zone)


def _goods(journal: Journal, until: int) -> pd.DataFrame:
    scans = journal.frame("scans", until, columns=("outlet_id", "occurred_at"))
    codes = journal.frame("codes", until, columns=("dispatched_outlet_id", "dispatched_at"))
    named = ("outlet_id", "ms")
    both = [part.iloc[:, 2:].set_axis(named, axis=1) for part in (scans, codes)]
    goods = pd.concat(both, ignore_index=True).query("outlet_id > 0 and ms >= 0")
    return goods.groupby("outlet_id", as_index=False)["ms"].max()


def _days(ms: pd.Series, zone: str) -> pd.Series:
    """Local days since 1970 of moments."""
    local = pd.to_datetime(ms, unit="ms", utc=True).dt.tz_convert(zone).dt.tz_localize(None)
    return (local.astype("datetime64[ms]").astype("int64") // DAY).astype("int64")
