"""Shapes on the wire, settings and limits."""

from __future__ import annotations

import asyncio
from typing import Any

import jsonschema
import pytest
from starlette.requests import ClientDisconnect

from features.contract import EVENT_KINDS, EVENT_TABLES, TABLES
from features.errors import BadConfig, BadInput, Conflict, JagaError, NotFound, Unavailable
from serving.errors import STATUSES, body_of, headers_of, status_of
from serving.limits import BodyLimit, LastResort
from serving.roles import ACTS, ROLES, may
from serving.settings import Settings, read_settings
from serving.tour import Tour, curl_of, read_tour
from serving.watching.requests import GONE, Requests, Watched
from serving.wire.tables import EXAMPLES, ROWS, event_schema, table_schema


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_examples_fit_their_schema(kind: str) -> None:
    """The example of each kind is a valid body."""
    jsonschema.Draft202012Validator(event_schema(kind)).validate(EXAMPLES[kind])


@pytest.mark.parametrize("table", ROWS)
def test_example_rows_fit_their_schema(table: str) -> None:
    """The example row of each table is valid."""
    jsonschema.Draft202012Validator(table_schema(TABLES[table])).validate(ROWS[table])


def test_every_column_is_documented() -> None:
    """A column of the contract appears in the schema by itself."""
    for name in EVENT_TABLES:
        assert set(table_schema(TABLES[name])["properties"]) == set(TABLES[name].names)


@pytest.mark.parametrize(("error", "status"), [
    (BadInput("a", "b", "c"), 400), (BadConfig("a", "b", "c"), 400),
    (NotFound("a", "b", "c"), 404), (Conflict("a", "b", "c"), 409),
    (Unavailable("a", "b", "c"), 503), (JagaError("a", "b", "c"), 500),
])
def test_each_error_has_its_status(error: JagaError, status: int) -> None:
    """Domain errors map to the statuses of the contract."""
    assert status_of(error) == status


def test_errors_share_one_shape() -> None:
    """Every error has code, field, message and expected, however long what came is."""
    for kind, _ in STATUSES:
        error = kind("w" * 1000, "c" * 1000, "r")
        assert set(body_of(error)["error"]) == {"code", "field", "message", "expected"}
        assert len(body_of(error)["error"]["message"]) <= 300
    assert headers_of(503)["Retry-After"]
    assert headers_of(400) == {}


def test_settings_refuse_what_is_no_number() -> None:
    """A setting that is no number stops the start and names itself."""
    assert read_settings({}) == Settings()
    with pytest.raises(BadConfig, match="JAGA_BODY_LIMIT"):
        read_settings({"JAGA_BODY_LIMIT": "many"})


def test_each_act_is_somebodys_and_never_everybodys() -> None:
    """Each act names known roles; only an admin may do everything."""
    for act, roles in ACTS.items():
        assert roles <= set(ROLES), act
        assert may("admin", act)
    for role in set(ROLES) - {"admin"}:
        assert not all(may(role, act) for act in ACTS)


def _call(app: Any, chunks: list[bytes], headers: list[tuple[bytes, bytes]]) -> list[Any]:
    sent: list[Any] = []
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": number + 1 < len(chunks)}
        for number, chunk in enumerate(chunks)
    ]

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/verdicts", "headers": headers}
    asyncio.run(app(scope, receive, send))
    return sent


async def _reads_all(scope: Any, receive: Any, send: Any) -> None:
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})


def test_an_announced_large_body_is_never_read() -> None:
    """A Content-Length above the limit is a 413 before the first byte."""
    app = BodyLimit(_reads_all, lambda _: 10)
    assert _call(app, [], [(b"content-length", b"11")])[0]["status"] == 413
    assert _call(app, [b"x" * 10], [(b"content-length", b"10")])[0]["status"] == 200


def test_an_unforeseen_error_says_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    """The answer is a plain 500, the log holds the type only."""

    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("member m-7 of the secret table")

    sent = _call(LastResort(fails), [b""], [])
    assert sent[0]["status"] == 500
    assert b"m-7" not in sent[1]["body"]
    assert "m-7" not in caplog.text
    assert "ValueError" in caplog.text


def test_a_caller_who_goes_away_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """No answer, no line in the log; counted as one that nobody was left to answer."""

    async def gone(scope: Any, receive: Any, send: Any) -> None:
        raise ClientDisconnect

    requests = Requests()
    assert _call(Watched(LastResort(gone), requests), [], []) == []
    assert caplog.records == []
    assert list(requests.answered) == [("POST", "other", GONE)]


def test_a_home_without_a_tour_has_an_empty_one(tmp_path: Any) -> None:
    """A missing or broken tour.json is no reason not to start."""
    assert read_tour(tmp_path) == Tour()
    (tmp_path / "tour.json").write_text("{")
    assert read_tour(tmp_path) == Tour()


def test_the_curl_line_survives_quotes() -> None:
    """A quote inside the body does not end the shell's string."""
    assert r"it'\''s" in curl_of(Tour(key="k", body={"note": "it's"}), "http://h")
