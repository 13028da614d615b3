"""Arguments, addresses and answers that are wrong: each ends in a sentence."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import httpx
import mcp
import pytest
from mcp.shared.exceptions import MCPError

from features.errors import BadConfig, Unavailable
from jaga.assistant.asking import NotGiven, Service
from jaga.assistant.run import run
from jaga.assistant.server import make_server
from jaga.assistant.tool import Pages

if TYPE_CHECKING:
    from collections.abc import Callable


def call(answer: Callable[[httpx.Request], httpx.Response], tool: str, given: dict[str, Any]
         ) -> Any:
    """Ask a tool of a service that answers as a test says."""

    async def ask() -> Any:
        service = Service("http://jaga.example", "a-key", httpx.MockTransport(answer))
        async with mcp.Client(make_server(service, Pages("http://jaga.example"))) as client:
            try:
                return await client.call_tool(tool, given)
            except MCPError as error:
                return error

    found = asyncio.run(ask())
    if isinstance(found, MCPError):
        raise found
    return found


def never(request: httpx.Request) -> httpx.Response:
    raise AssertionError(request.url)


@pytest.mark.parametrize(("tool", "given", "field", "told"), [
    ("show_case", {}, "case_id", "came nothing"),
    ("show_case", {"case_id": ""}, "case_id", "at least 1 character"),
    ("show_case", {"case_id": 7}, "case_id", "came 7"),
    ("list_cases", {"limit": 5000}, "limit", "less than or equal to 100"),
    ("list_cases", {"limit": "5"}, "limit", "valid integer"),
    ("list_nudges", {"member_id": "m-1"}, "member_id", "no argument of that name"),
    ("draft_decision", {"case_id": "s-1", "decision": "approve", "reason": "x"}, "decision",
     "'release', 'keep' or 'confirm_fraud'"),
    ("draft_decision", {"case_id": "s-1", "decision": "keep"}, "reason", "came nothing"),
    ("draft_campaign", {"missions": [1]}, "missions.0", "valid string"),
])
def test_a_wrong_argument_is_named_before_anybody_is_asked(
    tool: str, given: dict[str, Any], field: str, told: str
) -> None:
    """What was wanted, what came, what to do; the service hears nothing of it."""
    found = call(never, tool, given)
    assert found.is_error
    assert found.structured_content["error"]["field"] == field
    assert told in found.content[0].text
    assert "To do: " in found.content[0].text


def test_a_tool_that_there_is_not_is_an_error_of_the_protocol() -> None:
    """It names those that there are."""
    with pytest.raises(MCPError, match="Wanted one of show_role"):
        call(never, "decide_case", {"case_id": "s-1"})


def test_another_service_at_the_address_hides_no_tool() -> None:
    """What says nothing of a role refuses nothing either; a draft needs the program's name."""
    found = call(lambda _: httpx.Response(200, json={"decisions": {}}), "draft_decision", {
        "case_id": "s-1", "decision": "keep", "reason": "x"})
    assert "came status 200 with another body" in found.content[0].text


@pytest.mark.parametrize("name", ["../../key", "a/b?x=1#y", "..", "s-1/decisions", "é %2F"])
def test_an_id_stays_within_its_place(name: str) -> None:
    """Whatever it holds, it is one part of the path and none of the query."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"event_id": name})

    assert call(answer, "show_event", {"event_id": name}).structured_content == {"event_id": name}
    path, _, query = seen[0].url.raw_path.decode().partition("?")
    assert path.count("/") == 3, path
    assert path.startswith("/v1/events/")
    assert query == ""
    assert seen[0].headers["authorization"] == "Bearer a-key"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"error": "no"}', b"null"])
def test_an_answer_of_something_else_is_told_so(body: bytes) -> None:
    """A proxy's page, or another service."""
    found = call(lambda _: httpx.Response(502, content=body), "list_nudges", {})
    assert "came status 502 with another body" in found.content[0].text


def test_a_way_elsewhere_is_not_followed() -> None:
    """The key goes to the address that was named, and to no other."""
    found = call(lambda _: httpx.Response(302, headers={"Location": "http://elsewhere.example"}),
                 "list_nudges", {})
    assert "came status 302" in found.content[0].text


def test_the_role_is_asked_for_once_it_is_known() -> None:
    """A refusal is no answer: the next time it is asked for again."""
    answers = [httpx.Response(503, json={"error": {
        "code": "unavailable", "field": None, "message": "Down.", "expected": ""}}),
        httpx.Response(200, json={"program_id": "acme", "role": "auditor", "may": []})]
    service = Service("http://jaga.example", "a-key", httpx.MockTransport(
        lambda _: answers.pop(0)))

    async def ask() -> None:
        with pytest.raises(NotGiven, match=r"Down\."):
            await service.role()
        assert await service.role() == await service.role()

    asyncio.run(ask())
    assert answers == []


@pytest.mark.parametrize("url", ["", "jaga", "ftp://x", "http://", "http://u:p@x", "http://x?k=1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadConfig, match="address"):
        run(url, environment={"JAGA_KEY": "jaga_1"})


def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named; nothing else of Jaga needs it."""
    monkeypatch.setitem(sys.modules, "mcp.server.stdio", None)
    with pytest.raises(Unavailable, match=r"pip install 'jaga\[assistant\]'"):
        run("http://127.0.0.1:1", environment={"JAGA_KEY": "jaga_1"})


@pytest.mark.parametrize("key", ["two words", "schlüssel", "line\nline"])
def test_a_key_that_is_none_is_not_told(key: str) -> None:
    with pytest.raises(BadConfig) as refused:
        run("http://127.0.0.1:1", environment={"JAGA_KEY": key})
    assert key not in str(refused.value)
