"""Endpoints that do nothing, to compare with: what BentoML itself costs.

``Plain`` is a typed method at BentoML's own settings; ``Mounted`` a mounted application at the
settings of `serving.service`. Both read a body and answer five fields.
"""

import gc

import bentoml
import msgspec
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

GC_THRESHOLDS = (100_000, 50, 1000)
"""Those of `serving.service`."""


class Event(BaseModel):
    """Twelve fields of an event."""

    kind: str
    event_id: str
    member_id: str
    occurred_at: str
    points: int
    proof: str | None = None
    code_id: str | None = None
    outlet_id: str | None = None
    device_id: str | None = None
    channel: str | None = None
    lat: float | None = None
    lon: float | None = None


class Answer(BaseModel):
    """Five fields of a verdict."""

    event_id: str
    verdict: str = "approve"
    points_held: int = 0
    score: float = 0.0
    degraded: bool = False


@bentoml.service(name="empty")
class Plain:
    """A typed method at BentoML's defaults."""

    @bentoml.api
    async def verdicts(self, event: Event, /) -> Answer:
        """Answer at once."""
        return Answer(event_id=event.event_id)


_decode = msgspec.json.Decoder(dict[str, object]).decode


async def _verdicts(request: Request) -> Response:
    event = _decode(await request.body())
    body = msgspec.json.encode({"event_id": event["event_id"], "verdict": "approve",
                                "points_held": 0, "score": 0.0, "degraded": False})
    return Response(body, media_type="application/json")


@bentoml.service(
    name="empty-mounted", workers=1, threads=8, traffic={"timeout": 1},
    logging={"access": {"enabled": False}}, metrics={"enabled": False},
    tracing={"excluded_urls": ".*"},
)
@bentoml.asgi_app(Starlette(routes=[Route("/verdicts", _verdicts, methods=["POST"])]), path="/v1")
class Mounted:
    """An application that is mounted as Jaga's is, and empty."""

    @bentoml.on_startup
    def settle(self) -> None:
        """Freeze what lives as long as the process, as `serving.service` does."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
