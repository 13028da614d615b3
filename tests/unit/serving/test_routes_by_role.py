"""Every route, every role, every kind of key: made from the application's own routes."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import APIRoute

from features.exports.program import Program
from features.store.chain import Chain
from features.store.schema import METADATA
from serving import standing
from serving.api import create_app
from serving.identity.sessions import Sessions
from serving.identity.users import Users
from serving.keys import create_key, hash_of, revoke_key
from serving.programs import Programs
from serving.roles import ACTS, PEOPLE, ROLES
from serving.routes.records import LIVE
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
SECRET = "acme-secret"
"""In every id and text of the program that nobody else may see."""
HELD = f"{SECRET}-event"
MEMBER = "m-3"
"""One whom only the program with a history knows."""
NUMBERS = itertools.count()
CAMPAIGN = (f"{{id: {SECRET}-draft, name: Back, monthly_budget_points: 900, "
            "starts_at: 2025-03-01T00:00:00Z, ends_at: 2035-12-01T00:00:00Z}")


@dataclass(frozen=True)
class Ask:
    """How a route is asked, and which act that is."""

    act: str
    body: Callable[[], Any] | None = None
    ids: dict[str, str] = field(default_factory=dict)
    lines: bool = False
    signed_in: bool = False
    """Whether a person asks in his own name, by his session, and no key does."""

    @property
    def roles(self) -> frozenset[str]:
        """Roles that may ask."""
        return ACTS[self.act] & frozenset(PEOPLE if self.signed_in else ROLES)


def scan(name: str | None = None, member: str = MEMBER, points: int = 20) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name or f"{SECRET}-{next(NUMBERS)}", "member_id": member,
            "points": points, "proof": "qr", "occurred_at": "2025-03-05T10:00:00+07:00"}


EVENT, CASE = {"event_id": HELD}, {"case_id": HELD}
ASKS: dict[tuple[str, str], Ask] = {
    ("POST", "/verdicts"): Ask("judge", scan),
    ("POST", "/verdicts/batch"): Ask("judge", scan, lines=True),
    ("GET", "/events/{event_id:path}"): Ask("read", ids=EVENT),
    ("POST", "/events"): Ask("record", scan),
    ("POST", "/events/{event_id:path}/appeal"): Ask("answer", lambda: {"text": SECRET}, EVENT),
    ("POST", "/events/{event_id:path}/evidence"): Ask("answer", lambda: {"text": SECRET}, EVENT),
    ("GET", "/outcomes"): Ask("read"),
    ("POST", "/records/{table}"): Ask("record", lambda: {
        "code_id": f"{SECRET}-{next(NUMBERS)}", "status": "dispatched"}, {"table": "codes"}, True),
    ("POST", "/feedback"): Ask("label", lambda: {
        "event_id": HELD, "label": "legit", "decided_at": "2025-03-06T10:00:00Z"}),
    ("GET", "/members/{member_id:path}"): Ask("read", ids={"member_id": MEMBER}),
    ("GET", "/members/{member_id:path}/inactivity"): Ask("read", ids={"member_id": MEMBER}),
    ("POST", "/suggestions"): Ask("suggest", lambda: {"limit": 3}),
    ("POST", "/missions"): Ask("suggest", lambda: {"decision_ids": [f"{SECRET}-decision"]}),
    ("POST", "/deliveries"): Ask("deliver", lambda: {
        "decision_id": f"{SECRET}-decision", "status": "sent", "at": "2025-03-06T10:00:00Z"}),
    ("GET", "/campaigns"): Ask("read-campaigns"),
    ("GET", "/campaigns/{campaign_id}/results"): Ask(
        "read-campaigns", ids={"campaign_id": f"{SECRET}-campaign"}),
    ("GET", "/cases"): Ask("read-cases"),
    ("GET", "/cases/{case_id:path}"): Ask("read-cases", ids=CASE),
    ("POST", "/cases/{case_id:path}/decisions"): Ask("decide", lambda: {
        "decision": "release", "reason": SECRET, "by": "rina"}, CASE),
    ("POST", "/declarations"): Ask("decide", lambda: {
        "kind": "shared_device", "subject_id": f"{SECRET}-device"}),
    ("POST", "/lists"): Ask("decide", lambda: {
        "list": "deny", "kind": "device", "subject_id": f"{SECRET}-device", "note": SECRET,
        "by": "rina"}),
    ("GET", "/lists"): Ask("read-cases"),
    ("GET", "/nudges"): Ask("read"),
    ("GET", "/key"): Ask("read"),
    ("GET", "/policy"): Ask("read-cases"),
    ("GET", "/members"): Ask("read-campaigns"),
    ("POST", "/desk/acts"): Ask("decide", lambda: {
        "act": "note", "case_id": "member-3", "event_ids": [HELD], "text": SECRET},
        signed_in=True),
    ("POST", "/desk/preview"): Ask("decide", lambda: {
        "act": "claim", "case_id": "member-3", "event_ids": [HELD]}, signed_in=True),
    ("GET", "/desk/actions"): Ask("read-cases", signed_in=True),
    ("GET", "/desk/nudges"): Ask("read", signed_in=True),
    ("POST", "/desk/nudges/{key}/snooze"): Ask("decide", lambda: {
        "until": "2025-03-20T00:00:00Z"}, {"key": "leak:sku:4"}, signed_in=True),
    ("POST", "/desk/policy"): Ask("decide", lambda: {
        "kind": "enforcement", "text": "hold", "note": "a calm season"}, signed_in=True),
    ("POST", "/desk/policy/{number}/approve"): Ask(
        "decide", ids={"number": "9"}, signed_in=True),
    ("POST", "/desk/policy/{number}/withdraw"): Ask(
        "decide", ids={"number": "9"}, signed_in=True),
    ("POST", "/retention/forecast"): Ask("suggest", lambda: {"text": CAMPAIGN}, signed_in=True),
    ("POST", "/retention/campaigns"): Ask("suggest", lambda: {"text": CAMPAIGN}, signed_in=True),
    ("POST", "/retention/campaigns/{campaign_id}/launch"): Ask(
        "suggest", lambda: {"version": 1}, {"campaign_id": f"{SECRET}-campaign"}, signed_in=True),
    ("POST", "/retention/campaigns/{campaign_id}/stop"): Ask(
        "suggest", lambda: {"reason": SECRET}, {"campaign_id": f"{SECRET}-campaign"},
        signed_in=True),
    ("POST", "/retention/missions"): Ask("suggest", lambda: {
        "mission_id": "quiz", "mission": {
            "id": "quiz", "cost_points": 5, "texts": {"en": SECRET, "id": SECRET}}},
        signed_in=True),
    ("POST", "/retention/missions/drafts/{number}/publish"): Ask(
        "suggest", ids={"number": "9"}, signed_in=True),
    ("POST", "/retention/missions/drafts/{number}/withdraw"): Ask(
        "suggest", ids={"number": "9"}, signed_in=True),
}
OWN = {("POST", "/desk/policy"): 200, ("POST", "/retention/missions"): 200,
       ("POST", "/retention/forecast"): 400, ("POST", "/retention/campaigns"): 400}
"""What somebody of another program drafts in his own, which has no mission to campaign with."""
OPEN = {"/openapi.json", "/{rest:path}"}
"""The document, and what answers that there is no such route."""


class Service:
    """The application over a home of two programs, and keys of every kind."""

    def __init__(self, client: httpx.Client, programs: Programs, app: Any,
                 keys: dict[str, str], sessions: dict[str, tuple[str, str]]) -> None:
        self.client = client
        self.programs = programs
        self.app = app
        self.keys = keys
        self.sessions = sessions

    def ask(self, route: tuple[str, str], key: str | None, **changes: Any) -> httpx.Response:
        asked = ASKS[route]
        method, path = route[0], route[1].replace(":path", "").format(**asked.ids)
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        if asked.signed_in and key in self.sessions:
            token, program = self.sessions[key]
            headers = {"Authorization": f"Session {token}", "X-Jaga-Program": program}
        body = asked.body() if asked.body is not None else None
        if body is not None:
            body |= {name: value for name, value in changes.items() if name in body}
        if asked.lines:
            return self.client.request(method, path, headers=headers, content=json.dumps(body))
        return self.client.request(method, path, headers=headers, json=body)

    def rows_of_acme(self) -> dict[str, list[Any]]:
        """Everything stored about one program, but for the day on which a key was used."""
        found = {}
        with self.programs.home.database.reading() as store:
            number = store.rows("SELECT program FROM programs WHERE program_id = 'acme'")[0][0]
            for name, table in METADATA.tables.items():
                if "program" in table.columns and name != "keys":
                    rows = store.rows(f"SELECT * FROM {name} WHERE program = ?", (number,))
                    found[name] = sorted(map(repr, rows))
        return found


@pytest.fixture(scope="module")
def service(
    made: Any, serving_app: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    path = tmp_path_factory.mktemp("roles") / "home"
    shutil.copytree(made.path, path)
    home = type(made)(path, made.keys).home
    home.create(Program(program_id="globex"))
    keys = dict(made.keys)
    keys |= {f"globex {role}": create_key(home, "globex", role) for role in ROLES}
    keys["expired"] = create_key(home, "acme", "admin", expires_ms=time.time_ns() // 1_000_000 - 1)
    keys["revoked"] = create_key(home, "acme", "admin")
    revoke_key(home, "acme", hash_of(keys["revoked"])[:12])
    keys["slow"] = create_key(home, "acme", "auditor", rate=2)
    sessions = {keys[name]: _signed_in(home, name) for name in keys
                if name.split()[-1] in PEOPLE}
    home.close()
    settings = Settings(home=path)
    programs = Programs(settings)
    programs.open(wait=True)
    app = create_app(programs, settings)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(standing, "QUICK_S", 60.0)
        with serving_app(app) as client:
            made_service = Service(client, programs, app, keys, sessions)
            _fill(made_service)
            yield made_service
    programs.close()


def _signed_in(home: Any, name: str) -> tuple[str, str]:
    """A session of somebody with the role of a key, and his program."""
    *program, role = name.split()
    of = program[0] if program else "acme"
    with home.database.writing() as store:
        person = Users(store).add(f"{of}-{role}", [(of, role)], 1)
    now_ms = time.time_ns() // 1_000_000
    return Sessions(home.database, 600, 12).open(person.user_id, now_ms), of


def _fill(service: Service) -> None:
    headers = {"Authorization": f"Bearer {service.keys['admin']}"}
    held = service.client.post("/verdicts", json=scan(HELD, points=80), headers=headers)
    assert held.json()["verdict"] == "review", held.text
    for route in (("POST", "/lists"), ("POST", "/declarations"), ("POST", "/feedback")):
        assert service.ask(route, service.keys["admin"]).status_code == 200
    deadline = time.monotonic() + 120  # the table of members is made behind all else
    while service.client.get("/members/m-3/inactivity", headers=headers).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_every_route_is_in_the_table(service: Service) -> None:
    """A route that somebody adds says here who may ask for it, or the build fails."""
    found = {(method, route.path) for route in service.app.routes
             for method in route.methods if route.path not in OPEN}
    assert found == set(ASKS)
    assert all(isinstance(route, APIRoute) for route in service.app.routes
               if route.path not in OPEN)
    assert {ask.act for ask in ASKS.values()} == set(ACTS)


@pytest.mark.parametrize("route", ASKS, ids=" ".join)
def test_only_a_key_that_works_opens_a_route(service: Service, route: tuple[str, str]) -> None:
    """No key, an unknown, an expired and a revoked one are all the same 401."""
    answers = [service.ask(route, key) for key in (
        None, "jaga_", "nonsense", "jaga_" + "x" * 43, "jaga_" + "x" * 5000,
        service.keys["expired"], service.keys["revoked"])]
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert len({answer.text for answer in answers[1:]}) == 1


@pytest.mark.parametrize("route", ASKS, ids=" ".join)
def test_a_role_does_what_its_acts_allow(service: Service, route: tuple[str, str]) -> None:
    """403 for every role without the act, an answer for every role with it."""
    for role in ROLES:
        answer = service.ask(route, service.keys[role])
        if role not in ASKS[route].roles:
            refused = 403 if not ASKS[route].signed_in or role in PEOPLE else 401
            assert answer.status_code == refused, (role, answer.text)
            assert SECRET not in answer.text
        elif any(part in route[1] for part in ("{campaign_id}", "{number}", "{key}")):
            assert answer.status_code == 404, (role, answer.text)  # there is none yet
        else:
            assert answer.status_code in (200, 409), (role, answer.text)


@pytest.mark.parametrize("table", LIVE)
def test_rows_ask_for_what_the_route_of_their_table_asks_for(service: Service, table: str) -> None:
    """No role declares, labels, sends or delivers by rows who may not do so by the route."""
    route = ("POST", f"/{table}")
    wanted = ACTS["record"] & (ACTS[ASKS[route].act] if route in ASKS else ACTS["record"])
    for role in ROLES:
        answer = service.client.post(f"/records/{table}", headers={
            "Authorization": f"Bearer {service.keys[role]}"})
        assert answer.status_code == (400 if role in wanted else 403), (role, answer.text)
    assert table != "declarations" or wanted == {"admin"}


def test_declarations_that_come_as_rows_are_in_the_audit_log(service: Service) -> None:
    """One entry for those of one request, by the key that sent them; none where nothing is new."""
    def declared() -> list[Any]:
        home = service.programs.home
        with home.database.reading() as store:
            entries = Chain(store, home.journal("acme").key).entries()
            return [entry for entry in entries if entry.act == "declared"]

    before = declared()
    rows = "\n".join(json.dumps({
        "kind": "shared_device", "subject_id": f"{SECRET}-rows-{number}",
        "valid_from": "2025-03-01T00:00:00Z"}) for number in range(3))
    headers = {"Authorization": f"Bearer {service.keys['admin']}"}
    answer = service.client.post("/records/declarations", headers=headers, content=rows)
    assert answer.json()["new"] == 3, answer.text
    told = declared()[len(before):]
    name = hash_of(service.keys["admin"])[:12]
    assert [entry.who for entry in told] == [f"key {name}"]
    assert json.loads(told[0].details) == {"rows": 3, "key": name}
    again = service.client.post("/records/declarations", headers=headers, content=rows)
    assert again.json()["same"] == 3, again.text
    assert len(declared()) == len(before) + 1


def test_the_auditor_reads_everything_and_changes_nothing(service: Service) -> None:
    """Every GET is his, and nothing else."""
    mine = {route for route, ask in ASKS.items() if "auditor" in ACTS[ask.act]}
    assert mine == {route for route in ASKS if route[0] == "GET"}


@pytest.mark.parametrize("role", ROLES)
def test_a_key_of_another_program_sees_and_changes_nothing(service: Service, role: str) -> None:
    """What is another program's does not exist: 404 for its ids, not a word, not a changed row."""
    before = service.rows_of_acme()
    for route, asked in ASKS.items():
        answer = service.ask(route, service.keys[f"globex {role}"], member_id="m-globex")
        if role not in asked.roles:
            assert answer.status_code in (401, 403), route
        elif route in OWN:
            assert answer.status_code == OWN[route], (route, answer.text)
        elif asked.signed_in and route[0] == "POST":
            assert answer.status_code == 404, (route, answer.text)
        elif asked.ids and "table" not in asked.ids:
            no_model = 503 if route[1].endswith("inactivity") else 404
            assert answer.status_code in (404, no_model), (route, answer.text)
        elif route[0] == "GET":
            assert HELD not in answer.text, route
            assert answer.status_code in (200, 503), (route, answer.text)
    assert service.rows_of_acme() == before


def test_ids_of_another_program_are_not_there_for_a_judge_with_a_model(service: Service) -> None:
    """The other way round, every route that names an id answers 404, inactivity too."""
    key = service.keys["globex admin"]
    mine = {"event_id": "g-1", "case_id": "g-1", "member_id": "m-globex", "campaign_id": "g-1"}
    assert service.client.post("/verdicts", headers={"Authorization": f"Bearer {key}"},
                               json=scan("g-1", "m-globex")).status_code == 200
    seen = service.client.get("/events/g-1", headers={"Authorization": f"Bearer {key}"})
    for (method, path), asked in ASKS.items():
        if asked.ids and "table" not in asked.ids and not asked.signed_in:
            answer = service.client.request(
                method, path.replace(":path", "").format(**mine),
                headers={"Authorization": f"Bearer {service.keys['admin']}"},
                json=asked.body() if asked.body else None)
            assert answer.status_code == 404, (path, answer.text)
    again = service.client.get("/events/g-1", headers={"Authorization": f"Bearer {key}"})
    assert again.content == seen.content


def test_a_key_that_asks_too_often_is_told_to_wait(service: Service) -> None:
    """429 with Retry-After once its rate is used up, and no other key is slower for it."""
    answers = [service.ask(("GET", "/outcomes"), service.keys["slow"]) for _ in range(30)]
    assert answers[0].status_code == 200
    late = [answer for answer in answers if answer.status_code == 429]
    assert len(late) > 10
    assert {answer.headers["retry-after"] for answer in late} == {"1"}
    assert {answer.json()["error"]["code"] for answer in late} == {"too_many"}
    assert service.ask(("GET", "/outcomes"), service.keys["auditor"]).status_code == 200


def test_two_programs_may_use_the_same_ids(service: Service) -> None:
    """The same event id in another program is another event, judged on its own history."""
    ours = service.ask(("GET", "/events/{event_id:path}"), service.keys["admin"])
    headers = {"Authorization": f"Bearer {service.keys['globex admin']}"}
    theirs = service.client.post("/verdicts", json=scan(HELD, points=1), headers=headers)
    assert theirs.status_code == 200, theirs.text
    assert theirs.json()["event_id"] == HELD
    assert theirs.json()["verdict"] == "approve"
    again = service.ask(("GET", "/events/{event_id:path}"), service.keys["admin"])
    assert again.content == ours.content
    assert again.json() != service.client.get(f"/events/{HELD}", headers=headers).json()


def test_a_body_can_not_name_another_program(service: Service) -> None:
    """A key is bound to its program; an event that names another one is refused."""
    headers = {"Authorization": f"Bearer {service.keys['globex admin']}"}
    before = service.rows_of_acme()
    for path, body in (("/verdicts", scan()), ("/events", scan())):
        answer = service.client.post(path, json=body | {"program_id": "acme"}, headers=headers)
        assert answer.status_code == 400, answer.text
    row = json.dumps({"code_id": "c-other", "status": "void", "program_id": "acme"})
    answer = service.client.post("/records/codes", content=row, headers=headers)
    assert answer.status_code == 400 or answer.json()["rejects"], answer.text
    assert service.rows_of_acme() == before
