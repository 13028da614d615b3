"""Every page for every eye: accessible, light and dark, on a phone, in each language.

Pictures of the pages go to the folder that JAGA_SCREENSHOTS names; without it there are none.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from babel.messages.pofile import read_po
from playwright.sync_api import expect

import models
import serving.pages
from tests.journeys.desks.world import RING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.journeys.desks.conftest import Door
    from tests.journeys.desks.world import World

    Enter = Callable[..., Page]

pytestmark = pytest.mark.timeout(900)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE = {"width": 390, "height": 844}
MOST_BYTES = 250_000
"""Of a picture that the README shows."""
FOLDERS = [Path(serving.pages.__file__).parent / "catalogues" / name
           for name in ("shell", "review")]
FOLDERS.append(Path(models.__file__).parent / "catalogues")
PAGES = {
    "home": ("rina", "/"), "review": ("rina", "/review"), "case": ("rina", "RING"),
    "lone": ("rina", "/review/note-0"), "acts": ("rina", "/review/acts"),
    "lists": ("rina", "/review/lists"), "empty": ("rina", "/review?find=nobody"),
    "retention": ("maya", "/retention"),
    "rhythm": ("maya", "SLIPPING"), "campaigns": ("maya", "/retention/campaigns"),
    "builder": ("maya", "/retention/campaigns/new"), "missions": ("maya", "/retention/missions"),
    "mission": ("maya", "/retention/missions/edit"), "copilot": ("rina", "/copilot"),
    "members": ("rina", "/members"), "member": ("rina", f"/members/{RING[0]}"),
    "model": ("rina", "/model"), "policy": ("rina", "/policy"),
    "password": ("rina", "/password"), "refused": ("maya", "/review"),
    "nowhere": ("rina", "/nowhere"),
}
LINKS = {"RING": ("/review?kind=ring", "a.entry"), "SLIPPING": ("/retention", ".slips th a")}
TEXTS = """() => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest("script, template, style, [lang]:not(html)"))
      found.push(walk.currentNode.data);
  }
  for (const one of document.querySelectorAll("[aria-label], [placeholder], [data-lost]"))
    for (const name of ["aria-label", "placeholder", "data-lost"])
      if (one.hasAttribute(name)) found.push(one.getAttribute(name));
  return found.map(text => text.trim().replace(/\\s+/g, " ")).filter(text => text);
}"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(enter: Enter, shots: Path | None, name: str) -> None:
    person, path = PAGES[name]
    page = enter(person)
    page.goto(found(page, path))
    settle(page)
    assert wrongs(page) == []
    take(page, shots, f"{name}-1280.png")
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    assert sideways(page) == []
    assert wrongs(page) == []
    take(page, shots, f"{name}-390.png")


@pytest.mark.parametrize("name", ["review", "case", "retention"])
def test_a_picture_of_the_readme(enter: Enter, shots: Path | None, tmp_path: Path, name: str
                                 ) -> None:
    """JAGA_SCREENSHOTS=docs/pictures and -k readme make those of the README anew."""
    page = enter(PAGES[name][0])
    page.goto(found(page, PAGES[name][1]))
    settle(page)
    file = (shots or tmp_path) / f"{name}.png"
    page.screenshot(path=file, animations="disabled")
    assert file.stat().st_size < MOST_BYTES


def test_the_door_is_for_everybody(door: Door, shots: Path | None) -> None:
    page = door.open(viewport=PHONE)
    page.goto("/sign-in")
    assert wrongs(page) == []
    assert sideways(page) == []
    take(page, shots, "sign-in-390.png")
    page.fill("[name=name]", "rina")
    page.fill("[name=password]", "not hers")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert wrongs(page) == []


def test_the_queue_is_told_in_three_languages(enter: Enter) -> None:
    page = enter("rina")
    page.goto("/review")
    english = catalogue("en")
    assert untold(page, english, {}) != [], "this test sees no English where all is English"
    for language in ("id", "es"):
        page.locator("details.own summary").click()
        page.click(f"button[name=language][value={language}]")
        expect(page.locator("html")).to_have_attribute("lang", language)
        own = catalogue(language)
        expect(page.locator("h1")).to_have_text(own["review.title"])
        assert untold(page, english, own) == []


@pytest.mark.parametrize("system", ["light", "dark"])
def test_colours_follow_the_system_until_somebody_chooses(enter: Enter, system: str) -> None:
    """Of the page and of what plotly draws; a choice is kept, and taken back by another."""
    page = enter("rina", color_scheme=system)
    page.goto("/copilot")
    other = {"light": "dark", "dark": "light"}[system]
    for chosen, seen in (("", system), (other, other), (system, system), ("system", system)):
        if chosen:
            page.locator("details.own summary").click()
            page.click(f"button[name=theme][value={chosen}]")
            has = expect(page.locator("html"))
            if chosen == "system":
                has.not_to_have_attribute("data-theme", re.compile(""))
            else:
                has.to_have_attribute("data-theme", chosen)
        settle(page)
        shades = page.evaluate("""() => [
          getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,
          getComputedStyle(document.querySelector(".ytick text")).fill]""")
        ground, ink, drawn = (lightness(one) for one in shades)
        assert (ground > 0.8) == (ink < 0.4) == (drawn < 0.5) == (seen == "light"), chosen


@pytest.mark.parametrize("name", ["copilot", "rhythm", "case", "retention"])
def test_a_legend_stands_outside_of_its_plot(enter: Enter, name: str) -> None:
    """However narrow the window is."""
    person, path = PAGES[name]
    page = enter(person, viewport=PHONE)
    page.goto(found(page, path))
    settle(page)
    drawn = page.evaluate("""() => [...document.querySelectorAll(".js-plotly-plot")].map(one => {
      const box = what => one.querySelector(what)?.getBoundingClientRect();
      return [box(".legend")?.bottom, box(".draglayer .nsewdrag").top,
              box(".draglayer .nsewdrag").height, one.getBoundingClientRect().width,
              box(".legend")?.width];
    })""")
    assert any(legend is not None for legend, *_ in drawn)
    for legend, top, height, width, wide in drawn:
        assert height > 60
        if legend is not None:
            assert legend <= top + 1
            assert wide <= width


def test_everything_works_without_scripts(enter: Enter, world: World) -> None:
    page = enter("rina", java_script_enabled=False)
    page.goto("/review")
    page.locator("a.entry").first.click()
    page.wait_for_url(re.compile(f"/review/{world.program_id}/"))
    page.locator("noscript button, [formaction='/review/preview']").first.click()
    expect(page.locator("h1")).to_be_visible()
    assert page.url.endswith("/review/preview")


def found(page: Page, path: str) -> str:
    """A path of `PAGES`, or what its word stands for."""
    if path not in LINKS:
        return path
    page.goto(LINKS[path][0])
    return page.locator(LINKS[path][1]).first.get_attribute("href") or ""


def settle(page: Page) -> None:
    """Wait for what a page fetches by itself, and for its pictures."""
    expect(page.locator(".htmx-request, .skeleton")).to_have_count(0)
    for figure in page.locator("[data-picture]").all():
        figure.scroll_into_view_if_needed()
        expect(figure).to_have_class(re.compile("drawn"))
    page.evaluate("scrollTo(0, 0)")


def wrongs(page: Page) -> list[Any]:
    """What axe finds wrong: the rule, and the first element that breaks it."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    return [(one["id"], one["nodes"][0]["html"][:200], one["nodes"][0].get("failureSummary"))
            for one in found.response["violations"]]


def sideways(page: Page) -> list[str]:
    """Elements that make a page wider than its window; none where it is not."""
    return list(page.evaluate("""() => {
      const width = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= width) return [];
      return [...document.querySelectorAll("body *")].filter(
        one => one.getBoundingClientRect().right > width + 1 && !one.closest(".scroll")
      ).slice(0, 5).map(one => one.outerHTML.slice(0, 150)).concat("the page is too wide");
    }"""))


def take(page: Page, shots: Path | None, name: str) -> None:
    if shots is not None:
        page.screenshot(path=shots / name, full_page=True, animations="disabled")


def catalogue(language: str) -> dict[str, str]:
    """Every sentence of the queue in a language, by its code."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        with (folder / f"{language}.po").open("rb") as file:
            found |= {str(one.id): str(one.string) for one in read_po(file) if one.id}
    return found


def untold(page: Page, english: dict[str, str], own: dict[str, str]) -> list[str]:
    """Texts of a page that are English sentences, and none of its own language."""
    foreign = [pattern(text) for code, text in english.items() if own.get(code) != text]
    ours = [pattern(text) for text in own.values()]
    parts = {part.strip().rstrip(".") for text in page.evaluate(TEXTS)
             for part in text.split("; ")}
    return sorted(part for part in parts if any(one.fullmatch(part) for one in foreign)
                  and not any(one.fullmatch(part) for one in ours))


def pattern(sentence: str) -> re.Pattern[str]:
    """What a sentence with its values filled in looks like; one of values alone fits nothing."""
    words = re.split(r"\{[^}]*\}", sentence.rstrip("."))
    if not re.search(r"\w{2}", "".join(words)):
        return re.compile("(?!)")
    return re.compile(".*".join(re.escape(word) for word in words))


def lightness(colour: str) -> float:
    """Mean of the channels of an rgb() colour, 0 to 1."""
    channels = [float(one) for one in re.findall(r"[\d.]+", colour)[:3]]
    return sum(channels) / 3 / 255
