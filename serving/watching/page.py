"""The page that Prometheus reads, where BentoML has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from serving.programs import Programs
    from serving.watching.metrics import Metrics
    from serving.watching.requests import Requests

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Of Prometheus' text format."""


class MetricsPage:
    """Serves the metrics of a service that may start later than this page.

    BentoML's own are off: they make a label of every path, and so of every id in one, and cost
    more than a verdict's own HTTP.

    Parameters
    ----------
    requests : Requests
    """

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._metrics: Metrics | None = None
        self.app = Starlette(routes=[Route("/metrics", self._answer)])

    def show(self, programs: Programs) -> None:
        """Show the metrics of these programs from now on."""
        from serving.watching.metrics import Metrics  # the process that starts others needs none

        self._metrics = Metrics(programs, self._requests)

    async def _answer(self, request: Request) -> Response:
        if self._metrics is None:
            return Response(status_code=503)
        return Response(await run_in_threadpool(self._metrics.text), media_type=CONTENT_TYPE)
