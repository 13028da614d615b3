"""`jaga campaign`: draft, approve, list, stop and run standing campaigns, and say what they did."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from features.errors import BadInput, NotFound, Unavailable
from features.exports.config import read_text
from models.answers import rfc3339
from models.texts import Texts
from serving.campaigns.diary import Diary
from serving.campaigns.forecast import forecast
from serving.campaigns.handing import hand_over_all, left_over
from serving.campaigns.lock import one_run
from serving.campaigns.night import Night
from serving.campaigns.outcomes import Activity
from serving.campaigns.results import results
from serving.campaigns.shelf import Shelf
from serving.campaigns.standing import StandingCampaign, check
from serving.members import default_as_of
from serving.outbox.jobs import clock_of

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.home import Home
    from features.store.journal import Journal
    from serving.members import Members

Answer = dict[str, Any]


def draft(home: Home, path: Path, by: str, program_id: str | None, now_ms: int) -> Answer:
    """Check a campaign.yaml, keep it as a draft, and say what it would reach.

    Raises
    ------
    BadConfig
        Where it breaks the schema or names what the program does not have; nothing is kept.
    Conflict
        As `serving.campaigns.shelf.Shelf.draft`.
    """
    journal = home.journal(program_id)
    text = read_text(path)
    campaign = StandingCampaign.parse(text, path.name)
    check_within(journal, campaign, path.name)
    with home.database.writing() as store:
        version = Shelf(store, journal.key).draft(text, by, now_ms)
    return {"campaign_id": campaign.id, "version": version.number, "status": "draft",
            "next": f"jaga campaign approve {campaign.id} --by NAME",
            **_forecast(home, journal, campaign, now_ms)}


def approve(home: Home, campaign_id: str, by: str, program_id: str | None, now_ms: int) -> Answer:
    """Approve the newest version of a campaign; from its start it runs every night.

    Raises
    ------
    BadConfig
        Where the program has changed so that the campaign does not fit it any more.
    BadInput, NotFound, Conflict
        As `serving.campaigns.shelf.Shelf.approve`.
    """
    journal = home.journal(program_id)
    with home.database.reading() as store:
        found = Shelf(store, journal.key).find(campaign_id)
    check_within(journal, found.versions[-1].campaign, f"{campaign_id} of this program")
    with home.database.writing() as store:
        shelf = Shelf(store, journal.key)
        step = shelf.approve(campaign_id, by, now_ms)
        return shelf.find(campaign_id).row(now_ms) | {
            "by": step.author, "approved_at": rfc3339(step.at_ms)}


def stop(home: Home, campaign_id: str, by: str, reason: str, program_id: str | None, now_ms: int
         ) -> Answer:
    """Stop a campaign; what was sent stays, and its results go on.

    Raises
    ------
    NotFound, Conflict
        As `serving.campaigns.shelf.Shelf.stop`.
    """
    journal = home.journal(program_id)
    with home.database.writing() as store:
        shelf = Shelf(store, journal.key)
        step = shelf.stop(campaign_id, by, now_ms, reason)
        return shelf.find(campaign_id).row(now_ms) | {
            "stopped_at": rfc3339(step.at_ms), "by": step.author, "reason": step.reason}


def listed(journal: Journal, now_ms: int) -> list[Answer]:
    """List all campaigns of a program, oldest first."""
    with journal.database.reading() as store:
        shelf = Shelf(store, journal.key)
        return [shelf.find(name).row(now_ms) for name in shelf.ids()]


def has_work(journal: Journal, now_ms: int) -> bool:
    """Whether a campaign is on at a moment, or decisions of one wait to be handed over."""
    return left_over(journal) > 0 or any(
        row["status"] == "running" for row in listed(journal, now_ms))


def run(
    home: Home, program_id: str | None = None, as_of: int | None = None,
    now_ms: int | None = None, *, is_dry: bool = False, members: Members | None = None,
) -> Answer:
    """Run a night of all campaigns that are on, and have its decisions sent.

    Parameters
    ----------
    home : Home
    program_id : str or None
        Needed where the home holds several programs.
    as_of : int or None
        UTC milliseconds: knows what was known before, and decides then. None: what is known just
        after the journal's last event, decided at ``now_ms``.
    now_ms : int or None
        The moment of deciding; None: the clock of the home's service.
    is_dry : bool
        Says what would be done and writes nothing.
    members : Members or None
        Who is scored already: the plan knows what they were scored by, and is decided at
        ``now_ms``. None: they are scored now.

    Raises
    ------
    BadInput
        For a moment before the journal's last event: decisions go forward in time.
    Unavailable
        Where another run is at work, or the decisions can not be handed over.
    """
    journal = home.journal(program_id)
    last = default_as_of(journal)
    if as_of is not None and as_of < last and not is_dry:
        raise BadInput("a moment after the journal's last event", rfc3339(as_of),
                       f"take {rfc3339(last)} or later, or add --dry-run")
    known = members.as_of_ms if members else last if as_of is None else as_of
    moment = max(clock_of(home) if now_ms is None else now_ms, last) if as_of is None else as_of
    if is_dry:
        return _night(Night(home, journal, moment, known, is_dry=True), "dry run")
    with one_run(home):
        night = Night(home, journal, moment, known, members=members)
        answer = _night(night, "done")
        hand_over_all(journal, moment)
    with home.database.reading() as store:
        return answer | {"handed_over": Diary(store, journal.key).codes(night.day)}


def results_of(
    home: Home, campaign_id: str, program_id: str | None = None, as_of: int | None = None
) -> Answer:
    """Say what a campaign brought against its control group.

    Raises
    ------
    NotFound
        No such campaign.
    """
    journal = home.journal(program_id)
    moment = default_as_of(journal) if as_of is None else as_of
    texts = Texts.read()
    return results(journal, campaign_id, Activity.read(journal, moment), texts,
                   texts.language(*journal.program.languages))


def _night(night: Night, word: str) -> Answer:
    return {"run": word, "day": _date(night.day), "campaigns": night.run()}


def _date(day: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()


def check_within(journal: Journal, campaign: StandingCampaign, name: str) -> None:
    """Hold a campaign against its program as it is now; BadConfig as `standing.check`."""
    with journal.database.reading() as store:
        regions = [str(row[0]) for row in store.rows(
            "SELECT name FROM entities WHERE program = ? AND kind = 'region'", (journal.key,))]
    check(campaign, journal.program, [mission.id for mission in journal.missions], regions, name)


def _forecast(home: Home, journal: Journal, campaign: StandingCampaign, now_ms: int) -> Answer:
    """What it would reach, or why nobody can say."""
    known = default_as_of(journal)
    night = Night(home, journal, max(now_ms, known), known, is_dry=True)
    try:
        return {"forecast": forecast(journal, campaign, night)}
    except (NotFound, Unavailable) as error:
        return {"forecast": f"none: {error}"}
