"""A champion that changes while the service runs: no verdict is lost, each is of one bundle."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from features.catalog import CATALOG
from features.errors import NotFound, Unavailable
from models.champion import champion, promote, rollback
from serving.champion import bundle_without_champion, load_champion
from serving.commits import Commits
from serving.earlier import EarlierBundles
from serving.explain import explain
from serving.limping.breaker import Breaker
from serving.live import Live
from serving.policies import Policies
from serving.served import Served
from serving.standing import Standing
from serving.succession import AGAIN_S, Succession, ready, succession_of
from serving.warmup import warm_up
from tests.unit.serving.acting import Acts, scan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Bench(Acts):
    """A program that runs, two bundles of it, and what follows its champion."""

    def __init__(self, world: Any) -> None:
        self.home = world.home
        self.journal = self.home.journal()
        self.root: Path = self.home.bundles("acme")
        self.now = self.journal.as_of_ms + 60_000
        self.live = Live(self.journal, load_champion(self.home, self.journal), CATALOG)
        self.live.rebuild()
        self.live.breaker = Breaker()
        self.commits = Commits(self.live)
        self.first = champion(self.root).name
        self.second = self.saved(usual=77.0)
        self.succession = succession_of(self.home, self.live)

    def saved(self, usual: float) -> str:
        limits = replace(self.live.bundle.thresholds, usual_points={"scan": usual})
        return replace(self.live.bundle, thresholds=limits).save(self.root).name

    def judged_by(self, name: str) -> str:
        (body,) = self.judge(scan(name))
        return str(json.loads(body)["bundle_id"])


@pytest.fixture
def bench(world: Any) -> Iterator[Bench]:
    made = Bench(world)
    yield made
    made.home.close()


def test_the_next_verdict_after_a_promotion_is_of_the_new_bundle(bench: Bench) -> None:
    """And after a rollback of the old one; what each said is derived again to the byte."""
    assert bench.judged_by("a") == bench.first
    promote(bench.root, bench.second)
    assert bench.judged_by("bb") == bench.first, "nobody looked yet"
    bench.succession.look()
    assert bench.judged_by("ccc") == bench.second
    rollback(bench.root)
    bench.succession.look()
    assert bench.judged_by("dddd") == bench.first
    bench.succession.look()
    assert bench.succession.taken == 2
    assert all(explain(bench.home, name).equal for name in ("a", "bb", "ccc", "dddd"))


def test_no_verdict_is_lost_while_bundles_change(bench: Bench) -> None:
    """Under a stream of scans each verdict is of one of both, in runs, and every one is stored."""
    stopped = threading.Event()

    def change() -> None:
        while not stopped.is_set():
            promote(bench.root, bench.second)
            bench.succession.look()
            rollback(bench.root)
            bench.succession.look()

    thread = threading.Thread(target=change)
    thread.start()
    codes = {}
    try:
        while len({*codes.values()}) < 2 or len(codes) < 60:
            name = f"stream-{len(codes)}"
            codes[name] = bench.judged_by(name)
            assert len(codes) < 20_000
    finally:
        stopped.set()
        thread.join()
    assert {*codes.values()} == {bench.first, bench.second}
    for name, bundle_id in codes.items():
        assert bench.journal.verdict_row(name)["bundle_id"] == bundle_id


def test_a_promotion_taken_back_in_time_never_served(bench: Bench) -> None:
    promote(bench.root, bench.second)
    bench.succession.look()
    rollback(bench.root)
    bench.succession.look()
    assert bench.judged_by("a") == bench.first
    assert bench.succession.taken == 0


def test_a_bundle_that_can_not_be_read_keeps_the_old_one(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, and shown; mended, it serves after a while."""
    now = [0.0]
    follow = Succession(bench.root, bench.live,
                        lambda bundle_id: ready(bench.home, bench.live, bundle_id),
                        clock=lambda: now[0])
    policy = bench.root / bench.second / "policy.yaml"
    good = policy.read_bytes()
    policy.write_bytes(b"damaged")
    promote(bench.root, bench.second)
    with caplog.at_level(logging.ERROR, "jaga.succession"):
        follow.look()
        now[0] += AGAIN_S
        follow.look()
    assert [record.getMessage() for record in caplog.records] == [
        "a new champion is left aside, all goes on without it: bad_input"]
    assert bench.judged_by("a") == bench.first
    assert follow.refused == bench.second
    policy.write_bytes(good)
    follow.look()
    assert bench.judged_by("bb") == bench.first, "it is not tried at every look"
    now[0] += AGAIN_S
    follow.look()
    assert bench.judged_by("ccc") == bench.second
    assert follow.refused == ""


def test_a_bundle_of_features_declared_since_needs_a_restart(bench: Bench) -> None:
    """The state does not make them; the sentence says what to do."""
    own = bench.home.path / "features/acme/own.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("- name: event_minute\n  meaning: Minute of the hour\n  unit: min\n"
                   "  formula: floor(local_ms / 60000) % 60\n")
    catalog = bench.home.catalog("acme")
    anomaly = bench.live.bundle.anomaly
    hashes = {**anomaly.hashes, "event_minute": catalog.hashes["event_minute"]}
    fresh = replace(bench.live.bundle, anomaly=_with_hashes(anomaly, hashes),
                    event_features=dict(catalog.hashes)).save(bench.root).name
    with pytest.raises(Unavailable, match="restart the service"):
        ready(bench.home, bench.live, fresh)
    promote(bench.root, fresh)
    bench.succession.look()
    assert bench.judged_by("a") == bench.first
    assert bench.succession.refused == fresh


def test_a_program_without_a_champion_gets_its_first(bench: Bench) -> None:
    """Degraded until then; the models are asked again at once, whatever they did before."""
    pointer = bench.root / "champion"
    known = pointer.read_text()
    pointer.unlink()
    bench.live.bundle = bundle_without_champion(bench.home, bench.journal)
    bench.live.degraded = "model"
    bench.succession.look()
    (body,) = bench.judge(scan("a"))
    assert json.loads(body)["degraded"] == "model"
    pointer.write_text(known)
    bench.live.breaker._until = float("inf")
    bench.succession.look()
    (body,) = bench.judge(scan("bb"))
    assert json.loads(body)["degraded"] is False
    assert json.loads(body)["bundle_id"] == bench.first


def test_the_policy_in_force_goes_on_with_the_new_bundle(bench: Bench) -> None:
    """One applied after the bundle was loaded too; one that can't be read leaves its own."""
    promote(bench.root, bench.second)
    bench.succession.look()
    with bench.home.database.writing() as store:
        applied = Policies(store, bench.journal.key).apply(
            'version: "9"', "ana", bench.now, bench.journal.program)
    assert bench.judged_by("a") == bench.second
    assert bench.live.bundle.policy.version == applied.version
    with bench.home.database.writing() as store:
        store.run("UPDATE policies SET text = 'version: [' WHERE program = ?",
                  (bench.journal.key,))
    rollback(bench.root)
    bench.succession.look()
    assert bench.judged_by("bb") == bench.first
    own = EarlierBundles(bench.home, bench.journal).bundle(bench.first).policy.version
    assert bench.live.bundle.policy.version == own


def test_what_is_told_of_members_follows_the_bundle(bench: Bench) -> None:
    """The table of members is made anew though no event came."""
    async def never(work: Any) -> None:
        raise AssertionError("nothing is written")

    standing = Standing(Served(bench.live, never, lambda: bench.now))
    standing._refresh()
    assert standing.snapshot().bundle_id == bench.first
    promote(bench.root, bench.second)
    bench.succession.look()
    with bench.live.begin():
        pass
    standing._snapshot = replace(standing.snapshot(), bundle_id=bench.first, seconds=0.0)
    assert standing.snapshot().bundle_id == bench.second


def test_a_first_bundle_that_is_missing_stays_refused(bench: Bench) -> None:
    """The pointer names a folder that is not there; what serves goes on."""
    (bench.root / "champion").write_text("20250101-gone\n")
    with pytest.raises(NotFound):
        ready(bench.home, bench.live, "20250101-gone")
    bench.succession.look()
    assert bench.judged_by("a") == bench.first
    warm_up(bench.live)


def _with_hashes(model: Any, hashes: dict[str, str]) -> Any:
    """The same model, saved with the hash of one feature more."""
    class Saved:
        def save(self, folder: Path) -> None:
            model.save(folder)
            for path in folder.rglob("*.json"):
                said = json.loads(path.read_text())
                if "hashes" in said:
                    path.write_text(json.dumps({**said, "hashes": hashes,
                                                "names": list(hashes)}))
    return Saved()
