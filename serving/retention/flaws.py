"""What is wrong with what somebody chose in the builder, field by field, as codes with words.

The service checks again; here it is said in the language of who chose, beside the field.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from features.errors import BadCell
from serving.retention.builder import date_of, share_of, whole_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator

    from features.exports.program import Program
    from serving.campaigns.standing import StandingCampaign
    from serving.retention.builder import Wish

LONGEST_NAME: Final = 200
MOST_POINTS: Final = 10**12
"""Both as `StandingCampaign` has them."""
SHOWN: Final = 40
"""Characters of a value that is no good, in the sentence about it."""


class Flaw(NamedTuple):
    """One thing that is wrong.

    Parameters
    ----------
    field : str
        Of the form.
    code : str
        Of its words, below ``retention.flaw.``
    params : dict
        What goes into them.
    """

    field: str
    code: str
    params: dict[str, Any]


def flaws_of(
    wish: Wish, program: Program, today: dt.date, missions: Collection[str],
    approved: StandingCampaign | None = None,
) -> list[Flaw]:
    """List what is wrong with a wish, in the order of the form.

    Parameters
    ----------
    wish : Wish
    program : Program
        For its time zone.
    today : date
        When it begins where no day was chosen.
    missions : collection of str
        What the program offers.
    approved : StandingCampaign or None
        The version of it that was approved before: it keeps its first day and its control group.

    Examples
    --------
    >>> import datetime as dt
    >>> from features.exports.program import Program
    >>> from serving.retention.builder import Wish
    >>> wish = Wish(name="Back", budget_points="5 000", control_percent="100", ends="2025-12-31")
    >>> found = flaws_of(wish, Program(program_id="acme"), dt.date(2026, 1, 1), ["quiz"])
    >>> [(one.field, one.code) for one in found]
    [('budget_points', 'points'), ('control_percent', 'control'), ('ends', 'ends')]
    """
    return [*_of_name(wish), *_of_missions(wish, missions), *_of_points(wish),
            *_of_control(wish, approved), *_of_days(wish, program, today, approved)]


def _of_name(wish: Wish) -> Iterator[Flaw]:
    if not wish.name.strip():
        yield Flaw("name", "name", {})
    elif len(wish.name.strip()) > LONGEST_NAME:
        yield Flaw("name", "name.long", {"most": LONGEST_NAME})


def _of_missions(wish: Wish, missions: Collection[str]) -> Iterator[Flaw]:
    if not missions:
        yield Flaw("mission", "missions", {})
    for name in wish.missions:
        if name not in missions:
            yield Flaw("mission", "mission", {"came": name[:SHOWN]})


def _of_points(wish: Wish) -> Iterator[Flaw]:
    points = None
    with suppress(BadCell):
        points = whole_of("budget_points", wish.budget_points)
    if points is None or not 0 <= points <= MOST_POINTS:
        yield Flaw("budget_points", "points", {"came": wish.budget_points[:SHOWN]})


def _of_control(wish: Wish, approved: StandingCampaign | None) -> Iterator[Flaw]:
    share = 0.0
    with suppress(BadCell):
        share = share_of("control_percent", wish.control_percent)
    if not 0 < share < 1:
        yield Flaw("control_percent", "control", {"came": wish.control_percent[:SHOWN]})
    elif approved is not None and share != approved.control:
        yield Flaw("control_percent", "control.fixed",
                   {"before": f"{approved.control * 100:g}"})


def _of_days(wish: Wish, program: Program, today: dt.date, approved: StandingCampaign | None
             ) -> Iterator[Flaw]:
    days = {"starts": today}
    for name, text in (("starts", wish.starts), ("ends", wish.ends)):
        if text:
            try:
                days[name] = date_of(name, text)
            except BadCell:
                yield Flaw(name, "day", {"came": text[:SHOWN]})
    if approved is not None:
        first = approved.starts_at.astimezone(program.zone).date()
        if days["starts"] != first:
            yield Flaw("starts", "starts.fixed", {"before": first})
    if "ends" in days and days["ends"] < days["starts"]:
        yield Flaw("ends", "ends", {})
