"""A service whose clock a test sets, and people who sign in to its desk."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from features.exports.program import Desk as Settled
from features.store.chain import Chain
from features.store.home import Home
from serving.api import create_app
from serving.identity.sessions import Sessions
from serving.identity.users import Users
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

SETTINGS: dict[str, Any] = {"undo_seconds": 30, "four_eyes_points": 1000, "second_review": 0.0}
PEOPLE = {"rina": "manager", "ben": "manager", "ana": "admin", "mar": "marketer", "audi": "auditor"}
ROOM_S = 30.0


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Desk:
    """A client of the service, in the name of whoever a test says."""

    path: Path
    keys: dict[str, str]
    now: int
    serve: Callable[..., Any]
    tokens: dict[str, str] = field(default_factory=dict)
    client: httpx.Client = None  # type: ignore[assignment]
    programs: Programs = None  # type: ignore[assignment]
    code: int = 1000

    @contextmanager
    def open(self, **settings: Any) -> Iterator[Desk]:
        """Run the service over the home; a block may be opened again after it."""
        chosen = Settings(home=self.path, **settings)
        self.programs = Programs(chosen, lambda: self.now)
        self.programs.open(wait=True)
        with self.serve(create_app(self.programs, chosen)) as client:
            self.client = client
            yield self
        self.programs.close()

    def sign_in(self, name: str, role: str, program: str = "acme") -> str:
        home = Home(self.path)
        with home.database.writing() as store:
            person = Users(store).named(name) or Users(store).add(name, [(program, role)], 1)
        self.tokens[name] = Sessions(home.database, 60, 12).open(person.user_id, wall_ms())
        home.close()
        return self.tokens[name]

    def ask(self, path: str, body: Any, by: str, program: str = "acme") -> httpx.Response:
        headers = {"Authorization": f"Session {self.tokens.get(by, by)}",
                   "X-Jaga-Program": program}
        if body is None:
            return self.client.get(path, headers=headers)
        return self.client.post(path, json=body, headers=headers)

    def try_act(self, by: str, act: str, *events: str, **more: Any) -> httpx.Response:
        body = {"act": act, "case_id": "member-3", "event_ids": list(events), **more}
        return self.ask("/desk/acts", body, by)

    def act(self, by: str, act: str, *events: str, **more: Any) -> dict[str, Any]:
        answer = self.try_act(by, act, *events, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def preview(self, by: str, act: str, *events: str, **more: Any) -> dict[str, Any]:
        body = {"act": act, "case_id": "member-3", "event_ids": list(events), **more}
        answer = self.ask("/desk/preview", body, by)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def decide(self, by: str, *events: str, decision: str = "confirm_fraud", **more: Any
               ) -> dict[str, Any]:
        return self.act(by, "decide", *events, decision=decision, reason="Looked at.", **more)

    def listed(self, by: str = "rina", query: str = "") -> list[dict[str, Any]]:
        answer = self.ask(f"/desk/actions{query}", None, by)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["actions"])

    def key(self, method: str, path: str, body: Any = None, role: str = "admin") -> httpx.Response:
        return self.client.request(method, path, json=body,
                                   headers={"Authorization": f"Bearer {self.keys[role]}"})

    def scan(self, name: str, member: str = "m-3", points: int = 80, **more: Any
             ) -> dict[str, Any]:
        """Have a scan judged, and held."""
        found = self.judged(name, member, points, **more)
        assert found["verdict"] == "review", found
        return found

    def scan_word(self, name: str, **more: Any) -> list[str]:
        """Have a scan of few points judged; its hard proof."""
        return list(self.judged(name, "m-7", 20, **more)["hard_proof"])

    def judged(self, name: str, member: str, points: int, **more: Any) -> dict[str, Any]:
        self.now += 1000
        self.code += 1
        body = {"kind": "scan", "event_id": name, "member_id": member, "points": points,
                "proof": "qr", "occurred_at": "2025-03-05T10:00:00+07:00",
                "code_id": f"C-{self.code}", "device_id": f"d-{member}", **more}
        deadline = time.monotonic() + ROOM_S
        while True:
            answer = self.key("POST", "/verdicts", body)
            if answer.status_code == 200 or time.monotonic() > deadline:
                break
            time.sleep(0.1)  # a busy machine: the same again is harmless
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def status(self, name: str) -> tuple[str, int]:
        shown = self.key("GET", f"/events/{name}").json()
        return shown["status"], shown["points_final"]

    def until(self, found: Callable[[], Any]) -> Any:
        """Wait until the writing thread did what is due."""
        deadline = time.monotonic() + ROOM_S
        while time.monotonic() < deadline:
            if got := found():
                return got
            time.sleep(0.02)
        raise AssertionError("it never came")

    def done(self, action: dict[str, Any], status: str = "done", by: str = "audi"
             ) -> dict[str, Any]:
        """Let the undo window pass, and wait until an act has a status."""
        self.now += 31_000
        return dict(self.until(lambda: next(
            (each for each in self.listed(by) if each["action_id"] == action["action_id"]
             and each["status"] == status), None)))

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.programs.home.database.reading() as store:
            return store.rows(statement, values)

    def labels(self, name: str) -> list[tuple[int, str, int | None]]:
        """Labels of an event, who gave them, and when he opened the case."""
        return self.rows(
            "SELECT f.label, r.name, f.opened_at FROM feedback f JOIN entities e "
            "ON e.program = f.program AND e.kind = 'event' AND e.number = f.event_id "
            "LEFT JOIN entities r ON r.program = f.program AND r.kind = 'agent' "
            "AND r.number = f.reviewer_id WHERE e.name = ? ORDER BY f.place, f.seq", name)

    def audit(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Acts in the audit log but the seals: word, who, details."""
        home = self.programs.home
        with home.database.reading() as store:
            return [(each.act, each.who, json.loads(each.details))
                    for each in Chain(store, home.journal("acme").key).entries()
                    if each.act != "sealed" and not each.act.startswith("key_")]


def set_desk(path: Path, **changes: Any) -> None:
    """Write the desk's settings into a home, as an ingest of program.yaml does."""
    home = Home(path)
    journal = home.journal("acme")
    home.create(journal.program.model_copy(update={
        "desk": Settled(**(SETTINGS | changes))}), journal.missions)
    home.close()


@pytest.fixture
def closed_desk(made: Any, serving_app: Any, tmp_path: Path) -> Desk:
    """A home with people, and no service on it yet."""
    shutil.copytree(made.path, tmp_path / "home")
    set_desk(tmp_path / "home")
    start = made.home.journal().as_of_ms + 60_000
    made_desk = Desk(tmp_path / "home", made.keys, start, serving_app)
    for name, role in PEOPLE.items():
        made_desk.sign_in(name, role)
    return made_desk


@pytest.fixture
def desk(closed_desk: Desk) -> Iterator[Desk]:
    """A service that runs, and people."""
    with closed_desk.open():
        yield closed_desk


@pytest.fixture
def settings_of() -> Callable[..., None]:
    """Changes the desk's settings in a home on which no service runs."""
    return set_desk
