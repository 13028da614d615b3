"""What a desk puts in force at one replica is in force at the others from their next event on."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from features.catalog import CATALOG
from features.store.home import Home
from features.store.ingest import ingest
from serving import knowledge as knowledge_module
from serving import live as live_module
from serving.champion import load_champion
from serving.identity.sessions import Sessions
from serving.identity.users import Users
from serving.limping.mender import Mender
from serving.live import Live

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
SCAN = {"kind": "scan", "member_id": "m-1", "points": 80, "proof": "qr",
        "occurred_at": "2025-03-05T03:00:00Z"}


class Replica:
    """A second engine over the store of a service that runs."""

    def __init__(self, service: Any) -> None:
        url = service.settings.url
        self._service = service
        self.home = Home(service.settings.home, url) if url else service.programs.home
        journal = self.home.journal("acme")
        self.live = Live(journal, load_champion(self.home, journal), CATALOG)
        self.live.rebuild()

    def enforced(self, name: str) -> bool:
        """Whether the verdict on a new event is enforced."""
        self._service.clock.now += 1
        with self.live.begin() as writing:
            answer = self.live.judge(writing, SCAN | {"event_id": name}, self._service.clock.now)
        return bool(json.loads(answer)["enforced"])

    def missions(self) -> list[str]:
        self.live.catch_up()  # as an idle service does
        return [mission.id for mission in self.live.journal.missions]


@pytest.fixture
def replica(service: Any) -> Iterator[Replica]:
    found = Replica(service)
    yield found
    if service.settings.url:
        found.home.close()


class Desk:
    """Two people at the desks of a service."""

    def __init__(self, service: Any) -> None:
        self._service = service
        self._people = [self._signed_in(name) for name in ("olga", "tom")]

    def _signed_in(self, name: str) -> dict[str, str]:
        database = self._service.programs.home.database
        with database.writing() as store:
            users = Users(store)
            person = users.named(name) or users.add(name, [("acme", "admin")], 1)
        token = Sessions(database, 60, 12).open(person.user_id, time.time_ns() // 1_000_000)
        return {"Authorization": f"Session {token}", "X-Jaga-Program": "acme"}

    def _post(self, headers: dict[str, str], path: str, body: Any) -> Any:
        answer = self._service.client.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["draft"]

    def enforce(self, word: str) -> None:
        one, other = self._people
        draft = self._post(one, "/desk/policy", {"kind": "enforcement", "text": word, "note": "x"})
        self._post(other, f"/desk/policy/{draft}/approve", {})

    def publish(self, mission_id: str, mission: Any) -> None:
        one, other = self._people
        draft = self._post(one, "/retention/missions",
                           {"mission_id": mission_id, "mission": mission})
        self._post(other, f"/retention/missions/drafts/{draft}/publish", {})


@pytest.fixture
def desk(service: Any) -> Desk:
    return Desk(service)


def test_enforcement_reaches_the_other_replica_with_its_next_event(
    service: Any, replica: Replica, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing more is read for the verdicts after that."""
    assert replica.enforced("e-1")
    desk.enforce("observe")
    assert not replica.enforced("e-2")
    read = []
    for module in (live_module, knowledge_module):
        monkeypatch.setattr(module, "refresh", read.append)
    assert not replica.enforced("e-3")
    assert read == []
    monkeypatch.undo()
    desk.enforce("full")
    assert replica.enforced("e-4")


def test_enforcement_reaches_a_replica_that_lost_its_state(
    service: Any, replica: Replica, desk: Desk
) -> None:
    """It judges without one meanwhile, as far as is enforced now."""

    def never() -> Live:
        raise RuntimeError

    replica.live.mender = Mender(replica.live, never)
    replica.live.is_whole = False
    replica.live.mender.wait()
    assert replica.enforced("f-1")
    desk.enforce("observe")
    assert not replica.enforced("f-2")
    assert not replica.live.is_whole
    replica.live.mender.stop()
    replica.live.mender.wait()  # it reads no more when the store is closed
    desk.enforce("full")


def test_a_mission_reaches_the_other_replica_in_an_idle_moment(
    service: Any, replica: Replica, desk: Desk
) -> None:
    """In the list that whoever scores the members holds already; taken off, it goes as well."""
    held, before = replica.live.journal.missions, replica.missions()
    quiz = {"cost_points": 5, "texts": {"en": "A quiz", "id": "Kuis"}}
    desk.publish("quiz", {**quiz, "id": "quiz"})
    assert replica.missions() == [*before, "quiz"]
    assert replica.live.journal.missions is held
    desk.publish("quiz", None)
    assert replica.missions() == before


def test_what_a_desk_published_outlives_the_next_export(
    service: Any, replica: Replica, desk: Desk, made: Path
) -> None:
    """Also while the service runs; the ingest tells of it."""
    before = replica.missions()
    desk.enforce("observe")
    quiz = {"id": "quiz", "cost_points": 5, "texts": {"en": "A quiz", "id": "Kuis"}}
    desk.publish("quiz", quiz)
    home = Home(service.settings.home, service.settings.url)
    report = ingest(home, made / "export")
    home.close()
    assert report.as_dict()["kept_from_desk"] == ["enforcement", "quiz"]
    assert replica.missions() == [*before, "quiz"]
    assert not replica.enforced("g-1")
    desk.enforce("full")
    desk.publish("quiz", None)
