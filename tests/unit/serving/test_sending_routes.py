"""Suggestions, missions and deliveries over a real home: what is written, refused, shown."""

from __future__ import annotations

import shutil
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from features.store.home import Home
from features.store.ingest import ingest
from serving import standing
from serving.api import create_app
from serving.keys import create_key
from serving.outbox.outbox import Outbox
from serving.outbox.relay import begin_relay
from serving.programs import Programs
from serving.settings import Settings
from serving.wire.cases import Nudges
from serving.wire.members import MemberAnswer
from serving.wire.suggestions import DeliveryAnswer, SendAnswer, Suggestions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
LATER = {"kind": "scan", "event_id": "much-later", "member_id": "m-3", "points": 20, "proof": "qr",
         "code_id": "C-1060", "occurred_at": "2025-03-05T10:00:00+07:00"}
"""Long after everybody's last event, so that somebody is slipping."""


class Api:
    """Asks with the key of one role."""

    def __init__(self, client: Any, key: str, home: Home) -> None:
        self.client = client
        self.key = key
        self.home = home

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return self.client.request(method, path, json=body,
                                   headers={"Authorization": f"Bearer {self.key}"})

    def post(self, path: str, body: Any) -> Any:
        return self.ask("POST", path, body)

    def suggest(self, **ask: Any) -> Any:
        return self.post("/suggestions", ask)

    def ids(self) -> list[str]:
        """Suggestions made now, the held-out ones last."""
        found = self.suggest(limit=12).json()
        return [row["decision_id"] for row in found["suggestions"]] + found["held_out"]

    def waiting(self) -> list[str]:
        """Decisions that lie in the outbox."""
        with self.home.database.reading() as store:
            return [one.ref for one in Outbox(store, 1).waiting()]

    def written(self) -> list[Any]:
        """Everything that sending could write."""
        with self.home.database.reading() as store:
            return [store.rows(f"SELECT * FROM {table}")
                    for table in ("missions", "deliveries", "outbox", "entities", "commits")]


@contextmanager
def _served(path: Path, key: str, serving_app: Any) -> Iterator[Api]:
    """Serve a home; members are scored anew whenever the journal moved, however slow that is."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(standing, "QUICK_S", 60.0)
        yield from _serving(path, key, serving_app)


def _serving(path: Path, key: str, serving_app: Any) -> Iterator[Api]:
    settings = Settings(home=path)
    with closing(Home(path)) as home:  # it had a webhook, and this service has none: messages stay
        begin_relay(home.journal("acme"), 0)
    programs = Programs(settings)
    programs.open(wait=True)
    assert programs.ready
    with serving_app(create_app(programs, settings)) as client:
        api = Api(client, key, programs.home)
        assert api.post("/verdicts", LATER).status_code == 200
        deadline = time.monotonic() + 60
        while not api.suggest(limit=1).json().get("suggestions"):
            assert time.monotonic() < deadline, "nobody is slipping"
        yield api
    programs.close()


@pytest.fixture(scope="module")
def path(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("routes") / "home"
    shutil.copytree(made.path, target)
    return target


@pytest.fixture(scope="module")
def api(made: Any, path: Path, serving_app: Any) -> Iterator[Api]:
    """One service for the module's tests."""
    with _served(path, made.keys["admin"], serving_app) as api:
        yield api


def test_the_answers_fit_the_document(api: Api) -> None:
    """The shapes of the OpenAPI document take what is answered."""
    found = api.suggest(limit=3).json()
    Suggestions.model_validate(found, strict=True)
    told = found["suggestions"][0]
    MemberAnswer.model_validate(api.ask("GET", f"/members/{told['member_id']}").json())
    SendAnswer.model_validate(api.post("/missions", {
        "decision_ids": [told["decision_id"], "stranger"], "dry_run": True}).json())
    DeliveryAnswer.model_validate(api.post("/deliveries", {
        "decision_id": "d", "status": "read", "at": "2025-03-05T12:00:00Z"}).json())


@pytest.mark.parametrize(("ask", "field", "expected"), [
    ({"segment": {"shoe_size": "44"}}, "segment", "persona, region, tier, state, language"),
    ({"segment": {"persona": "pirate"}}, "segment.persona", "retailer, distributor"),
    ({"segment": {"state": "asleep"}}, "segment.state", "slipping"),
    ({"segment": {"region": "atlantis"}}, "segment.region", "java"),
    ({"segment": {"language": "tlh"}}, "segment.language", "en, id"),
    ({"channel_capacity": {"pigeon": 3}}, "channel_capacity", "whatsapp, viber, app, sms"),
    ({"channel_capacity": {"whatsapp": -1}}, "channel_capacity.whatsapp", ""),
    ({"budget_points": -1}, "budget_points", "greater than or equal to 0"),
    ({"limit": 0}, "limit", ""),
])
def test_what_can_not_be_asked_for_is_named(
    api: Api, ask: dict[str, Any], field: str, expected: str
) -> None:
    """400 with the field and what it wants; a value of another vocabulary is no empty segment."""
    answer = api.suggest(**ask)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["field"] == field
    assert expected in error["expected"]


def test_a_dry_run_gives_the_answer_and_writes_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answer as the sending that follows, in however many transactions."""
    monkeypatch.setattr(standing, "SENT", 2)
    ask = {"decision_ids": [*api.ids(), "stranger"]}
    before = api.written()
    tried = api.post("/missions", ask | {"dry_run": True})
    assert tried.status_code == 200, tried.text
    assert api.written() == before
    assert api.post("/missions", ask).json() == tried.json()
    assert tried.json()["sent"]
    assert set(api.waiting()) >= set(tried.json()["sent"])
    assert not set(api.waiting()) & set(tried.json()["held_out"])


def test_suggestions_are_sent_once(made: Any, api: Api) -> None:
    """What is suggested can be sent by its id, twice without harm; strangers are refused."""
    marketer = Api(api.client, made.keys["marketer"], api.home)
    answer = marketer.suggest(limit=5, budget_points=10_000)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    ids = [row["decision_id"] for row in found["suggestions"]] + found["held_out"]
    ask = {"decision_ids": [*ids, "stranger"]}
    first, again = (marketer.post("/missions", ask).json() for _ in range(2))
    assert first == again
    refused = {row["id"]: row["code"] for row in first["refused"]}
    assert refused.pop("stranger") == "unknown"
    assert set(refused.values()) <= {"open_case"}
    assert sorted([*first["sent"], *first["held_out"], *refused]) == sorted(ids)
    assert set(first["held_out"]) <= set(found["held_out"])


def test_who_opted_out_or_is_denied_gets_no_message(
    made: Any, serving_app: Any, tmp_path: Path
) -> None:
    """What was suggested before is not sent after a no, nor to a denied member."""
    shutil.copytree(made.path, tmp_path / "home")
    with _served(tmp_path / "home", made.keys["admin"], serving_app) as api:
        _refuse_both(api, Api(api.client, made.keys["marketer"], api.home),
                     Api(api.client, made.keys["manager"], api.home))


def _refuse_both(api: Api, marketer: Api, manager: Api) -> None:
    told = marketer.suggest(limit=1).json()["suggestions"][0]
    ids = {"decision_ids": [told["decision_id"]]}

    def refused() -> Any:
        answer = marketer.post("/missions", ids).json()
        assert answer["sent"] == []
        return answer["refused"]

    deny = {"list": "deny", "kind": "member", "subject_id": told["member_id"], "by": "rina",
            "note": "A ghost."}
    assert manager.post("/lists", deny).status_code == 200
    assert refused() == [{"id": told["decision_id"], "code": "blocked"}]
    manager.post("/lists", {**deny, "list": "none"})
    no = {"decision_id": told["decision_id"], "status": "opted_out", "at": "2025-03-03T00:00:00Z"}
    assert api.post("/deliveries", no).json()["new"] == 1
    assert refused() == [{"id": told["decision_id"], "code": "opted_out"}]


def test_a_member_shows_his_last_suggestion(api: Api) -> None:
    """With what he was told, and how far it is."""
    told = api.suggest(limit=12).json()["suggestions"][-1]
    shown = api.ask("GET", f"/members/{told['member_id']}").json()
    assert shown["inactivity"]["state"]
    last = shown["suggestion"]
    assert {name: last[name] for name in (
        "decision_id", "mission_id", "channel", "message", "expected_effect", "propensity",
        "cost_points")} == {name: told[name] for name in (
            "decision_id", "mission_id", "channel", "message", "expected_effect", "propensity",
            "cost_points")}
    api.post("/missions", {"decision_ids": [told["decision_id"]]})
    for status in ("queued", "read"):
        seen = api.ask("GET", f"/members/{told['member_id']}").json()["suggestion"]
        assert seen["status"] == status
        api.post("/deliveries", {"decision_id": told["decision_id"], "status": "read",
                                 "at": "2025-03-05T12:00:00Z"})
    api.post("/records/members", {"member_id": "m-new", "persona": "retailer", "consent": False,
                                  "joined_at": "2025-03-01T00:00:00Z"})
    assert api.ask("GET", "/members/m-new").json()["suggestion"] is None


def test_a_delivery_of_a_decision_nobody_knows_is_taken_and_told(api: Api) -> None:
    """References need not resolve: it is stored, and the answer says so."""
    row = {"decision_id": "d-elsewhere", "status": "delivered", "at": "2025-03-05T12:00:00Z"}
    answer = api.post("/deliveries", row)
    assert (answer.status_code, answer.json()["new"], answer.json()["unknown_decision"]) == (
        200, 1, True)
    assert api.post("/deliveries", row).json()["same"] == 1
    known = {**row, "decision_id": api.ids()[0]}
    assert api.post("/deliveries", known).json()["unknown_decision"] is False
    wrong = api.post("/deliveries", {**row, "at": "yesterday"})
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "at")


def test_a_decision_of_another_program_is_unknown(
    made: Any, serving_app: Any, tmp_path: Path
) -> None:
    """Nothing of it is told, and nothing written."""
    shutil.copytree(made.path, tmp_path / "home")
    export = tmp_path / "other"
    shutil.copytree(made.path.parent / "export", export)
    for file in export.iterdir():
        file.write_text(file.read_text().replace("acme", "other"))
    home = Home(tmp_path / "home")
    ingest(home, export)
    stranger = create_key(home, "other", "marketer")
    home.close()
    with _served(tmp_path / "home", made.keys["admin"], serving_app) as api:
        name = api.ids()[0]
        other = Api(api.client, stranger, api.home)
        assert other.post("/missions", {"decision_ids": [name]}).json() == {
            "sent": [], "held_out": [], "refused": [{"id": name, "code": "unknown"}]}
        assert api.waiting() == []
        sent = api.post("/missions", {"decision_ids": [name]}).json()
        assert name in sent["sent"] + sent["held_out"]


def test_messages_that_were_given_up_are_a_nudge(api: Api) -> None:
    """An error of the program's own system, with its size, until somebody wakes them."""
    before = api.ask("GET", "/nudges").json()["nudges"]
    api.post("/missions", {"decision_ids": api.ids()})
    with api.home.database.writing() as store:
        for one in Outbox(store, 1).waiting():
            Outbox(store, 1).failed(one.message_id, 10, "http_410", None)
    told = api.ask("GET", "/nudges").json()["nudges"]
    Nudges.model_validate({"nudges": told, "message": ""}, strict=True)
    (nudge,) = [one for one in told if one not in before]
    assert (nudge["kind"], nudge["subject"]) == (
        "alarm.webhook_refuses", {"kind": "program", "id": "acme"})
    assert nudge["events"] >= 1
    assert "jaga send --wake" in nudge["next_step"]
    with api.home.database.writing() as store:
        Outbox(store, 1).wake(0)
    assert api.ask("GET", "/nudges").json()["nudges"] == before
