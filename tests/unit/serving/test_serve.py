"""`jaga serve` as it is: two processes on free ports, spoken to over HTTP."""

from __future__ import annotations

import json
import shutil
import socket
import time
from typing import TYPE_CHECKING, Any

import httpx
import pandas as pd
import pytest

from features.store.home import Home
from features.store.ingest import ingest
from serving.explain import explain
from serving.roles import ACTS, ROLES
from serving.serve import Running, free_port, greeting, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(600)]
"""The service's own dependencies warn of their futures; its first start compiles kernels."""


@pytest.fixture(scope="module")
def service(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    """One service for all tests of this file; the port it is asked for is taken."""
    path = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(made.path, path)
    said: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with running(path, port=port, announce=said.append, patience_s=400) as started:
            assert started.port != port
            assert str(port) in said[0]
            yield started, path


@pytest.fixture
def client(service: tuple[Running, Path], made: Any) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {made.keys['admin']}"}
    with httpx.Client(base_url=service[0].url, headers=headers, timeout=30) as client:
        yield client


def scan(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 80, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00+07:00", **more}


def test_the_main_journey(service: tuple[Running, Path], client: httpx.Client) -> None:
    """A scan is held, sent again, decided; its outcome comes back and its verdict is derived."""
    first, again = (client.post("/v1/verdicts", json=scan("s-1")) for _ in range(2))
    assert first.status_code == 200, first.text
    assert first.content == again.content
    assert first.json()["verdict"] == "review"
    assert first.json()["reasons"]
    assert client.post("/v1/verdicts", json=scan("s-1", points=79)).status_code == 409
    assert client.get("/v1/events/s-1").json()["status"] == "held"
    decision = {"decision": "confirm_fraud", "reason": "Not his shop.", "by": "rina"}
    assert client.post("/v1/cases/s-1/decisions", json=decision).json()["status"] == "kept"
    assert client.get("/v1/outcomes").json()["outcomes"][-1]["event_id"] == "s-1"
    home = Home(service[1])
    assert home.journal().verdict("s-1") == first.content
    assert explain(home, "s-1").equal
    home.close()


def test_the_typed_methods_say_what_the_routes_say(client: httpx.Client) -> None:
    """BentoML's own methods go through the same engine: same id, same answer."""
    by_route = client.post("/v1/verdicts", json=scan("s-2"))
    by_method = client.post("/verdict", json=scan("s-2"))
    assert by_method.content == by_route.content
    assert client.post("/verdict", json=scan("s-2", points=1)).status_code == 409
    nobody = httpx.post(client.base_url.join("/verdict"), json=scan("s-3"))
    assert nobody.status_code == 401


def test_many_at_once_keep_one_order(client: httpx.Client) -> None:
    """Fifty re-sends at once give one verdict; fifty claims of a code give one credit."""
    from concurrent.futures import ThreadPoolExecutor

    def post(body: dict[str, Any]) -> httpx.Response:
        while (answer := client.post("/v1/verdicts", json=body)).status_code == 429:
            time.sleep(0.05)  # a busy machine sheds load; an engine asks again
        return answer

    with ThreadPoolExecutor(16) as pool:
        same = list(pool.map(post, [scan("c-same", points=20, code_id="C-1400")] * 50))
        bodies = [scan(f"c-{n}", points=20, code_id="C-1401", member_id=f"m-{n % 9}")
                  for n in range(50)]
        claims = list(pool.map(post, bodies))
    assert len({answer.content for answer in same}) == 1
    assert [answer.json()["verdict"] for answer in claims].count("approve") == 1
    assert all(answer.json()["verdict"] in ("approve", "decline") for answer in claims)


def test_the_documents_are_merged(client: httpx.Client) -> None:
    """The Bento's document holds the routes under /v1 beside the typed methods."""
    paths = client.get("/docs.json").json()["paths"]
    assert {"/v1/verdicts", "/v1/events/{event_id}", "/v1/outcomes", "/v1/records/{table}",
            "/v1/members/{member_id}/inactivity", "/v1/suggestions", "/v1/feedback", "/verdict",
            "/inactivity", "/suggestions"} <= set(paths)
    example = json.dumps(paths["/v1/verdicts"]["post"]["requestBody"])
    assert "s-1001" in example


def test_pages_are_a_process_of_their_own(
    service: tuple[Running, Path], client: httpx.Client, signed_in: Any
) -> None:
    """The service sends a browser on to the pages, which show the case to who has signed in."""
    client.post("/v1/verdicts", json=scan("s-page"))
    sent_on = client.get("/review/acme/s-page", follow_redirects=True)
    assert str(sent_on.url).startswith(f"{service[0].pages_url}/sign-in?next=")
    assert "Held:" not in sent_on.text
    with httpx.Client(base_url=service[0].pages_url, timeout=30) as browser:
        signed_in(browser, Home(service[1]))
        shown = browser.get("/review/acme/s-page")
    assert shown.status_code == 200
    assert "s-page" in shown.text
    assert "server" not in shown.headers
    assert client.get("/", follow_redirects=True).url.port == service[0].port + 1
    assert client.get("/metrics").status_code == 200


TYPED = {"/verdict": ("judge", scan("s-typed")), "/inactivity": ("read", {"member_id": "m-4"}),
         "/suggestions": ("suggest", {"limit": 1})}
"""BentoML's own methods, and the act of each."""
OPEN = {"/livez", "/readyz", "/healthz", "/metrics"}
"""What everybody may open who reaches the port."""


def test_no_path_of_the_service_is_left_unguarded(
    client: httpx.Client, made: Any
) -> None:
    """Beside the routes under /v1 there are three methods that ask for a key, and four signals."""
    paths = client.get("/docs.json").json()["paths"]
    assert {path for path in paths if not path.startswith("/v1")} == set(TYPED) | OPEN
    for path, (act, body) in TYPED.items():
        for role in ROLES:
            headers = {"Authorization": f"Bearer {made.keys[role]}"}
            answer = httpx.post(client.base_url.join(path), json=body, headers=headers)
            assert (answer.status_code == 403) == (role not in ACTS[act]), (path, role)
        for key in ("", "jaga_unknown"):
            nobody = httpx.post(client.base_url.join(path), json=body, headers={"X-Api-Key": key})
            assert nobody.status_code == 401, (path, key)


def test_the_typed_methods_read_no_more_than_a_route(client: httpx.Client) -> None:
    """A stranger's body is not read, and nobody's beyond the limit; a stalled one ends as ours."""
    large = {"note": "x" * 1_100_000}
    for path in TYPED:
        assert client.post(path, json=large).status_code == 413, path
        pieces = (b"x" * 100_000 for _ in range(11))
        assert client.post(path, content=pieces).status_code == 413, path
        nobody = httpx.post(client.base_url.join(path), json=large)
        assert nobody.status_code == 401, path


@pytest.mark.parametrize("path", ["/v1/verdicts", "/v1/records/codes", "/verdict", "/v1/feedback"])
def test_a_body_that_stalls_gets_our_answer(client: httpx.Client, path: str) -> None:
    """A 503 that says when to try again, before the server around it says 504."""
    head = (f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            f"Authorization: {client.headers['Authorization']}\r\nContent-Length: 100\r\n\r\n{{")
    with socket.create_connection((client.base_url.host, client.base_url.port), 30) as stalled:
        stalled.sendall(head.encode())
        said = stalled.recv(100_000).decode()
    assert said.startswith("HTTP/1.1 503"), said
    assert "retry-after: 2" in said.lower()


def test_every_answer_of_the_service_is_guarded(client: httpx.Client) -> None:
    """Verdicts, errors, documents and signals say how they may be used; no server is named."""
    answers = [client.get(path) for path in ("/docs.json", "/readyz", "/metrics", "/v1/outcomes",
                                             "/v1/nowhere", "/nowhere", "/review")]
    answers += [client.post("/v1/verdicts", json=scan("s-headers")),
                client.post("/v1/verdicts", json={}), client.post("/verdict", json={})]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url
        assert answer.headers["cache-control"] == "no-store", answer.url
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], answer.url
        assert "strict-transport-security" not in answer.headers
        assert "server" not in answer.headers


def test_an_ingest_beside_the_service_is_handed_over(
    service: tuple[Running, Path], client: httpx.Client, tmp_path: Path
) -> None:
    """Rows of another process reach the running state: a code voided by ingest declines."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "program.yaml").write_text("program_id: acme\nenforcement: full\n")
    pd.DataFrame({"member_id": ["m-ing"], "program_id": "acme", "persona": "retailer",
                  "joined_at": "2025-03-01T00:00:00Z"}).to_csv(folder / "members.csv", index=False)
    void = pd.DataFrame({"code_id": ["C-1450"], "status": "void"})
    void.to_csv(folder / "codes.csv", index=False)
    pd.DataFrame({"event_id": ["ing-1"], "program_id": "acme", "member_id": "m-ing", "points": 20,
                  "proof": "qr", "occurred_at": "2025-03-02T00:00:00Z", "code_id": "C-1451",
                  }).to_csv(folder / "scans.csv", index=False)
    home = Home(service[1])
    report = ingest(home, folder)
    home.close()
    assert report.is_handed_over
    voided = client.post("/v1/verdicts", json=scan("i-1", points=20, code_id="C-1450")).json()
    double = client.post("/v1/verdicts", json=scan("i-2", points=20, code_id="C-1451")).json()
    assert voided["hard_proof"] == ["code_void"]
    assert double["hard_proof"] == ["code_credited_other"]


def test_the_greeting_names_everything(service: tuple[Running, Path]) -> None:
    """What a person reads names the desks and how to stop."""
    text = "\n".join(greeting(*service))
    assert service[0].url in text
    assert f"{service[0].pages_url}/review" in text
    assert "Ctrl-C" in text


def test_a_taken_port_moves_on() -> None:
    """The next free pair of ports is found."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) > port
