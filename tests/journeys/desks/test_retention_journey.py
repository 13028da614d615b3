"""The retention desk as people use it: a campaign from its first draft until it is stopped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    Enter = Callable[..., Page]

pytestmark = pytest.mark.timeout(600)
BUILDER = "/retention/campaigns/new"


def test_a_campaign_with_a_control_group_takes_a_second_marketer(enter: Enter) -> None:
    maya, joko = enter("maya"), enter("joko")
    maya.goto(BUILDER)
    maya.fill("[name=name]", "Come back")
    maya.fill("[name=budget_points]", "4000")
    maya.fill("[name=control_percent]", "20")
    maya.check("[name=second_person]")
    expect(maya.locator("#forecast")).to_contain_text(re.compile(r"\d"))
    maya.click("button[value=launch]")
    maya.wait_for_url(re.compile("/retention/campaigns/come-back"))
    expect(maya.locator(".head .chip.warn")).to_be_visible()
    expect(maya.locator("form[action$=launch]")).to_have_count(0)
    expect(maya.locator("main")).to_contain_text("20%")

    joko.goto("/retention/campaigns")
    joko.click("main a:has-text('Come back')")
    joko.click("form[action$=launch] button")
    expect(joko.locator("#toasts .good")).to_be_visible()
    expect(joko.locator("form[action$=launch]")).to_have_count(0)
    expect(joko.locator("main")).to_contain_text("maya")

    maya.goto("/retention/campaigns/come-back")
    maya.fill("[name=reason]", "Out of stock")
    maya.click("form[action$=stop] button")
    expect(maya.locator("form[action$=stop]")).to_have_count(0)
    expect(maya.locator("main")).to_contain_text("Out of stock")


def test_the_builder_foresees_as_its_form_changes(enter: Enter) -> None:
    page = enter("maya")
    page.goto(BUILDER)
    forecast = page.locator("#forecast")
    expect(forecast).to_contain_text(re.compile(r"\d"))
    everybody = forecast.inner_text()
    page.select_option("[name=segment_persona]", index=1)
    expect(forecast).not_to_have_text(everybody, use_inner_text=True)


def test_an_auditor_reads_and_cannot_write(enter: Enter) -> None:
    page = enter("audi")
    for path in ("/retention", "/retention/campaigns", "/retention/missions"):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator("main form[method=post]")).to_have_count(0)
    answer = page.goto(BUILDER)
    assert answer is not None
    assert answer.status == 404


def test_hostile_names_of_campaigns_do_no_harm(enter: Enter) -> None:
    page = enter("maya", viewport={"width": 390, "height": 800})
    page.goto(BUILDER)
    page.fill("[name=name]", "\u202e<script>alert(1)</script>" + "w" * 160)
    page.fill("[name=budget_points]", "100")
    page.click("button[value=draft]")
    page.wait_for_url(re.compile("/retention/campaigns/(?!new)"))
    for path in (page.url, "/retention/campaigns"):
        page.goto(path)
        expect(page.locator("main")).to_contain_text("<script>alert(1)</script>")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
