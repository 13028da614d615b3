"""The review desk as people use it: by keyboard, in twos, in three languages, with bad strings."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.desks.conftest import sign_in
from tests.journeys.desks.world import HOSTILE, LONE, NAMES, RING, UNDO_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.journeys.desks.conftest import Door
    from tests.journeys.desks.world import World

    Enter = Callable[..., Page]

pytestmark = pytest.mark.timeout(600)
LONG = "long words " * 910


def find(page: Page, word: str) -> str:
    """Open the case that a search finds; its path."""
    page.goto("/review?state=all")
    page.fill("[data-find]", word)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("find="))
    expect(page.locator("a.entry")).to_have_count(1)
    page.locator("a.entry").click()
    page.wait_for_url(re.compile(r"/review/[^?]+/[^?]+"))
    return page.url.partition("?")[0]


def is_listed(page: Page, case: str, state: str = "open") -> bool:
    page.goto(f"/review?state={state}")
    return page.locator(f"a.entry[href$='{case.rpartition('/')[2]}']").count() == 1


def await_(is_so: Callable[[], bool]) -> None:
    """Wait for what takes effect after the undo window."""
    deadline = time.monotonic() + UNDO_S + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_who_signs_in_sees_the_desks_of_his_role(door: Door) -> None:
    page = door.open()
    assert page.goto("/review").url.endswith("/sign-in?next=%2Freview")
    sign_in(page, "rina")
    expect(page.locator("header nav a")).to_have_count(4)
    page.goto("/review")
    expect(page.locator("a.entry").first).to_be_visible()


def test_a_ring_is_decided_by_keyboard_in_two_acts(enter: Enter, world: World) -> None:
    page = enter("rina")
    page.goto("/review")
    rank = page.locator("a.entry").evaluate_all(
        "all => all.findIndex(one => one.href.includes('/ring-'))")
    assert rank >= 0
    for _ in range(rank + 1):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/ring-"))
    ring = page.url
    assert is_listed(enter("rina"), ring)
    expect(page.locator("h1")).to_contain_text(f"{len(RING)} accounts share one payout account")
    effect = page.locator("#effect-release")
    expect(effect).to_contain_text("2,700")
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    expect(page.locator("[data-undo]")).to_be_visible()
    assert "/ring-" not in page.url, "the next case did not open"
    expect(page.locator("#toasts")).to_contain_text("10")
    assert not is_listed(page, ring)
    assert is_listed(page, ring, "deciding")
    await_(lambda: world.status(f"{RING[0]}-0") == "released")
    assert {world.status(f"{member}-{n}") for member in RING for n in range(2)} == {"released"}
    page.goto(ring)
    expect(page.locator("[data-acts] button")).to_have_count(0)


def test_an_act_is_undone_within_its_window(enter: Enter, world: World) -> None:
    page = enter("rina")
    case = find(page, LONE["undo"][0])
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    expect(page.locator("[data-undo]")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("[data-undo]")).to_have_count(0)
    page.goto(case)
    expect(page.locator("[data-decide] button[value=release]")).to_be_visible()
    assert world.status("undo-0") == "held"
    assert is_listed(page, case)


def test_a_large_case_takes_two_people(enter: Enter, world: World) -> None:
    rina, budi = enter("rina"), enter("budi")
    case = find(rina, LONE["big"][0])
    rina.click("button[value=release]")
    rina.wait_for_load_state()
    expect(rina.locator("#toasts .warn")).to_be_visible()
    rina.goto("/review/acts")
    mine = rina.locator("article", has_text="member-")
    expect(mine).to_have_count(1)
    expect(mine.locator("button")).to_have_count(0)
    budi.goto("/review/acts")
    budi.locator("article", has_text="rina").locator("button.primary").click()
    expect(budi.locator("#toasts .good")).to_be_visible()
    expect(budi.locator("article")).to_have_count(0)
    rina.goto(case)
    expect(rina.locator("[data-decide]")).to_have_count(0)
    assert world.status("big-0") in ("held", "released")


def test_proof_is_asked_for_and_the_case_waits(enter: Enter) -> None:
    page = enter("budi")
    case = find(page, LONE["ask"][0])
    assert is_listed(enter("budi"), case)
    page.keyboard.press("a")
    page.fill("details[open] [name=days]", "4")
    page.fill("details[open] [name=text]", "Send us a picture of the invoice.")
    page.click("details[open] button.primary")
    expect(page.locator("#toasts .good")).to_be_visible()
    assert not is_listed(page, case)
    await_(lambda: is_listed(page, case, "asked"))


def test_of_two_who_decide_one_wins_and_the_other_is_told(enter: Enter) -> None:
    rina, budi = enter("rina"), enter("budi")
    case = find(rina, LONE["race"][0])
    budi.goto(case)
    rina.click("button[value=release]")
    expect(rina.locator("[data-undo]")).to_be_visible()
    with budi.expect_navigation() as told:
        budi.click("button[value=keep]")
    assert told.value.status == 409
    expect(budi.locator("main")).to_contain_text("rina")
    budi.goto("/review/acts")
    expect(budi.locator("main table")).not_to_contain_text("budiKeep")
    budi.goto(case)
    expect(budi.locator("[data-decide]")).to_have_count(0)
    expect(budi.locator("[data-acts]")).to_contain_text("rina")


def test_an_auditor_sees_and_cannot_act(enter: Enter, world: World) -> None:
    page = enter("audi")
    find(page, LONE["note"][0])
    expect(page.locator("h1")).to_contain_text("85")
    expect(page.locator("main form[method=post], main button")).to_have_count(0)
    page.goto(f"/review?find={RING[0]}&state=all")
    assert not any(name in page.content() for name in NAMES)
    refused = page.request.post("/review/acts", form={
        "csrf": page.locator("input[name=csrf]").first.get_attribute("value") or "",
        "program": world.program_id, "act": "claim", "event": "note-0"})
    assert refused.status == 403


def test_a_marketer_is_not_let_in(enter: Enter) -> None:
    page = enter("maya")
    for path in ("/review", "/review/acts", "/members", "/policy"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 403, path
    page.goto("/")
    expect(page.locator("header nav a[href^='/review']")).to_have_count(0)


def test_hostile_strings_do_no_harm(door: Door) -> None:
    page = door.enter("rina")
    case = find(page, LONE["note"][0])
    for text in (HOSTILE, LONG, "x" * 2_000):
        page.keyboard.press("m")
        note = page.locator("details[open] [name=text]")
        note.evaluate("(one) => one.removeAttribute('maxlength')")
        note.fill(text)
        page.locator("details[open] button").click()
        page.wait_for_load_state()
        page.goto(case)
    expect(page.locator("main")).to_contain_text("<script>alert(1)</script>")
    hostile = find(page, LONE["hostile"][0])
    expect(page.locator("h1").locator("xpath=ancestor::*[1]")).to_contain_text("<script>alert(1)</script>")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for path in (case, hostile, "/review", "/review/acts"):
            page.goto(path)
            assert page.locator("main img, main script:not([type])").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
