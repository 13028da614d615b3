"""What the night's watch is told of rings: likely ones, week by week, by numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from features.links.jobs import read_rings
from features.links.weeks import ring_weeks
from features.segments import Past
from features.store.home import Home
from features.store.ingest import ingest
from models.nudges.given import DAYS, RINGS, growing_rings
from serving.nudges.rings import ring_table
from training.simulate import simulate

if TYPE_CHECKING:
    from features.store.journal import Journal

LEAST = 0.05


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    room = tmp_path_factory.mktemp("rings")
    simulate(room / "export", 500, 160, 7)
    home = Home(room / "home")
    ingest(home, room / "export")
    return home.journal()


def test_likely_rings_come_week_by_week(journal: Journal) -> None:
    """The newest row is of yesterday, with the points its members claimed in the week before."""
    as_of_ms = journal.as_of_ms
    past = Past.read(journal, as_of_ms)
    table, members = ring_table(ring_weeks(journal.records(), as_of_ms), past, least=LEAST)
    assert [*table.columns] == [*RINGS]
    now = read_rings(journal, as_of_ms)
    likely = {int(ring) for ring, score in zip(now.rings, now.score, strict=True)
              if score >= LEAST}
    assert likely  # else this tells nothing
    newest = table[table["day"] == past.whole_days - 1]
    assert len(newest) == len(likely) == len(members)
    sizes = {int(now.ring[now.members == people[0]][0]): len(people)
             for people in members.values()}
    assert sizes == {ring: int(now.size[now.rings == ring][0]) for ring in likely}
    events = past.events
    week = events[(events["day"] >= past.whole_days - DAYS) & (events["day"] < past.whole_days)]
    for row in newest.itertuples():
        own = week[week["member"].isin(members[row.ring]) & (week["kind"] < 2)]
        assert row.points == own["points"].sum()
    assert set((past.whole_days - 1 - table["day"]) % DAYS) == {0}
    assert growing_rings(table, past.whole_days, 0.01)
