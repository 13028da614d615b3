"""All reasons of a verdict, asked for when another champion serves: the verdict's own."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from features.errors import NotFound, Unavailable
from serving.earlier import KEPT, EarlierBundles
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from serving.engine import Engine


@contextmanager
def opened(world: Any) -> Iterator[Engine]:
    """Give the engine of a service that was just started."""
    programs = Programs(Settings(home=world.path))
    programs.open(wait=True)
    yield programs.engine("acme")
    programs.close()


def judge(engine: Engine, name: str, points: int = 20) -> dict[str, Any]:
    """Have a scan judged."""
    body = {"kind": "scan", "event_id": name, "member_id": "m-3", "points": points, "proof": "qr",
            "code_id": "C-1020", "occurred_at": "2025-03-05T10:00:00+07:00"}
    return dict(json.loads(asyncio.run(engine.verdict(body))))


def reasons(engine: Engine, name: str) -> Any:
    """All reasons of a stored event."""
    return engine.desk.event(name, with_every_reason=True)["reasons"]


@pytest.fixture(scope="module")
def once(made: Any, trained: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
         ) -> tuple[Any, dict[str, Any]]:
    """Give a home with an approval, and its reasons under its champion; another serves since."""
    world = type(made)(tmp_path_factory.mktemp("once") / "home", made.keys)
    shutil.copytree(made.path, world.path)
    with opened(world) as engine:
        answer = judge(engine, "before")
        assert answer["verdict"] == "approve"
        found = {"told": reasons(engine, "before"), "bundle_id": answer["bundle_id"]}
    found["champion"] = trained(world.home, "event_hour", 10)
    assert found["champion"] != found["bundle_id"]
    return world, found


@pytest.fixture
def replaced(once: tuple[Any, dict[str, Any]]) -> dict[str, Any]:
    """What is known of the approval."""
    return once[1]


@pytest.fixture
def world(once: tuple[Any, dict[str, Any]], tmp_path: Path) -> Any:
    """A fresh copy of the home."""
    shutil.copytree(once[0].path, tmp_path / "home")
    return type(once[0])(tmp_path / "home", once[0].keys)


def test_an_approval_is_explained_by_the_bundle_that_gave_it(
    world: Any, replaced: dict[str, Any]
) -> None:
    """The same reasons before and after a promotion, and those of the new champion beside them."""
    with opened(world) as engine:
        assert judge(engine, "after")["bundle_id"] == replaced["champion"]
        assert replaced["told"]
        assert reasons(engine, "before") == replaced["told"]
        assert reasons(engine, "after") != replaced["told"]


def test_a_bundle_that_is_gone_is_named_as_the_cause(world: Any, replaced: dict[str, Any]) -> None:
    """The event is shown, its reasons can't be: not found, with what to do."""
    shutil.rmtree(world.home.bundles("acme") / replaced["bundle_id"])
    with opened(world) as engine:
        with pytest.raises(NotFound, match="restore its folder from a backup"):
            reasons(engine, "before")
        assert engine.desk.event("before")["verdict"]["verdict"] == "approve"


def test_a_bundle_that_was_changed_is_not_believed(world: Any, replaced: dict[str, Any]) -> None:
    """One changed byte in a file of it."""
    path = world.home.bundles("acme") / replaced["bundle_id"] / "policy.yaml"
    path.write_text(path.read_text() + "\n")
    with opened(world) as engine, pytest.raises(Unavailable, match="without reasons=all"):
        reasons(engine, "before")


def test_features_of_today_must_be_those_it_was_trained_on(
    world: Any, replaced: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feature that means something else today is not put into an old model."""
    home = world.home
    today = redefined(home.catalog("acme"))
    monkeypatch.setattr(type(home), "catalog", lambda self, program_id: today)
    with pytest.raises(Unavailable, match="do not fit"):
        EarlierBundles(home, home.journal()).bundle(replaced["bundle_id"])
    home.close()


def redefined(catalog: Any) -> Any:
    """Give the catalogue with another definition of one feature."""
    return SimpleNamespace(
        names=catalog.names, families=catalog.families, units=catalog.units,
        own_meanings=catalog.own_meanings, hashes={**catalog.hashes, "event_points": "another"})


def test_the_last_bundles_are_kept_and_no_more(world: Any, replaced: dict[str, Any]) -> None:
    """Asked again it is the same one in memory; an old one is read anew."""
    home = world.home
    shelf = EarlierBundles(home, home.journal())
    first = shelf.bundle(replaced["bundle_id"])
    second, third = (
        shelf.bundle(replace(first, metrics={"auc": auc}).save(home.bundles("acme")).name)
        for auc in (0.6, 0.7))
    assert (KEPT, first.metrics == second.metrics) == (2, False)
    assert shelf.bundle(second.bundle_id) is second
    assert shelf.bundle(third.bundle_id) is third
    assert shelf.bundle(first.bundle_id) is not first
    home.close()


def test_a_verdict_without_a_model_has_the_reasons_it_told(world: Any) -> None:
    """Nothing else was known to whoever gave it."""
    shutil.rmtree(world.home.bundles("acme"))
    with opened(world) as engine:
        answer = judge(engine, "bare")
        assert answer["degraded"] == "model"
        assert reasons(engine, "bare") == answer["reasons"]
