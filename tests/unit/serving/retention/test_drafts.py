"""Missions as drafts: another person publishes, and nothing is lost or offered before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from features.errors import BadConfig, BadInput, Conflict, NotFound
from features.exports.program import Program
from features.store.home import Home
from serving.retention.drafts import MissionDrafts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = Program(program_id="acme", languages=("en", "id"))
QUIZ = {"id": "quiz", "cost_points": 5, "texts": {"en": "A quiz", "id": "Kuis"}}
SPIN = {**QUIZ, "id": "spin", "prerequisites": ["quiz"]}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    made.create(PROGRAM)
    yield made
    made.close()


@pytest.fixture
def act(home: Home) -> Any:
    """Does something with the drafts in a transaction."""

    def do(name: str, *values: Any) -> Any:
        with home.database.writing() as store:
            return getattr(MissionDrafts(store, home.journal().key), name)(*values)

    return do


def ids(home: Home) -> list[str]:
    return [mission.id for mission in home.journal().missions]


def test_a_draft_is_offered_once_another_person_published_it(home: Home, act: Any) -> None:
    """Its author cannot, however he writes his name."""
    draft = act("draft", "quiz", QUIZ, "rina", 1, PROGRAM)
    assert (draft.number, draft.status, ids(home)) == (1, "waiting", [])
    with pytest.raises(Conflict, match="a second person"):
        act("publish", 1, " RINA ", 2, PROGRAM)
    assert ids(home) == []
    assert [one.id for one in act("publish", 1, "budi", 3, PROGRAM)] == ["quiz"]
    assert ids(home) == ["quiz"]
    assert [(one.status, one.second, one.second_ms) for one in act("history", "quiz")] == [
        ("published", "budi", 3)]


def test_a_draft_ends_once(act: Any) -> None:
    """Whoever comes second is told that it does not wait any more, and by whom it ended."""
    act("draft", "quiz", QUIZ, "rina", 1, PROGRAM)
    act("publish", 1, "budi", 2, PROGRAM)
    for again, values in (("publish", (1, "ana", 3, PROGRAM)), ("withdraw", (1, "ana", 3))):
        with pytest.raises(Conflict, match="published by budi"):
            act(again, *values)
    with pytest.raises(NotFound):
        act("withdraw", 9, "ana", 3)


def test_a_newer_draft_of_a_mission_takes_the_place_of_the_one_that_waits(
    home: Home, act: Any
) -> None:
    """The older can not be published any more; both stay in the history."""
    act("draft", "quiz", QUIZ, "rina", 1, PROGRAM)
    act("draft", "quiz", {**QUIZ, "cost_points": 9}, "ana", 2, PROGRAM)
    assert [one.number for one in act("waiting")] == [2]
    with pytest.raises(Conflict, match="replaced by a newer one"):
        act("publish", 1, "budi", 3, PROGRAM)
    act("publish", 2, "rina", 4, PROGRAM)
    assert home.journal().missions[0].cost_points == 9
    assert [one.status for one in act("history", "quiz")] == ["published", "replaced"]


def test_a_mission_is_taken_off_only_where_nothing_needs_it(home: Home, act: Any) -> None:
    """The list stays one that missions.yaml could hold."""
    for number, mission in enumerate((QUIZ, SPIN), start=1):
        act("draft", mission["id"], mission, "rina", number, PROGRAM)
        act("publish", number, "budi", number, PROGRAM)
    with pytest.raises(BadConfig, match="prerequisites of spin"):
        act("draft", "quiz", None, "rina", 3, PROGRAM)
    with pytest.raises(NotFound):
        act("draft", "nothing", None, "rina", 3, PROGRAM)
    act("draft", "spin", None, "rina", 3, PROGRAM)
    act("publish", 3, "budi", 4, PROGRAM)
    assert ids(home) == ["quiz"]


def test_a_draft_that_stopped_fitting_is_not_published(home: Home, act: Any) -> None:
    """What another draft took away meanwhile is looked at again."""
    act("draft", "quiz", QUIZ, "rina", 1, PROGRAM)
    act("publish", 1, "budi", 1, PROGRAM)
    act("draft", "spin", SPIN, "rina", 2, PROGRAM)
    act("draft", "quiz", None, "rina", 3, PROGRAM)
    act("publish", 3, "budi", 4, PROGRAM)
    with pytest.raises(BadConfig, match="prerequisites of spin"):
        act("publish", 2, "budi", 5, PROGRAM)
    assert (ids(home), [one.number for one in act("waiting")]) == ([], [2])


@pytest.mark.parametrize(("body", "by", "error"), [
    ({**QUIZ, "texts": {"en": "A quiz"}}, "rina", BadConfig), ({"id": "quiz"}, "rina", BadConfig),
    ({**QUIZ, "id": "none"}, "rina", BadConfig), (QUIZ, " ", BadInput)])
def test_a_bad_mission_is_not_even_drafted(act: Any, body: Any, by: str, error: Any) -> None:
    """A text in each language, a cost, a free name, and an author."""
    with pytest.raises(error):
        act("draft", body["id"], body, by, 1, PROGRAM)
    assert act("waiting") == []
