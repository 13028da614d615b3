"""What a program's journal knew before a moment, each event with its place in the program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.contract import EVENT_TABLES, OUTCOMES
from features.members.calendar_days import as_of_day, local_days
from features.places import MISSING, TIE_BITS, Ints, first_place
from features.segments.standing import known_row

if TYPE_CHECKING:
    from features.store.journal import Journal

SCAN, REFERRAL, REDEMPTION, ACTIVITY = range(4)
"""Kinds of a `Past.events` row."""
CREDITED: Final = OUTCOMES.index("credited")
REFUSED: Final = OUTCOMES.index("refused")
MEMBER_KINDS: Final = {"persona": "persona", "region": "region", "tier": "tier", "trade": "trade",
                       "rep": "enrolled_by"}
"""Kinds of segment that a member brings, and the column of his that says which."""
_IDS: Final = ("region", "trade", "enrolled_by")
_TABLES: Final = (*EVENT_TABLES, "activities")
_WANTED: Final = (
    ("member_id", "occurred_at", "points", "outcome", "sku", "batch_id", "code_id", "quantity",
     "amount", "proof"),
    ("member_id", "occurred_at", "points", "outcome", "referee_kind"),
    ("member_id", "occurred_at", "points", "outcome", "reward_id", "reward_kind", "status",
     "fulfilled_at"),
    ("member_id", "occurred_at"),
)
_COLUMNS: Final = {
    "points": 0, "outcome": CREDITED, "sku": 0, "batch_id": 0, "code_id": 0, "quantity": MISSING,
    "amount": MISSING, "proof": MISSING, "referee_kind": MISSING, "reward_id": 0,
    "reward_kind": MISSING, "status": 0, "fulfilled_at": MISSING,
}
"""Columns that not every table has, and what stands where it is unknown."""


@dataclass(frozen=True)
class Past:
    """Everything that segments are made of, in place order, integers as in the journal.

    Parameters
    ----------
    zone : str
        The program's time zone.
    today : int
        The first local day of which nothing is here; days since 1970.
    as_of_ms : int
        Only what was known before it is here.
    events : DataFrame
        ``place kind member day points outcome sku batch code quantity amount proof referee_kind
        reward reward_kind status fulfilled`` and ``persona region tier trade rep`` as known at
        the event's place.
    members : DataFrame
        First known version of each member: ``place member day persona region tier trade rep``;
        ``day`` is when he was known to have joined.
    campaigns : DataFrame
        Versions: ``place campaign kind starts ends persona region sku multiplier``; moments in ms.
    codes : DataFrame
        ``place code batch``.
    statuses : dict of int to str
        The words behind ``events.status``.
    """

    zone: str
    today: int
    as_of_ms: int
    events: pd.DataFrame
    members: pd.DataFrame
    campaigns: pd.DataFrame
    codes: pd.DataFrame
    statuses: dict[int, str]

    @classmethod
    def read(cls, journal: Journal, as_of_ms: int) -> Past:
        """Read what was known before a moment; a million events take some seconds."""
        until, zone = first_place(as_of_ms), journal.program.timezone
        versions = journal.frame("members", until, columns=(
            "member_id", "joined_at", *MEMBER_KINDS.values()))
        events = pd.concat([_read(journal, kind, until) for kind in range(len(_TABLES))],
                           ignore_index=True)
        events = events.sort_values("place", kind="stable", ignore_index=True)
        codes = _codes(journal, until)
        events = _placed(events, versions, codes, zone)
        words = np.unique(events["status"].to_numpy())
        words = words[words > 0]
        names = journal.names("redemption_status", words)
        return cls(zone, as_of_day(as_of_ms, zone), as_of_ms, events, _members(versions, zone),
                   _campaigns(journal, until), codes,
                   dict(zip(words.tolist(), map(str, names), strict=True)))

    @property
    def whole_days(self) -> int:
        """The first local day that was not over at the moment: what is looked at ends before it."""
        return int(local_days(np.array([self.as_of_ms]), self.zone)[0])

    def before(self, as_of_ms: int) -> Past:
        """The same as of an earlier moment, as if it had been read then.

        >>> import pandas as pd
        >>> none = pd.DataFrame({"place": [1 << 20, 9 << 20]})
        >>> past = Past("UTC", 1, 10, none, none, none, none, {})
        >>> len(past.before(9).events)
        1
        """
        until = first_place(as_of_ms)
        cut = {name: frame[frame["place"] < until].reset_index(drop=True)
               for name in ("events", "members", "campaigns", "codes")
               for frame in (getattr(self, name),)}
        return replace(self, today=as_of_day(as_of_ms, self.zone), as_of_ms=as_of_ms, **cut)


def _read(journal: Journal, kind: int, until: int) -> pd.DataFrame:
    rows = journal.frame(_TABLES[kind], until, columns=_WANTED[kind])
    for name, unknown in _COLUMNS.items():
        cells = rows[name].to_numpy() if name in rows else np.full(len(rows), unknown)
        if name in ("points", "outcome"):
            cells = np.where(cells == MISSING, unknown, cells)
        rows[name] = cells
    return rows.drop(columns="seq").assign(kind=kind)


def _placed(
    events: pd.DataFrame, versions: pd.DataFrame, codes: pd.DataFrame, zone: str
) -> pd.DataFrame:
    """Add each event's day and segments, as known at its place."""
    place = events["place"].to_numpy()
    member = events["member_id"].to_numpy()
    row = known_row(versions["member_id"].to_numpy(), versions["place"].to_numpy(), member, place)
    added = {"day": local_days(place >> TIE_BITS, zone)}
    for kind, column in MEMBER_KINDS.items():
        cells = versions[column].to_numpy()
        unknown = 0 if column in _IDS else MISSING
        added[kind] = np.where(row >= 0, cells[row], unknown) if len(cells) else np.full(
            len(member), unknown)
    code = events["code_id"].to_numpy()
    at = known_row(codes["code"].to_numpy(), codes["place"].to_numpy(), code, place)
    known = np.where(at >= 0, codes["batch"].to_numpy()[at], 0) if len(codes) else 0
    said = events["batch_id"].to_numpy()
    added["batch_id"] = np.where((said == 0) & (code > 0), known, said)
    named = {"member_id": "member", "batch_id": "batch", "code_id": "code", "reward_id": "reward",
             "fulfilled_at": "fulfilled"}
    return events.assign(**added).rename(columns=named)


def _members(versions: pd.DataFrame, zone: str) -> pd.DataFrame:
    first = versions.drop_duplicates("member_id", keep="first")
    known = first["place"].to_numpy() >> TIE_BITS
    joined = first["joined_at"].to_numpy()
    day = local_days(np.where(joined == MISSING, known, np.maximum(joined, known)), zone)
    columns = {kind: first[column].to_numpy() for kind, column in MEMBER_KINDS.items()}
    return pd.DataFrame({"place": first["place"].to_numpy(), "member": first["member_id"]
                         .to_numpy(), "day": day, **columns})


def _campaigns(journal: Journal, until: int) -> pd.DataFrame:
    rows = journal.frame("campaigns", until, columns=(
        "campaign_id", "kind", "starts_at", "ends_at", "persona", "region", "sku", "multiplier"))
    named = {"campaign_id": "campaign", "starts_at": "starts", "ends_at": "ends"}
    return rows.drop(columns="seq").rename(columns=named)


def _codes(journal: Journal, until: int) -> pd.DataFrame:
    rows = journal.frame("codes", until, columns=("code_id", "batch_id"))
    rows = rows[rows["batch_id"] > 0]
    return pd.DataFrame({"place": rows["place"].to_numpy(), "code": rows["code_id"].to_numpy(),
                         "batch": rows["batch_id"].to_numpy()}, dtype="i8")


def daily_members(events: pd.DataFrame) -> Ints:
    """Rows of a `Past.events` frame that are the first of a known member's day, ascending."""
    member, day = events["member"].to_numpy(), events["day"].to_numpy()
    known = np.flatnonzero(member > 0)
    if not len(known):
        return known
    key = member[known] * (int(day.max()) + 1) + day[known]
    return np.sort(known[np.unique(key, return_index=True)[1]])
