"""What a draft changes in a running service changes with the commit, and not where that fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from features.errors import Unavailable
from serving.commits import Work
from serving.retention.desk import RetentionDesk
from serving.served import Served
from tests.unit.serving.test_policydrafts import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serving.members import Members


class Failing(Service):
    """A service whose transactions fail at their end, while it is told to."""

    fails = False

    async def do(self, work: Work) -> Any:
        def then_fail(writing: Any) -> Any:
            work.do(writing)
            raise Unavailable("a store", "one that is away", "try again")

        return await super().do(Work(then_fail, alone=True) if self.fails else work)


@pytest.fixture
def service(world: Any) -> Iterator[Failing]:
    home = world.home
    yield Failing(home)
    home.close()


def test_a_program_goes_on_as_it_was_where_the_commit_failed(service: Failing) -> None:
    """The draft still waits, the next event is enforced; tried again, it observes."""
    number = service.draft("enforcement", "observe", "rina")
    service.fails = True
    with pytest.raises(Unavailable):
        service.end(number, "budi")
    service.fails = False
    assert [one.status for one in service.drafts()] == ["waiting"]
    assert service.judge("still-1")["enforced"] is True
    service.end(number, "budi")
    assert service.judge("now-1")["enforced"] is False


def test_missions_stay_as_they_were_where_the_commit_failed(service: Failing) -> None:
    """In the list that whoever scores beside the service holds too."""

    def nobody() -> Members:
        raise Unavailable("members", "none", "wait")

    desk = RetentionDesk(Served(service.live, service.do, lambda: service.now), nobody)
    held = service.journal.missions
    before = list(held)
    quiz = {"id": "quiz", "cost_points": 5,
            "texts": dict.fromkeys(service.journal.program.languages, "A quiz")}
    number = asyncio.run(desk.draft_mission("quiz", quiz, "rina"))["draft"]
    service.fails = True
    with pytest.raises(Unavailable):
        asyncio.run(desk.end_draft(number, "budi", publishes=True))
    assert held == before
    service.fails = False
    asyncio.run(desk.end_draft(number, "budi", publishes=True))
    assert service.journal.missions is held
    assert [one.id for one in held] == [*(one.id for one in before), "quiz"]
