"""The acts of the review desk, the same over SQLite and over PostgreSQL."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from models.answers import rfc3339
from models.texts import Texts
from serving.identity.sessions import Sessions
from serving.identity.users import Users
from serving.keeping.erasing import Erasure
from serving.lists import Lists
from serving.outbox.relay import begin_relay
from serving.review.folder import open_folder
from serving.review.linking import link_member
from serving.review.reader import Reader
from serving.review.telling import Tongue
from serving.review.together import Stake, together

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
DAY_MS = 86_400_000


def held(service: Any, name: str, member: str = "m-3") -> None:
    body = {"kind": "scan", "event_id": name, "member_id": member, "points": 80, "proof": "qr",
            "occurred_at": "2025-03-05T03:00:00Z", "device_id": f"d-{member}"}
    assert service.post("/verdicts", body).json()["verdict"] == "review"


class Person:
    """Somebody who is signed in at the desk."""

    def __init__(self, service: Any, name: str) -> None:
        self._service = service
        home = service.programs.home
        with home.database.writing() as store:
            users = Users(store)
            person = users.named(name) or users.add(name, [("acme", "manager")], 1)
        token = Sessions(home.database, 60, 12).open(person.user_id, time.time_ns() // 1_000_000)
        self.headers = {"Authorization": f"Session {token}", "X-Jaga-Program": "acme"}

    def ask(self, path: str, act: str, *events: str, **more: Any) -> Any:
        body = {"act": act, "case_id": "member-3", "event_ids": list(events), **more}
        return self._service.client.post(path, json=body, headers=self.headers)

    def act(self, act: str, *events: str, **more: Any) -> dict[str, Any]:
        assert self.ask("/desk/preview", act, *events, **more).status_code == 200
        answer = self.ask("/desk/acts", act, *events, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        return list(self._service.client.get(f"/desk/actions{query}", headers=self.headers)
                    .json()["actions"])


def passes(service: Any, person: Person) -> None:
    """Let the undo window pass, and wait until nothing is due."""
    service.clock.now += 31_000
    deadline = time.monotonic() + 30
    while person.listed("?status=due"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_every_act_is_stored_and_takes_effect(service: Any) -> None:
    """Each statement of the desk runs on either store, and means the same."""
    rina, ben = Person(service, "rina"), Person(service, "ben")
    journal = service.programs.home.journal("acme")
    begin_relay(journal, service.clock.now)
    for name in ("k-1", "k-2", "k-3", "k-4"):
        held(service, name, f"m-{name[-1]}")
    for row, table in (({"code_id": "K-1", "batch_id": "B-1", "status": "dispatched", "points": 3,
                         "dispatched_lat": -6.5, "dispatched_at": "2025-01-01T00:00:00Z"}, "codes"),
                       ({"code_id": "K-2", "batch_id": "B-1", "status": "void"}, "codes"),
                       ({"campaign_id": "fest", "kind": "festival", "multiplier": 1.5,
                         "starts_at": "2025-01-01T00:00:00Z",
                         "ends_at": "2035-01-01T00:00:00Z"}, "campaigns")):
        assert service.ask("POST", f"/records/{table}", content=json.dumps(row)).json()["new"] == 1
    now = service.clock.now
    rina.act("claim", "k-1", "k-2")
    assert ben.ask("/desk/acts", "claim", "k-2").status_code == 409
    rina.act("note", "k-1", text="Two <shops>.")
    rina.act("snooze", "k-3", until=rfc3339(now + DAY_MS))
    rina.act("assign", "k-4", to="ben")
    rina.act("list", list="allow", kind="device", subject_id="d-m-4", note="A shop's own.")
    rina.act("list", list="watch", kind="batch", subject_id="B-1", note="Copies.",
             valid_to=rfc3339(now + DAY_MS))
    rina.act("declare", kind="shared_payout", subject_id="w-1", note="A family.")
    undone = rina.act("decide", "k-3", decision="release", reason="Mine.")
    rina.act("undo", action_id=undone["action_id"])
    rina.act("decide", "k-1", "k-2", decision="confirm_fraud", reason="One hand.", action_id="t-1")
    assert ben.ask("/desk/acts", "decide", "k-2", decision="keep", reason="x").status_code == 409
    rina.act("ask", "k-3")
    assert rina.act("void_batch", batch_id="B-1", note="Stolen.")["points"] == 3
    rina.act("pause_campaign", campaign_id="fest", note="Mistyped.")
    passes(service, rina)
    assert {row["status"] for row in ben.listed()} == {"done", "undone"}
    assert [service.get(f"/events/{name}")["status"] for name in ("k-1", "k-2", "k-3")] == [
        "kept", "kept", "held"]
    codes = journal.frame("codes", latest=True)
    of_batch = codes[codes["batch_id"] == journal.number("batch", "B-1")]
    assert set(of_batch["status"]) == {3}
    ended = ben.act("resume_campaign", campaign_id="fest", note="It was right.")
    passes(service, rina)
    assert journal.frame("campaigns", latest=True)["ends_at"].nunique() == 1
    assert len(journal.frame("campaigns")) == 3
    assert ended["status"] == "due"
    with journal.database.reading() as store:
        assert list(Lists(store, journal.key).watched(service.clock.now)) == ["B-1"]
        assert len(Lists(store, journal.key).standing().codes.numbers()) == 2
        for author in ("rina", None):
            stake = Stake(author, frozenset({journal.number("event", "k-2")}), 80)
            assert stake.total(store, journal.key, service.clock.now, 80, None) >= 80
            assert together(store, journal.key, [journal.number("event", "k-1")], [],
                            service.clock.now).events
        assert store.rows("SELECT COUNT(*) FROM outbox WHERE kind = 'proof.asked'")[0][0] == 1
        assert store.rows("SELECT COUNT(*) FROM desk_work WHERE answer_by_ms > 0")[0][0] == 1
    reader = Reader(service.programs.home.path, journal)
    queue = reader.queue("ben", service.clock.now)
    tongue = Tongue(Texts.read(), "en", reader.catalog(), 0)
    folder = open_folder(reader, queue, "k-3", "ben", service.clock.now, tongue, with_names=True)
    assert [one.campaign_id for one in folder.campaigns] == ["fest"]
    assert (folder.held_as_unusual, list(folder.watched)) == (False, ["B-1"])
    service.post("/events/k-3/evidence", {"text": "Here."})
    with journal.database.reading() as store:
        assert store.rows("SELECT COUNT(*) FROM desk_work WHERE answer_by_ms > 0")[0][0] == 0


def test_a_linked_account_and_an_erased_person(service: Any) -> None:
    """Nobody decides on his own; what was said of who is erased is gone."""
    rina, home = Person(service, "rina"), service.programs.home
    held(service, "l-1", "m-9")
    held(service, "l-2", "m-8")
    link_member(home, "rina", "m-9", None)
    refused = rina.ask("/desk/acts", "decide", "l-1", decision="keep", reason="x")
    assert refused.status_code == 403
    rina.act("note", "l-2", text="words on him")
    rina.act("decide", "l-2", decision="keep", reason="words of reason")
    passes(service, rina)
    key = home.journal("acme").key
    with home.database.writing() as store:
        event = service.programs.home.journal("acme").number("event", "l-2")
        Erasure(store, key, "m-8").run({"event": {event}, "decision": set(), "change": set(),
                                        "merge": set()}, "ana", service.clock.now)
    with home.database.reading() as store:
        texts = str(store.rows("SELECT text FROM desk_notes")) + str(
            store.rows("SELECT reason, body FROM desk_actions"))
    assert "words" not in texts
    assert "One hand." in texts or "Mine." in texts
