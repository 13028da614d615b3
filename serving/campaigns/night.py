"""A night of all campaigns: each stops, or plans once for the day; then what was planned is sent.

Every campaign is planned in transactions of its own, so a run that was killed goes on where it
was, and a second run of the day changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.members.calendar_days import local_days
from serving.campaigns.diary import Diary
from serving.campaigns.outcomes import Activity
from serving.campaigns.past import had_turn, past_of
from serving.campaigns.planning import plan
from serving.campaigns.shelf import Shelf
from serving.campaigns.stops import BY, broken
from serving.casework import Casework
from serving.champion import load_champion
from serving.members import score_members

if TYPE_CHECKING:
    import pandas as pd

    from features.store.home import Home
    from features.store.journal import Journal
    from serving.campaigns.life import Version
    from serving.campaigns.planning import Planned
    from serving.campaigns.standing import StandingCampaign
    from serving.campaigns.stops import Broken
    from serving.members import Members

RECORDS: Final = 2_000
"""Decisions kept in one transaction: below a tenth of a second, so that live events hardly wait."""
Report = dict[str, Any]


class Night:
    """The campaigns of a program on one day.

    Parameters
    ----------
    home : Home
    journal : Journal
    now_ms : int
        The moment of deciding, in UTC milliseconds; its local day is the day of the run.
    as_of_ms : int
        What was known before this moment is what the plan knows.
    is_dry : bool
        Whether nothing is written.
    """

    def __init__(
        self, home: Home, journal: Journal, now_ms: int, as_of_ms: int, is_dry: bool = False
    ) -> None:
        self._home = home
        self._journal = journal
        self._now_ms = now_ms
        self._as_of_ms = as_of_ms
        self._is_dry = is_dry
        self._decided: frozenset[int] = frozenset()
        self.day = int(local_days(np.array([now_ms]), journal.program.timezone)[0])

    @cached_property
    def members(self) -> Members:
        """Everybody, scored once for all campaigns."""
        catalog = self._home.catalog(self._journal.program.program_id)
        bundle = load_champion(self._home, self._journal, catalog)
        return score_members(self._journal, bundle, catalog, self._as_of_ms)

    @cached_property
    def activity(self) -> Activity:
        """What partners did, for the rules that stop a campaign."""
        return Activity.read(self._journal, self._as_of_ms)

    def run(self) -> list[Report]:
        """Run the campaigns that are on, the earliest first; one line each."""
        with self._journal.database.reading() as store:
            shelf = Shelf(store, self._journal.key)
            running = [found.newest for found in map(shelf.find, shelf.ids())
                       if found.status(self._now_ms) == "running"]
        return [self._campaign(version) for version in running]

    def plan(self, campaign: StandingCampaign) -> Planned:
        """Choose for a campaign, whatever its dates; nothing is written."""
        cool_off = {mission.id: mission.cool_off_days for mission in self._journal.missions}
        with self._journal.database.reading() as store:
            decisions = Diary(store, self._journal.key).decisions(campaign.id)
            turns = had_turn(store, self._journal.key, self.day, self._journal.program.timezone)
            rests = Diary(store, self._journal.key).resting(cool_off, self.day)
        past = past_of(campaign, decisions, cool_off, self.day, turns | self._decided)
        past = replace(past, resting=past.resting | rests)
        return plan(campaign, self._journal.program, self.members, past, self._now_ms)

    def _campaign(self, version: Version) -> Report:
        campaign = version.campaign
        report = {"campaign_id": campaign.id, "version": version.number}
        with self._journal.database.reading() as store:
            diary = Diary(store, self._journal.key)
            if diary.has_run(campaign.id, self.day):
                return report | {"did": "done_before"}
            decisions = diary.decisions(campaign.id)
        stop = self._broken(version, decisions)
        if stop is not None:
            return report | {"did": "stopped", "rule": stop.code, **stop.seen}
        planned = self.plan(campaign)
        self._decided |= {entry.member for entry in planned.entries}
        did = "would_plan" if self._is_dry else self._keep(version, planned)
        return report | {"did": did, **planned.counts()}

    def _broken(self, version: Version, decisions: pd.DataFrame) -> Broken | None:
        if decisions.empty:
            return None
        with self._journal.database.reading() as store:
            gone = Diary(store, self._journal.key).opted_out(
                version.campaign.id, self.activity.until)
        found = broken(version.campaign, decisions, gone, self.activity)
        if found is not None and not self._is_dry:
            with self._journal.database.writing() as store:
                Shelf(store, self._journal.key).stop(
                    version.campaign.id, BY, self._now_ms, found.code)
        return found

    def _keep(self, version: Version, planned: Planned) -> str:
        """Keep every decision, then the day, which makes them count; the day once.

        What a run that was cut off kept of the same decisions gives way: the day and its
        decisions are of one moment.
        """
        records = [(str(record["decision_id"]), record) for record in planned.records]
        for start in range(0, len(records), RECORDS):
            with self._journal.database.writing() as store:
                Casework(store, self._journal.key).suggest(
                    records[start:start + RECORDS], self._now_ms, replaces=True)
        campaign_id = version.campaign.id
        with self._journal.database.writing() as store:
            store.take_turn(self._journal.key)
            diary = Diary(store, self._journal.key)
            if diary.has_run(campaign_id, self.day):
                return "done_before"
            diary.write(campaign_id, self.day, version.number, self._now_ms, planned.counts(),
                        planned.entries)
        return "planned"
