"""The acts of the retention desk in a running service, each by a named person and audited."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi.concurrency import run_in_threadpool

from features.errors import Conflict
from models.answers import rfc3339
from serving.audit.who import Act
from serving.campaigns.jobs import check_within
from serving.campaigns.shelf import Shelf
from serving.campaigns.standing import StandingCampaign
from serving.commits import Work
from serving.retention.builder import foresee
from serving.retention.drafts import MissionDrafts
from serving.retention.launching import may_launch, waits_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.exports.missions import Mission
    from features.store.writing import Writing
    from serving.campaigns.life import Shelved
    from serving.members import Members
    from serving.served import Served

Json = dict[str, Any]


class RetentionDesk:
    """Campaigns and missions of one program, as people draft, launch and stop them.

    Parameters
    ----------
    served : Served
    members : callable
        Gives the newest scored members; Unavailable while the first are scored.
    """

    def __init__(self, served: Served, members: Callable[[], Members]) -> None:
        self._live, self._do, self._clock = served
        self._members = members

    async def forecast(self, text: str) -> Json:
        """Say what a campaign would do; nothing is kept.

        Raises
        ------
        BadConfig
            As `StandingCampaign.parse` and `serving.campaigns.standing.check`.
        Unavailable
            While members are scored for the first time.
        """
        return await run_in_threadpool(self._foresee, text)

    async def draft(self, text: str, by: str) -> Json:
        """Keep a campaign as a draft.

        Raises
        ------
        BadConfig, Conflict
            As `serving.campaigns.shelf.Shelf.draft`; also for what the program does not have.
        """
        campaign = await run_in_threadpool(self._checked, text)

        def act(writing: Writing) -> Json:
            shelf, now_ms = Shelf(writing.store, writing.key), self._clock()
            version = shelf.draft(text, by, now_ms)
            if version.at_ms == now_ms:
                _told("campaign_drafted", by, writing, now_ms, campaign.id, version.number)
            return self._row(shelf.find(campaign.id), now_ms)

        return dict(await self._do(Work(act, alone=True)))

    async def launch(self, campaign_id: str, version: int, by: str) -> Json:
        """Approve a version of a campaign; from its start it runs every night.

        Parameters
        ----------
        campaign_id : str
        version : int
            What was looked at; a newer one is not approved unseen.
        by : str
            Who launches it.

        Raises
        ------
        Conflict
            Where somebody else has to launch it, where a newer version came, where it has ended.
        NotFound
            No such campaign.
        """

        def act(writing: Writing) -> Json:
            shelf, now_ms = Shelf(writing.store, writing.key), self._clock()
            found = shelf.find(campaign_id)
            newest = found.versions[-1]
            if newest.number != version:
                raise Conflict(f"the newest version of {campaign_id}"[:120],
                               f"version {version}; {newest.author} drafted {newest.number}"[:120],
                               "look at it again")
            if not may_launch(found, by, writing.program):
                raise Conflict("a second person to launch this campaign", "who drafted it",
                               "ask somebody else whose role may do so")
            check_within(self._live.journal, newest.campaign, f"{campaign_id} of this program")
            if shelf.approve(campaign_id, by, now_ms).at_ms == now_ms:
                _told("campaign_approved", by, writing, now_ms, campaign_id, newest.number)
            return self._row(shelf.find(campaign_id), now_ms)

        return dict(await self._do(Work(act, alone=True)))

    async def stop(self, campaign_id: str, reason: str, by: str) -> Json:
        """Stop a campaign; what was sent stays, and its results go on.

        Raises
        ------
        Conflict, NotFound
            As `serving.campaigns.shelf.Shelf.stop`.
        """

        def act(writing: Writing) -> Json:
            shelf, now_ms = Shelf(writing.store, writing.key), self._clock()
            step = shelf.stop(campaign_id, by, now_ms, reason)
            if step.at_ms == now_ms:
                _told("campaign_stopped", by, writing, now_ms, campaign_id, step.version)
            return self._row(shelf.find(campaign_id), now_ms)

        return dict(await self._do(Work(act, alone=True)))

    async def draft_mission(self, mission_id: str, body: Json | None, by: str) -> Json:
        """Keep a draft of a mission, or of taking it off the list.

        Raises
        ------
        BadConfig, NotFound
            As `serving.retention.drafts.MissionDrafts.draft`.
        """

        def act(writing: Writing) -> Json:
            now_ms = self._clock()
            kept = MissionDrafts(writing.store, writing.key).draft(
                mission_id, body, by, now_ms, writing.program)
            Act("mission_drafted", by).write(writing, now_ms, {"draft": kept.number}, {})
            return {"draft": kept.number, "mission_id": mission_id, "status": kept.status,
                    "author": kept.author}

        return dict(await self._do(Work(act, alone=True)))

    async def end_draft(self, number: int, by: str, *, publishes: bool) -> Json:
        """Publish a draft of a mission, as the second person, or drop it.

        Raises
        ------
        BadConfig, Conflict, NotFound
            As `serving.retention.drafts.MissionDrafts.publish`.
        """
        told, missions = await self._do(Work(
            partial(self._end_draft, number=number, by=by, publishes=publishes), alone=True))
        if missions is not None:
            # Once it is committed; in place: whoever scores beside us holds the same list.
            self._live.journal.missions[:] = missions
        return dict(told)

    def _end_draft(self, writing: Writing, number: int, by: str, publishes: bool
                   ) -> tuple[Json, list[Mission] | None]:
        """End a draft; what is answered, and all missions from now on where they change."""
        drafts, now_ms = MissionDrafts(writing.store, writing.key), self._clock()
        missions: list[Mission] | None = None
        if publishes:
            missions = drafts.publish(number, by, now_ms, writing.program)
        else:
            drafts.withdraw(number, by, now_ms)
        word = "published" if publishes else "withdrawn"
        Act(f"mission_{word}", by).write(writing, now_ms, {"draft": number}, {})
        return {"draft": number, "status": word}, missions

    def _foresee(self, text: str) -> Json:
        campaign = self._checked(text)
        members = self._members()
        now_ms = max(self._clock(), members.as_of_ms)
        return {"as_of": rfc3339(members.as_of_ms),
                **foresee(self._live.journal.twin(), campaign, members, now_ms)}

    def _checked(self, text: str) -> StandingCampaign:
        campaign = StandingCampaign.parse(text)
        check_within(self._live.journal, campaign, "this campaign")
        return campaign

    def _row(self, found: Shelved, now_ms: int) -> Json:
        waits = waits_for(found, self._live.journal.program)
        return found.row(now_ms) | {"newest_version": found.versions[-1].number,
                                    "second_person": waits}


def _told(act: str, by: str, writing: Writing, now_ms: int, campaign_id: str, version: int) -> None:
    Act(act, by).write(writing, now_ms, {"version": version}, {"campaign": campaign_id})
