"""The campaign builder: from what a marketer chose to a campaign, and what it would do."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

from features.errors import BadCell
from serving.campaigns.forecast import foreseen
from serving.campaigns.night import planned
from serving.retention.brought import expected
from serving.retention.launching import second_person_why

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from features.exports.program import Program
    from features.store.journal import Journal
    from serving.campaigns.planning import Planned
    from serving.campaigns.standing import StandingCampaign
    from serving.members import Members

LONGEST_ID: Final = 60
MONTHS: Final = 6
"""Months that a campaign lasts where nobody says otherwise."""
YEARS: Final = range(2000, 3000)
"""In which a campaign may lie: any moment of them is one in every time zone and in every store."""


@dataclass(frozen=True)
class Wish:
    """What was chosen in the form; what is empty is left to the defaults of a campaign.

    Parameters
    ----------
    campaign_id, name : str
        An empty id is made of the name.
    segment : mapping of str to str
    missions, channels : tuple of str
        Empty: all.
    budget_points : str
        Most points of a month.
    control_percent : str
        Partners of a hundred who get nothing.
    starts, ends : str
        First and last day, ISO dates of the program's time zone; empty: today, and
        `MONTHS` months later.
    second_person : bool
        Whether somebody else has to approve it.
    """

    campaign_id: str = ""
    name: str = ""
    segment: Mapping[str, str] = field(default_factory=dict)
    missions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    budget_points: str = ""
    control_percent: str = "10"
    starts: str = ""
    ends: str = ""
    second_person: bool = False

    def to_yaml(self, program: Program, today: dt.date, taken: Collection[str] = ()) -> str:
        """Write it as campaign.yaml, which `StandingCampaign.parse` reads.

        Parameters
        ----------
        program : Program
            For its time zone.
        today : date
        taken : collection of str
            Ids there are; an id made of the name is none of them.

        Raises
        ------
        BadCell
            Where a number or a day is none.

        Examples
        --------
        >>> from features.exports.program import Program
        >>> wish = Wish(name="Win back, Java!", budget_points="5000")
        >>> print(wish.to_yaml(Program(program_id="acme"), dt.date(2026, 1, 1)).split("starts")[0])
        id: win-back-java
        name: Win back, Java!
        monthly_budget_points: 5000
        control: 0.1
        <BLANKLINE>
        """
        starts = date_of("starts", self.starts) if self.starts else today
        ends = date_of("ends", self.ends) if self.ends else _later(starts)
        raw: dict[str, Any] = {
            "id": self.campaign_id or id_of(self.name, taken), "name": self.name.strip(),
            "segment": {column: value for column, value in self.segment.items() if value},
            "missions": list(self.missions),
            "monthly_budget_points": whole_of("budget_points", self.budget_points),
            "channels": dict.fromkeys(self.channels),
            "control": share_of("control_percent", self.control_percent),
            "starts_at": _midnight(starts, program),
            "ends_at": _midnight(ends + dt.timedelta(days=1), program),
            "second_person": self.second_person,
        }
        return str(yaml.safe_dump({
            name: value for name, value in raw.items()
            if value is not False and value not in ({}, [])}, sort_keys=False, allow_unicode=True))

    @classmethod
    def of(cls, campaign: StandingCampaign, program: Program) -> Wish:
        """What has to be chosen to get a campaign again, in days of its program."""
        starts = campaign.starts_at.astimezone(program.zone)
        last = campaign.ends_at.astimezone(program.zone) - dt.timedelta(days=1)
        return cls(campaign.id, campaign.name, {str(name): value for name, value in
                                            campaign.segment.items()}, campaign.missions,
                   tuple(campaign.channels), str(campaign.monthly_budget_points),
                   f"{campaign.control * 100:g}", starts.date().isoformat(),
                   last.date().isoformat(), campaign.second_person)


def foresee(journal: Journal, campaign: StandingCampaign, members: Members, now_ms: int
            ) -> dict[str, Any]:
    """Say whom a first night would reach, what it would bring, and what can be shown of it.

    Parameters
    ----------
    journal : Journal
    campaign : StandingCampaign
    members : Members
        As of the moment that is looked at.
    now_ms : int
        When the messages would go, UTC milliseconds.

    Returns
    -------
    dict
        As `serving.campaigns.forecast.forecast`, and ``base`` (chance to come back without it),
        ``expected`` (extra partners of the first night with bounds; None where nobody is
        offered anything), ``expected_effect`` (rise of the chance of one partner), ``basis``
        (assumed, measured or both), ``second_person`` (why one is needed; None: not),
        ``messages`` by mission and language.
    """
    plan = planned(journal, campaign, members, now_ms)
    offered = _effects(plan)
    bases = {str(one["basis"]) for one in offered}
    total = expected(offered)
    chosen = {entry.intended for entry in plan.entries}
    return foreseen(journal, campaign, plan) | {
        "base": round(plan.base, 6), "expected": total,
        "expected_effect": round(total["value"] / len(offered), 6) if total else None,
        "basis": ("both" if len(bases) > 1 else bases.pop()) if bases else None,
        "second_person": second_person_why(campaign, None, journal.program),
        "messages": {mission.id: dict(mission.texts) for mission in journal.missions
                     if mission.id in chosen},
    }


def id_of(name: str, taken: Collection[str] = ()) -> str:
    """Id made of a name: plain letters, digits and dashes, and a number where it is taken.

    >>> id_of("Volver: ¡Ñandú!"), id_of("  "), id_of("Back", ["back"])
    ('volver-nandu', 'campaign', 'back-2')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    first = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_ID].strip("-") or "campaign"
    number, found = 2, first
    while found in taken:
        number, found = number + 1, f"{first}-{number}"
    return found


def _effects(plan: Planned) -> list[dict[str, Any]]:
    """Expected effects of what would be sent."""
    sent = {entry.decision_id for entry in plan.entries if entry.arm == "offered"}
    return [record["expected_effect"] for record in plan.records
            if record["decision_id"] in sent and "expected_effect" in record]


def whole_of(name: str, text: str) -> int:
    """Read a whole number of a field; BadCell where it is none."""
    try:
        return int(text.strip())
    except ValueError as error:
        raise BadCell(name, "a whole number", repr(text)[:50]) from error


def share_of(name: str, text: str) -> float:
    """Read a share that is written in hundreds; BadCell where it is no number.

    >>> share_of("control_percent", "12,5")
    0.125
    """
    try:
        return round(float(text.strip().replace(",", ".")) / 100, 6)
    except ValueError as error:
        raise BadCell(name, "a number of percent", repr(text)[:50]) from error


def date_of(name: str, text: str) -> dt.date:
    """Read a day; BadCell where it is none, or one of another millennium."""
    try:
        found = dt.date.fromisoformat(text.strip())
    except ValueError as error:
        raise BadCell(name, "a day such as 2026-03-31", repr(text)[:50]) from error
    if found.year not in YEARS:
        raise BadCell(name, f"a day of {YEARS[0]} to {YEARS[-1]}", repr(text)[:50])
    return found


def _midnight(day: dt.date, program: Program) -> str:
    return dt.datetime.combine(day, dt.time(), program.zone).isoformat()


def _later(day: dt.date) -> dt.date:
    """The same day `MONTHS` months later; the month's last where it has fewer days."""
    month = day.month - 1 + MONTHS
    first = dt.date(day.year + month // 12, month % 12 + 1, 1)
    following = (first + dt.timedelta(days=32)).replace(day=1)
    return min(first + dt.timedelta(days=day.day - 1),
               following - dt.timedelta(days=1))
