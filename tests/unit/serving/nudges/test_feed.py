"""The feed: the dearest first, silent where somebody wants it so, quiet when nothing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from features.errors import BadInput
from serving.nudges import Nudges
from serving.nudges.kept import nights_of
from serving.nudges.nudge import Nudge
from serving.nudges.snoozes import Snoozes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = 1_740_900_000_000
DAY_MS = 86_400_000


def feed(world: Any, now_ms: int = NOW, **more: Any) -> Nudges:
    return Nudges(world.home.journal(), lambda: now_ms, world.path / "insiders" / "acme",
                  nights_of(world.path, "acme"), **more)


def keys(nudges: Nudges) -> list[str]:
    return [one.key for one in nudges.told().nudges]


def test_the_dearest_comes_first(
    world: Any, finding: Callable[..., Any], night: Callable[..., Path]
) -> None:
    """By money, whatever order a night found them in; the program's language speaks."""
    night(world.path, [finding(money=10.0), finding("surge", money=500.0, size=0.5, low=0.2,
                                                    high=0.8), finding("drop", "tier", 2)])
    assert keys(feed(world)) == ["surge:region:1", "drop:tier:2", "drop:region:1"]
    assert feed(world).answer()["message"] == "What is worth a look, the dearest first."
    assert feed(world).answer("id")["message"].startswith("Yang patut")


def test_what_sleeps_is_not_heard_of_until_its_day_or_until_it_grows_by_half(
    world: Any, finding: Callable[..., Any], night: Callable[..., Path]
) -> None:
    """Not a moment longer, and not for a little more; a later snooze replaces an earlier one."""
    night(world.path, [finding(money=100.0)])
    key = "drop:region:1"
    with world.home.database.writing() as store:
        snoozes = Snoozes(store, world.home.journal().key)
        snoozes.put(key, NOW + 10 * DAY_MS, 100.0, "rina", NOW)
    assert keys(feed(world, NOW - 1)) == [key]  # nobody knew of it yet
    assert keys(feed(world)) == keys(feed(world, NOW + 10 * DAY_MS - 1)) == []
    assert "1 sleep" in feed(world).answer()["message"]
    assert keys(feed(world, NOW + 10 * DAY_MS)) == [key]
    night(world.path, [finding(money=149.0)], "2025-03-02", 1)
    assert keys(feed(world)) == []
    night(world.path, [finding(money=150.0)], "2025-03-03", 2)
    assert keys(feed(world)) == [key]
    with world.home.database.writing() as store:
        Snoozes(store, world.home.journal().key).put(key, NOW + DAY_MS, 150.0, "budi", NOW)
    assert keys(feed(world)) == []
    assert keys(feed(world, NOW + DAY_MS)) == [key]


@pytest.mark.parametrize("days", [-1, 0, 181])
def test_nobody_puts_a_nudge_to_sleep_for_ever(world: Any, days: int) -> None:
    with (world.home.database.writing() as store, pytest.raises(BadInput, match="180 days")):
        Snoozes(store, world.home.journal().key).put("drop:region:1", NOW + days * DAY_MS, 1.0,
                                                     "rina", NOW)


def test_a_quiet_night_is_said_to_be_quiet(world: Any, night: Callable[..., Path]) -> None:
    """Before any night looked it says so, and afterwards that nothing stands out."""
    assert "jaga run nightly" in feed(world).answer()["message"]
    night(world.path, [])
    said = feed(world).answer()
    assert said["nudges"] == []
    assert "no trend stands out" in said["message"]
    assert "jaga insiders" in said["message"]


def test_other_sources_are_ranked_and_sleep_as_all_do(
    world: Any, finding: Callable[..., Any], night: Callable[..., Path]
) -> None:
    """What watches models and data hands its nudges in, and nothing else is needed."""
    night(world.path, [finding(money=100.0)])

    def health(journal: Any, texts: Any, language: str) -> list[Nudge]:
        return [Nudge("model.drifts:program", "model.drifts:program", "model.drifts", "It drifts.",
                      "A season.", "Train.", {"kind": "program", "id": "acme"},
                      "2025-03-01T00:00:00Z", 0, None, None, money=200.0, size=2.0)]

    assert keys(feed(world, more=(health,))) == ["model.drifts:program", "drop:region:1"]
    with world.home.database.writing() as store:
        Snoozes(store, world.home.journal().key).put("model.drifts:program", NOW + DAY_MS, 2.0,
                                                     "rina", NOW)
    assert keys(feed(world, more=(health,))) == ["drop:region:1"]
