"""What people do at the retention desk: campaigns drafted, launched, stopped; missions drafted."""

from fastapi import APIRouter
from starlette.responses import Response

from serving.access import SuggestingPerson
from serving.routes.ready import ready
from serving.wire.errors import answers
from serving.wire.numbers import DraftNumber
from serving.wire.retention import (
    CampaignForecast,
    CampaignText,
    Drafted,
    DraftEnded,
    LaunchAsk,
    MissionAsk,
    MissionDraft,
    StopAsk,
)

router = APIRouter(prefix="/retention", tags=["retention"])


@router.post("/forecast", summary="What a campaign would do", response_model=None,
             responses=answers(CampaignForecast))
async def forecast(acting: SuggestingPerson, ask: CampaignText) -> Response:
    """Say whom a first night would reach, at what cost, and what the control group can show.

    Nothing is kept. Members left alone are counted by the code of the reason.
    """
    return ready(await acting.engine.retention.forecast(ask.text))


@router.post("/campaigns", summary="Draft a campaign", response_model=None,
             responses=answers(Drafted, 409))
async def draft(acting: SuggestingPerson, ask: CampaignText) -> Response:
    """Keep a version of a campaign; it does nothing until it is launched."""
    return ready(await acting.engine.retention.draft(ask.text, acting.name))


@router.post("/campaigns/{campaign_id}/launch", summary="Launch a campaign", response_model=None,
             responses=answers(Drafted, 404, 409))
async def launch(acting: SuggestingPerson, campaign_id: str, ask: LaunchAsk) -> Response:
    """Approve a version; a second person does where its rule, or its budget, asks for one."""
    return ready(await acting.engine.retention.launch(campaign_id, ask.version, acting.name))


@router.post("/campaigns/{campaign_id}/stop", summary="Stop a campaign", response_model=None,
             responses=answers(Drafted, 404, 409))
async def stop(acting: SuggestingPerson, campaign_id: str, ask: StopAsk) -> Response:
    """Stop a campaign at once; what was sent stays, and its results go on."""
    return ready(await acting.engine.retention.stop(campaign_id, ask.reason, acting.name))


@router.post("/missions", summary="Draft a mission", response_model=None,
             responses=answers(MissionDraft, 404))
async def draft_mission(acting: SuggestingPerson, ask: MissionAsk) -> Response:
    """Keep a draft of a mission, or of taking it off the list; it waits for a second person."""
    return ready(await acting.engine.retention.draft_mission(
        ask.mission_id, ask.mission, acting.name))


@router.post("/missions/drafts/{number}/publish", summary="Publish a mission",
             response_model=None, responses=answers(DraftEnded, 404, 409))
async def publish(acting: SuggestingPerson, number: DraftNumber) -> Response:
    """Offer a drafted mission from now on; its author can not publish it himself."""
    return ready(await acting.engine.retention.end_draft(number, acting.name, publishes=True))


@router.post("/missions/drafts/{number}/withdraw", summary="Drop a draft of a mission",
             response_model=None, responses=answers(DraftEnded, 404, 409))
async def withdraw(acting: SuggestingPerson, number: DraftNumber) -> Response:
    """Drop a draft that waits; the mission stays as it is."""
    return ready(await acting.engine.retention.end_draft(number, acting.name, publishes=False))
