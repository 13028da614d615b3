"""The BentoML service: ``/v1`` mounted as it is, and three typed methods over the same engines.

The settings are measured choices: one worker, because one process holds the right to write; no
access log, because it holds ids and costs a tenth of a millisecond; no tracing middleware, the
most expensive part of an empty endpoint; a short timeout, because each request keeps its timer.
"""

import gc
import os
from typing import TYPE_CHECKING, Any, Final

os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")

import bentoml
import msgspec
from starlette.responses import Response

from features.errors import JagaError
from serving.access import admit
from serving.api import answer_error, create_app
from serving.doors import DESKS, door
from serving.logs import hide_ids
from serving.settings import read_settings
from serving.wire.members import InactivityAnswer, MemberAsk
from serving.wire.suggestions import SuggestAsk, Suggestions
from serving.wire.verdicts import EventAsk, VerdictAnswer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from serving.engine import Engine

TIMEOUT_S: Final = 1
"""Anything over a second is a job, not a request."""
GC_THRESHOLDS: Final = (100_000, 50, 1000)
"""Rare collections: what lives as long as the process is frozen once it is ready."""
SETTINGS: Final = read_settings()

hide_ids()
app = create_app(None, SETTINGS)


@bentoml.service(
    name="jaga",
    workers=1,
    threads=8,
    traffic={"timeout": TIMEOUT_S},
    logging={"access": {"enabled": False}},
    metrics={"enabled": True},
    tracing={"excluded_urls": ".*"},
)
@bentoml.asgi_app(app, path="/v1")
@bentoml.asgi_app(door("", SETTINGS.pages_url, exact=True), path="/")
@bentoml.asgi_app(door(DESKS[0], SETTINGS.pages_url), path=DESKS[0])
@bentoml.asgi_app(door(DESKS[1], SETTINGS.pages_url), path=DESKS[1])
@bentoml.asgi_app(door(DESKS[2], SETTINGS.pages_url), path=DESKS[2])
class Jaga:
    """Verdicts on loyalty events, who is slipping away, and what to offer him."""

    def __init__(self) -> None:
        # BentoML imports this module twice, and the process that starts the others needs no models
        from serving.programs import Programs

        self.programs = Programs(SETTINGS)
        app.state.programs = self.programs

    @bentoml.on_startup
    def open(self) -> None:
        """Load bundles and rebuild states beside the event loop; requests get 503 till then."""
        self.programs.open(then=_settle_memory)

    @bentoml.on_shutdown
    def close(self) -> None:
        """Finish what waits for a commit, then give back the right to write."""
        self.programs.close()

    async def __is_ready__(self) -> bool:
        return self.programs.ready

    @bentoml.api
    async def verdict(self, event: EventAsk, /, *, ctx: bentoml.Context) -> VerdictAnswer:
        """Judge one event, as ``POST /v1/verdicts`` does."""

        async def ask(engine: "Engine") -> bytes:
            return await engine.verdict(event.model_dump())

        return await self._answer(ctx, "judge", ask)

    @bentoml.api
    async def inactivity(self, member: MemberAsk, /, *, ctx: bentoml.Context) -> InactivityAnswer:
        """Tell how likely a member falls silent, as ``GET /v1/members/{id}/inactivity`` does."""

        async def ask(engine: "Engine") -> bytes:
            return msgspec.json.encode(engine.standing.inactivity(member.member_id))

        return await self._answer(ctx, "read", ask)

    @bentoml.api
    async def suggestions(self, ask: SuggestAsk, /, *, ctx: bentoml.Context) -> Suggestions:
        """Rank missions for members, as ``POST /v1/suggestions`` does."""

        async def rank(engine: "Engine") -> bytes:
            asked = ask.model_dump(exclude_none=True)
            return msgspec.json.encode(await engine.standing.suggestions(asked))

        return await self._answer(ctx, "suggest", rank)

    async def _answer(
        self, ctx: bentoml.Context, act: str, ask: "Callable[[Engine], Awaitable[bytes]]"
    ) -> Any:
        """Admit, ask and answer with ready bytes, so that a method says what the route says."""
        try:
            caller = admit(self.programs, ctx.request.headers, act)
            body = await ask(self.programs.engine(caller.program_id))
        except JagaError as error:
            answer = answer_error(error)
            ctx.response.status_code = answer.status_code
            return answer
        return Response(body, media_type="application/json")


def _settle_memory() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
