"""The newest snapshot and the rest of the journal are the state before, to the bit."""

from __future__ import annotations

import fcntl
import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.engine.declarations import Catalog
from features.engine.definition import Aggregate
from features.errors import Unavailable
from features.store.ingest import ingest
from serving.keeper import Keeper
from serving.snapshots import Snapshots

if TYPE_CHECKING:
    from pathlib import Path

PROVES = os.environ.get("JAGA_PROVE") == "1"
ACTS = 3_000 if PROVES else 168
EVERY = 12


def test_every_cut_leads_to_the_same_state(bench: Any) -> None:
    """Whenever the snapshot was taken, what is rebuilt from it equals a replay and the state."""
    cuts = [bench.snapshots("cut-0")]
    cuts[0].keep(bench.live.snapshot())
    for act in range(1, ACTS + 1):
        bench.act()
        if act % EVERY == 0:
            cuts.append(bench.snapshots(f"cut-{act}"))
            cuts[-1].keep(bench.live.snapshot())
    whole = bench.replayed()
    read = whole.head.seq
    assert bench.differing(bench.live, whole) == []
    wanted = bench.probe(whole)
    for snapshots in cuts:
        live, rows = bench.recovered(snapshots)
        assert bench.differing(live, whole) == [], snapshots.folder.name
        assert bench.probe(live) == wanted
        assert rows <= read
        read = rows
    assert read == 0


def test_a_recovered_state_goes_on_alike(bench: Any) -> None:
    """Verdicts after a recovery have the bytes they would have had without the crash."""
    for _ in range(40):
        bench.act()
    snapshots = bench.snapshots()
    snapshots.keep(bench.live.snapshot())
    for _ in range(20):
        bench.act()
    live, _ = bench.recovered(snapshots)
    bench.live = live
    for _ in range(40):
        bench.act()
    assert bench.differing(live, bench.replayed()) == []


def test_a_snapshot_that_is_read_ahead_serves_one_state(bench: Any) -> None:
    """A start reads it beside other work; the next state gets a reading of its own."""
    for _ in range(40):
        bench.act()
    snapshots = bench.snapshots()
    snapshots.keep(bench.live.snapshot())
    for _ in range(20):
        bench.act()
    snapshots.read_ahead()
    for _ in range(20):
        bench.act()
    (first, rows), (second, _) = bench.recovered(snapshots), bench.recovered(snapshots)
    assert 0 < rows < 60
    wanted = bench.replayed()
    assert bench.differing(first, wanted) == []
    assert bench.differing(second, wanted) == []
    assert not np.shares_memory(first.state.memory.cells, second.state.memory.cells)


def test_a_snapshot_that_was_damaged_is_passed_over_when_read_ahead(bench: Any) -> None:
    """The journal is there: a start that read ahead goes on with all of it."""
    snapshots = bench.snapshots()
    snapshots.keep(bench.live.snapshot()).write_bytes(b"")
    snapshots.read_ahead()
    live, rows = bench.recovered(snapshots)
    assert rows > 150
    assert bench.differing(live, bench.replayed()) == []


def test_rows_that_wait_go_on_waiting(bench: Any) -> None:
    """Codes dispatched next month are no part of the snapshot, and act when their time comes."""
    snapshots = bench.snapshots()
    snapshots.keep(bench.live.snapshot())
    assert len(bench.live._waiting._records) > 50
    live, rows = bench.recovered(snapshots)
    assert rows == 0
    assert bench.differing(live, bench.live) == []
    bench.ms += 35 * 86_400_000
    bench.act()
    live, _ = bench.recovered(snapshots)
    assert bench.differing(live, bench.replayed()) == []


def test_rows_that_came_late_share_the_last_place(bench: Any, more: Path) -> None:
    """An ingest while the service was down: old labels act after the last event, new ones too."""
    for _ in range(20):
        bench.act()
    snapshots = bench.snapshots()
    snapshots.keep(bench.live.snapshot())
    last = bench.live.head.place
    bench.commit(lambda writing: None)
    assert ingest(bench.home, more).tables["feedback"].new == 30
    labels = bench.home.journal().frame("feedback")
    assert (labels["place"] == last).sum() >= 30
    live, rows = bench.recovered(snapshots)
    assert rows >= 70
    assert bench.differing(live, bench.replayed()) == []


def test_a_snapshot_of_another_catalogue_or_zone_is_passed_over(bench: Any) -> None:
    """A feature was added, or the program moved: the journal is read from its beginning."""
    bench.snapshots().keep(bench.live.snapshot())
    bench.catalog = Catalog([Aggregate("n", entity="member", aggregate="count", window="1h")])
    live, rows = bench.recovered(bench.snapshots())
    assert rows > 0
    assert bench.differing(live, bench.replayed()) == []
    bench.catalog = bench.live.catalog
    moved = bench.home.journal().program.model_copy(update={"timezone": "America/Sao_Paulo"})
    bench.home.create(moved)
    live, rows = bench.recovered(bench.snapshots())
    assert rows > 0
    assert bench.differing(live, bench.replayed()) == []


def test_a_snapshot_of_another_program_is_passed_over(bench: Any, tmp_path: Path) -> None:
    """Copied from the folder of a program with the very same journal."""
    bench.act()
    bench.snapshots().keep(bench.live.snapshot())
    other = bench.home.journal().program.model_copy(update={"program_id": "other"})
    bench.home.create(other)
    journal = bench.home.journal("other")
    assert Snapshots(bench.home.path / "states", journal, bench.catalog).newest() is None


def test_a_snapshot_by_other_code_is_passed_over(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update may lay states out differently: the first start after it reads the journal."""
    bench.snapshots().keep(bench.live.snapshot())
    monkeypatch.setattr("serving.snapshots.code_digest", lambda: "of the next version")
    assert bench.snapshots().newest() is None


def test_a_snapshot_ahead_of_a_restored_journal_is_passed_over(bench: Any) -> None:
    """A backup comes back, with and without new events after it: the snapshot is not of it."""
    bench.act()
    bench.home.close()
    backup = bench.home.path.parent / "backup"
    shutil.copytree(bench.home.path, backup)
    bench.home.__dict__.pop("database")
    bench.live.rebuild()
    start = bench.random.bit_generator.state, bench.ms, bench.done
    for _ in range(9):
        bench.act()
    kept = bench.snapshots().keep(bench.live.snapshot())
    old = type(bench)(type(bench.home)(backup))
    shutil.copytree(kept.parent, backup / "states")
    assert old.snapshots().newest() is None
    old.random.bit_generator.state, old.ms, old.done = start
    for _ in range(9):  # the same acts under the same numbers, at the same time
        old.act()
    assert old.live.head.seq == bench.live.head.seq
    old.act()
    live, rows = old.recovered(old.snapshots())
    assert rows > 0
    assert old.differing(live, old.replayed()) == []
    old.home.close()


def test_the_last_two_are_kept(bench: Any) -> None:
    """Older ones go, and what a process that died left half written; names only go up."""
    snapshots = bench.snapshots()
    (snapshots.folder).mkdir()
    (snapshots.folder / "00000009.part").write_bytes(b"half")
    names = []
    for _ in range(4):
        bench.act()
        names.append(snapshots.keep(bench.live.snapshot()).name)
    assert names == ["00000001.npz", "00000002.npz", "00000003.npz", "00000004.npz"]
    assert [path.name for path in snapshots.files()] == names[:1:-1]
    assert list(snapshots.folder.glob("*.part")) == []


def test_two_processes_do_not_write_at_once(bench: Any) -> None:
    """Where another one writes a snapshot already, ours is not needed."""
    snapshots = bench.snapshots()
    snapshots.folder.mkdir()
    with (snapshots.folder / "writer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a lock belongs to an open file, not to a process
        with pytest.raises(Unavailable):
            snapshots.keep(bench.live.snapshot())
    assert snapshots.keep(bench.live.snapshot()).exists()


def test_deleting_snapshots_is_harmless(bench: Any) -> None:
    """They are a cache."""
    bench.act()
    snapshots = bench.snapshots()
    snapshots.keep(bench.live.snapshot())
    shutil.rmtree(snapshots.folder)
    live, rows = bench.recovered(snapshots)
    assert rows > 0
    assert bench.differing(live, bench.live) == []


DAMAGES = {
    "cut": lambda whole, at: whole[:at],
    "flip": lambda whole, at: whole[:at] + bytes([whole[at] ^ 64]) + whole[at + 1:],
    "zero": lambda whole, at: whole[:at] + bytes(4096) + whole[at + 4096:],
    "grown": lambda whole, at: whole[:at] + b"x" + whole[at:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_snapshot_is_never_believed(bench: Any, damage: str) -> None:
    """Torn or changed anywhere, it is passed over for the one before, or still says the same."""
    snapshots = bench.snapshots()
    bench.act()
    snapshots.keep(bench.live.snapshot())
    bench.act()
    path = snapshots.keep(bench.live.snapshot())
    whole, random = path.read_bytes(), np.random.default_rng(7)
    wanted = bench.replayed()
    edges = [0, 1, 30, len(whole) - 1, len(whole) - 22]
    for at in [*edges, *random.integers(len(whole), size=2_000 if PROVES else 5).tolist()]:
        path.write_bytes(DAMAGES[damage](whole, at))
        live, rows = bench.recovered(snapshots)
        assert bench.differing(live, wanted) == []
        assert rows <= 3
    for torn in snapshots.files():
        torn.write_bytes(b"")
    live, rows = bench.recovered(snapshots)
    assert rows > 200
    assert bench.differing(live, wanted) == []


def test_the_keeper_takes_one_when_it_is_worth_while(bench: Any) -> None:
    """The first one early, then every so many rows, the last one at the end."""
    snapshots = bench.snapshots()
    keeper = Keeper(bench.live, snapshots, worth=10, every=50)
    for _ in range(4):  # makes room, copies, has written, has nothing to do
        keeper.rest()
        keeper._finish()
        bench.act()
    assert len(snapshots.files()) == 1
    live, rows = bench.recovered(snapshots)
    assert 0 < rows < 20
    assert bench.differing(live, bench.live) == []
    for _ in range(12):
        bench.act()
    keeper.rest()
    assert len(snapshots.files()) == 1
    keeper.close()
    assert len(snapshots.files()) == 2
    live, rows = bench.recovered(snapshots)
    assert rows == 0
    assert bench.differing(live, bench.live) == []
    again = Keeper(live, snapshots, worth=10, every=50)
    again.rest()
    again.close()
    assert [path.name for path in snapshots.files()] == ["00000002.npz", "00000001.npz"]


def test_a_snapshot_that_can_not_be_written_harms_nobody(bench: Any) -> None:
    """A full disk, or a file in the way: the service goes on, and a start reads the journal."""
    snapshots = bench.snapshots()
    snapshots.folder.write_text("in the way")
    keeper = Keeper(bench.live, snapshots, worth=1)
    keeper.rest()
    keeper.close()
    bench.act()
    assert bench.recovered(snapshots)[1] > 0


def test_a_state_that_could_not_be_made_anew_judges_nothing(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database fails in the middle of a rebuild: no verdict until the state is whole."""
    bench.act()
    keeper = Keeper(bench.live, bench.snapshots(), worth=1)

    def broken(*_: object, **__: object) -> Any:
        raise Unavailable("a database", "none", "start it")

    with monkeypatch.context() as patch:
        patch.setattr(bench.live.journal, "records", broken)
        with pytest.raises(Unavailable):
            bench.live.rebuild()
        assert not bench.live.is_whole
        keeper.rest()
        answer = bench.commit(lambda writing: bench.live.judge(writing, {}, bench.now))
        assert isinstance(answer, Unavailable)
    keeper.close()
    assert bench.snapshots().files() == []
    bench.act()
    assert bench.differing(bench.live, bench.replayed()) == []
