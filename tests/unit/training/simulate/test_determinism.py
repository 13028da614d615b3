"""The same arguments give the same bytes, and the seed matters."""

from __future__ import annotations

import hashlib

import pytest

from features.errors import BadInput
from training.simulate import simulate


def hashes(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def test_same_arguments_same_bytes(tmp_path):
    """Two runs with the same arguments write byte-identical files, the truth included."""
    for name in ("first", "second"):
        simulate(tmp_path / name, members=150, days=120, seed=9)
    first = hashes(tmp_path / "first")
    assert len(first) == 16 + 2 + 4
    assert hashes(tmp_path / "second") == first


def test_another_seed_is_another_program(make):
    """Another seed shares no event id."""
    first, second = make(seed=1).events, make(seed=2).events
    assert set(first.event_id).isdisjoint(second.event_id)


@pytest.mark.parametrize(("given", "said"), [
    ({"members": 0}, "members"), ({"days": 0}, "days"), ({"seed": -1}, "seed"),
    ({"story": "bankers"}, "electricians"), ({"start": "soon"}, "2025-01-01"),
    ({"novel": ("bribery",)}, "duplicate_code"),
])
def test_impossible_wishes_are_refused(tmp_path, given, said):
    """A run that cannot be says what was wanted, and writes nothing."""
    wish = {"members": 10, "days": 10, "seed": 1} | given
    with pytest.raises(BadInput, match=said):
        simulate(tmp_path / "none", **wish)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("members", "days"), [(1, 1), (3, 400), (40, 2)])
def test_the_smallest_programs_are_programs_too(make, members, days):
    """One member for one day is still a whole export."""
    tiny = make(members=members, days=days)
    assert tiny.members.shape[0] == members
    assert len(tiny.truth.events) == len(tiny.events)


def test_a_run_may_start_any_day(make):
    """The first local day is the caller's choice, and nothing lies outside the run."""
    late = make(members=120, days=30, start="2026-02-10").events
    assert late.recorded_at.min().date().isoformat() >= "2026-02-09"
    assert late.recorded_at.max().date().isoformat() <= "2026-03-12"


def test_progress_is_told(tmp_path):
    """The caller hears of every stage, and that it is done."""
    heard = []
    simulate(tmp_path / "told", 20, 10, 1, progress=lambda *step: heard.append(step))
    assert heard[-1] == ("files", 4, 4)
    assert {"rhythms", "baskets", "events", "clocks", "files"} == {label for label, *_ in heard}
