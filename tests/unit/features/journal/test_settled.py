"""An export says what a program is set to, but for what people put in force at a desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from features.errors import BadConfig
from features.exports.program import Program
from features.store.ingest import ingest
from serving.policydrafts import PolicyDrafts
from serving.retention.drafts import MissionDrafts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.store.home import Home

PROGRAM = "program_id: acme\nlanguages: [en]\n"


def mission(name: str, cost: int = 5, **more: Any) -> dict[str, Any]:
    return {"id": name, "cost_points": cost, "texts": {"en": name}, **more}


class Bench:
    """A home into which exports are ingested, and two people at its desks."""

    def __init__(self, home: Home, export: Callable[..., Path], rows: Any) -> None:
        self.home = home
        self._export = export
        self._rows = rows

    def ingest(self, *missions: dict[str, Any], program: str = PROGRAM, file: bool = True,
               check: bool = False) -> tuple[str, ...]:
        """Ingest an export; what of a desk's was kept."""
        folder = self._export(program, scans=[self._rows.scan("a", 1)])
        if file:
            (folder / "missions.yaml").write_text(yaml.safe_dump(list(missions)))
        return ingest(self.home, folder, check=check).kept

    def publish(self, name: str, body: dict[str, Any] | None) -> None:
        journal = self.home.journal()
        with self.home.database.writing() as store:
            drafts = MissionDrafts(store, journal.key)
            drafts.publish(drafts.draft(name, body, "rina", 1, journal.program).number, "ben", 2,
                           journal.program)

    def enforce(self, word: str) -> None:
        journal = self.home.journal()
        with self.home.database.writing() as store:
            drafts = PolicyDrafts(store, journal.key)
            made = drafts.draft("enforcement", word, "why", "rina", 1, journal.program)
            drafts.put_in_force(made.number, "ben", 2, journal.program)

    @property
    def costs(self) -> dict[str, int]:
        return {each.id: each.cost_points for each in self.home.journal().missions}

    @property
    def enforcement(self) -> str:
        return self.home.journal().program.enforcement


@pytest.fixture
def bench(home: Home, export: Callable[..., Path], rows: Any) -> Bench:
    return Bench(home, export, rows)


def test_without_a_file_the_missions_stay(bench: Bench) -> None:
    """Only a file that is there and lists nothing empties them."""
    bench.ingest(mission("quiz"), mission("spin"))
    bench.ingest(file=False)
    assert list(bench.costs) == ["quiz", "spin"]
    bench.ingest()
    assert bench.costs == {}


def test_what_no_desk_touched_is_the_file_s(bench: Bench) -> None:
    """Changed, added and taken out as before."""
    bench.ingest(mission("quiz"), mission("spin"))
    assert bench.ingest(mission("spin", 9), mission("visit")) == ()
    assert bench.costs == {"spin": 9, "visit": 5}


def test_a_mission_that_a_desk_published_stays_the_desk_s(bench: Bench) -> None:
    """In the file's order, told as long as the file says something else, and so where it goes."""
    bench.ingest(mission("quiz"), mission("spin"))
    bench.publish("quiz", mission("quiz", 7))
    bench.publish("new", mission("new", 3))
    assert bench.ingest(mission("spin", 9), mission("quiz", 1)) == ("new", "quiz")
    assert bench.costs == {"spin": 9, "quiz": 7, "new": 3}
    assert bench.ingest(mission("spin", 9), mission("quiz", 7), mission("new", 3)) == ()
    bench.publish("quiz", None)
    assert bench.ingest(mission("spin", 9), mission("quiz", 1)) == ("new", "quiz")
    assert bench.costs == {"spin": 9, "new": 3}


def test_a_draft_that_nobody_published_says_nothing(bench: Bench) -> None:
    """Nor does one that was withdrawn."""
    bench.ingest(mission("quiz"))
    journal = bench.home.journal()
    with bench.home.database.writing() as store:
        MissionDrafts(store, journal.key).draft("quiz", None, "rina", 1, journal.program)
    assert bench.ingest(mission("quiz", 8)) == ()
    assert bench.costs == {"quiz": 8}


def test_a_list_that_does_not_go_together_stops_the_ingest(bench: Bench) -> None:
    """The desk's mission needs one that the file drops: nothing is written, and a check says so."""
    bench.ingest(mission("quiz"))
    bench.publish("spin", mission("spin", prerequisites=["quiz"]))
    rows = bench.home.journal().last_seq
    for check in (True, False):
        with pytest.raises(BadConfig, match="prerequisites of spin"):
            bench.ingest(mission("visit"), check=check)
    assert (list(bench.costs), bench.home.journal().last_seq) == (["quiz", "spin"], rows)


def test_enforcement_is_the_file_s_until_a_desk_sets_it(bench: Bench) -> None:
    """Afterwards no export puts a program back to observing, or live, by what it says."""
    bench.ingest(program=PROGRAM + "enforcement: hold\n")
    bench.ingest(program=PROGRAM)
    assert bench.enforcement == "observe"
    bench.enforce("full")
    assert bench.ingest(program=PROGRAM + "review_capacity_per_day: 7\n") == ("enforcement",)
    assert bench.enforcement == "full"
    assert bench.home.journal().program.review_capacity_per_day == 7
    assert bench.ingest(program=PROGRAM + "enforcement: full\n") == ()


def test_settings_that_change_move_the_journal_on_and_those_that_do_not_leave_it(
    bench: Bench,
) -> None:
    """By that running services know that there is something to read."""
    bench.ingest(mission("quiz"))
    before = bench.home.journal().head
    bench.home.create(Program(program_id="acme", languages=("en",)))
    assert bench.home.journal().head == before
    bench.home.create(Program(program_id="acme", languages=("en",), enforcement="full"))
    after = bench.home.journal().head
    assert (after.number, after.seq, after.place) == (before.number + 1, *before[2:])
    assert bench.home.journal().span(before, after)[1] is True
