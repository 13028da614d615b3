"""Keeps what the retention desk shows, by the thread that scores the members."""

from __future__ import annotations

import json
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.contract import PERSONAS, TIERS
from features.members.calendar_days import local_days
from features.members.known import History
from features.members.rhythm import member_frame
from features.places import first_place
from models.inactivity.states import states
from serving.campaigns.outcomes import Activity
from serving.campaigns.shelf import Shelf
from serving.plans import plan_for
from serving.retention.brought import brought
from serving.retention.kept import COLUMNS, DAYS, FACTS, MEMBERS, TREND, VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.journal import Journal
    from models.bundle import Bundle
    from serving.members import Members

WEEK: Final = 7
WEEKS: Final = 12
"""Weeks back for which the states are told; a quarter shows a trend and a season's edge."""
PICTURED: Final = 400
"""Days of a member's activity that are kept for his picture: a year, and the edge before it."""
GROUP: Final = 20_000
"""Rows of a group in the file of days, of which one member's are read."""
DAY_MS: Final = 86_400_000
BY: Final = ["day", "persona", "region", "tier", "state"]


class Keeping:
    """Writes the tables of one program's retention desk.

    Parameters
    ----------
    folder : Path
        Of the program; made where it is not there.
    journal : Journal
    """

    def __init__(self, folder: Path, journal: Journal) -> None:
        self._folder = folder
        self._journal = journal

    def keep(self, members: Members, bundle: Bundle, erased: int) -> None:
        """Keep what is known of the members as of their moment.

        Parameters
        ----------
        members : Members
            How unusual they are is not looked at.
        bundle : Bundle
            Whose model spoke; also for the weeks before.
        erased : int
            As `Kept.erased`.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        past = _Past(self._journal, bundle, members)
        _write(self._folder / DAYS, _days(members), GROUP)
        _write(self._folder / TREND, past.trend(self._trend_before(bundle.bundle_id)),
               facts={"bundle_id": bundle.bundle_id, "version": VERSION, "erased": erased})
        _write(self._folder / MEMBERS, table_of(members, self._seasons(members)), facts={
            "version": VERSION, "as_of_ms": members.as_of_ms, "today": members.scene.today,
            "erased": erased, "campaigns": past.campaigns(), "calendar": self._calendar(members)})

    def _trend_before(self, bundle_id: str) -> pd.DataFrame | None:
        """Weeks that were told by the same bundle before; they stay as they were told."""
        try:
            table = pq.read_table(self._folder / TREND)
        except FileNotFoundError:
            return None
        facts = json.loads((table.schema.metadata or {}).get(FACTS, b"{}"))
        is_same = (facts.get("bundle_id"), facts.get("version")) == (bundle_id, VERSION)
        return table.to_pandas() if is_same else None

    def _seasons(self, members: Members) -> list[str]:
        """Declared off season of each member in words, empty where there is none."""
        facts = self._journal.frame("members", until=first_place(members.as_of_ms), latest=True,
                                    columns=["member_id", "off_season"])
        numbers = facts.set_index("member_id")["off_season"].reindex(members.table.index)
        return _names(self._journal, "off_season", numbers)

    def _calendar(self, members: Members) -> list[dict[str, Any]]:
        """Seasons and festivals announced by the program, in local days."""
        columns = ["campaign_id", "starts_at", "ends_at", "persona", "region"]
        rows = self._journal.frame("campaigns", until=first_place(members.as_of_ms), latest=True,
                                   columns=columns)
        zone = self._journal.program.timezone
        names = _names(self._journal, "campaign", rows["campaign_id"])
        regions = _names(self._journal, "region", rows["region"])
        return [{"name": name, "start": int(start), "end": int(end), "region": region or None,
                 "persona": PERSONAS[int(persona)] if 0 <= persona < len(PERSONAS) else None}
                for name, region, persona, start, end in zip(
                    names, regions, rows["persona"], local_days(rows["starts_at"].to_numpy(), zone),
                    local_days(rows["ends_at"].to_numpy(), zone), strict=True)]


class _Past:
    """What is read of the history: the weeks before, and what campaigns brought."""

    def __init__(self, journal: Journal, bundle: Bundle, members: Members) -> None:
        self._journal = journal
        self._bundle = bundle
        self._members = members

    @cached_property
    def _history(self) -> History:
        return History.read(self._journal, self._members.as_of_ms)

    def trend(self, before: pd.DataFrame | None) -> pd.DataFrame:
        """States of `WEEKS` weeks before and of today; a week told before is not told again."""
        today = self._members.scene.today
        weeks = [today // WEEK * WEEK - back * WEEK for back in range(WEEKS)][::-1]
        told = {} if before is None else dict(list(before.groupby("day")))
        parts = [told[day] if day in told else self._week(day) for day in weeks if day < today]
        now = self._members.table.assign(day=today)
        return pd.concat([*parts, _counted(now)], ignore_index=True)

    def _week(self, day: int) -> pd.DataFrame:
        """How many members of each kind were in which state when a day began."""
        inactivity = self._bundle.inactivity
        assert inactivity is not None  # the members were scored by it
        known = self._history.known(self._members.as_of_ms - (self._members.scene.today - day)
                                    * DAY_MS)
        frame = member_frame(known)
        if not len(frame):
            return pd.DataFrame(columns=[*BY, "members"])
        state, _ = states(frame, inactivity.p_inactive(frame),
                          inactivity.horizons.of(frame["persona"]))
        return _counted(pd.DataFrame({
            "day": day, "state": state, "persona": _words(PERSONAS, frame["persona"]),
            "tier": _words(TIERS, frame["tier"]),
            "region": _names(self._journal, "region", frame["region"])}))

    def campaigns(self) -> dict[str, Any]:
        """What each standing campaign brought by now, in figures."""
        with self._journal.database.reading() as store:
            ids = Shelf(store, self._journal.key).ids()
        if not ids:
            return {}
        as_of_ms = self._members.as_of_ms
        known = self._history.known(as_of_ms)
        activity = Activity.of(known.days, known.today, first_place(as_of_ms), self._history,
                               as_of_ms)
        return {name: brought(self._journal, name, activity) for name in ids}


def table_of(members: Members, off_seasons: list[str]) -> pd.DataFrame:
    """The table of members that is kept, `COLUMNS`.

    Parameters
    ----------
    members : Members
    off_seasons : list of str
        Declared off season of each in words.
    """
    table, frame = members.table, members.scene.frame
    plan = plan_for(members, {})
    mine = {one.member_id: one for one in plan.suggestions}
    found = [mine.get(name) for name in table["member_id"]]
    why_not = plan.excluded.reindex(table.index).fillna("")
    held = set(plan.decisions.loc[plan.decisions["holdout"] != "none", "member_id"])
    why_not[table["member_id"].isin(held)] = "held_out"
    earned = frame["points_90"].fillna(0.0) / 90 * table["horizon_days"]
    usual = np.fmax(frame["points_sum"] / np.fmax(frame["tenure"], 90.0), 0.0)
    stake = np.fmax(earned, usual.fillna(0.0) * table["horizon_days"]) * table["p_inactive"]
    effect = [one.expected_effect if one else None for one in found]
    return pd.DataFrame({
        "number": table.index.to_numpy(np.int64),
        **{name: table[name].to_numpy() for name in (
            "member_id", "persona", "tier", "region", "language", "state", "segment",
            "p_inactive", "horizon_days", "low", "high")},
        "expected": table["expected_next_activity"].to_numpy(),
        "last_day": frame["last_day"].to_numpy(), "usual_gap": frame["cadence"].to_numpy(),
        "longest_gap": frame["gap_max"].to_numpy(), "off_season": off_seasons,
        "season_left": frame["gap_last_year_left"].to_numpy(),
        "season_length": frame["gap_last_year"].to_numpy(),
        "points_90": frame["points_90"].to_numpy(), "at_stake": stake.round().to_numpy(),
        "reasons": [json.dumps([each.to_json() for each in one], ensure_ascii=False)
                    for one in table["reasons"]],
        "mission": [one.mission_id if one else None for one in found],
        "channel": [one.channel if one else None for one in found],
        "effect": [one.value if one else np.nan for one in effect],
        "effect_low": [one.low if one else np.nan for one in effect],
        "effect_high": [one.high if one else np.nan for one in effect],
        "basis": [str(one.basis) if one else None for one in effect],
        "cost_points": [one.cost_points if one else 0 for one in found],
        "why_not": why_not.to_numpy(),
    })[list(COLUMNS)]


def _days(members: Members) -> pd.DataFrame:
    days = members.scene.days
    late = days[days["day"] >= members.scene.today - PICTURED]
    return late[["member", "day", "events"]].astype("i8").sort_values(["member", "day"])


def _counted(table: pd.DataFrame) -> pd.DataFrame:
    """Count members by `BY`; what is not known of them is an empty word."""
    told = table[BY].fillna({"persona": "", "region": "", "tier": ""})
    return told.groupby(BY).size().reset_index(name="members")


def _words(words: tuple[str, ...], numbers: pd.Series) -> list[str]:
    return [words[int(one)] if 0 <= one < len(words) else "" for one in numbers.fillna(-1)]


def _names(journal: Journal, kind: str, numbers: pd.Series) -> list[str]:
    known = numbers.fillna(0).clip(lower=0).to_numpy().astype(np.int64)
    return [str(name) if name else "" for name in journal.names(kind, known)]


def _write(path: Path, frame: pd.DataFrame, rows: int | None = None,
           facts: dict[str, Any] | None = None) -> None:
    """Replace a file at once; who reads it meanwhile has the one before."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    if facts is not None:
        table = table.replace_schema_metadata(
            {**(table.schema.metadata or {}), FACTS: json.dumps(facts)})
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(table, draft, row_group_size=rows, compression="zstd")
    draft.replace(path)
