"""The client against the OpenAPI document, against a service, and against one that fails."""

from __future__ import annotations

import asyncio
import inspect
import json
import shutil
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_type_hints

import httpx
import jaga_client
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jaga_client import answers, asks, events
from jaga_client.batches import PART, Batch
from jaga_client.trying import Trying
from starlette.applications import Starlette
from starlette.routing import Mount

from serving.api import create_app
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.filterwarnings("default")
NAMES = {
    "Reason": answers.Reason, "Hold": answers.Hold, "PartnerMessage": answers.PartnerMessage,
    "VerdictAnswer": answers.Verdict,
    "Trust": answers.Trust, "EventAnswer": answers.Event, "Outcome": answers.Outcome,
    "Outcomes": answers.Outcomes, "Stored": answers.Stored, "Replied": answers.Replied,
    "Heeded": answers.Heeded, "DeliveryAnswer": answers.Delivered, "Expected": answers.Expected,
    "Change": answers.Change, "WhatWouldChange": answers.WhatWouldChange,
    "InactivityAnswer": answers.Inactivity, "RecentVerdict": answers.RecentVerdict,
    "Effect": answers.ExpectedEffect, "LastSuggestion": answers.LastSuggestion,
    "MemberAnswer": answers.Member, "SuggestionAnswer": answers.Suggestion,
    "PowerAnswer": answers.Power, "Suggestions": answers.Suggestions,
    "Refused": answers.Refused, "SendAnswer": answers.Sent, "Subject": answers.Subject,
    "Nudge": answers.Nudge, "Nudges": answers.Nudges}
PLAIN = {("GET", "/v1/key"), ("GET", "/v1/policy"), ("GET", "/v1/members"), ("GET", "/v1/cases"),
         ("GET", "/v1/cases/{case_id}"), ("POST", "/v1/cases/{case_id}/decisions"),
         ("GET", "/v1/lists"), ("POST", "/v1/lists"), ("POST", "/v1/declarations"),
         ("GET", "/v1/campaigns"), ("GET", "/v1/campaigns/{campaign_id}/results")}
"""What managers and marketers do; a program that automates it asks for plain JSON."""
SCAN = {"kind": "scan", "event_id": "c-1", "member_id": "m-1", "points": 5, "proof": "qr",
        "occurred_at": "2025-03-05T10:00:00Z"}


@pytest.fixture(scope="module")
def served_at(
    made: Any, serving_app: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    path = tmp_path_factory.mktemp("client") / "home"
    shutil.copytree(made.path, path)
    settings = Settings(home=path)
    programs = Programs(settings)
    programs.open(wait=True)
    app = Starlette(routes=[Mount("/v1", create_app(programs, settings))])
    with serving_app(app) as client:
        yield str(client.base_url), made.keys["admin"]
    programs.close()


@pytest.fixture
def jaga(served_at: tuple[str, str]) -> Iterator[jaga_client.Jaga]:
    with jaga_client.Jaga(*served_at, patience=jaga_client.Patience(within_s=30)) as made:
        yield made


def document(served_at: tuple[str, str]) -> dict[str, Any]:
    return dict(httpx.get(f"{served_at[0]}/v1/openapi.json").json())


def test_answers_are_those_of_the_document(served_at: tuple[str, str]) -> None:
    """Every field of the document is read, and none is asked for that it does not promise."""
    schemas = document(served_at)["components"]["schemas"]
    for name, struct in NAMES.items():
        fields = {each.encode_name: each.required for each in _fields(struct)}
        assert set(fields) == set(schemas[name]["properties"]), name
        needed = {field for field, is_required in fields.items() if is_required}
        assert needed <= set(schemas[name].get("required", [])), name
        example = schemas[name].get("example")
        if example is not None:
            _reads(struct, example)


def _fields(struct: Any) -> Any:
    return msgspec.structs.fields(struct)


def _reads(struct: Any, example: Any) -> None:
    told = msgspec.convert(example | {"new_since": 1}, struct)
    assert isinstance(told, struct)


def test_events_are_those_of_the_document(served_at: tuple[str, str]) -> None:
    """A sent event has the columns of its table, and needs those that the contract needs."""
    body = document(served_at)["paths"]["/verdicts"]["post"]["requestBody"]["content"]
    found = {each["title"]: each for each in body["application/json"]["schema"]["oneOf"]}
    for kind, sent in (("scan", events.Scan), ("referral", events.Referral),
                       ("redemption", events.Redemption)):
        assert set(get_type_hints(sent)) == set(found[kind]["properties"])
        assert set(sent.__required_keys__) == set(found[kind]["required"])


def test_every_route_for_programs_is_there(served_at: tuple[str, str]) -> None:
    """A new route needs a method of the client, or a word that it is asked for as plain JSON."""
    documented = {(method.upper(), f"/v1{path}")
                  for path, item in document(served_at)["paths"].items() for method, told in
                  item.items() if told["security"] != [{"session": []}]}
    named = {
        (ask.method, ask.path) for ask in (
            asks.verdict({}), asks.event("{event_id}", False), asks.outcomes("", 1),
            asks.take({}), asks.records("{table}", []), asks.feedback({}),
            asks.reply("appeal", "{event_id}", "", None, None),
            asks.reply("evidence", "{event_id}", "", None, None), asks.member("{member_id}"),
            asks.inactivity("{member_id}"), asks.suggestions(None, None, None, 1),
            asks.send_missions([], False), asks.delivery({}), asks.nudges())}
    paths = {(method, path.replace("%7B", "{").replace("%7D", "}")) for method, path in named}
    assert paths | {("POST", "/v1/verdicts/batch")} | PLAIN == documented


def test_a_program_does_its_day(jaga: jaga_client.Jaga) -> None:
    """Judge, ask again, read back, follow, tell of labels and rows, ask for missions."""
    first = jaga.verdict(SCAN)
    assert jaga.verdict(SCAN) == first
    assert first.credited_of(5) + first.points_held == 5
    with pytest.raises(jaga_client.Conflict):
        jaga.verdict({**SCAN, "points": 6})
    with pytest.raises(jaga_client.BadRequest) as refused:
        jaga.verdict({**SCAN, "event_id": "c-2", "points": -1})
    assert refused.value.field == "points"
    assert jaga.event("c-1").verdict == first
    assert jaga.event("c-1", every_reason=True).reasons is not None
    with pytest.raises(jaga_client.NotFound):
        jaga.event("nobody/at all")
    assert jaga.take({**SCAN, "event_id": "c-3"}).new == 1
    assert jaga.take({**SCAN, "event_id": "c-3"}).same == 1
    told = jaga.records("codes", [{"code_id": "k-1", "sku": "wire", "points": 5,
                                   "status": "dispatched"}, {"code_id": "k-2"}])
    assert told.new + len(told.rejects) == 2
    assert jaga.feedback({"event_id": "c-1", "label": "legit",
                          "decided_at": "2025-03-06T10:00:00Z"}).known
    assert jaga.member("m-1").member_id == "m-1"
    assert 0 <= jaga.inactivity("m-1").p_inactive <= 1
    found = jaga.suggestions(limit=5)
    assert jaga.send_missions(["nothing"], dry_run=True).refused[0].code == "unknown"
    assert all(each.decision_id for each in found.suggestions)
    assert jaga.delivery({"decision_id": "nothing", "status": "delivered",
                          "at": "2025-03-06T10:00:00Z"}).unknown_decision
    assert jaga.nudges().message
    outcomes = jaga.outcomes(limit=10)
    assert jaga.outcomes(outcomes.cursor).cursor == outcomes.cursor or outcomes.outcomes
    assert "cases" in jaga.ask("GET", "/v1/cases", params={"limit": 1})


def test_a_reply_comes_to_its_case(jaga: jaga_client.Jaga) -> None:
    """An appeal and a document are stored where the event has a case, and refused elsewhere."""
    held = jaga.ask("GET", "/v1/cases", params={"limit": 1})["cases"]
    if held:
        event_id = held[0]["event_ids"][0]
        assert jaga.appeal(event_id, text="It was my own shop.").case_open
        assert jaga.evidence(event_id, link="https://files.example/1.jpg", digest="sha256:1").new
    with pytest.raises(jaga_client.NotFound):
        jaga.appeal("nothing", text="Hello.")


def test_many_events_keep_their_order(jaga: jaga_client.Jaga) -> None:
    """More than one part, with a bad line in the middle: each has its answer in its place."""
    sent = [{**SCAN, "event_id": f"b-{n}"} for n in range(PART + 20)]
    sent[7] = {**SCAN, "event_id": "b-bad", "points": -1}
    found = list(jaga.verdicts(sent))
    assert len(found) == len(sent)
    for asked, told in zip(sent, found, strict=True):
        if asked["event_id"] == "b-bad":
            assert isinstance(told, jaga_client.BadRequest)
        else:
            assert isinstance(told, answers.Verdict)
            assert told.event_id == asked["event_id"]


def test_no_key_is_said(served_at: tuple[str, str]) -> None:
    with (jaga_client.Jaga(served_at[0], "nobody") as stranger,
          pytest.raises(jaga_client.NotAllowed)):
        stranger.outcomes()


def test_awaited_is_the_same(served_at: tuple[str, str]) -> None:
    """Both clients have the same acts with the same parameters, and give the same answers."""
    for name, act in inspect.getmembers(jaga_client.Jaga, inspect.isfunction):
        if not name.startswith("_"):
            other = getattr(jaga_client.AsyncJaga, name)
            assert list(inspect.signature(act).parameters.values()) == list(
                inspect.signature(other).parameters.values()), name

    async def ask() -> tuple[Any, list[Any], Any]:
        patience = jaga_client.Patience(within_s=30)
        async with jaga_client.AsyncJaga(*served_at, patience=patience) as jaga:
            verdict = await jaga.verdict({**SCAN, "event_id": "a-1"})
            many = [told async for told in jaga.verdicts([{**SCAN, "event_id": "a-2"}])]
            return verdict, many, await jaga.member("m-1")

    verdict, many, member = asyncio.run(ask())
    assert (verdict.event_id, many[0].event_id, member.member_id) == ("a-1", "a-2", "m-1")


def test_the_same_bytes_until_there_is_an_answer() -> None:
    """A refused connection, a late answer, 503, 502: each try sends the same bytes."""
    seen: list[bytes] = []
    slept: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        match len(seen):
            case 1:
                raise httpx.ConnectError("refused")
            case 2:
                raise httpx.ReadTimeout("late")
            case 3:
                return httpx.Response(503, headers={"Retry-After": "1"}, json={})
            case 4:
                return httpx.Response(502, text="<html>")
        return httpx.Response(200, json={"new": 1, "same": 0, "rejects": []})

    clock = iter(range(1000))
    with jaga_client.Jaga("http://jaga.example", "k", jaga_client.Patience(within_s=60),
                          httpx.MockTransport(answer), slept.append,
                          lambda: next(clock) / 100, lambda: 1.0) as jaga:
        assert jaga.take(SCAN).new == 1
    assert len(seen) == 5
    assert set(seen) == {asks.written(SCAN)}
    assert slept == [0.05, 0.1, 1.0, 0.4]


def test_what_may_have_been_done_is_not_sent_twice() -> None:
    """Suggestions draw anew each time: after a late answer they are not asked for again."""
    seen: list[httpx.Request] = []

    def late(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 1:
            raise httpx.ConnectError("refused")
        if len(seen) == 2:
            return httpx.Response(503, headers={"Retry-After": "0.1"}, json={})
        raise httpx.ReadTimeout("late")

    with jaga_client.Jaga("http://jaga.example", "k", transport=httpx.MockTransport(late),
                          sleep=lambda _: None) as jaga, pytest.raises(jaga_client.NoAnswer):
        jaga.suggestions()
    assert len(seen) == 3


@given(said=st.lists(st.one_of(
    st.sampled_from(["ConnectError", "ReadTimeout", "RemoteProtocolError"]),
    st.tuples(st.sampled_from([429, 500, 502, 503, 504]),
              st.one_of(st.none(), st.floats(0, 20).map(str), st.text(max_size=5)))),
    max_size=30), within=st.floats(0.01, 20), drawn=st.floats(0, 1))
def test_patience_ends(said: list[Any], within: float, drawn: float) -> None:
    """Whatever comes, the pauses together stay within the patience, and each is above zero."""
    now = 0.0
    trying = Trying(asks.member("m"), jaga_client.Patience(within_s=within), lambda: now,
                    lambda: drawn)
    for each in said:
        assert 0 < trying.timeout_s <= max(within, 0.001)
        try:
            if isinstance(each, str):
                pause = trying.failed(each, each != "ConnectError")
            else:
                headers = {} if each[1] is None else {"retry-after": each[1]}
                found = trying.answered(each[0], headers, b"")
                assert found is not None
                pause = found
        except jaga_client.NoAnswer:
            return
        assert pause >= 0
        now += pause
        assert now <= within


def test_a_batch_that_ends_early_is_asked_for_its_rest() -> None:
    """Only events without an answer are sent again, and an empty answer is none."""
    batch = Batch([{"event_id": str(n)} for n in range(3)])
    told = json.dumps({"error": {"code": "too_many", "message": "Wanted fewer."}}).encode()
    batch.take(msgspec.Raw(told + b"\n" + told + b"\n"))
    assert batch.ask is not None
    assert batch.ask.body == b'{"event_id":"2"}\n'
    with pytest.raises(jaga_client.NoAnswer):
        batch.take(msgspec.Raw(b"\n"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), 1j,
                                   datetime(2025, 1, 1)])  # noqa: DTZ001 - none is what is tried
def test_what_json_can_not_say_is_refused(value: Any) -> None:
    with pytest.raises(jaga_client.BadRequest):
        asks.written({"value": [value]})
