"""Pages for people: escaped, under a strict policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.requests import Request

from features.catalog import CATALOG
from features.errors import StoreAway
from features.exports.program import Program
from serving.champion import load_champion
from serving.commits import Commits, Work
from serving.live import Live
from serving.pages.app import build
from serving.pages.look import Look
from serving.pages.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
HOSTILE = "x-<script>alert(1)</script>/../‮?&"


@pytest.fixture(scope="module")
def tour_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the home of the pages lies."""
    return tmp_path_factory.mktemp("pages") / "home"


@pytest.fixture(scope="module")
def pages(
    made: Any, serving_app: Any, signed_in: Any, tour_home: Path
) -> Iterator[httpx.Client]:
    """Pages over a home with three cases, one with a hostile name."""
    import shutil

    path = tour_home
    shutil.copytree(made.path, path)
    home = type(made)(path, made.keys).home
    journal = home.journal()
    live = Live(journal, load_champion(home, journal), CATALOG)
    live.rebuild()
    now = journal.as_of_ms + 1000
    bodies = [{"kind": "scan", "event_id": name, "member_id": member, "points": 80, "proof": "qr",
               "occurred_at": "2025-03-05T10:00:00Z"}
              for name, member in (("p-1", "m-1"), ("p-2", "m-2"), (HOSTILE, "<b>bold</b>"))]
    bodies.append({**bodies[0], "event_id": "passed", "points": 20, "code_id": "C-1499"})
    Commits(live).commit([Work(lambda w, b=b, n=n: live.judge(w, b, now + n))
                          for n, b in enumerate(bodies)])
    home.create(Program(program_id="globex"))
    home.close()
    stop = {"title": "A ring", "sentence": "Five accounts.", "path": "/review/acme/p-1"}
    tour = {"cases": [stop], "program_id": "acme", "key": "jaga_demo", "body": {"kind": "scan"}}
    (path / "tour.json").write_text(json.dumps(tour))
    with serving_app(build(Shelf(path), "http://127.0.0.1:3000")) as client:
        yield signed_in(client, type(made)(path, made.keys).home)


def test_a_page_says_nothing_of_where_the_store_is() -> None:
    """Its address is for the log of who runs it, not for who looks at a page."""
    request = Request({"type": "http", "method": "GET", "path": "/review", "headers": [],
                       "query_string": b""})
    away = StoreAway("the database at db.internal:5432", "no answer", "start it")
    answer = Look().wrong(request, away)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert b"db.internal" not in bytes(answer.body)
    assert b"durable storage" in bytes(answer.body)


def test_the_queue_lists_held_verdicts(pages: httpx.Client) -> None:
    """Cases come with a sentence, points, and their page."""
    page = pages.get("/review")
    assert page.status_code == 200
    assert page.text.count('class="entry"') == 3
    assert "80 points at stake" in page.text
    assert "<script>alert" not in page.text
    assert "<b>bold</b>" not in page.text


def test_a_case_shows_reasons_and_timeline(pages: httpx.Client) -> None:
    """A case's page has its sentence, its reasons, and the member's events in time."""
    page = pages.get("/review/acme/p-1").text
    assert '<h1 class="sentence"' in page
    assert 'class="reasons"' in page
    assert "usual" in page
    assert "data-picture" in page


def test_an_approval_tells_why_it_passed(pages: httpx.Client) -> None:
    """A look-alike that was approved shows its reasons too, told when its page is opened."""
    page = pages.get("/review/passed").text
    assert "Approved:" in page
    assert 'class="reasons"' in page
    assert 'name="decision"' not in page


def test_hostile_names_do_no_harm(pages: httpx.Client) -> None:
    """Whatever an event or a member is called, nothing of it becomes markup."""
    from serving.pages.queuepage import case_path

    page = pages.get(case_path("acme", HOSTILE))
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<b>bold</b>" not in page.text


def test_every_answer_is_guarded(pages: httpx.Client) -> None:
    """Pages, files and errors carry the same strict policy."""
    for path in ("/", "/review", "/static/jaga.css", "/nowhere", "/review/acme/never",
                 "/review?program=other", "/copilot", "/retention", "/review?page=x"):
        answer = pages.get(path)
        assert answer.status_code < 500, path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert pages.get("/nowhere").status_code == 404
    assert pages.get("/review/acme/never").status_code == 404


def test_the_first_page_shows_the_tour(pages: httpx.Client) -> None:
    """The first page names the cases to open and a line that asks for a verdict."""
    page = pages.get("/").text
    assert "A ring" in page
    assert "Bearer jaga_demo" in page


def test_the_first_page_counts_one_s_own_cases(
    pages: httpx.Client, made: Any, signed_in: Any, tour_home: Path
) -> None:
    """Somebody of another program learns neither how many there are, nor the tour, nor its key."""
    assert "3 cases to look at" in pages.get("/").text
    with httpx.Client(base_url=pages.base_url) as browser:
        signed_in(browser, type(made)(tour_home, made.keys).home, "admin@globex", "other")
        page = browser.get("/").text
    assert "0 cases to look at" in page
    assert "A ring" not in page
    assert "jaga_demo" not in page


def test_an_empty_home_says_what_to_do(serving_app: Any, tmp_path: Path) -> None:
    """Without a program the first page tells how to get one, and the desks do not fail."""
    with serving_app(build(Shelf(tmp_path))) as client:
        assert "jaga demo" in client.get("/", follow_redirects=True).text
        assert client.get("/review").headers["location"] == "/sign-in?next=%2Freview"
    assert list(tmp_path.iterdir()) == []
