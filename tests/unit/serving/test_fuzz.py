"""Generated requests over the whole OpenAPI document: nothing answers with a 5xx."""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from serving.api import create_app
from serving.identity.sessions import Sessions
from serving.identity.users import Users
from serving.programs import Programs
from serving.settings import Settings
from tests.journeys.fire.hostile import Attack
from tests.journeys.fire.wire import Answer, faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

pytestmark = pytest.mark.filterwarnings("default")
"""Schemathesis and the server's dependencies warn of their futures."""
PROVES = os.environ.get("JAGA_PROVE") == "1"
TRIES, BODIES = (500, 20_000) if PROVES else (8, 150)
"""Generated requests an operation, and generated events."""


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    """Send generated text as it is."""
    return str(value).encode(errors="surrogatepass")


@pytest.fixture(scope="module")
def served_api(
    made: Any, serving_app: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    path = tmp_path_factory.mktemp("fuzz") / "home"
    shutil.copytree(made.path, path)
    configured = Settings(home=path)
    programs = Programs(configured)
    programs.open(wait=True)
    with serving_app(create_app(programs, configured)) as client:
        client.headers["Authorization"] = f"Bearer {made.keys['admin']}"
        client.session = signed_in(programs.home)  # type: ignore[attr-defined]
        yield client
    programs.close()


def signed_in(home: Any) -> dict[str, str]:
    """What a person who may do everything sends with a request."""
    now_ms = time.time_ns() // 1_000_000
    with home.database.writing() as store:
        person = Users(store).add("rina", [("acme", "admin")], now_ms)
    token = Sessions(home.database, 600, 12).open(person.user_id, now_ms)
    return {"Authorization": f"Session {token}", "X-Jaga-Program": "acme"}


def test_no_generated_request_breaks_the_service(served_api: Any) -> None:
    """Bodies, paths and queries of every operation, valid or not, get an answer in our shape."""
    document = served_api.get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    failures: list[str] = []
    statuses: dict[str, set[int]] = {}
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 41
    for operation in operations:

        @settings(max_examples=TRIES, deadline=None, database=None, derandomize=True,
                  phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            sent = case.as_transport_kwargs(base_url=str(served_api.base_url))
            sent["headers"] = {k: v for k, v in sent["headers"].items()
                               if k.lower() not in ("authorization", "x-api-key")}
            sent.pop("cookies", None)
            if case.operation.definition.raw["security"] == [{"session": []}]:
                sent["headers"] |= served_api.session
            answer = served_api.request(
                sent["method"], sent["url"], params=sent.get("params"), json=sent.get("json"),
                content=sent.get("data"), headers=sent["headers"])
            statuses.setdefault(case.path, set()).add(answer.status_code)
            told = Answer(answer.status_code, dict(answer.headers), answer.content, 0.0)
            failures.extend(f"{case.method} {case.path}: {fault}"
                            for fault in faults(Attack("cells", b"", case.path), [told]))

        ask()
    assert failures == []
    assert [path for path, found in statuses.items() if 401 in found] == []


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=1),
    st.sampled_from(["scan", "referral", "qr", "2025-03-05T10:00:00Z", "m-1", "C-5", "9" * 400]))


@settings(max_examples=BODIES, deadline=None, database=None, derandomize=True,
          suppress_health_check=list(HealthCheck))
@given(body=st.dictionaries(
    st.sampled_from(["kind", "event_id", "member_id", "occurred_at", "points", "proof", "code_id",
                     "lat", "lon", "amount", "quantity", "referee_id", "device_id", "program_id",
                     "invoice_no", "seller_id", "invoice_lines_hash", "channel", "outcome"]),
    CELLS, max_size=12), kind=st.sampled_from(["scan", "referral", "redemption"]))
def test_any_body_is_answered(served_api: httpx.Client, body: dict[str, Any], kind: str) -> None:
    """Whatever a field holds, the answer is a verdict or says what was expected."""
    sent = {"kind": kind, "event_id": "f-1", "member_id": "m-1", "points": 5, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00Z", "referee_id": "m-2", "reward_id": "r", **body}
    answer = served_api.post("/verdicts", content=json.dumps(sent))
    assert answer.status_code in (200, 400, 409), answer.text
    if answer.status_code != 200:
        assert answer.json()["error"]["expected"]
