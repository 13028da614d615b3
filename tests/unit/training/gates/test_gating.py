"""Gates over a journal: who judges whom, on which days, and who may serve after that."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.errors import BadInput, Conflict, NotFound
from features.places import TIE_BITS
from features.progress import silent
from features.store.chain import MACHINE, Chain
from features.store.home import Home
from models import champion
from models.bundle import Bundle
from models.policy import Policy
from training.events import read_events
from training.gates.finding import Finding, Gates
from training.gates.kept import keep_gates, read_gates
from training.gates.reading import Bench, read_trial, window_of
from training.gating import gates, promote_if_passed
from training.lineage import lineage
from training.promote import promote, rollback
from training.registry import Registry, Run
from training.settings import read_settings
from training.splits import DAY_MS, Window
from training.train import build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow and its database layer warn on import
SETTINGS = read_settings()
MATURITY, OLD, NEW = 20, 70, 60
"""Days: of label maturity, and before the journal's end up to which each bundle knows."""


@dataclass(frozen=True)
class Pair:
    """A home with a champion and a challenger, as trained, and the journal's end."""

    home: Home
    program_id: str
    old: str
    new: str
    end_ms: int

    @property
    def root(self) -> Path:
        return self.home.bundles(self.program_id)

    def bundle(self, name: str) -> Bundle:
        return Bundle.load(self.root / name, self.home.catalog())


@pytest.fixture(scope="module")
def pair(settled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("gating") / "home"
    shutil.copytree(settled, folder)
    home = Home(folder)
    journal = home.journal()
    home.create(journal.program.model_copy(update={"label_maturity_days": MATURITY}),
                journal.missions)
    journal = home.journal()
    root, end = home.bundles(journal.program.program_id), journal.as_of_ms
    names = [build(journal, end - days * DAY_MS, SETTINGS, 0).bundle.save(root).name
             for days in (OLD, NEW)]
    champion.promote(root, names[0])
    champion.challenge(root, names[1])
    yield Pair(home, journal.program.program_id, *names, end)
    home.close()


@pytest.fixture(scope="module")
def bench(pair: Pair) -> Bench:
    journal = pair.home.journal()
    return Bench(journal, read_events(journal, pair.end_ms, silent), Policy.read(), pair.end_ms,
                 SETTINGS)


def test_six_gates_judge_and_what_they_found_is_kept(pair: Pair) -> None:
    """Beside the reports of the bundle, as plain JSON, with the days that judged."""
    found = gates(pair.home)
    assert [one.gate for one in found.findings] == [
        "quality", "calibration", "look-alikes", "fairness", "latency", "parity"]
    assert (found.bundle_id, found.champion_id) == (pair.new, pair.old)
    assert all(one.sentence.endswith(".") for one in found.findings)
    kept = read_gates(pair.home.path, pair.program_id, pair.new)
    assert kept == json.loads(json.dumps(found.as_dict(), allow_nan=False))
    parity = found.findings[-1]
    assert parity.passed is None, "nothing was served live"
    assert found.passed is not True


def test_the_days_that_judge_are_later_than_all_that_was_learnt(pair: Pair) -> None:
    """From the later of both moments on, up to where labels had their time; never before."""
    old, new = pair.bundle(pair.old), pair.bundle(pair.new)
    window = window_of(old.as_of_ms, new.as_of_ms, pair.end_ms, MATURITY)
    assert window == window_of(new.as_of_ms, old.as_of_ms, pair.end_ms, MATURITY)
    assert window == Window(pair.end_ms - NEW * DAY_MS, pair.end_ms - MATURITY * DAY_MS)
    assert window.start_ms >= max(old.as_of_ms, new.as_of_ms)
    young = window_of(old.as_of_ms, new.as_of_ms, pair.end_ms, 365)
    assert young.days == 0, "too young: nothing judges"


def test_nothing_that_was_learnt_from_judges(pair: Pair, bench: Bench) -> None:
    """Without every event before the window, and all after it, the trial is the same."""
    old, new = pair.bundle(pair.old), pair.bundle(pair.new)
    whole = read_trial(bench, old, new, 0)
    inside = whole.window.holds(bench.events.place >> TIE_BITS)
    assert 0 < inside.sum() < len(bench.events)
    alone = read_trial(replace(bench, events=bench.events.take(inside)), old, new, 0)
    assert len(whole.truth) == len(alone.truth) > 500
    for one in ("truth", "decided", "weight", "member", "points"):
        assert np.array_equal(getattr(whole, one), getattr(alone, one)), one
    for side in ("champion", "challenger"):
        for one in fields(getattr(whole, side)):
            assert np.array_equal(getattr(getattr(whole, side), one.name),
                                  getattr(getattr(alone, side), one.name)), one.name


def test_labels_that_came_after_the_end_do_not_judge(pair: Pair, bench: Bench) -> None:
    """The same window, judged ten days earlier, knows fewer labels and none that are later."""
    old, new = pair.bundle(pair.old), pair.bundle(pair.new)
    now = read_trial(bench, old, new, 0)
    before = read_trial(replace(bench, end_ms=pair.end_ms - 10 * DAY_MS), old, new, 0)
    assert before.window.end_ms == now.window.end_ms - 10 * DAY_MS
    assert len(before.truth) < len(now.truth)


def test_a_side_is_what_the_bundle_would_say_live(pair: Pair, bench: Bench) -> None:
    """Ranks are its marks; it holds by behaviour only where it would hold at all."""
    trial = read_trial(bench, pair.bundle(pair.old), pair.bundle(pair.new), 0)
    side = trial.challenger
    assert not (side.by_behaviour & ~side.held).any()
    assert side.by_behaviour.mean() < 0.2
    assert set(trial.groups) == {"persona", "language", "region"}
    assert any(name.startswith("sign_") for name in trial.look_alikes)
    assert not any((mask & (trial.truth == 1)).any() for mask in trial.look_alikes.values())


def test_the_newest_bundle_that_labels_tell_of_is_judged(
    registered: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A challenger made since does not take the place of one whose labels have come."""
    gate = SETTINGS.gates.model_copy(update={"min_frauds": 1, "min_honest": 1})
    monkeypatch.setattr("training.gating.read_settings",
                        lambda: SETTINGS.model_copy(update={"gates": gate}))
    last = registered.end_ms - 5 * DAY_MS
    young = replace(registered.bundle(registered.new), as_of_ms=last).save(registered.root).name
    champion.challenge(registered.root, young)
    assert gates(registered.home).bundle_id == registered.new
    assert gates(registered.home, bundle_id=young).bundle_id == young, "whoever names one has it"
    champion.promote(registered.root, registered.new)
    assert gates(registered.home).bundle_id == young, "no other one is later than the champion"


def test_nobody_to_compare_with_is_said(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="does not serve yet"):
        gates(pair.home, bundle_id=pair.old)
    with pytest.raises(NotFound):
        gates(pair.home, bundle_id="20200101-nothing")


@pytest.fixture
def registered(pair: Pair, tmp_path: Path) -> Iterator[Pair]:
    """A copy of the home in which both bundles have a run."""
    shutil.copytree(pair.home.path, tmp_path / "home", ignore=shutil.ignore_patterns("ml*"))
    home = Home(tmp_path / "home")
    registry = Registry(home.path, SETTINGS)
    for name in (pair.old, pair.new):
        registry.save(Run(pair.program_id, name, home.bundles(pair.program_id) / name,
                          params={"window.fit": "[a, b)", "judged_on": "[b, c)"},
                          metrics={"ap": 0.5, "ap_low": 0.4, "ap_high": 0.6}))
    keep_gates(home.path, told(pair, None))
    yield Pair(home, pair.program_id, pair.old, pair.new, pair.end_ms)
    home.close()


def told(pair: Pair, passed: bool | None, beside: str = "") -> Gates:
    return Gates(pair.program_id, pair.new, beside or pair.old, "[a, b)", pair.end_ms,
                 (Finding("quality", passed, "As told."),))


def audited(pair: Pair) -> list[tuple[str, str, dict[str, Any]]]:
    journal = pair.home.journal()
    with journal.database.reading() as store:
        return [(entry.who, entry.act, json.loads(entry.details))
                for entry in Chain(store, journal.key).entries()
                if entry.act.startswith("champion")]


def test_a_bundle_serves_only_after_its_gates(registered: Pair) -> None:
    """Not judged, not passed, too little to say, or judged beside another champion: refused."""
    home = registered.home
    for found in (told(registered, None), told(registered, False),
                  told(registered, True, beside="20200101-another")):
        keep_gates(home.path, found)
        with pytest.raises(Conflict, match="--without-gates"):
            promote(home)
        assert champion.champion(registered.root).name == registered.old
    keep_gates(home.path, told(registered, True))
    assert promote(home, by="ana")["champion"] == registered.new
    assert audited(registered)[-1] == (
        "ana", "champion_promoted", {"bundle": registered.new, "gates": "passed"})
    assert rollback(home)["champion"] == registered.old
    assert champion.challenger(registered.root) is None


def test_whoever_leaves_the_gates_out_says_why(registered: Pair) -> None:
    """The reason stands in the audit log, and is short enough for it."""
    with pytest.raises(BadInput, match="reason of at most"):
        promote(registered.home, without_gates="x" * 201)
    promote(registered.home, without_gates="The champion lost its anomaly.", now_ms=7)
    assert audited(registered)[-1][1:] == ("champion_promoted", {
        "bundle": registered.new, "gates": "left out",
        "reason": "The champion lost its anomaly."})


def test_only_a_program_that_says_so_promotes_by_itself(
    registered: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only what passed: too little to say is no pass."""
    home, answers = registered.home, []
    monkeypatch.setattr("training.gating.gates", lambda *_, **__: answers[-1])
    answers.append(told(registered, True))
    assert not promote_if_passed(home, None, 5)["promoted"]
    journal = home.journal()
    home.create(journal.program.model_copy(update={"promotion": "automatic"}), journal.missions)
    for passed in (None, False):
        answers.append(told(registered, passed))
        keep_gates(home.path, answers[-1])
        assert not promote_if_passed(home, None, 5)["promoted"]
    assert champion.champion(registered.root).name == registered.old
    answers.append(told(registered, True))
    keep_gates(home.path, answers[-1])
    done = promote_if_passed(home, None, 5)
    assert done["promoted"], done
    assert audited(registered)[-1][0] == MACHINE
    assert promote_if_passed(home, None, 6) == {"promoted": False,
                                                "sentence": "No challenger waits."}


def test_a_verdict_leads_back_to_its_data(registered: Pair) -> None:
    """Bundle, run, windows, metrics with intervals, hashes of features, and who let it serve."""
    home, journal = registered.home, registered.home.journal()
    promote(home, without_gates="A trial.", by="ana", now_ms=1_700_000_000_000)
    scan = journal.frame("scans", columns=["event_id"]).iloc[-1]
    body = {"verdict": "approve", "would_have": "approve", "score": 0.1, "degraded": False,
            "decided_at": "2025-01-01T00:00:00Z", "policy_version": "1"}
    with home.database.writing() as store:
        store.run("INSERT INTO verdicts (program, event_id, place, bundle_id, policy_version, "
                  "verdict, points_held, body, vector, decided_ms, released) "
                  "VALUES (?, ?, ?, ?, '1', 0, 0, ?, ?, 0, 0)",
                  (journal.key, int(scan["event_id"]), int(scan["place"]), registered.new,
                   json.dumps(body).encode(), b""))
    name = str(journal.names("event", np.array([scan["event_id"]]))[0])
    found = lineage(home, name)
    assert found["bundle"]["bundle_id"] == registered.new
    assert found["bundle"]["event_features"] == dict(home.catalog().hashes)
    assert found["run"]["windows"] == {"fit": "[a, b)"}
    assert found["run"]["metrics"] == {"ap": 0.5, "ap_low": 0.4, "ap_high": 0.6}
    assert found["served"] == [{
        "act": "champion_promoted", "who": "ana", "at": "2023-11-14T22:13:20.000Z",
        "entry": found["served"][0]["entry"], "gates": "left out", "reason": "A trial."}]
    with pytest.raises(NotFound, match="event with a verdict"):
        lineage(home, "never-seen")
