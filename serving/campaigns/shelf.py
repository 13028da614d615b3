"""The standing campaigns of a program: every version, who approved it, and what stopped it.

Nothing is overwritten: a version is a row, an approval is a row, a stop is a row.
"""

from __future__ import annotations

from typing import Final

from features.errors import BadInput, Conflict, NotFound
from serving.campaigns.life import Shelved, Step, Version
from serving.campaigns.standing import StandingCampaign
from serving.within import WithinProgram

FROZEN: Final = ("control", "starts_at", "window_days")
"""What may not change once a campaign was approved: it would move partners between groups, or
change what its results count."""


class Shelf(WithinProgram):
    """Reads and writes of one program's campaigns inside a transaction.

    Examples
    --------
    >>> import tempfile
    >>> from features.exports.program import Program
    >>> from features.store.home import Home
    >>> home = Home(tempfile.mkdtemp())
    >>> journal = home.create(Program(program_id="acme"))
    >>> text = ("{id: back, name: Win back, monthly_budget_points: 900,"
    ...         " starts_at: 2026-01-01T00:00:00Z, ends_at: 2026-02-01T00:00:00Z}")
    >>> with home.database.writing() as store:
    ...     shelf = Shelf(store, journal.key)
    ...     shelf.draft(text, "rina", 1).number, shelf.find("back").status(2)
    ...     shelf.approve("back", "ana", 3).version, shelf.find("back").status(4)
    (1, 'draft')
    (1, 'waiting')
    >>> home.close()
    """

    def draft(self, text: str, by: str, ms: int) -> Version:
        """Keep a version; the text of the last one again changes nothing.

        Raises
        ------
        BadConfig
            As `StandingCampaign.parse`.
        BadInput
            Where a second person has to approve it, and nobody is named as the first.
        Conflict
            Where it changes what an approved campaign may not change.
        """
        campaign = StandingCampaign.parse(text)
        if campaign.second_person and not by.strip():
            raise BadInput("the name of who drafts a campaign that a second person approves",
                           "an empty one", "name yourself with --by")
        self._store.take_turn(self._program)
        found = self._look_up(campaign.id)
        if found is not None:
            if found.versions[-1].text == text:
                return found.versions[-1]
            _check_frozen(found, campaign)
        number = 1 if found is None else found.versions[-1].number + 1
        self._store.run(
            "INSERT INTO standing_campaigns (program, campaign_id, version, text, at_ms, author) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (self._program, campaign.id, number, text, ms, by.strip()))
        return Version(campaign, number, text, ms, by.strip())

    def approve(self, campaign_id: str, by: str, ms: int) -> Step:
        """Approve the newest version; one that runs already is left as it is.

        Raises
        ------
        BadInput
            Where nobody is named.
        NotFound
            No such campaign.
        Conflict
            Where its last day is over, or where somebody else than its author has to approve it.
        """
        if not by.strip():
            raise BadInput("the name of who approves a campaign", "an empty one",
                           "name yourself with --by")
        self._store.take_turn(self._program)
        found = self.find(campaign_id)
        version = found.versions[-1]
        if version.campaign.ends_ms <= ms:
            raise Conflict("a campaign that has not ended",
                           f"one that ends at {version.campaign.ends_at.isoformat()}",
                           "draft it with a later ends_at")
        last = found.steps[-1:]
        if last and (last[0].act, last[0].version) == ("approved", version.number):
            return last[0]
        if found.may_not_approve(by):
            raise Conflict("a second person to approve this campaign", "who drafted it",
                           "ask somebody else whose role may do so")
        return self._step(found, campaign_id, Step("approved", version.number, ms, by.strip(), ""))

    def stop(self, campaign_id: str, by: str, ms: int, reason: str) -> Step:
        """Stop a campaign; one that is stopped stays as it was.

        Raises
        ------
        NotFound
            No such campaign.
        Conflict
            Where it was never approved.
        """
        self._store.take_turn(self._program)
        found = self.find(campaign_id)
        if not found.steps:
            raise Conflict("an approved campaign", "a draft", "a draft does nothing by itself")
        last = found.steps[-1]
        if last.act == "stopped":
            return last
        return self._step(found, campaign_id,
                          Step("stopped", last.version, ms, by.strip(), reason.strip()))

    def _step(self, found: Shelved, campaign_id: str, step: Step) -> Step:
        self._store.run(
            "INSERT INTO standing_acts (program, campaign_id, number, version, act, at_ms, author, "
            "reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (self._program, campaign_id, len(found.steps) + 1, step.version, step.act, step.at_ms,
             step.author, step.reason))
        return step

    def find(self, campaign_id: str) -> Shelved:
        """Find a campaign; NotFound with the ids there are."""
        found = self._look_up(campaign_id)
        if found is None:
            listed = ", ".join(self.ids()[:20]) or "none yet"
            raise NotFound(f"the campaign {campaign_id}"[:120], f"a program with {listed}",
                           "jaga campaign draft FILE makes one")
        return found

    def ids(self) -> list[str]:
        """Ids of all campaigns, in their order; earlier ones choose their partners first."""
        return [str(row[0]) for row in self._store.rows(
            "SELECT campaign_id FROM standing_campaigns WHERE program = ? AND version = 1 "
            "ORDER BY at_ms, campaign_id", (self._program,))]

    def _look_up(self, campaign_id: str) -> Shelved | None:
        versions = self._store.rows(
            "SELECT version, text, at_ms, author FROM standing_campaigns WHERE program = ? "
            "AND campaign_id = ? ORDER BY version", (self._program, campaign_id))
        if not versions:
            return None
        steps = self._store.rows(
            "SELECT act, version, at_ms, author, reason FROM standing_acts WHERE program = ? "
            "AND campaign_id = ? ORDER BY number", (self._program, campaign_id))
        return Shelved(
            tuple(Version(StandingCampaign.parse(row[1], f"{campaign_id} version {row[0]}"),
                          int(row[0]), row[1], int(row[2]), row[3]) for row in versions),
            tuple(Step(row[0], int(row[1]), int(row[2]), row[3], row[4]) for row in steps))


def _check_frozen(found: Shelved, campaign: StandingCampaign) -> None:
    if found.approved is None:
        return
    before = found.approved.campaign
    for name in FROZEN:
        if getattr(before, name) != getattr(campaign, name):
            raise Conflict(f"the same {name} as in the version that was approved",
                           f"{getattr(campaign, name)} instead of {getattr(before, name)}",
                           "give the new campaign an id of its own")
