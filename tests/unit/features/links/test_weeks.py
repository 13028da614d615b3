"""Rings week by week: each as it was published then, and known again though its number changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from features.links.jobs import read_rings
from features.links.kinds import DAY_MS, midnight
from features.links.rings import Rings
from features.links.weeks import WEEK_MS, known_again, ring_weeks
from features.places import first_place
from features.store.home import Home
from features.store.ingest import ingest
from training.simulate import simulate

if TYPE_CHECKING:
    import pandas as pd

    from features.store.journal import Journal


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    room = tmp_path_factory.mktemp("weeks")
    simulate(room / "export", 300, 130, 5)
    home = Home(room / "home")
    ingest(home, room / "export")
    return home.journal()


@pytest.mark.parametrize("rows", [700, 200_000])
def test_each_week_is_what_was_published_then(journal: Journal, rows: int) -> None:
    """Whatever the slices: every week equals the rings made from the journal of that midnight."""
    as_of_ms = journal.as_of_ms
    weeks = ring_weeks(journal.records(rows=rows), as_of_ms, 4)
    assert [each.known_at_ms for each in weeks] == [
        midnight(as_of_ms) - back * WEEK_MS for back in (4, 3, 2, 1, 0)]
    for each in weeks:
        then = read_rings(journal, each.known_at_ms)
        assert np.array_equal(each.members, then.members)
        assert np.array_equal(each.ring, then.ring)
        assert np.array_equal(each.score, then.score)
    assert len(weeks[-1].members) > 0


def test_nothing_later_is_known(journal: Journal) -> None:
    """The same from a journal that ends at the midnight as from one that goes on."""
    as_of_ms = journal.as_of_ms - 20 * DAY_MS
    cut = ring_weeks(journal.records(until=first_place(midnight(as_of_ms))), as_of_ms, 3)
    whole = ring_weeks(journal.records(), as_of_ms, 3)
    for one, other in zip(cut, whole, strict=True):
        assert np.array_equal(one.members, other.members)
        assert np.array_equal(one.ring, other.ring)


def rings(*groups: tuple[int, ...]) -> Rings:
    """Rings of these members, each numbered by its smallest."""
    rows = sorted((member, min(group)) for group in groups for member in group)
    member, ring = np.array(rows, dtype=np.int64).T
    numbers, size = np.unique(ring, return_counts=True)
    none, some = np.zeros(0, dtype=np.int64), np.ones(len(member))
    return Rings(0, member, ring, some, np.zeros(len(member), dtype=np.int64), some, numbers, size,
                 np.ones(len(numbers)), np.zeros(len(numbers), dtype=np.int64),
                 np.zeros((len(numbers), 1)), none, none, none, none, none)


def names(table: pd.DataFrame) -> dict[int, int]:
    return dict(zip(table["member"].tolist(), table["name"].tolist(), strict=True))


def test_a_ring_keeps_its_name_when_somebody_with_a_smaller_number_joins() -> None:
    """And when it takes in another one: the larger part goes on."""
    first, second, third = known_again([
        rings((5, 6, 7)), rings((2, 5, 6, 7), (8, 9)), rings((2, 5, 6, 7, 8, 9))])
    assert names(first) == {5: 5, 6: 5, 7: 5}
    assert names(second) == {2: 5, 5: 5, 6: 5, 7: 5, 8: 8, 9: 8}
    assert set(names(third).values()) == {5}


def test_a_ring_that_falls_apart_goes_on_in_its_larger_part() -> None:
    """The other part is a new ring, with a name that nobody has."""
    _, last = known_again([rings((1, 2, 3, 4, 5)), rings((1, 2), (3, 4, 5))])
    found = names(last)
    assert found[3] == found[4] == found[5] == 1
    assert found[1] == found[2] == 2


def test_a_name_that_was_told_stays() -> None:
    """Also where the weeks that are read begin after the one in which it got its name."""
    tables = known_again([rings((2, 5, 6, 7))], {5: 5, 6: 5, 7: 5})
    assert names(tables[0]) == {2: 5, 5: 5, 6: 5, 7: 5}
