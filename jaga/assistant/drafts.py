"""Drafts: what a person would change, what that would do, and where he does it himself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal
from urllib.parse import quote, urlencode

from pydantic import Field

from jaga.assistant.questions import OneCase, Segment
from jaga.assistant.tool import Json, Tool

if TYPE_CHECKING:
    from jaga.assistant.asking import Service
    from jaga.assistant.tool import Pages

UNDECIDED: Final = "Nothing was decided, sent or kept. A person does it on the page `open_page`."
Reason = Annotated[str, Field(min_length=1, max_length=2000,
                              description="for the person who decides; he may write another")]
Mission = Annotated[str, Field(min_length=1, max_length=200)]


class Decision(OneCase):
    """A decision that somebody may take."""

    ours: ClassVar[tuple[str, ...]] = ("decision", "reason")

    decision: Literal["release", "keep", "confirm_fraud"]
    reason: Reason


class Campaign(Segment):
    """A campaign that somebody may draft."""

    ours: ClassVar[tuple[str, ...]] = ("missions",)

    missions: Annotated[list[Mission] | None, Field(
        max_length=20, description="ids of missions to choose from; without any: all")] = None


async def decision(service: Service, pages: Pages, given: Json, answer: Json) -> Json:
    """Say what a decision would change, and where it is taken."""
    program_id = (await service.role())["program_id"]
    path = f"/review/{quote(program_id, safe='')}/{quote(given['case_id'], safe='')}"
    return {"draft": given, "would": answer["decisions"][given["decision"]],
            "case_is_open": answer["open"], "innocent": answer["innocent"],
            "open_page": pages.link(path), "message": UNDECIDED}


async def campaign(service: Service, pages: Pages, given: Json, answer: Json) -> Json:
    """Say whom a campaign would be for, and where it is drafted and launched."""
    program_id = (await service.role())["program_id"]
    missions = given.pop("missions", [])
    query = [("program", program_id), *given.items(), *(("mission", one) for one in missions)]
    return {"draft": {"segment": given, "missions": missions}, "members": answer["found"],
            "points_at_stake": answer["points_at_stake"],
            "open_page": pages.link(f"/retention/campaigns/new?{urlencode(query)}"),
            "message": UNDECIDED}


DRAFTS: Final = (
    Tool("draft_decision", "Draft a decision on a case",
         "What a decision would do to the points and what it would teach the model, with a link to "
         "the page on which a person takes it, or another. Decides nothing. `refused` says why a "
         "key could not decide so; a person may still at the desk.",
         "read-cases", "/cases/{case_id}", Decision, decision),
    Tool("draft_campaign", "Draft a campaign for a segment",
         "How many members of a segment there are, and a link to the builder filled in for them, "
         "where a person sees the forecast, sets budget and control group, and launches. Sends "
         "nothing.",
         "read-campaigns", "/members", Campaign, campaign),
)
"""All drafts, in the order in which they are listed."""
