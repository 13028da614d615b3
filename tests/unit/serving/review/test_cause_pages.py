"""A case's page on its cause: a batch watched, a campaign paused; and its links in a table."""

from __future__ import annotations

import html
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from features.store.home import Home
from serving.pages.casepage import CasePage
from serving.pages.linkpicture import LinkPicture
from serving.review.linking import link_member
from serving.review.neighbours import Edge, Node, Picture
from tests.unit.serving.review.test_causes import put
from tests.unit.serving.review.test_desk_pages import Browser, at_desk, wall_ms

__all__ = ["at_desk"]
pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


def send(browser: Browser, page: str, act: str, mark: str, at: str = "/review/acts",
         **fields: str) -> Any:
    """Send the form of an act that holds a mark, filled in."""
    form = next(each for each in re.findall(r"<form.*?</form>", browser.get(page).text, re.DOTALL)
                if f'name="act" value="{act}"' in each and mark in each)
    pairs = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', form))
    extra = {"HX-Request": "true"} if at.endswith("preview") else {}
    return browser.client.post(at, headers={**HEADERS, **extra}, data={
        name: html.unescape(value) for name, value in pairs.items()} | fields)


def keep_time(desk: Desk) -> None:
    """Let the pages know what time it is in the service by now."""
    (desk.path / "tour.json").write_text(json.dumps({"behind_ms": wall_ms() - desk.now}))


def test_a_batch_is_watched_from_a_case_and_taken_off(desk: Desk, at_desk: Any) -> None:
    """Its reach is shown before; the case and the lists say until when, and it can be ended."""
    put(desk, "codes", *[{"code_id": f"Z-{n}", "batch_id": "B-7", "status": "dispatched",
                          "dispatched_at": "2024-12-01T00:00:00Z"} for n in range(3)],
        {"code_id": "Z-9", "batch_id": "B-7", "status": "void"})
    desk.scan("z", member="m-8", code_id="Z-0")
    rina = at_desk("rina")
    told = send(rina, "/review/acme/z", "list", 'value="watch"', "/review/preview", days="14").text
    assert "3 codes" in told
    assert desk.key("GET", "/lists").json()["entries"] == []
    send(rina, "/review/acme/z", "list", 'value="watch"', days="14", note="Copies are about.")
    (entry,) = desk.key("GET", "/lists").json()["entries"]
    assert (entry["list"], entry["kind"], entry["subject_id"], entry["by"]) == (
        "watch", "batch", "B-7", "rina")
    keep_time(desk)
    assert "watched until" in rina.get("/review/acme/z").text
    held = desk.judged("y", "m-9", 20, code_id="Z-1")
    assert (held["verdict"], held["reasons"][0]["code"], held["hard_proof"]) == (
        "review", "watch.batch", [])
    assert "Somebody watches the batch" in html.unescape(rina.get("/review/acme/y").text)
    assert "Copies are about." in rina.get("/review/lists").text
    send(rina, "/review/lists", "list", 'value="B-7"')
    assert desk.key("GET", "/lists").json()["entries"] == []
    assert desk.judged("x", "m-10", 20, code_id="Z-2")["verdict"] == "approve"


@pytest.mark.parametrize(("days", "note", "words"), [
    ("200", "x", "within 180 days"), ("14", "", "a reason in note")])
def test_a_watch_without_reason_or_end_is_refused(
    desk: Desk, at_desk: Any, days: str, note: str, words: str
) -> None:
    """With what is wanted, in a sentence."""
    put(desk, "codes", {"code_id": "Z-0", "batch_id": "B-7", "status": "dispatched"})
    desk.scan("z", member="m-8", code_id="Z-0")
    answer = desk.try_act("rina", "list", list="watch", kind="batch", subject_id="B-7", note=note)
    assert answer.status_code == 400
    shown = send(at_desk("rina"), "/review/acme/z", "list", 'value="watch"', days=days, note=note)
    assert desk.key("GET", "/lists").json()["entries"] == []
    assert words in html.unescape(shown.text)


def test_nobody_ends_a_watch_on_goods_of_his_own(desk: Desk) -> None:
    """Nor begins one: he scanned codes of it."""
    put(desk, "codes", {"code_id": "Z-0", "batch_id": "B-7", "status": "dispatched"})
    desk.scan("z", member="m-8", code_id="Z-0")
    home = Home(desk.path)
    link_member(home, "rina", "m-8", None)
    home.close()
    for word, more in (("none", {}), ("watch", {"note": "x", "valid_to": "2025-05-01T00:00:00Z"})):
        answer = desk.try_act("rina", "list", list=word, kind="batch", subject_id="B-7", **more)
        assert answer.status_code == 403
        assert "linked account" in desk.preview(
            "rina", "list", list=word, kind="batch", subject_id="B-7", **more)["refused"]
    made = desk.act("ben", "list", list="watch", kind="batch", subject_id="B-7", note="x",
                    valid_to="2025-05-01T00:00:00Z")
    assert made["status"] == "done"


def campaigns(desk: Desk) -> None:
    long = {"starts_at": "2025-01-01T00:00:00Z", "ends_at": "2035-01-01T00:00:00Z"}
    put(desk, "campaigns", {"campaign_id": "fest", "kind": "festival", "region": "java", **long},
        {"campaign_id": "bali", "kind": "season", "region": "bali", **long},
        {"campaign_id": "pipes", "kind": "campaign", "sku": "pipe", **long})


def test_a_mistyped_campaign_is_paused_from_a_case_and_resumed(desk: Desk, at_desk: Any) -> None:
    """Only one that its events fall under; its page says what that does, and the way back."""
    campaigns(desk)
    rina = at_desk("rina")
    page = rina.get("/review/acme/c").text
    assert re.findall(r'name="campaign_id" value="([a-z]+)"', page) == ["fest"]
    told = send(rina, "/review/acme/c", "pause_campaign", "fest", "/review/preview").text
    assert "3 alerts" in told
    assert "judged as on any day" in told
    preview = desk.preview("ben", "pause_campaign", campaign_id="fest")
    assert (preview["events"], preview["members"], preview["refused"]) == (3, 2, None)
    assert desk.preview("ben", "pause_campaign", campaign_id="bali")["events"] == 0
    send(rina, "/review/acme/c", "pause_campaign", "fest", note="2035 for 2025.")
    made, = desk.listed()
    desk.done(made)
    keep_time(desk)
    assert "paused" in rina.get("/review/acme/c").text
    lists = rina.get("/review/lists").text
    assert re.findall(r'name="campaign_id" value="([a-z]+)"', lists) == ["fest"]
    assert "paused,festival,fest" in rina.get("/review/lists?as=csv").text
    send(rina, "/review/lists", "resume_campaign", "fest", note="It was right.")
    newest = next(each for each in desk.listed() if each["act"] == "resume_campaign")
    desk.done(newest)
    keep_time(desk)
    frame = desk.programs.home.journal("acme").frame("campaigns", latest=True)
    assert frame["ends_at"].nunique() == 1
    assert [word for word, *_ in desk.audit()].count("campaign_resumed") == 1
    assert "resume_campaign" not in rina.get("/review/lists").text


def test_what_was_not_paused_here_is_not_resumed(desk: Desk) -> None:
    """One that goes on, and one that the program ended itself."""
    campaigns(desk)
    put(desk, "campaigns", {"campaign_id": "bali", "kind": "season", "region": "bali",
                            "starts_at": "2025-01-01T00:00:00Z", "ends_at": "2025-01-02T00:00:00Z"})
    for name in ("fest", "bali"):
        answer = desk.try_act("rina", "resume_campaign", campaign_id=name, note="x")
        assert answer.status_code == 409, name
        assert "paused here" in answer.text
        assert desk.preview("rina", "resume_campaign", campaign_id=name)["refused"]


def shown(anomaly: float | None, *, held: bool = False) -> tuple[list[str], list[str]]:
    """Reasons and what may explain it, of a case whose event is so unusual."""
    told = SimpleNamespace(code="anomaly.share", text="Rarer.", value=anomaly, contribution=None,
                           speaks_for=False, innocent="", unit="")
    event = SimpleNamespace(body={"anomaly": anomaly})
    folder = SimpleNamespace(reasons=[SimpleNamespace(told=told, alerts=1, normal=None)],
                             events=[event], held_as_unusual=held)
    words = SimpleNamespace(say=lambda code, **_: code, share=lambda value, digits: f"{value:.1%}")
    page = CasePage(folder, None, words, None, 0)  # type: ignore[arg-type]
    reasons = [each.told.text for each in page._against()]
    return reasons, [text for _, text in page._innocent()]


def test_an_ordinary_event_is_no_reason() -> None:
    """Below nine in ten it speaks for him; beyond, or beyond the policy's limit, against."""
    assert shown(0.039) == ([], ["review.innocent.ordinary"])
    assert shown(0.899) == ([], ["review.innocent.ordinary"])
    assert shown(0.9) == (["Rarer."], [])
    assert shown(0.7, held=True) == (["Rarer."], [])
    assert shown(None) == ([], [])


def test_links_are_told_in_a_table_too(desk: Desk, at_desk: Any) -> None:
    """Who shares what, by keyboard: as many rows as things, each member a link."""
    put(desk, "members", *[{"member_id": f"m-{n}", "persona": "retailer", "payout_id": "w-1",
                            "joined_at": "2024-06-01T00:00:00Z"} for n in (1, 2)])
    page = at_desk("rina").get("/review/acme/c").text
    table = page[page.index("The links as a table"):]
    table = table[:table.index("</table>")]
    rows = [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)]
    assert any("w-1" in row and "m-1" in row and "m-2" in row for row in rows[1:])
    assert table.count('href="/members/') >= 2
    assert 'tabindex="0"' in table


def test_the_table_says_what_the_picture_draws() -> None:
    """Every edge of the picture is in it once, the strong before the weak."""
    nodes = (Node("member-1", "member", 1, 0, 0), Node("member-2", "member", 2, 1, 0),
             Node("ip-4", "ip", 4, 0, 90), Node("payout-3", "payout", 3, 0, 2))
    edges = (Edge("member-1", "ip-4", "ip", True, 2, 0, 5),
             Edge("member-2", "payout-3", "payout", False, 0, 0, 0),
             Edge("member-1", "payout-3", "payout", False, 0, 0, 0),
             Edge("member-9", "payout-3", "payout", False, 0, 0, 0))
    words = SimpleNamespace(say=lambda code, **_: code, day=str)
    names = {node.key: node.key.upper() for node in nodes}
    found = LinkPicture(Picture(nodes, edges, False), names, words).table()  # type: ignore[arg-type]
    assert [(one.kind, one.members, one.weak, one.age) for one in found] == [
        ("payout", [("MEMBER-1", 0), ("MEMBER-2", 1)], False, ""),
        ("ip", [("MEMBER-1", 0)], True, "review.links.age")]
    assert LinkPicture(None, {}, words).table() == []  # type: ignore[arg-type]
    assert [one.of_all for one in found] == [2, 90]
