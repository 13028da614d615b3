"""The BentoML service: ``/v1`` mounted as it is, and three typed methods over the same engines.

The settings are measured choices: one worker, because one process holds the right to write; no
access log, because it holds ids and costs a tenth of a millisecond; no tracing middleware, the
most expensive part of an empty endpoint; no metrics of BentoML's, which make a label of every path;
a short timeout, because each request keeps its timer.
"""

import gc
import os
import sys
from typing import TYPE_CHECKING, Any, Final

os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")

import bentoml
import msgspec
from starlette.responses import Response

from features.errors import JagaError
from serving.access import admit
from serving.api import answer_error, create_app
from serving.doors import DESKS, door
from serving.hotpath import HotPath
from serving.identity.headers import OF_SERVICE, SafeHeaders
from serving.leash import put_on_leash
from serving.limits import KnownFirst
from serving.logs import set_up
from serving.oneshape import OneShape
from serving.settings import read_settings
from serving.watching.page import MetricsPage
from serving.watching.traces import traces_to
from serving.wire.members import InactivityAnswer, MemberAsk
from serving.wire.suggestions import SuggestAsk, Suggestions
from serving.wire.verdicts import EventAsk, VerdictAnswer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from serving.engine import Engine

TIMEOUT_S: Final = 3
"""The last resort. Anything over a second is a job, not a request: our own limits come first, and
answer 503. So near to them that both are due in one turn of a busy loop, this one would win, with a
504 that says nothing of trying again."""
TYPED: Final = ("/verdict", "/inactivity", "/suggestions")
"""Paths of the typed methods, whose bodies BentoML reads and checks."""
GC_THRESHOLDS: Final = (100_000, 50, 1000)
"""Rare collections: what lives as long as the process is frozen once it is ready."""
SWITCH_S: Final = 0.001
"""After so long a thread that computes lets another one on: five times as often as Python does by
itself, so that a request which comes while others are judged is read soon."""
SETTINGS: Final = read_settings()

set_up(SETTINGS.log_format, SETTINGS.log_level)
put_on_leash()
app = create_app(None, SETTINGS)
metrics = MetricsPage(app.state.requests)


@bentoml.service(
    name="jaga",
    workers=1,
    threads=8,
    traffic={"timeout": TIMEOUT_S},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
    tracing={"excluded_urls": ".*"},
)
@bentoml.asgi_app(app, path="/v1")
@bentoml.asgi_app(metrics.app, path="/")
@bentoml.asgi_app(door("", SETTINGS.pages_url, exact=True), path="/")
@bentoml.asgi_app(door(DESKS[0], SETTINGS.pages_url), path=DESKS[0])
@bentoml.asgi_app(door(DESKS[1], SETTINGS.pages_url), path=DESKS[1])
@bentoml.asgi_app(door(DESKS[2], SETTINGS.pages_url), path=DESKS[2])
class Jaga:
    """Verdicts on loyalty events, who is slipping away, and what to offer him."""

    def __init__(self) -> None:
        # BentoML imports this module twice, and the process that starts the others needs no models
        from serving.programs import Programs
        from serving.watching.health import Health

        self.programs = Programs(SETTINGS)
        self.health = Health(self.programs)
        self.traces = traces_to(SETTINGS.spans_url)
        app.state.programs = self.programs
        app.state.requests.traces = self.traces
        metrics.show(self.programs)

    @bentoml.on_startup
    def open(self) -> None:
        """Load bundles and rebuild states beside the event loop; requests get 503 till then."""
        self.programs.open(then=self._settle)

    @bentoml.on_shutdown
    def close(self) -> None:
        """Finish what waits for a commit, then give back the right to write."""
        self.programs.close()
        if self.traces is not None:
            self.traces.close()

    def _settle(self) -> None:
        if self.traces is not None:
            for live in self.programs.lives:
                live.tally.watch = self.traces.commit
        _settle_process()

    async def __is_alive__(self) -> bool:
        return await self.health.is_alive()

    async def __is_ready__(self) -> bool:
        return await self.health.is_ready()

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
            caller = await admit(self.programs, ctx.request.headers, act)
            body = await ask(self.programs.engine(caller.program_id))
        except JagaError as error:
            answer = answer_error(error)
            ctx.response.status_code = answer.status_code
            return answer
        return Response(body, media_type="application/json")


Jaga.add_asgi_middleware(SafeHeaders, headers=OF_SERVICE)  # type: ignore[attr-defined]
Jaga.add_asgi_middleware(HotPath, api=app)  # type: ignore[attr-defined]
Jaga.add_asgi_middleware(OneShape)  # type: ignore[attr-defined]
Jaga.add_asgi_middleware(  # type: ignore[attr-defined]
    KnownFirst, state=app.state, paths=TYPED, limit=SETTINGS.body_limit)


def _settle_process() -> None:
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
