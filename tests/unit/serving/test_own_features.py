"""A program's own features: computed, learnt from, served, explained, and refused when changed."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.catalog import CATALOG
from features.errors import BadConfig, BadInput
from serving.champion import load_champion
from serving.circumstances import Circumstances
from serving.commits import Commits, Work
from serving.everyreason import every_reason
from serving.explain import explain
from serving.live import Live
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MINUTE = """- name: event_minute
  meaning: Minute of the hour
  unit: min
  family: velocity
  formula: floor(local_ms / 60000) % 60
"""
COUNT = """- name: manual_7d
  meaning: Codes typed by hand in 7d
  entity: member
  aggregate: count
  where: [capture == manual]
  window: 7d
"""


def declare(world: Any, text: str, name: str = "own.yaml") -> Path:
    """Write a file of declarations of the program."""
    path: Path = world.path / "features/acme" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def served(world: Any, prefix: str, count: int = 12) -> list[dict[str, Any]]:
    """Open the program anew, judge some scans live, and give the answers."""
    home = world.home
    journal = home.journal()
    catalog = home.catalog("acme")
    live = Live(journal, load_champion(home, journal, catalog), catalog)
    live.rebuild()
    commits, now = Commits(live), journal.as_of_ms + 60_000
    bodies = [{"kind": "scan", "event_id": f"{prefix}-{n}", "member_id": f"m-{n % 5}",
               "points": 80 if n % 3 else 20, "proof": "qr", "code_id": f"C-{1000 + n}",
               "capture": "manual" if n % 2 else "camera",
               "occurred_at": f"2025-03-05T10:{5 * n:02}:00+07:00"} for n in range(count)]
    answers = [commits.commit([Work(lambda w, b=body, i=i: live.judge(w, b, now + 1000 * i))])[0]
               for i, body in enumerate(bodies)]
    home.close()
    return [json.loads(answer) for answer in answers]


def told(answers: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """All that was judged, without names."""
    return [(a["score"], a["anomaly"], a["verdict"], a["reasons"], a["points_held"])
            for a in answers]


def test_an_added_feature_changes_nothing_that_is_served(world: Any, tmp_path: Path) -> None:
    """The old bundle goes on with its own features: the same scores, reasons and verdicts."""
    plain = type(world)(tmp_path / "plain", world.keys)
    shutil.copytree(world.path, plain.path)
    declare(world, COUNT + MINUTE)
    assert len(world.home.catalog("acme").names) == len(CATALOG.names) + 2
    assert told(served(world, "a")) == told(served(plain, "a"))


def test_old_verdicts_are_derived_again_after_a_feature_was_added(world: Any) -> None:
    """`jaga explain` finds the same bytes and the same features, and all reasons are told."""
    before = served(world, "a", 4)
    declare(world, COUNT, "first.yaml")
    middle = served(world, "b", 4)
    declare(world, MINUTE, "earlier.yaml")
    home = world.home
    for answer in (*before, *middle):
        explained = explain(home, answer["event_id"])
        assert explained.equal, explained.differing
        assert explained.features_differing == []
    journal, circumstances = home.journal(), Circumstances()
    circumstances.recall(journal)
    bundle = load_champion(home, journal)
    for answer in (*before, *middle):
        every = every_reason(journal, bundle, circumstances, answer["event_id"])
        assert [one["code"] for one in answer["reasons"]] == [
            one["code"] for one in every][:len(answer["reasons"])]
        vector = np.frombuffer(journal.verdict_row(answer["event_id"])["vector"])
        assert len(vector) == len(CATALOG.names)


def test_an_own_feature_is_learnt_from_served_stored_and_told(
    world: Any, trained: Callable[..., str]
) -> None:
    """After training it is in the vector of each verdict, and a reason says what it means."""
    declare(world, MINUTE)
    trained(world.home, "event_minute", 40)
    answers = served(world, "a")
    journal = world.home.journal()
    vectors = [np.frombuffer(journal.verdict_row(a["event_id"])["vector"]) for a in answers]
    assert [vector[-1] for vector in vectors] == [5.0 * n for n in range(12)]
    assert [a["would_have"] for a in answers] == ["approve"] * 9 + ["review"] * 3
    reason = answers[-1]["reasons"][0]
    assert reason["code"] == "reason.own.event_minute"
    assert reason["text"].startswith("Minute of the hour: 55 minutes (usual: ")
    explained = explain(world.home, answers[-1]["event_id"])
    assert explained.equal, explained.differing


def test_a_changed_declaration_is_refused_where_the_bundle_needs_it(
    world: Any, trained: Callable[..., str]
) -> None:
    """The error names feature, old and new hash and the way out; restored, the bundle serves."""
    path = declare(world, MINUTE + COUNT)
    trained(world.home, "event_minute", 40)
    old = world.home.catalog("acme").hashes["event_minute"]
    declare(world, (MINUTE + COUNT).replace("% 60", "% 30"))
    home = world.home
    new = home.catalog("acme").hashes["event_minute"]
    with pytest.raises(BadInput) as refused:
        load_champion(home, home.journal())
    assert str(refused.value) == (
        "Wanted the features the bundle was trained on; came a changed feature event_minute "
        f"(trained on {old}, today {new}). To do: restore the declaration, or train a new bundle "
        "with the features of today.")
    path.unlink()
    with pytest.raises(BadInput, match=rf"a missing feature event_minute \(trained on {old}, today "
                                       r"not declared\) and 1 more"):
        load_champion(home, home.journal())
    declare(world, COUNT.replace("by hand", "by fingers") + MINUTE.replace("% 60", "%   60"))
    assert load_champion(home, home.journal()).meanings["manual_7d"] == "Codes typed by hand in 7d"


@pytest.mark.parametrize(("text", "error"), [
    (MINUTE.replace("floor", "flor"), BadConfig), (MINUTE.replace("% 60", "% 30"), BadInput),
])
def test_a_service_judges_by_proof_and_caps_where_declarations_are_wrong(
    world: Any, trained: Callable[..., str], text: str, error: type[Exception]
) -> None:
    """A wrong or changed declaration stops no points engine: the verdict says it is degraded."""
    declare(world, MINUTE)
    trained(world.home, "event_minute", 40)
    declare(world, text)
    with pytest.raises(error):
        load_champion(world.home, world.home.journal())
    programs = Programs(Settings(home=world.path))
    programs.open(wait=True)
    try:
        live = programs.engine("acme")._live
        assert (live.degraded, live.catalog) == ("model", CATALOG)
    finally:
        programs.close()
