"""The service in Prometheus' words, put together when somebody asks."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from features.errors import JagaError
from serving.streaming.exchange import Exchange
from serving.watching.stock import stock_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from serving.programs import Programs
    from serving.tally import Spread
    from serving.watching.requests import Requests

KEPT_S: Final = 1.0
"""How long an answer is given again: whoever asks more often costs nothing."""


class Metrics:
    """Everything that is measured, in the text format of Prometheus.

    Parameters
    ----------
    programs : Programs
    requests : Requests
    """

    def __init__(self, programs: Programs, requests: Requests) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.registry.register(Asked(requests))
        self.registry.register(Running(programs))
        self._lock = threading.Lock()
        self._text = b""
        self._until = 0.0

    def text(self) -> bytes:
        """Put the metrics together; may read the store, so not for the event loop."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._text = generate_latest(self.registry)
                self._until = time.monotonic() + KEPT_S
            return self._text


class Asked(Collector):
    """What the routes were asked and how long they took."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the routes."""
        asked = self._requests
        answered = CounterMetricFamily("jaga_requests", "Requests under /v1 by their status.",
                                       labels=("method", "route", "status"))
        for (method, route, status), count in sorted(asked.answered.items()):
            answered.add_metric((method, route, str(status)), count)
        seconds = HistogramMetricFamily(
            "jaga_request_seconds", "Seconds from a request's head to its answer's last byte.",
            labels=("method", "route"))
        for (method, route), spread in sorted(asked.seconds.items()):
            _add(seconds, (method, route), spread)
        yield answered
        yield seconds
        yield _gauge("jaga_requests_open", "Requests that are being answered now.", asked.open)
        yield _gauge("jaga_batches_open", "Batches that are being answered now.", Exchange.running)


class Running(Collector):
    """What the engines did, and how much lies and waits where."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the writing thread and of each program."""
        programs = self._programs
        yield _gauge("jaga_ready", "1 once every program of the home answers.", programs.ready)
        yield _gauge("jaga_works_waiting", "Works that wait for the writing thread.",
                     programs.committer.waiting)
        yield _gauge("jaga_handovers_waiting", "Ingests of other processes not taken in yet.",
                     programs.handed_over)
        yield _gauge("jaga_state_rows_read", "Rows read by the last making of the states.",
                     programs.rows_read)
        yield _gauge("jaga_clock_leaps", "Leaps of the server's clock that were seen.",
                     programs.clock_leaps)
        yield from self._counted()
        yield from self._stocked()

    def _counted(self) -> Iterator[Metric]:
        """Yield what is counted on the way; it costs no more than reading it."""
        verdicts = CounterMetricFamily(
            "jaga_verdicts", "Durable verdicts of this process; a re-send is none.",
            labels=("program", "kind", "verdict", "degraded"))
        works, failed = (CounterMetricFamily(name, text, labels=("program",)) for name, text in (
            ("jaga_works", "Works that were committed."),
            ("jaga_commits_failed", "Transactions that were not committed.")))
        seconds, sizes = (HistogramMetricFamily(name, text, labels=("program",))
                          for name, text in (
            ("jaga_commit_seconds", "Seconds of each committed transaction, its works included."),
            ("jaga_commit_works", "Works that shared a transaction.")))
        idle = GaugeMetricFamily("jaga_last_commit_age_seconds",
                                 "Seconds since the last transaction was committed.",
                                 labels=("program",))
        for live in self._programs.lives:
            program, tally = str(live.journal.key), live.tally
            for key, count in sorted(tally.verdicts.copy().items()):
                verdicts.add_metric((program, *key), count)
            works.add_metric((program,), tally.works)
            failed.add_metric((program,), tally.failed)
            _add(seconds, (program,), tally.seconds)
            _add(sizes, (program,), tally.groups)
            idle.add_metric((program,), time.monotonic() - tally.last_commit)
        yield from (verdicts, works, failed, seconds, sizes, idle)

    def _stocked(self) -> Iterator[Metric]:
        """Yield what has to be looked up; where the store does not answer, that is told."""
        families: dict[str, GaugeMetricFamily] = {}
        is_up = True
        for live in self._programs.lives:
            try:
                found = stock_of(live, self._programs.home, self._programs.now())
            except JagaError:
                is_up = False
                continue
            for name, text, value in found:
                family = families.setdefault(
                    name, GaugeMetricFamily(name, text, labels=("program",)))
                family.add_metric((str(live.journal.key),), value)
        yield _gauge("jaga_store_up", "1 while the journal's database answers.", is_up)
        yield from families.values()


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=float(value))


def _add(family: HistogramMetricFamily, labels: tuple[str, ...], spread: Spread) -> None:
    below, buckets = 0, []
    for bound, count in zip((*map(str, spread.bounds), "+Inf"), spread.counts, strict=True):
        below += count
        buckets.append((bound, float(below)))
    family.add_metric(labels, buckets, sum_value=spread.total)
