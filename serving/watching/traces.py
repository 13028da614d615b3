"""Spans of requests and commits for OpenTelemetry, where an address for them is set."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from features.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.sdk.trace import TracerProvider

SERVICE: Final = "jaga"
NANO: Final = 1_000_000_000
PARENT: Final = b"traceparent"
FAILED: Final = 500


class Traces:
    """Makes spans after the fact, so that the way of a verdict is not longer for them.

    A span says method, route and status of a request, or how many works shared a commit: no id,
    no key, no cell. A request's span continues the ``traceparent`` of its caller.

    Parameters
    ----------
    provider : TracerProvider
        As `traces_to` makes it.
    """

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer(SERVICE)
        self._callers = TraceContextTextMapPropagator()

    def request(
        self, method: str, route: str, status: int, seconds: float,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """Make the span of a request that has just ended."""
        from opentelemetry.trace import SpanKind, StatusCode

        ended = time.time_ns()
        parent = next((value for name, value in headers if name == PARENT), b"")
        context = self._callers.extract({"traceparent": parent.decode("latin-1")})
        span = self._tracer.start_span(
            f"{method} {route}", context, SpanKind.SERVER,
            {"http.request.method": method, "http.route": route,
             "http.response.status_code": status}, start_time=ended - int(seconds * NANO))
        if status >= FAILED:
            span.set_status(StatusCode.ERROR)
        span.end(ended)

    def commit(self, seconds: float, works: int) -> None:
        """Make the span of a commit that has just ended."""
        ended = time.time_ns()
        span = self._tracer.start_span("commit", attributes={"jaga.works": works},
                                       start_time=ended - int(seconds * NANO))
        span.end(ended)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def traces_to(endpoint: str) -> Traces | None:
    """Make what sends spans to a collector; None where no address is set.

    Parameters
    ----------
    endpoint : str
        Origin of a collector that takes OTLP over HTTP, such as ``http://127.0.0.1:4318``; empty:
        none. The other ``OTEL_*`` variables act as OpenTelemetry says.

    Raises
    ------
    Unavailable
        Where the packages are missing.
    """
    if not endpoint:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise Unavailable("the packages that send spans", "none",
                          "pip install 'jaga[tracing]', or unset JAGA_OTEL_ENDPOINT") from error
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}),
                              shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Traces(provider)
