"""What a program knew of its members before a moment, as plain frames.

`History` reads a journal once; `History.known` answers for any earlier moment, so that training
snapshots and today's scores come from one pass. `Known` is all that member features may see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from features.contract import DELIVERY_STATUSES, EVENT_TABLES, HOLDOUTS, OUTCOMES
from features.members.activity import ActivityLog, daily, qualifies
from features.members.calendar_days import as_of_day, local_days
from features.places import MISSING, first_place
from features.store.schema import DECISIONS

if TYPE_CHECKING:
    from features.store.journal import Journal

MEMBER_COLUMNS: Final = ("member_id", "persona", "joined_at", "trade", "tier", "region",
                         "timezone", "language", "outlet_id", "enrolled_by", "channels", "consent",
                         "off_season", "points_balance", "points_expire_at")  # fmt: skip
CAMPAIGN_COLUMNS: Final = ("campaign_id", "starts_at", "ends_at", "persona", "region")
OFFER_COLUMNS: Final = ("decision_id", "member_id", "decided_at", "mission_id", "propensity",
                        "holdout", "cost_points")  # fmt: skip
HELD_COLUMNS: Final = ("member_id", "day", "kind", "points", "amount", "quantity", "sku",
                       "fulfilled", "counted", "open")  # fmt: skip
DELIVERY_COLUMNS: Final = ("decision_id", "status", "at")
OFFERED: Final = HOLDOUTS.index("none")
READ: Final = tuple(DELIVERY_STATUSES.index(word) for word in ("delivered", "read"))
FAILED: Final = DELIVERY_STATUSES.index("failed")
OPTED_OUT: Final = DELIVERY_STATUSES.index("opted_out")
_HELD: Final = DECISIONS.index("held")
_ENDED: Final = (DECISIONS.index("released"), DECISIONS.index("partial"))


def _empty(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in columns}, dtype="i8")


@dataclass(frozen=True)
class Known:
    """Frames of what was known before a moment; days are local days since 1970.

    Parameters
    ----------
    today : int
        First day of the horizon; every day in the frames of the past is before it.
    days : DataFrame
        Qualifying activity as `features.members.activity.activity_days`.
    members : DataFrame
        Latest version of each member: the contract's columns as integers, unknown = MISSING or
        0 for ids, and ``joined`` and ``expire`` as days.
    campaigns : DataFrame
        ``start, end`` (both included, days), ``persona, region``.
    judged : DataFrame
        ``member_id, day, held, released, open, fraud`` of scans, referrals and redemptions.
    redemptions : DataFrame
        ``member_id, day, fulfilled`` of credited redemptions; ``fulfilled`` is MISSING where the
        program did not know of it yet.
    offers, deliveries : DataFrame
        Decisions of missions with ``day``, and ``decision_id, status, day``.
    held : DataFrame
        Every event of a member's day on which a claim is still held: the columns of
        `features.members.activity.daily`, ``fulfilled``, and whether it is ``counted`` or ``open``.
    off_seasons : dict of int to str
        The words behind ``members.off_season``.
    denied : frozenset of int
        Members on the deny list.
    """

    today: int
    days: pd.DataFrame
    members: pd.DataFrame
    campaigns: pd.DataFrame = field(
        default_factory=lambda: _empty("start", "end", "persona", "region"))
    judged: pd.DataFrame = field(
        default_factory=lambda: _empty("member_id", "day", "held", "released", "open", "fraud"))
    redemptions: pd.DataFrame = field(
        default_factory=lambda: _empty("member_id", "day", "fulfilled"))
    offers: pd.DataFrame = field(
        default_factory=lambda: _empty("decision_id", "member_id", "day", "mission_id", "holdout"))
    deliveries: pd.DataFrame = field(
        default_factory=lambda: _empty("decision_id", "status", "day"))
    held: pd.DataFrame = field(default_factory=lambda: _empty(*HELD_COLUMNS))
    off_seasons: dict[int, str] = field(default_factory=dict)
    denied: frozenset[int] = frozenset()


@dataclass(frozen=True)
class History:
    """A journal's facts about members, read once, with the places from which they are known."""

    timezone: str
    log: ActivityLog
    members: pd.DataFrame
    campaigns: pd.DataFrame
    offers: pd.DataFrame
    deliveries: pd.DataFrame
    off_seasons: dict[int, str]
    first_ms: int

    @classmethod
    def read(cls, journal: Journal, as_of_ms: int) -> History:
        """All that was known before ``as_of_ms``."""
        until, timezone = first_place(as_of_ms), journal.program.timezone
        log = ActivityLog.read(journal, as_of_ms)
        members = _versions(journal, "members", until, MEMBER_COLUMNS)
        words = np.unique(members["off_season"].to_numpy())
        words = words[words > 0]
        texts = journal.names("off_season", words)
        first = int(log.events["place"].min()) >> 20 if len(log.events) else as_of_ms
        return cls(
            timezone, log, members,
            _versions(journal, "campaigns", until, CAMPAIGN_COLUMNS),
            _versions(journal, "missions", until, OFFER_COLUMNS),
            _versions(journal, "deliveries", until, DELIVERY_COLUMNS),
            dict(zip(words.tolist(), texts.tolist(), strict=True)), first,
        )  # fmt: skip

    def known(self, as_of_ms: int, denied: frozenset[int] = frozenset()) -> Known:
        """What the program knew before ``as_of_ms``, not later than the moment of reading."""
        until, today = first_place(as_of_ms), as_of_day(as_of_ms, self.timezone)
        events = self.log.standing(as_of_ms)
        counted = qualifies(events)
        return Known(
            today=today,
            days=daily(events, counted),
            members=self._members(until, as_of_ms),
            campaigns=self._campaigns(until),
            judged=_judged(events),
            redemptions=self._redemptions(events[counted & (events["kind"] == 2)], as_of_ms),
            held=self._held(events, counted, as_of_ms),
            offers=self._offers(until, as_of_ms),
            deliveries=self._dated(self.deliveries, until, "at"),
            off_seasons=self.off_seasons,
            denied=denied,
        )

    def _members(self, until: int, as_of_ms: int) -> pd.DataFrame:
        rows = _latest(self.members, until, "member_id")
        rows = rows[self.log.roots(rows["member_id"].to_numpy(), as_of_ms) == rows["member_id"]]
        return rows.assign(joined=self._days(rows["joined_at"]),
                           expire=self._days(rows["points_expire_at"]))  # fmt: skip

    def _campaigns(self, until: int) -> pd.DataFrame:
        rows = _latest(self.campaigns, until, "campaign_id")
        return pd.DataFrame({
            "start": self._days(rows["starts_at"]), "end": self._days(rows["ends_at"]),
            "persona": rows["persona"], "region": rows["region"],
        })  # fmt: skip

    def _redemptions(self, rows: pd.DataFrame, as_of_ms: int) -> pd.DataFrame:
        return pd.DataFrame({"member_id": rows["member_id"], "day": rows["day"],
                             "fulfilled": self._fulfilled(rows, as_of_ms)})  # fmt: skip

    def _fulfilled(self, rows: pd.DataFrame, as_of_ms: int) -> Any:
        done = rows["fulfilled_at"].to_numpy()
        return self._days(pd.Series(np.where(done < as_of_ms, done, MISSING)))

    def _held(self, events: pd.DataFrame, counted: Any, as_of_ms: int) -> pd.DataFrame:
        """Events of the days of open holds; what was found fraudulent would not be let go."""
        is_open = ((events["status"].to_numpy() == _HELD) & (events["kind"] < len(EVENT_TABLES))
                   & ~events["fraud"] & (events["member_id"] > 0)).to_numpy()
        waits = np.zeros(int(events["member_id"].max()) + 1 if len(events) else 1, dtype=bool)
        waits[events["member_id"].to_numpy()[is_open]] = True
        near = np.flatnonzero(waits[events["member_id"].to_numpy()])
        rows = events.iloc[near].assign(counted=counted[near], open=is_open[near])
        rows = rows.assign(fulfilled=self._fulfilled(rows, as_of_ms))
        held_day = rows.groupby(["member_id", "day"])["open"].transform("any")
        return rows.loc[held_day.to_numpy(dtype=bool), [*HELD_COLUMNS]]

    def _offers(self, until: int, as_of_ms: int) -> pd.DataFrame:
        """Decisions by the accounts that survive: who was merged keeps his rests and opt-outs."""
        rows = self._dated(self.offers, until, "decided_at")
        return rows.assign(member_id=self.log.roots(rows["member_id"].to_numpy(), as_of_ms))

    def _dated(self, rows: pd.DataFrame, until: int, time: str) -> pd.DataFrame:
        seen = rows.iloc[: int(np.searchsorted(rows["place"].to_numpy(), until))]
        return seen.assign(day=self._days(seen[time]))

    def _days(self, ms: pd.Series) -> Any:
        """Local days of times, MISSING where unknown."""
        values = ms.to_numpy(dtype=np.int64)
        known = values != MISSING
        return np.where(known, local_days(np.where(known, values, 0), self.timezone), MISSING)


def _versions(
    journal: Journal, table: str, until: int, columns: tuple[str, ...]
) -> pd.DataFrame:
    rows = journal.frame(table, until=until, columns=["place", "seq", *columns])
    return rows.sort_values(["place", "seq"], kind="stable").reset_index(drop=True)


def _latest(rows: pd.DataFrame, until: int, identity: str) -> pd.DataFrame:
    seen = rows.iloc[: int(np.searchsorted(rows["place"].to_numpy(), until))]
    return seen.drop_duplicates(identity, keep="last").sort_values(identity)


def _judged(events: pd.DataFrame) -> pd.DataFrame:
    """Mark holds and their ends: once held is ``held``, let go ``released``, else ``open``."""
    judged = events[_is_marked(events)]
    status = judged["status"].to_numpy()
    ended = np.isin(status, _ENDED)
    return pd.DataFrame({
        "member_id": judged["member_id"], "day": judged["day"], "held": _was_held(judged) | ended,
        "released": ended, "open": status == _HELD, "fraud": judged["fraud"],
    }).astype(np.int64)  # fmt: skip


def _is_marked(events: pd.DataFrame) -> Any:
    held = _was_held(events) | np.isin(events["status"].to_numpy(), _ENDED)
    fraud = events["fraud"].to_numpy(dtype=bool)
    return (events["kind"].to_numpy() < len(EVENT_TABLES)) & (held | fraud)


def _was_held(events: pd.DataFrame) -> Any:
    start, status = events["outcome"].to_numpy(), events["status"].to_numpy()
    return (start == OUTCOMES.index("held")) | (status == _HELD)
