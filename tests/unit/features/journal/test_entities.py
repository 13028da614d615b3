from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from features.errors import NotFound
from features.exports.program import Program
from features.store.entities import Entities, Names, ranks

if TYPE_CHECKING:
    from features.store.home import Home
    from features.store.journal import Journal


@pytest.fixture
def journal(home: Home) -> Journal:
    return home.create(Program(program_id="acme"))


def test_numbers_start_at_one_and_leave_no_gap(journal: Journal) -> None:
    """New names of a call are numbered in the order of the names."""
    assert journal.numbers("sku", ["b", "a", "", "b"], create=True).tolist() == [2, 1, 0, 2]
    assert journal.numbers("sku", ["c", "a"], create=True).tolist() == [3, 1]
    assert journal.number("sku", "d", create=True) == 4
    assert journal.numbers("sku", ["d", "nobody"]).tolist() == [4, 0]
    assert journal.number("sku", "nobody") == 0


def test_kinds_have_numbers_of_their_own(journal: Journal) -> None:
    """The same name in two kinds is two entities."""
    assert journal.numbers("sku", ["x", "y"], create=True).tolist() == [1, 2]
    assert journal.number("region", "y", create=True) == 1


def test_names_come_back_from_their_numbers(journal: Journal) -> None:
    """Also odd ones; unknown numbers have the empty name."""
    odd = ["it's", "é|\"\\", "x" * 2000, "0", "𝄞"]
    numbers = journal.numbers("code", odd, create=True)
    assert journal.names("code", numbers).tolist() == odd
    assert journal.names("code", np.array([0, 99, -1])).tolist() == ["", "", ""]


@pytest.mark.parametrize("asked", [3, 2000])
def test_few_and_many_names_are_found_alike(journal: Journal, asked: int) -> None:
    """Asking name by name and reading the whole kind give the same numbers."""
    names = [f"n{number:05d}" for number in range(5000)]
    numbers = journal.numbers("event", names, create=True)
    some = np.linspace(0, 4999, asked).astype(int)
    assert journal.numbers("event", [names[i] for i in some]).tolist() == numbers[some].tolist()
    assert journal.names("event", numbers[some]).tolist() == [names[i] for i in some]


def test_ranks_follow_the_names(journal: Journal) -> None:
    """The order of names by code point, whatever their numbers."""
    for name in ("b", "a", "Z"):
        journal.number("event", name, create=True)
    with journal.database.reading() as store:
        entities = Entities(store, journal.key, Names())
        assert ranks(entities, "event", np.array([1, 2, 3, 1])).tolist() == [2, 1, 0, 2]


def test_live_and_bulk_names_share_one_numbering(journal: Journal) -> None:
    """Inside one transaction too."""
    with journal.begin() as writing:
        entities = writing.entities
        assert entities.create("device", "d1") == 1
        assert entities.intern("device", pa.chunked_array([["d0", "d1"]])).tolist() == [2, 1]
        assert entities.create("device", "d2") == 3
        assert entities.intern("device", pa.chunked_array([["d2", "d3"]])).tolist() == [3, 4]
        assert entities.is_new("device", np.array([1, 4])).tolist() == [True, True]
    with journal.begin() as writing:
        assert writing.entities.is_new("device", np.array([4, 5])).tolist() == [False, True]


def test_names_read_before_are_found_with_those_added_since(journal: Journal) -> None:
    """What a transaction keeps of a kind is completed, and one that fails leaves nothing."""
    first, second, third = (pa.chunked_array([[f"{letter}{i:02}" for i in range(50)]])
                            for letter in "abc")
    with journal.begin() as writing:
        writing.entities.intern("device", first)
    with journal.begin() as writing:
        assert writing.entities.intern("device", first).tolist() == list(range(1, 51))
    with pytest.raises(NotFound):
        _intern_and_fail(journal, third)
    assert journal.numbers("device", second.to_pylist(), create=True).tolist() == (
        list(range(51, 101)))
    with journal.begin() as writing:
        assert writing.entities.intern("device", second).tolist() == list(range(51, 101))
        assert writing.entities.intern("device", third).tolist() == list(range(101, 151))


def _intern_and_fail(journal: Journal, names: pa.ChunkedArray) -> None:
    with journal.begin() as writing:
        writing.entities.intern("device", names)
        writing.decision("unheard of", 3, points_final=0, by="a", reason="", at_ms=1)
