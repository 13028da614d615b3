"""A real `jaga serve`, watched from outside: metrics, logs, spans and long batches."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from features.store.home import Home
from serving.serve import free_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(900)]
"""The server's own dependencies warn of their futures; a first start compiles kernels."""
PROVES = os.environ.get("JAGA_PROVE") == "1"
ROOT = Path(__file__).parents[4]
MARK = f"mark{secrets.token_hex(4)}"
"""In every id, name, key and text of the traffic: nobody who watches may see it."""
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Watched:
    """A service, what it wrote, and what it sent to a collector of spans."""

    url: str
    keys: dict[str, str]
    home: Path
    log: Path
    spans: list[bytes]
    process: subprocess.Popen[bytes]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60,
                            headers={"Authorization": f"Bearer {self.keys['admin']}"})

    def metrics(self) -> Metrics:
        """What is measured now; an answer of less than a second ago is given again."""
        time.sleep(1.1)
        text = httpx.get(f"{self.url}/metrics").text
        return Metrics({(sample.name, frozenset(sample.labels.items())): sample.value
                        for family in text_string_to_metric_families(text)
                        for sample in family.samples})


class Metrics(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """Every sample by its name and labels."""

    def total(self, name: str, **labels: str) -> float:
        """Sum of the samples of a metric with these labels."""
        return sum(value for (found, having), value in self.items()
                   if found == name and set(labels.items()) <= having)


class Collector(BaseHTTPRequestHandler):
    """Takes spans as OTLP over HTTP."""

    bodies: list[bytes]

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def collector() -> Iterator[tuple[str, list[bytes]]]:
    handler = type("Ours", (Collector,), {"bodies": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler.bodies
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def service(
    made: Any, tmp_path_factory: pytest.TempPathFactory, collector: tuple[str, list[bytes]]
) -> Iterator[Watched]:
    """One service for all tests of this file; it writes JSON, and everything from info on."""
    import shutil

    folder = tmp_path_factory.mktemp("watched")
    shutil.copytree(made.path, folder / "home")
    port = free_port("127.0.0.1", 23_000 + os.getpid() % 5_000)
    environment = {**os.environ, "JAGA_LOG_FORMAT": "json", "JAGA_LOG_LEVEL": "debug",
                   "JAGA_WAITING_MS": "60000", "JAGA_ANSWER_MS": "60000",
                   "JAGA_OTEL_ENDPOINT": collector[0], "OTEL_BSP_SCHEDULE_DELAY": "200"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jaga", "serve", "--home", str(folder / "home"), "--port",
             str(port)], stdout=log, stderr=log, cwd=ROOT, env=environment)
        found = Watched(f"http://127.0.0.1:{port}", made.keys, folder / "home", folder / "log",
                        collector[1], process)
        try:
            _await(found)
            yield found
        finally:
            process.terminate()
            process.wait(60)


def _await(service: Watched) -> None:
    deadline = time.monotonic() + 400
    while True:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{service.url}/readyz").status_code == 200:
                return
        assert service.process.poll() is None, service.log.read_text()[-2000:]
        assert time.monotonic() < deadline, service.log.read_text()[-2000:]
        time.sleep(0.1)


def scan(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 20, "proof": "qr",
            "occurred_at": "2025-03-05T03:00:00Z", **more}


def test_what_is_counted_is_what_the_journal_holds(service: Watched) -> None:
    """Verdicts by kind and verdict, requests by route and status, commits and works."""
    bodies = [scan(f"c-{number}", code_id=f"C-{1200 + number // 2}", member_id=f"m-{number}",
                   points=80 if number % 5 == 0 else 20) for number in range(20)]
    bodies += [{"kind": "redemption", "event_id": f"c-r{number}", "member_id": "m-5",
                "points": 10, "reward_id": "kettle", "occurred_at": "2025-03-05T03:00:00Z"}
               for number in range(3)]
    with service.client() as client:
        answers = [client.post("/v1/verdicts", json=body).json() for body in bodies]
        for _ in range(3):
            client.post("/v1/verdicts", json=bodies[0])
        assert client.post("/v1/verdicts", json=bodies[0] | {"points": 1}).status_code == 409
        assert client.get("/v1/events/never").status_code == 404
        lines = "\n".join([json.dumps(scan("c-b1")), "{nonsense", json.dumps(scan("c-b1"))])
        first_line = client.post("/v1/verdicts/batch", content=lines).text.splitlines()[0]
        first_line = json.loads(first_line)
    home = Home(service.home)
    with home.database.reading() as store:
        stored = Counter(int(row[0]) for row in store.rows("SELECT verdict FROM verdicts"))
        head = store.rows("SELECT commits FROM programs")[0][0]
    home.close()
    assert sum(stored.values()) == 24
    found = service.metrics()
    for place, verdict in enumerate(("approve", "review", "decline")):
        assert found.total("jaga_verdicts_total", verdict=verdict) == stored[place], verdict
    assert found.total("jaga_verdicts_total", kind="redemption") == 3
    for degraded in ("model", "state", "store"):
        assert found.total("jaga_verdicts_total", degraded=degraded) == sum(
            row["degraded"] == degraded for row in [*answers, first_line])
    for verdict, count in Counter(row["verdict"] for row in answers).items():
        assert found.total("jaga_verdicts_total", verdict=verdict) == count + (
            verdict == first_line["verdict"])
    assert found.total("jaga_journal_commits") == head
    assert found.total("jaga_requests_total", route="/verdicts", status="200") == 26
    assert found.total("jaga_requests_total", route="/verdicts", status="409") == 1
    assert found.total("jaga_requests_total", route="/events/{event_id}", status="404") == 1
    assert found.total("jaga_request_seconds_count", route="/verdicts") == 27
    assert found.total("jaga_works_total") >= 24 + 3
    assert found.total("jaga_store_up") == found.total("jaga_ready") == 1
    assert found.total("jaga_state_lag_commits") == 0
    assert (found.total("jaga_state_mended"), found.total("jaga_clock_leaps")) == (1, 0)


def test_a_long_batch_is_answered_in_little_memory(service: Watched) -> None:
    """200,000 lines: their answers come while more is sent, live verdicts in between."""
    count = 200_000
    bad = b'{"kind":"scan","event_id":"' + b"x" * 2_000 + b"\n"

    def lines() -> Iterable[bytes]:
        for number in range(count):
            is_good = PROVES or number % 1_000 == 0
            name = f"long-{number - number % 2_000}" if number % 2_000 else f"long-{number}"
            yield json.dumps(scan(name)).encode() + b"\n" if is_good else bad

    before = service.metrics().total("process_resident_memory_bytes")
    peak, verdicts, errors, live = before, 0, 0, 0
    with service.client() as client:
        for place, line in enumerate(exchanged(service, lines())):
            errors += b'"error"' in line[:9]
            verdicts += b'"verdict"' in line
            if place % 40_000 == 20_000:
                found = service.metrics()
                peak = max(peak, found.total("process_resident_memory_bytes"))
                assert found.total("jaga_batches_open") == 1 or place > count / 2
                answer = client.post("/v1/verdicts", json=scan(f"live-{place}"))
                live += answer.status_code == 200
    good = count if PROVES else count // 1_000
    assert (verdicts, errors, live) == (good, count - good, 5)
    assert peak - before < 150 * MEGABYTE, "400 MB came in and 50 MB went out"
    home = Home(service.home)
    with home.database.reading() as store:
        stored = store.rows("SELECT count(*) FROM verdicts v JOIN entities e ON e.program = "
                            "v.program AND e.kind = 'event' AND e.number = v.event_id "
                            "WHERE e.name LIKE 'long-%'")[0][0]
    home.close()
    assert stored == count // 2_000
    assert service.metrics().total("jaga_batches_open") == 0


def exchanged(service: Watched, lines: Iterable[bytes]) -> Iterator[bytes]:
    """Send lines as one chunked body, and read the answers' lines meanwhile."""
    host, _, port = service.url.removeprefix("http://").partition(":")
    head = (f"POST /v1/verdicts/batch HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
            f"Authorization: Bearer {service.keys['admin']}\r\nTransfer-Encoding: chunked\r\n\r\n")

    with socket.create_connection((host, int(port)), timeout=120) as link:
        link.sendall(head.encode())

        def send() -> None:
            part = bytearray()
            for line in lines:
                part += line
                if len(part) > 50_000:
                    link.sendall(b"%x\r\n%b\r\n" % (len(part), part))
                    part.clear()
            link.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(part), part))

        writer = threading.Thread(target=send)
        writer.start()
        with link.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
            while answer.readline() != b"\r\n":
                pass
            yield from _lines(_chunks(answer))
        writer.join()


def _chunks(answer: Any) -> Iterator[bytes]:
    while size := int(answer.readline(), 16):
        yield answer.read(size)
        answer.readline()


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    assert rest == b""


def test_a_caller_who_leaves_stops_his_batch(service: Watched) -> None:
    """Nothing of it runs any more, and the next one is answered."""
    answers = exchanged(service, (json.dumps(scan(f"gone-{n}")).encode() + b"\n"
                                  for n in range(20)))
    assert len(list(answers)) == 20
    host, _, port = service.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as link:
        link.sendall(b"POST /v1/verdicts/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
                     b"Authorization: Bearer %b\r\n\r\n{}\n" % service.keys["admin"].encode())
        assert service.metrics().total("jaga_batches_open") == 1
    deadline = time.monotonic() + 30
    while service.metrics().total("jaga_batches_open"):
        assert time.monotonic() < deadline


def hostile(service: Watched) -> None:
    """Ask for everything that might be logged, with the mark wherever a caller can put one."""
    with service.client() as client:
        for body in (scan(f"e-{MARK}", member_id=MARK, device_id=MARK, code_id=MARK),
                     scan(f"e-{MARK}", points=7), scan(MARK, points="many"),
                     {"kind": MARK}, scan(f"e2-{MARK}", ip=MARK, lat=MARK)):
            client.post("/v1/verdicts", json=body)
            client.post("/verdict", json=body)
        for path in (f"/v1/events/{MARK}", f"/v1/{MARK}", f"/{MARK}", f"/v1/members/{MARK}",
                     f"/v1/members/{MARK}/inactivity", f"/review/acme/{MARK}",
                     f"/v1/outcomes?after={MARK}", f"/v1/cases?limit={MARK}", f"/metrics?{MARK}"):
            client.get(path)
        client.post(f"/v1/events/e-{MARK}/appeal", json={"text": MARK})
        client.post(f"/v1/cases/{MARK}/decisions", json={"decision": MARK, "by": MARK})
        client.post("/v1/records/members", content=json.dumps(
            {"member_id": MARK, "display_name": MARK, "contact_url": MARK, "joined_at": MARK}))
        client.post(f"/v1/records/{MARK}", content=MARK)
        client.post("/v1/lists", json={"list": "deny", "kind": "device", "subject_id": MARK,
                                       "by": MARK, "note": MARK})
        client.post("/v1/verdicts/batch", content=f'{MARK}\n{{"kind":"{MARK}"}}\n')
        client.post("/v1/verdicts", content=MARK, headers={"Content-Type": MARK})
        client.request(MARK, "/v1/verdicts")
        for header in ("Authorization", "X-Api-Key", "X-Request-Id", "Cookie", "traceparent"):
            client.get("/v1/outcomes", headers={header: f"Bearer {MARK}"})
    for raw in (f"GET /{MARK} NONSENSE\r\n\r\n", f"{MARK}\r\n\r\n",
                f"POST /v1/verdicts HTTP/1.1\r\nHost: {MARK}\r\nContent-Length: {MARK}\r\n\r\n"):
        host, _, port = service.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as link:
            link.sendall(raw.encode())
            link.recv(1000)


def test_nobody_who_watches_sees_an_id(service: Watched) -> None:
    """Neither in a line of any log, nor in a metric, nor in a span, whatever was sent."""
    hostile(service)
    time.sleep(1.0)
    log, metrics = service.log.read_text(), httpx.get(f"{service.url}/metrics").text
    assert len(log) > 100
    for name, text in (("log", log), ("metrics", metrics),
                       ("spans", b"".join(service.spans).decode("latin-1"))):
        assert MARK not in text, f"{name}: {text[max(text.find(MARK) - 300, 0):][:400]}"
        assert not [key for key in service.keys.values() if key in text], name
    routes = {dict(labels)["route"] for found, labels in service.metrics()
              if found == "jaga_requests_total"}
    documented = httpx.get(f"{service.url}/docs.json").json()["paths"]
    assert routes <= {path.removeprefix("/v1") for path in documented} | {"other"}


def test_every_line_of_the_log_is_an_object(service: Watched) -> None:
    """With a time, a level, a logger and a sentence; also those of the server under us."""
    lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    assert len(lines) > 3
    for line in lines:
        assert {"time", "level", "logger", "message"} <= set(line)


def test_a_request_is_numbered_where_its_caller_asks(service: Watched) -> None:
    """His number comes back."""
    with service.client() as client:
        answer = client.get("/v1/outcomes", headers={"X-Request-Id": "order-7"})
        assert answer.headers["x-request-id"] == "order-7"
        assert "x-request-id" not in client.get("/v1/outcomes").headers


def test_spans_of_requests_and_commits_arrive(service: Watched) -> None:
    """Named by route, continuing the caller's trace, without anything but counts."""
    trace = secrets.token_hex(16)
    with service.client() as client:
        client.post("/v1/verdicts", json=scan("span-1"),
                    headers={"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"})
    deadline = time.monotonic() + 30
    while not (ours := [span for span in spans(service) if span.trace_id.hex() == trace]):
        assert time.monotonic() < deadline, "no span came"
        time.sleep(0.1)
    [request] = ours
    assert request.name == "POST /verdicts"
    assert request.end_time_unix_nano > request.start_time_unix_nano
    commits = [span for span in spans(service) if span.name == "commit"]
    assert commits
    allowed = {"http.request.method", "http.route", "http.response.status_code", "jaga.works"}
    for span in spans(service):
        assert {item.key for item in span.attributes} <= allowed


def spans(service: Watched) -> list[Any]:
    found = []
    for body in list(service.spans):
        asked = ExportTraceServiceRequest.FromString(body)
        found += [span for resource in asked.resource_spans for scope in resource.scope_spans
                  for span in scope.spans]
    return found
