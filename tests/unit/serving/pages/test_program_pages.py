"""Copilot, member, model and policy pages: what they show, to whom, and as a file."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from models import champion
from models.bundle import Bundle
from models.texts import Texts
from models.trust import Trust
from models.trusthistory import settle_trust
from serving.identity.administering import act
from serving.nudges.health import model_health
from serving.pages.app import build
from serving.pages.shelf import Shelf
from serving.policydrafts import PolicyDrafts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
WORD = "eleven brown geese walking"
HOSTILE = "<script>alert(1)</script>"
DRAFT = 'version: "9"\nthresholds: {score: 0.05}\n'


class Pages:
    """Pages over a home, and browsers of people of each role."""

    def __init__(self, home: Any, app: Any, serving_app: Any, csrf_of: Any) -> None:
        self.home = home
        self._app = app
        self._serving_app = serving_app
        self._csrf_of = csrf_of

    def browse(self, role: str, path: str, **headers: str) -> httpx.Response:
        with self._serving_app(self._app) as client:
            client.headers["Origin"] = str(client.base_url).rstrip("/")
            form = {"name": role, "password": WORD, "csrf": self._csrf_of(client)}
            assert client.post("/sign-in", data=form).status_code == 303
            for _ in range(100):
                answer = client.get(path, headers=headers)
                if "being counted" not in answer.text:
                    break
                time.sleep(0.05)
            return answer


@pytest.fixture(scope="module")
def pages(made: Any, serving_app: Any, csrf_of: Any, tmp_path_factory: pytest.TempPathFactory
          ) -> Iterator[Pages]:
    path = tmp_path_factory.mktemp("program-pages") / "home"
    shutil.copytree(made.path, path)
    home = type(made)(path, made.keys).home
    home.migrate()
    journal = home.journal()
    for role in ("admin", "manager", "marketer", "auditor"):
        act(home, "add", role, [f"{role}@acme"], None, 1, password=WORD)
    with home.database.writing() as store:
        store.run("INSERT INTO people (program, member_id, display_name, contact_url) "
                  "VALUES (?, ?, ?, ?)", (journal.key, journal.number("member", "m-3"),
                                          f"Budi {HOSTILE}", "javascript:alert(1)"))
        PolicyDrafts(store, journal.key).draft("policy", DRAFT, HOSTILE, "admin", 1,
                                               journal.program)
    yield Pages(home, build(Shelf(path), "http://127.0.0.1:9"), serving_app, csrf_of)
    home.close()


def test_the_copilot_shows_figures_and_says_what_is_not_measured(pages: Pages) -> None:
    """A program without labels or amounts is told so, not given a nought."""
    page = pages.browse("marketer", "/copilot")
    assert page.status_code == 200
    assert page.text.count("not measured") >= 5
    assert 'type="application/json"' in page.text
    assert pages.browse("marketer", "/copilot?days=7&part=1").text.count("<html") == 0


def test_the_copilot_goes_on_without_the_service(pages: Pages) -> None:
    """Its feed is the service's; where that is away the page says so and stays."""
    feed = pages.browse("manager", "/copilot/nudges", **{"HX-Request": "true"})
    assert feed.status_code == 200
    assert "does not answer" in feed.text


def test_the_copilot_s_tables_are_files(pages: Pages) -> None:
    """Every group, whole; a table that there is not is not found."""
    answer = pages.browse("admin", "/copilot?as=csv&by=persona")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][0] == "persona"
    assert [row[0] for row in rows[1:]] == ["retailer"]
    journal = pages.home.journal()
    days = list(csv.reader(io.StringIO(
        pages.browse("admin", "/copilot?as=csv&by=days&days=90").content.decode("utf-8-sig"))))
    assert sum(int(row[1]) for row in days[1:]) == journal.frame("scans")["points"].sum()
    assert pages.browse("admin", "/copilot?as=csv&by=password").status_code == 404


def test_a_member_s_file_holds_every_row_of_his(pages: Pages) -> None:
    """As many scans as the journal has of him, in the contract's words."""
    journal = pages.home.journal()
    found = json.loads(pages.browse("manager", "/members/m-3?as=json").text)
    scans = journal.frame("scans")
    own = scans[scans["member_id"] == journal.number("member", "m-3")]
    assert len(found["tables"]["scans"]) == len(own) > 5
    assert {one["event_id"] for one in found["tables"]["scans"]} == set(
        journal.names("event", own["event_id"].to_numpy()))
    (facts,) = found["tables"]["members"]
    assert (facts["persona"], facts["channels"], facts["consent"], facts["region"]) == (
        "retailer", ["whatsapp"], True, "java")
    assert facts["joined_at"] == "2024-06-01T00:00:00.000Z"
    cells = list(csv.reader(io.StringIO(
        pages.browse("manager", "/members/m-3?as=csv").content.decode("utf-8-sig"))))
    assert sum(row[0] == "scans" and row[2] == "event_id" for row in cells) == len(own)


@pytest.mark.parametrize(("language", "joined", "yes"), [
    ("en", "1 Jun 2024, 07:00", "yes"), ("es", "1 jun 2024, 7:00", "sí"),
    ("id", "1 Jun 2024 07.00", "ya")])
def test_a_member_s_page_is_for_reading(pages: Pages, language: str, joined: str, yes: str
                                        ) -> None:
    """Times, yes and no as its language writes them, the program's time zone; files stay exact."""
    page = pages.browse("manager", "/members/m-3", **{"Accept-Language": language}).text
    shown = re.sub(r"<[^>]+>", "|", page)
    assert f"|{joined}|" in shown
    assert f"|{yes}|" in shown
    assert not re.search(r"\d{4}-\d{2}-\d{2}T|\|(True|False|None)\|", shown)
    assert "2024-06-01T00:00:00.000Z" in pages.browse("manager", "/members/m-3?as=csv").text


def test_an_auditor_sees_what_was_done_and_not_who(pages: Pages) -> None:
    """Neither name nor contact, on the page or in the file."""
    for path in ("/members/m-3", "/members/m-3?as=json", "/members/m-3?as=csv"):
        assert "Budi" in pages.browse("manager", path).text
        assert "Budi" not in pages.browse("auditor", path).text
    assert pages.browse("marketer", "/members/m-3").status_code == 403


def test_a_hostile_member_does_no_harm(pages: Pages) -> None:
    """His name is text, his contact no link; an id that nobody has is not found."""
    page = pages.browse("manager", "/members/m-3").text
    assert HOSTILE not in page
    assert 'href="javascript:' not in page
    for path in ("/members/%00", "/members/" + "x" * 3000, "/members/%3Cscript%3E"):
        answer = pages.browse("manager", path)
        assert answer.status_code == 404, path
        assert "<script>" not in answer.text


def test_the_model_s_page_reads_what_serves(pages: Pages) -> None:
    """Its id and limits; no picture but the card's own is handed out."""
    page = pages.browse("auditor", "/model")
    folder = next(path for path in pages.home.bundles("acme").iterdir() if path.is_dir())
    assert folder.name in page.text
    for name in ("manifest.json", "..%2f..%2fmanifest.json", "shap.png", "%2e%2e"):
        assert pages.browse("auditor", f"/model/pictures/{name}").status_code == 404
    assert "Nobody has looked at this model yet" in page.text
    assert pages.browse("auditor", "/model/monitor").status_code == 404
    assert pages.browse("marketer", "/model").status_code == 403


def test_the_model_s_page_shows_what_the_monitor_found(pages: Pages) -> None:
    """Gates and trust on the page, the monitor's own in a sandbox; a hostile word stays a word."""
    folder = pages.home.path / "monitor" / "acme" / "2025-03-10"
    folder.mkdir(parents=True)
    bundle_id = champion.champion(pages.home.bundles("acme")).name
    gate = {"code": "fraud_mode", "passed": False, "value": 9.0, "limit": 5.0,
            "sentence": f"Signs {HOSTILE}"}
    (folder / "monitor.json").write_text(json.dumps({
        "bundle_id": bundle_id, "as_of": "2025-03-10T00:00:00.000Z", "passed": False,
        "gates": [gate], "windows": {"sentence": "Held against others."}}))
    (folder / "drift.html").write_text("<script>1</script>")
    journal = pages.home.journal()
    with pages.home.database.writing() as store:
        settle_trust(store, journal.key, Trust(bundle_id, 0.5, "fraud_mode", 1))
    page = pages.browse("auditor", "/model").text
    assert "new signs of fraud" in page
    assert HOSTILE not in page
    assert "The signs of fraud changed" in page
    assert "count 50 %" in page
    own = pages.browse("auditor", "/model/monitor")
    assert own.headers["content-security-policy"].count("sandbox allow-scripts") == 1
    assert "default-src 'none'" in own.headers["content-security-policy"]
    told = model_health(folder.parent, lambda: bundle_id)(journal, Texts.read(), "id")
    assert [(one.kind, "tanda kecurangan baru" in one.text) for one in told] == [
        ("monitor.alert", True)]
    assert model_health(folder.parent, lambda: "another")(journal, Texts.read(), "en") == []
    shutil.rmtree(folder.parent)


def test_the_policy_s_page_shows_a_draft_as_text(pages: Pages) -> None:
    """With what changes; its author has no button to put it in force, others have one."""
    own, other, reader = (pages.browse(role, "/policy").text
                          for role in ("admin", "manager", "auditor"))
    for page in (own, other, reader):
        assert HOSTILE not in page
        assert re.search(r'class="plus">\+version: &#34;9&#34;', page)
    assert ['value="approve"' in page for page in (own, other, reader)] == [False, True, False]
    assert 'value="withdraw"' not in reader


def test_the_model_page_shows_the_gates(pages: Pages) -> None:
    """Of the challenger where one is tried, gate by gate; no word of the file is believed."""
    root = pages.home.bundles("acme")
    served = champion.champion(root)
    found = {"passed": None, "sentence": "Too little to say: parity.", "window": "[a, b)",
             "gates": [{"gate": "quality", "passed": True, "sentence": "No worse.", "figures": {}},
                       {"gate": "parity", "passed": None, "sentence": HOSTILE, "figures": {}},
                       {"gate": "fairness", "passed": False, "sentence": "Held.", "figures": {}}]}
    tried = replace(Bundle.load(served), as_of_ms=1).save(root).name
    champion.challenge(root, tried)
    try:
        assert "Run jaga gates" in pages.browse("auditor", "/model").text
        reports = pages.home.path / "reports" / "acme" / tried
        reports.mkdir(parents=True)
        (reports / "gates.json").write_text(json.dumps(found))
        text = pages.browse("auditor", "/model").text
    finally:
        (root / "challenger").unlink()
    for word in (tried, "No group pays for the others", "No worse.", "passed", "not passed",
                 "too little to say"):
        assert word in text, word
    assert HOSTILE not in text
    assert 'id="gates"' not in pages.browse("auditor", "/model").text
