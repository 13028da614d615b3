"""The shell: choices of a person, files, words, toasts, tables, and its own forms."""

from __future__ import annotations

import csv
import gzip
import io
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from features.errors import BadConfig, BadInput
from features.exports.program import Program
from models.texts import Texts
from serving.pages import app as pages_app
from serving.pages.app import build
from serving.pages.look import Look
from serving.pages.pictures import picture
from serving.pages.shelf import Shelf
from serving.pages.statics import PACKAGED, Statics
from serving.pages.tables import as_csv
from serving.pages.told import read_told, tell
from serving.pages.words import Words, foreign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serving.pages.shell import Shell

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""


@pytest.fixture(scope="module")
def desk(made: Any, serving_app: Any, signed_in: Any, tmp_path_factory: pytest.TempPathFactory
         ) -> Iterator[httpx.Client]:
    """A browser that has signed in to pages with one more: it takes a form and tells of it."""
    import shutil

    path = tmp_path_factory.mktemp("shell") / "home"
    shutil.copytree(made.path, path)

    def routes(shell: Shell) -> list[Route]:
        async def take(request: Request) -> Response:
            form = await shell.form(request)
            answer = Response("|".join(form.all("event")))
            return shell.tell(request, answer, "signin.slow", seconds=int(form.get("n", "1")))

        return [Route("/copilot/take", take, methods=["POST"])]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pages_app, "_desks", routes)
        built = build(Shelf(path))
    with serving_app(built) as client:
        yield signed_in(client, type(made)(path, made.keys).home)


def test_a_language_is_kept_until_another_is_chosen(desk: httpx.Client) -> None:
    """By a form of any page, before and after signing in; a language without words is none."""
    chosen = desk.post("/language", data={"language": "id", "next": "/?x=1"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/?x=1")
    assert '<html lang="id">' in desk.get("/", headers={"Accept-Language": "es"}).text
    assert "Keluar" in desk.get("/").text
    desk.post("/language", data={"language": "xx", "next": "//evil.example"})
    assert '<html lang="es">' in desk.get("/", headers={"Accept-Language": "es"}).text


def test_a_theme_follows_the_system_unless_one_is_chosen(desk: httpx.Client) -> None:
    """Light and dark may be chosen; anything else is the system's."""
    assert "data-theme" not in desk.get("/").text
    desk.post("/theme", data={"theme": "dark"})
    assert 'data-theme="dark"' in desk.get("/").text
    desk.post("/theme", data={"theme": '"><script>'})
    assert "data-theme" not in desk.get("/").text


def test_another_site_chooses_nothing(desk: httpx.Client) -> None:
    """A choice is a form of these pages too."""
    answer = desk.post("/language", data={"language": "id"},
                       headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert '<html lang="en">' in desk.get("/").text


def test_a_script_s_request_carries_the_token_in_a_header(desk: httpx.Client) -> None:
    """The page hands it to htmx; without it, or with another, nothing is taken."""
    page = desk.get("/").text
    token = re.search(r"hx-headers='\{\"X-Jaga-Form\": \"([0-9a-f]{64})\"\}'", page)
    assert token is not None
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = "event=a&event=b&n=7"
    taken = desk.post("/copilot/take", content=body,
                      headers={**form, "X-Jaga-Form": token.group(1)})
    assert (taken.status_code, taken.text) == (200, "a|b")
    assert "Try again in 7 seconds" in desk.get("/").text
    assert "Try again in 7 seconds" not in desk.get("/").text
    for sent in ({}, {"X-Jaga-Form": "0" * 64}):
        assert desk.post("/copilot/take", content=body, headers={**form, **sent}).status_code == 403


def test_an_error_of_a_part_is_a_toast(desk: httpx.Client) -> None:
    """The page stays as it is; without a session the whole page goes to the door."""
    htmx = {"HX-Request": "true"}
    wrong = desk.get("/copilot/nowhere", headers=htmx)
    assert wrong.status_code == 404
    assert wrong.headers["hx-retarget"] == "#toasts"
    assert "<html" not in wrong.text
    stranger = httpx.get(desk.base_url.join("/review"), headers=htmx)
    assert (stranger.status_code, stranger.headers["hx-redirect"]) == (204, "/sign-in")


def test_a_file_is_kept_for_a_year_under_its_own_content(desk: httpx.Client) -> None:
    """Asked for by another name it is asked for again; packed and plain are the same bytes."""
    url = re.search(r'href="(/static/jaga.css\?v=[0-9a-f]{16})"', desk.get("/").text)
    assert url is not None
    kept = desk.get(url.group(1))
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["content-encoding"] == "gzip"
    again = desk.get("/static/jaga.css?v=old", headers={"Accept-Encoding": "identity"})
    assert again.headers["cache-control"] == "no-cache"
    assert again.content == kept.content == Statics().file("jaga.css").body
    same = desk.get("/static/jaga.css", headers={"If-None-Match": kept.headers["etag"]})
    assert same.status_code == 304
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/"):
        assert desk.get(path).status_code == 404


def test_htmx_and_plotly_come_from_their_packages() -> None:
    """As JavaScript, whole, and from this house alone."""
    statics = Statics()
    for name in PACKAGED:
        file = statics.file(name)
        assert file.media == "text/javascript"
        assert gzip.decompress(file.packed) == file.body
    assert b'version:"2.0.3"' in statics.file("vendor/htmx.min.js").body
    assert b"plotly.js v2.35.2" in statics.file("vendor/plotly.min.js").body[:100]


def test_no_page_names_another_host_or_writes_a_script_into_itself() -> None:
    """Nor a style, nor a handler: the policy would block them."""
    from serving.pages.look import HERE

    for path in (HERE / "templates").glob("*.html"):
        text = path.read_text()
        assert not re.search(r'(href|src|action|hx-[a-z]+)="(https?:)?//', text), path.name
        assert not re.search(r"\s(style|on[a-z]+)=", text), path.name
        inline = re.findall(r"<script(?![^>]*(src=|application/json))", text)
        assert inline == [], path.name


def test_a_code_has_words_in_one_folder_and_in_every_language(tmp_path: Path) -> None:
    """Else the pages do not start."""
    assert Look().texts.languages == ("en", "es", "id")
    entry = 'msgid "a.b"\nmsgstr "x"\n'
    head = 'msgid ""\nmsgstr "Language: {}\\nContent-Type: text/plain; charset=utf-8\\n"\n\n'
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        for language in ("en", "id"):
            (tmp_path / folder / f"{language}.po").write_text(head.format(language) + entry)
    with pytest.raises(BadConfig, match=r"a\.b in two"):
        Texts.read_all([tmp_path / "one", tmp_path / "two"])
    (tmp_path / "one" / "id.po").write_text(head.format("id"))
    with pytest.raises(BadConfig, match="the same codes"):
        Texts.read_all([tmp_path / "one"])


@pytest.mark.parametrize(("language", "number", "share", "money", "moment"), [
    ("en", "48,200", "83.4%", "482 USD", "1 Jan 1970, 07:00"),
    ("id", "48.200", "83,4%", "482 USD", "1 Jan 1970 07.00"),
    ("es", "48.200", "83,4%", "482 USD", "1 ene 1970, 7:00"),
])
def test_values_are_written_as_a_language_writes_them(
    language: str, number: str, share: str, money: str, moment: str
) -> None:
    """In the program's time zone and currency."""
    words = Words(Look().texts, language, Program(program_id="acme", timezone="Asia/Jakarta"))
    assert words.number(48200) == number
    assert words.share(0.8342, 1) == share
    assert words.worth(48200).replace("\xa0", " ") == money
    assert words.moment(0) == words.moment("1970-01-01T00:00:00.000Z") == moment
    assert words.moment(0).startswith(words.day(0))
    assert words.number(None) == words.say("word.unknown")


def test_plurals_follow_the_language() -> None:
    """English and Spanish have two forms, Indonesian one."""
    texts = Look().texts
    assert Words(texts, "en").say_many("home.open", 1) == "1 case to look at"
    assert Words(texts, "en").say_many("home.open", 0) == "0 cases to look at"
    assert Words(texts, "es").say_many("home.open", 1200) == "1.200 casos por revisar"
    assert Words(texts, "id").say_many("home.open", 1) == "1 kasus untuk diperiksa"


HOSTILE = ('<script>alert(1)</script>', "\u202eevil", "x" * 10_000, "\x00label\x01", "{label}")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_foreign_text_in_a_sentence_stays_text(text: str) -> None:
    """It stands apart from the sentence around it, escaped and cut."""
    told = Words(Look().texts, "en").tell("signin.provider", label=text)
    assert str(told) == f"Sign in with {foreign(text)}"
    assert "<script>" not in str(told)
    assert len(re.sub(r'title="[^"]*"', "", str(told))) < 200


def _request(cookie: str = "") -> Request:
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers,
                    "query_string": b"", "scheme": "http", "server": ("x", 80)})


def test_what_is_told_is_told_only_where_it_has_words() -> None:
    """Another's cookie, another version's code, or none of its parameters: nothing is said."""
    texts = Look().texts
    answer = Response()
    tell(_request(), answer, "signin.slow", "warn", seconds=3)
    cookie = answer.headers["set-cookie"].split(";")[0]
    told = read_told(_request(cookie), texts)
    assert told is not None
    assert (told.code, told.params, told.tone) == ("signin.slow", {"seconds": 3}, "warn")
    for code, tone, params in (("no.code", "good", {}), ("signin.slow", "good", {}),
                               ("signin.slow", "<b>", {"seconds": 1})):
        other = Response()
        tell(_request(), other, code, tone, **params)
        sent = other.headers["set-cookie"].split(";")[0]
        assert read_told(_request(sent), texts) is None
    assert read_told(_request("jaga-told=%%%"), texts) is None
    too_long = Response()
    tell(_request(), too_long, "signin.provider", label="x" * 5000)
    assert "set-cookie" not in too_long.headers


def test_a_table_is_read_back_as_it_was_and_runs_nothing() -> None:
    """By another reader of CSV; a cell that a spreadsheet would run gets a quote before it."""
    rows = [["=1+1", 5], ["-2", -2], ["@x\n,\"", None], ["\tx", 1.5], ["plain", True]]
    answer = as_csv("Cases of acme/../x", ["name", "n"], rows)
    assert answer.headers["content-disposition"] == 'attachment; filename="cases-of-acme-x.csv"'
    read = list(csv.reader(io.StringIO(bytes(answer.body).decode("utf-8-sig"), newline="")))
    assert read == [["name", "n"], ["'=1+1", "5"], ["'-2", "-2"], ["'@x\n,\"", ""],
                    ["'\tx", "1.5"], ["plain", "True"]]


def test_a_picture_shows_a_foreign_text_as_text() -> None:
    """Plotly reads tags in labels, not in what is escaped; templates are the page's own."""
    made = picture([{"type": "bar", "x": ["<a href='x'>", "y" * 500], "hovertemplate": "<b>%{x}"}],
                   {"xaxis": {"title": "a & b"}})
    trace = made["data"][0]
    assert trace["x"][0] == "&lt;a href='x'&gt;"
    assert len(trace["x"][1]) == 60
    assert trace["hovertemplate"] == "<b>%{x}"
    assert made["layout"] == {"xaxis": {"title": "a &amp; b"}}


@pytest.mark.parametrize("kind", ["heatmap", "contour", "pie"])
def test_a_picture_that_would_write_styles_is_refused(kind: str) -> None:
    """The pages' own policy of content blocks them, and the browser says so aloud."""
    with pytest.raises(BadInput, match=f"came {kind}"):
        picture([{"type": "bar"}, {"type": kind}])
