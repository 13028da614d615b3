"""Standing campaigns: which there are, and what each brought."""

from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from serving.access import ReadingCampaigns
from serving.routes.ready import ready
from serving.wire.campaigns import CampaignResults, Campaigns
from serving.wire.errors import answers

router = APIRouter(tags=["campaigns"])


@router.get("/campaigns", summary="Standing campaigns", response_model=None,
            responses=answers(Campaigns))
async def campaigns(engine: ReadingCampaigns) -> Response:
    """List standing campaigns with their status and budget, oldest first."""
    found: list[dict[str, Any]] = await run_in_threadpool(engine.campaigns.listed)
    return ready({"campaigns": found})


@router.get("/campaigns/{campaign_id}/results", summary="What a campaign brought",
            response_model=None, responses=answers(CampaignResults, 404))
async def results(engine: ReadingCampaigns, campaign_id: str) -> Response:
    """Compare who was offered something with the control group, in words and figures."""
    return ready(await run_in_threadpool(engine.campaigns.results, campaign_id))
