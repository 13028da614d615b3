"""The policy in force: what holds, what declines, how far that is enforced."""

from fastapi import APIRouter
from starlette.responses import Response

from serving.access import ReadingCases
from serving.routes.ready import ready
from serving.wire.errors import answers
from serving.wire.policies import PolicyInForce

router = APIRouter(tags=["policy"])


@router.get("/policy", summary="The policy in force", response_model=None,
            responses=answers(PolicyInForce))
def policy(engine: ReadingCases) -> Response:
    """Show by which policy events are judged now; people change it at `/policy`, in twos."""
    return ready(engine.policy.in_force())
