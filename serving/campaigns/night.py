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
from serving.members import members_without_anomaly

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
    members : Members or None
        As of ``as_of_ms``, where they are scored already.
    """

    def __init__(
        self, home: Home, journal: Journal, now_ms: int, as_of_ms: int, is_dry: bool = False,
        members: Members | None = None,
    ) -> None:
        self._home = home
        self._journal = journal
        self._now_ms = now_ms
        self._as_of_ms = as_of_ms
        self._is_dry = is_dry
        self._scored = members
        self._decided: frozenset[int] = frozenset()
        self.day = int(local_days(np.array([now_ms]), journal.program.timezone)[0])

    @cached_property
    def members(self) -> Members:
        """Everybody, scored once for all campaigns."""
        if self._scored is not None:
            return self._scored
        catalog = self._home.catalog(self._journal.program.program_id)
        bundle = load_champion(self._home, self._journal, catalog)
        return members_without_anomaly(self._journal, bundle, self._as_of_ms)

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
        return planned(self._journal, campaign, self.members, self._now_ms, self._decided)

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
        chosen = self.plan(campaign)
        self._decided |= {entry.member for entry in chosen.entries}
        did = "would_plan" if self._is_dry else self._keep(version, chosen)
        return report | {"did": did, **chosen.counts()}

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

    def _keep(self, version: Version, chosen: Planned) -> str:
        """Keep every decision, then the day, which makes them count; the day once.

        What a run that was cut off kept of the same decisions gives way: the day and its
        decisions are of one moment.
        """
        records = [(str(record["decision_id"]), record) for record in chosen.records]
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
            diary.write(campaign_id, self.day, version.number, self._now_ms, chosen.counts(),
                        chosen.entries)
        return "planned"


def planned(
    journal: Journal, campaign: StandingCampaign, members: Members, now_ms: int,
    decided: frozenset[int] = frozenset(),
) -> Planned:
    """Choose for a campaign what a night would decide at a moment; nothing is written.

    Parameters
    ----------
    journal : Journal
    campaign : StandingCampaign
        Whatever its dates.
    members : Members
    now_ms : int
        The moment of deciding, in UTC milliseconds.
    decided : frozenset of int
        Members who had their turn today, beside those the journal knows of.
    """
    day = int(local_days(np.array([now_ms]), journal.program.timezone)[0])
    cool_off = {mission.id: mission.cool_off_days for mission in journal.missions}
    with journal.database.reading() as store:
        decisions = Diary(store, journal.key).decisions(campaign.id)
        turns = had_turn(store, journal.key, day, journal.program.timezone)
        rests = Diary(store, journal.key).resting(cool_off, day)
    past = past_of(campaign, decisions, cool_off, day, turns | decided)
    past = replace(past, resting=past.resting | rests)
    return plan(campaign, journal.program, members, past, now_ms)
