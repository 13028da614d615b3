"""Drafts of what judges: two people for each, nothing overwritten, in force at once."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from features.catalog import CATALOG
from features.errors import BadConfig, BadInput, Conflict, NotFound
from serving.champion import load_champion
from serving.commits import Commits, Work
from serving.live import Live
from serving.policies import Policies
from serving.policydesk import PolicyDesk
from serving.policydrafts import PolicyDrafts
from serving.policytrial import Trials
from serving.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

EARLIER = 'version: "2"\nthresholds: {score: 0.05}\n'
SCAN = {"kind": "scan", "event_id": "d-1", "member_id": "m-1", "points": 80, "proof": "qr",
        "occurred_at": "2025-03-05T10:00:00Z"}


class Service:
    """A live program and its policy desk, with the writing thread's work done here."""

    def __init__(self, home: Any) -> None:
        self.journal = home.journal()
        self.live = Live(self.journal, load_champion(home, self.journal), CATALOG)
        self.live.rebuild()
        self.commits = Commits(self.live)
        self.now = self.journal.as_of_ms + 1000
        self.desk = PolicyDesk(Served(self.live, self.do, lambda: self.now))

    async def do(self, work: Work) -> Any:
        outcome = self.commits.commit([work])[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def draft(self, kind: str, text: str, by: str, note: str = "why") -> int:
        return int(asyncio.run(self.desk.draft(kind, text, note, by))["draft"])

    def end(self, number: int, by: str, *, in_force: bool = True) -> dict[str, Any]:
        return asyncio.run(self.desk.end(number, by, in_force=in_force))

    def judge(self, name: str) -> dict[str, Any]:
        self.now += 1000
        body = {**SCAN, "event_id": name}
        work = Work(partial(self._judge, body=body))
        return json.loads(asyncio.run(self.do(work)))

    def _judge(self, writing: Any, body: dict[str, Any]) -> Any:
        return self.live.judge(writing, body, self.now)

    def drafts(self) -> list[Any]:
        with self.journal.database.reading() as store:
            return PolicyDrafts(store, self.journal.key).history()


@pytest.fixture
def service(world: Any) -> Iterator[Service]:
    home = world.home
    yield Service(home)
    home.close()


def test_who_drafts_does_not_put_in_force(service: Service) -> None:
    """Whatever way he writes his name; somebody else does, and once."""
    number = service.draft("policy", EARLIER, "rina")
    for own in ("rina", "RINA"):
        with pytest.raises(Conflict, match="second person"):
            service.end(number, own)
    assert service.end(number, "budi")["status"] == "in_force"
    with pytest.raises(Conflict, match="budi"):
        service.end(number, "budi")
    with service.journal.database.reading() as store:
        applied = Policies(store, service.journal.key).history()[-1]
    assert (applied.text, applied.author) == (EARLIER, "budi")


def test_going_live_acts_on_the_next_event(service: Service) -> None:
    """And on a start after that: it is in the program's settings."""
    held = service.judge("live-1")
    assert (held["enforced"], held["verdict"]) == (True, held["would_have"])
    service.end(service.draft("enforcement", "observe", "rina"), "budi")
    observed = service.judge("live-2")
    assert (observed["enforced"], observed["verdict"]) == (False, "approve")
    assert observed["would_have"] == held["would_have"] != "approve"
    with service.journal.database.reading() as store:
        (text,) = store.rows("SELECT settings FROM programs WHERE program = ?",
                             (service.journal.key,))[0]
    assert json.loads(text)["enforcement"] == "observe"
    assert json.loads(text)["name"] == "Acme Electricians"


def test_a_newer_draft_takes_the_place_of_the_one_that_waits(service: Service) -> None:
    """Of its own kind; the older one stays to be read, and is never put in force."""
    first = service.draft("policy", EARLIER, "rina")
    other = service.draft("enforcement", "hold", "rina")
    second = service.draft("policy", EARLIER.replace("0.05", "0.06"), "budi")
    assert {one.number: one.status for one in service.drafts()} == {
        first: "replaced", other: "waiting", second: "waiting"}
    with pytest.raises(Conflict):
        service.end(first, "sari")
    assert service.end(second, "sari", in_force=False)["status"] == "withdrawn"
    with pytest.raises(NotFound):
        service.end(99, "sari")


@pytest.mark.parametrize(("kind", "text", "note", "error"), [
    ("policy", 'version: "1"\nnonsense: 5\n', "why", BadConfig),
    ("policy", EARLIER, "  ", BadInput), ("enforcement", "full", "as it is", BadInput),
    ("enforcement", "strict", "why", BadInput), ("policy", "x" * 60_000, "why", BadInput)])
def test_what_can_not_be_in_force_is_no_draft(
    service: Service, kind: str, text: str, note: str, error: type[Exception]
) -> None:
    """It is refused when it is drafted, and nothing is kept of it."""
    with pytest.raises(error):
        service.draft(kind, text, "rina", note)
    assert service.drafts() == []


def test_each_act_is_in_the_log(service: Service) -> None:
    """With the name of who did it, and never with what he wrote."""
    service.end(service.draft("policy", EARLIER, "rina", "a secret reason"), "budi")
    with service.journal.database.reading() as store:
        told = store.rows("SELECT act, who, about || details FROM audit WHERE program = ? "
                          "ORDER BY number", (service.journal.key,))
    assert [(act, who) for act, who, _ in told][-3:] == [
        ("policy_drafted", "rina"), ("policy_applied", "budi"),
        ("policy_draft_put_in_force", "budi")]
    assert "secret" not in str(told)


def test_a_draft_is_tried_aside(world: Any) -> None:
    """In a process of its own; one at a time, and what it found is read back."""
    home = world.home
    home.migrate()
    home.close()
    trials = Trials(world.path)
    assert trials.state("acme", 1) == "none"
    trials.start("acme", 1, EARLIER)
    with pytest.raises(Conflict):
        trials.start("acme", 2, EARLIER)
    (process,) = trials._running.values()
    assert process.wait(120) == 0
    assert trials.state("acme", 1) == "done"
    report = trials.report("acme", 1)
    assert report is not None
    before, after = report["candidates"].values()
    assert after["earning"]["points_held"] > before["earning"]["points_held"]
    assert Trials(world.path).state("acme", 1) == "done"
    folder = trials._folder("acme", 1)
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    with world.home.journal().database.reading() as store:
        names = [name for (name,) in store.rows(
            "SELECT name FROM entities WHERE kind IN ('event', 'member')")]
    assert len(names) > 100
    assert [name for name in names if f'"{name}"'.encode() in kept] == []
    trials.start("acme", 2, 'version: "1"\nnonsense: 5\n')
    next(iter([one for path, one in trials._running.items() if path.name == "2"])).wait(120)
    assert trials.state("acme", 2) == "failed"
