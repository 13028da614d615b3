"""Appeals and evidence: what the partner says reaches a person, once, and no clock stops for it."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from serving.api import create_app
from serving.casework import MOST_REPLIES
from serving.holds import DOCUMENT_RELEASES, TIME_KEEPS, TIME_RELEASES
from serving.policies import Policies
from serving.programs import Programs
from serving.settings import Settings
from serving.wire.cases import Cases, Replied
from serving.wire.verdicts import EventAnswer, Outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
DAY = 86_400_000
INVOICE = {"link": "https://files.example/inv-881.jpg", "hash": "sha256:9f2c"}


@dataclass
class Service:
    """A service whose clock a test sets."""

    client: httpx.Client
    keys: dict[str, str]
    now: int

    def ask(self, method: str, path: str, body: Any = None, role: str = "admin") -> Any:
        return self.client.request(
            method, path, headers={"Authorization": f"Bearer {self.keys[role]}"}, json=body)

    def post(self, path: str, body: Any, role: str = "admin") -> Any:
        return self.ask("POST", path, body, role)

    def get(self, path: str) -> Any:
        return self.ask("GET", path).json()

    def scan(self, name: str, **more: Any) -> dict[str, Any]:
        self.now += 1000
        answer = self.post("/verdicts", {
            "kind": "scan", "event_id": name, "member_id": "m-3", "points": 20, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00+07:00", **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def decide(self, name: str, decision: str) -> Any:
        return self.post(f"/cases/{name}/decisions",
                         {"decision": decision, "reason": "Looked at.", "by": "rina"})

    def case(self, name: str) -> dict[str, Any] | None:
        listed = self.get("/cases?limit=1000")
        Cases.model_validate(listed)
        return next((row for row in listed["cases"] if row["case_id"] == name), None)

    def status(self, name: str) -> tuple[str, int]:
        shown = self.get(f"/events/{name}")
        EventAnswer.model_validate(shown)
        return shown["status"], shown["points_final"]

    def runs_out(self, verdict: dict[str, Any]) -> dict[str, Any]:
        """Let a hold run out; what the feed then tells of it."""
        end = pd.Timestamp(verdict["hold"]["until"]).value // 1_000_000
        assert self.now < end, "nothing the partner said has ended it before"
        self.now = end
        return self.told(verdict["event_id"])

    def told(self, name: str) -> dict[str, Any]:
        """Wait for the newest change that the feed tells of an event."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            feed = self.get("/outcomes?limit=10000")
            Outcomes.model_validate(feed)
            mine = [row for row in feed["outcomes"] if row["event_id"] == name]
            if mine:
                return dict(mine[-1])
            time.sleep(0.05)
        raise AssertionError(f"the feed tells nothing of {name}")


@pytest.fixture(scope="module")
def service(made: Any, serving_app: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
            ) -> Iterator[Service]:
    path = tmp_path_factory.mktemp("answers") / "home"
    shutil.copytree(made.path, path)
    start = made.home.journal().as_of_ms + 60_000
    clock = {"service": Service(None, made.keys, start)}  # type: ignore[arg-type]
    settings = Settings(home=path, body_limit=50_000)
    programs = Programs(settings, lambda: clock["service"].now)
    programs.open(wait=True)
    assert programs.ready
    with serving_app(create_app(programs, settings)) as client:
        clock["service"].client = client
        yield clock["service"]
    programs.close()


def test_a_case_shows_what_the_partner_said(service: Service) -> None:
    """Each answer as it came, the oldest first; the same one again is no other."""
    service.scan("shown", points=80, code_id=None)
    first = service.post("/events/shown/evidence", INVOICE, role="points-engine")
    assert Replied.model_validate(first.json()).case_open is True
    service.now += 1000
    appeal = {"text": "For the fair.\x00 Ünïcode ☂", "link": None, "more": "is not read"}
    assert service.post("/events/shown/appeal", appeal).json()["new"] == 1
    for body, path in ((INVOICE, "evidence"), (appeal, "appeal")):
        again = service.post(f"/events/shown/{path}", body).json()
        assert (again["new"], again["same"], again["case_open"]) == (0, 1, True)
    case = service.case("shown")
    assert case is not None
    assert [{**row, "at": None} for row in case["replies"]] == [
        {"kind": "evidence", **INVOICE, "at": None},
        {"kind": "appeal", "text": "For the fair.\x00 Ünïcode ☂", "at": None}]
    assert case["replies"][0]["at"] < case["replies"][1]["at"]


@pytest.mark.parametrize(("body", "field"), [
    ({}, None), ({"text": ""}, "text"), ({"text": "x" * 10_001}, "text"), ({"text": 5}, "text"),
    ({"link": "x" * 2001}, "link"), ({"link": "javascript:alert(1)"}, "link"),
    ({"link": "https://a.example/b c"}, "link"), ({"hash": "x" * 201}, "hash"),
    ({"hash": ["a"]}, "hash"), ([], None)])
def test_what_is_no_answer_is_refused(service: Service, body: Any, field: str | None) -> None:
    """Bounded in size, a link that a browser may open, at least one of the three."""
    for path in ("/events/h-1/appeal", "/events/h-1/evidence"):
        answer = service.post(path, body)
        assert answer.status_code == 400, answer.text
        if field:
            assert answer.json()["error"]["field"] == field


def test_an_event_without_a_case_is_no_place_for_an_answer(service: Service) -> None:
    """404 where nobody knows it; 409 where nothing is held, as nobody would ever read it."""
    assert service.scan("fine", code_id="C-1001")["verdict"] == "approve"
    service.post("/events", {"kind": "scan", "event_id": "elsewhere", "member_id": "m-3",
                             "points": 20, "proof": "qr", "outcome": "refused",
                             "occurred_at": "2025-03-05T10:00:00+07:00"})
    for path in ("appeal", "evidence"):
        assert service.post(f"/events/nobody/{path}", {"text": "?"}).status_code == 404
        assert service.post(f"/events/{'x' * 3000}/{path}", {"text": "?"}).status_code == 404
        assert service.post(f"/events/a%00b/{path}", {"text": "?"}).status_code == 404
        for name in ("fine", "elsewhere", "h-1"):
            answer = service.post(f"/events/{name}/{path}", {"text": "?"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_nobody_floods_a_case(service: Service) -> None:
    """More answers than anybody reads are refused; the same one again is still the same."""
    service.scan("flood", points=80, code_id=None)
    for n in range(MOST_REPLIES):
        assert service.post("/events/flood/appeal", {"text": str(n)}).json()["new"] == 1
    assert service.post("/events/flood/appeal", {"text": "one more"}).status_code == 409
    assert service.post("/events/flood/evidence", INVOICE).status_code == 409
    assert service.post("/events/flood/appeal", {"text": "7"}).json()["same"] == 1


def test_evidence_does_not_stop_the_clock(service: Service) -> None:
    """Where time gives the points it does so at its moment, and the case is over."""
    verdict = service.scan("clock", points=80, code_id="C-1100")
    assert verdict["hold"] | {"until": None} == {
        "until": None, "then": "release", "ends_by": ["document", "visit", "time"]}
    assert service.post("/events/clock/evidence", INVOICE).json()["case_open"] is True
    assert service.status("clock") == ("held", 0), "a person looks at it"
    assert service.runs_out(verdict)["reason"] == TIME_RELEASES
    assert service.status("clock") == ("released", 80)
    assert service.case("clock") is None


def test_evidence_that_nobody_looked_at_outlives_a_hold_that_keeps(service: Service) -> None:
    """The points follow the time, but the document that was asked for still waits for a person."""
    shown, silent = (service.scan(name, code_id=f"never-{name}") for name in ("shown-2", "silent"))
    assert {shown["hold"]["then"], silent["hold"]["then"]} == {"keep"}
    assert "document" in shown["hold"]["ends_by"]
    service.post("/events/shown-2/evidence", INVOICE)
    assert service.runs_out(silent)["reason"] == service.told("shown-2")["reason"] == TIME_KEEPS
    assert service.case("silent") is None
    assert service.case("shown-2") is not None
    assert service.decide("shown-2", "release").json()["status"] == "released"


def test_late_evidence_opens_a_case_again_where_points_were_not_given(service: Service) -> None:
    """A document cannot change what was given; what was kept, or clawed back, it can."""
    for name, decision in (("late-keep", "keep"), ("late-give", "release")):
        service.scan(name, points=80, code_id=None)
        service.decide(name, decision)
    assert service.post("/events/late-give/evidence", INVOICE).json()["case_open"] is False
    assert service.post("/events/late-keep/evidence", INVOICE).json()["case_open"] is True
    assert service.case("late-keep") is not None
    assert service.decide("late-keep", "release").json()["status"] == "released"
    assert service.post("/events/late-keep/evidence", INVOICE).json() | {"rejects": []} == {
        "new": 0, "same": 1, "case_open": False, "rejects": []}


def test_points_that_were_given_are_clawed_back_after_an_appeal(service: Service) -> None:
    """The feed tells each step, in order, and the event shows the last."""
    service.scan("claw", points=80, code_id=None)
    service.decide("claw", "release")
    assert service.decide("claw", "confirm_fraud").status_code == 409, "it is decided"
    service.post("/events/claw/appeal", {"text": "It was not enough."})
    assert service.decide("claw", "confirm_fraud").json()["status"] == "clawed_back"
    feed = service.get("/outcomes?limit=10000")["outcomes"]
    mine = [row for row in feed if row["event_id"] == "claw"]
    assert [(row["status"], row["points_final"]) for row in mine] == [
        ("released", 80), ("clawed_back", 0)]
    shown = service.get("/events/claw")
    assert {name: shown[name] for name in ("status", "points_final", "changed_at", "seq")} == {
        name: mine[-1][name] for name in ("status", "points_final", "changed_at", "seq")}


def test_a_document_ends_the_wait_of_a_step_up(
    made: Any, serving_app: Callable[..., Any], tmp_path: Any
) -> None:
    """As the policy says; words alone do not, and it ends once."""
    shutil.copytree(made.path, tmp_path / "home")
    now = made.home.journal().as_of_ms + 60_000
    settings = Settings(home=tmp_path / "home")
    programs = Programs(settings, lambda: now)
    programs.open(wait=True)
    with programs.home.database.writing() as store:
        journal = programs.home.journal()
        Policies(store, journal.key).apply(
            "version: step\nthresholds: {score: never, anomaly: never, ring: never}\n"
            "step_up: {score: 0.5}\n", "ana", now, journal.program)
    with serving_app(create_app(programs, settings)) as client:
        service = Service(client, made.keys, now)
        verdict = service.scan("step", points=80, code_id="C-1100")
        assert verdict["hold"]["ends_by"] == ["document", "time"]
        assert service.post("/events/step/evidence", {"text": "Soon."}).json()["case_open"] is True
        assert service.status("step") == ("held", 0)
        for new in (1, 0):
            answer = service.post("/events/step/evidence", INVOICE).json()
            assert (answer["new"], answer["case_open"]) == (new, False)
        assert service.told("step")["reason"] == DOCUMENT_RELEASES
        assert service.status("step") == ("released", 80)
        assert len(service.get("/outcomes")["outcomes"]) == 1
        assert json.loads(json.dumps(verdict)) == service.scan("step", points=80, code_id="C-1100")
    programs.close()
