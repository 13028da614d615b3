"""Nudges over the wire and on the page: whose each is, and what somebody may do about it."""

from __future__ import annotations

import json
import re
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from features.store.chain import Chain
from serving.api import create_app
from serving.identity.sessions import Sessions
from serving.identity.users import Users
from serving.pages.app import build
from serving.pages.shelf import Shelf
from serving.programs import Programs
from serving.settings import Settings
from serving.wire.cases import Nudges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

pytestmark = pytest.mark.filterwarnings("default")
NOW = 1_740_900_000_000
"""To which a demo's clock is set back, of the service and of the pages alike."""
ROLES = ("manager", "marketer", "admin", "auditor")
UNTIL = "2025-03-20T00:00:00+07:00"


class Desk:
    """A service with two trends, and a session of each role."""

    def __init__(self, client: httpx.Client, app: Any, programs: Programs, key: str,
                 sessions: dict[str, str]) -> None:
        self.client = client
        self.app = app
        self.programs = programs
        self.key = key
        self.sessions = sessions

    def feed(self, **query: str) -> dict[str, Any]:
        answer = self.client.get("/desk/nudges", params=query, headers=self.as_("auditor"))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def snooze(self, role: str, key: str, until: Any = UNTIL) -> httpx.Response:
        return self.client.post(f"/desk/nudges/{key}/snooze", json={"until": until},
                                headers=self.as_(role))

    def as_(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Session {self.sessions[role]}", "X-Jaga-Program": "acme"}


@pytest.fixture
def desk(made: Any, serving_app: Any, tmp_path: Path, finding: Callable[..., Any],
         night: Callable[..., Path]) -> Iterator[Desk]:
    shutil.copytree(made.path, tmp_path / "home")
    home = type(made)(tmp_path / "home", made.keys).home
    night(tmp_path / "home", [finding(money=10.0), finding(
        "leak", "sku", home.journal().number("sku", "wire"), size=2.0, low=1.0, high=3.0,
        money=70.0)])
    sessions = {}
    now_ms = time.time_ns() // 1_000_000
    for role in ROLES:
        with home.database.writing() as store:
            person = Users(store).add(f"the {role}", [("acme", role)], 1)
        sessions[role] = Sessions(home.database, 600, 12).open(person.user_id, now_ms)
    home.close()
    (tmp_path / "home" / "tour.json").write_text(json.dumps({"behind_ms": now_ms - NOW}))
    settings = Settings(home=tmp_path / "home")
    programs = Programs(settings)
    programs.open(wait=True)
    app = create_app(programs, settings)
    with serving_app(app) as client:
        yield Desk(client, app, programs, made.keys["manager"], sessions)
    programs.close()


def test_trends_are_in_the_feed_with_all_that_goes_with_them(desk: Desk) -> None:
    """For machines in the program's language, for people in theirs."""
    answer = desk.client.get("/nudges", headers={"Authorization": f"Bearer {desk.key}"}).json()
    Nudges.model_validate(answer, strict=True)
    assert [one["kind"] for one in answer["nudges"]] == ["leak", "drop"]
    leak = answer["nudges"][0]
    assert (leak["money"], leak["figures"]["size"], leak["subject"]) == (
        70.0, 2.0, {"kind": "sku", "id": "wire"})
    assert desk.feed(language="es")["nudges"][0]["text"].startswith("Producto wire")
    assert desk.feed(language="xx")["nudges"] == answer["nudges"]


def test_who_acts_on_a_kind_may_put_it_to_sleep(desk: Desk) -> None:
    """A marketer what the retention desk acts on, a manager the rest; it is written down."""
    leak, drop = (one["key"] for one in desk.feed()["nudges"])
    for role, key, status in (("auditor", drop, 403), ("auditor", leak, 403),
                              ("manager", drop, 403), ("marketer", leak, 403),
                              ("marketer", drop, 200), ("manager", leak, 200)):
        assert desk.snooze(role, key).status_code == status, (role, key)
    told = desk.feed()
    assert told["nudges"] == []
    assert "2 sleep" in told["message"]
    journal = desk.programs.home.journal()
    with desk.programs.home.database.reading() as store:
        acts = [(one.act, one.who, json.loads(one.about), one.details)
                for one in Chain(store, journal.key).entries()][-2:]
    assert [each[:3] for each in acts] == [
        ("nudge_snoozed", "the marketer", {"snooze": 1}),
        ("nudge_snoozed", "the manager", {"snooze": 2})]
    assert "wire" not in str(acts)


@pytest.mark.parametrize(("key", "until", "status"), [
    ("drop:region:99", UNTIL, 404), ("drop:region:1", "2026-03-20T00:00:00Z", 400),
    ("drop:region:1", "2025-03-01T00:00:00Z", 400), ("drop:region:1", 5, 400),
    ("drop:region:1", "2025-03-20T00:00:00", 400), ("a b", UNTIL, 400),
])
def test_what_can_not_sleep_is_said(desk: Desk, key: str, until: Any, status: int) -> None:
    """No such nudge, a day that is over or too far away, a text that is no time."""
    answer = desk.snooze("admin", key, until)
    assert answer.status_code == status, answer.text
    assert len(desk.feed()["nudges"]) == 2


def test_the_page_shows_what_its_reader_may_follow_and_put_to_sleep(
    desk: Desk, serving_app: Any, signed_in: Any, csrf_of: Any
) -> None:
    """A marketer gets the link to his desk and the button of his kind; the form works."""
    with serving_app(Starlette(routes=[Mount("/v1", desk.app)])) as service:
        pages = build(Shelf(desk.programs.home.path), str(service.base_url))
        with serving_app(pages) as client:
            signed_in(client, desk.programs.home, "marketer@acme", "maya")
            shown = client.get("/copilot/nudges").text
            assert shown.index("Product wire") < shown.index("members came 140 times")
            assert "/retention/campaigns/new?program=acme" in shown
            assert "/policy" not in shown
            assert shown.count('action="/copilot/nudges"') == 1
            found = re.search(r'name="key" value="([^"]+)"', shown)
            assert found is not None
            form = {"program": "acme", "key": found.group(1), "days": "30",
                    "csrf": csrf_of(client, "/copilot/nudges")}
            answer = client.post("/copilot/nudges", data=form)
            assert (answer.status_code, answer.headers["location"]) == (
                303, "/copilot?program=acme")
            assert "Apr 1, 2025" in client.get("/copilot").text.replace("1 Apr 2025",
                                                                        "Apr 1, 2025")
            assert "members came" not in client.get("/copilot/nudges").text
