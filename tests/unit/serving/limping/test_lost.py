"""A program without a champion: it never had one, or it lost it; and how it gets it back."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import Any

from features.catalog import CATALOG
from models.champion import LOST_BUNDLE, NO_BUNDLE, champion, promote
from serving.champion import bundle_without_champion, load_champion
from serving.commits import Commits, Work
from serving.explain import explain
from serving.live import Live


def test_who_never_had_a_champion_lost_none(world: Any) -> None:
    """A day-one program; one whose bundles are gone, but gave verdicts; one that is damaged."""
    home = world.home
    journal = home.journal()
    root = home.bundles("acme")
    known = champion(root).name
    assert bundle_without_champion(home, journal).bundle_id == f"{LOST_BUNDLE}:{known}"
    shutil.move(root, world.path / "away")
    assert bundle_without_champion(home, journal).bundle_id == NO_BUNDLE
    live = Live(journal, _named(bundle_without_champion(home, journal), "b-1"), CATALOG, "model")
    live.rebuild()
    body = {"kind": "scan", "event_id": "a", "member_id": "m-3", "points": 20, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00Z", "code_id": "C-1200"}
    now = journal.as_of_ms + 1000
    assert isinstance(Commits(live).commit([Work(lambda w: live.judge(w, body, now))])[0], bytes)
    assert bundle_without_champion(home, journal).bundle_id == LOST_BUNDLE
    home.close()


def test_of_a_damaged_champion_the_usual_points_are_left(world: Any) -> None:
    """So that the policy's ``fail`` still knows what is much; nothing else of it is believed."""
    home = world.home
    manifest = champion(home.bundles("acme")) / "manifest.json"
    known = json.loads(manifest.read_text())
    known["thresholds"]["usual_points"] = {"scan": 40.0}
    manifest.write_text(json.dumps(known))
    found = bundle_without_champion(home, home.journal())
    assert found.thresholds.usual_points == {"scan": 40.0}
    assert not found.thresholds.score
    for text in ("", "[]", '{"thresholds": 3}', '{"thresholds": {"usual_points": 3}}'):
        manifest.write_text(text)
        assert not bundle_without_champion(home, home.journal()).thresholds.usual_points
    home.close()


def test_a_verdict_of_a_lost_champion_is_derived_again_after_the_next(world: Any) -> None:
    """By the usual points that the lost one knew, whatever serves since."""
    home = world.home
    journal = home.journal()
    root = home.bundles("acme")
    good = load_champion(home, journal)
    first, later = (replace(good, thresholds=replace(
        good.thresholds, usual_points={"scan": usual})).save(root) for usual in (5.0, 9_000.0))
    promote(root, first.name)
    for path in first.rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            path.write_bytes(b"damaged")
    live = Live(journal, bundle_without_champion(home, journal), CATALOG, "model")
    live.rebuild()
    body = {"kind": "scan", "event_id": "a", "member_id": "m-3", "points": 80, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00Z", "code_id": "C-1200"}
    now = journal.as_of_ms + 1000
    (told,) = Commits(live).commit([Work(lambda w: live.judge(w, body, now))])
    assert json.loads(told)["bundle_id"] == f"{LOST_BUNDLE}:{first.name}"
    assert json.loads(told)["verdict"] == "review"
    promote(root, later.name)
    assert explain(home, "a").equal
    home.close()


def _named(bundle: Any, bundle_id: str) -> Any:
    return replace(bundle, bundle_id=bundle_id)
