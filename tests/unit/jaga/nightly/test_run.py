"""A night's run: each step once, what fails stops only what needs it, one run at a time."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from features.errors import BadInput, Unavailable
from features.exports.program import Program
from features.members.calendar_days import day_start
from features.store.home import Home
from jaga.command import main
from jaga.nightly.lock import one_run
from jaga.nightly.night import Night, last_midnight
from jaga.nightly.run import KEPT, run
from jaga.nightly.step import Did, Step, nothing
from jaga.nightly.steps import STEPS
from tests.databases import database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jaga.nightly.work import Work

MS = 1_750_000_000_000
ACME = Program(program_id="acme", timezone="America/Mexico_City")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    home.create(ACME)
    yield home
    home.close()


def steps(done: list[str], fails: tuple[str, ...] = ()) -> tuple[Step, ...]:
    """Steps a, b that needs a, c that needs nothing; those named fail."""
    def of(name: str, needs: tuple[str, ...] = ()) -> Step:
        def act(work: Work) -> Did:
            done.append(name)
            if name in fails:
                raise Unavailable("a wheel", "none", "make one")
            return Did(f"{name} is done.", (name,), {"as_of": work.as_of_ms})

        return Step(name, act, needs)

    return of("a"), of("b", ("a",)), of("c")


def test_one_that_fails_stops_what_needs_it_and_nothing_else(home: Home) -> None:
    """And the next start does what is left."""
    done: list[str] = []
    first = run(home, as_of=MS, steps=steps(done, ("a",)))
    assert done == ["a", "c"]
    assert {name: one["status"] for name, one in first["steps"].items()} == {
        "a": "failed", "b": "blocked", "c": "done"}
    assert not first["passed"]
    assert first["steps"]["a"]["sentence"] == "Wanted a wheel; came none. To do: make one."
    second = run(home, as_of=MS, steps=steps(done))
    assert done == ["a", "c", "a", "b"]
    assert second["passed"]


def test_an_error_that_nobody_foresaw_is_named_by_its_type(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """What it held stays out of the log and of the record."""
    def act(work: Work) -> Did:
        raise KeyError("m-1")

    told = run(home, as_of=MS, steps=[Step("a", act), Step("b", lambda work: nothing("No."))])
    assert told["steps"]["a"]["sentence"] == "KeyError; the log says where."
    assert told["steps"]["b"]["status"] == "skipped"
    assert "test_run.py" in caplog.text
    assert "m-1" not in caplog.text + json.dumps(told)


def test_two_at_once_are_refused_with_a_sentence(home: Home) -> None:
    """The lock is free again when the first one ends."""
    with (one_run(home, home.journal()),
          pytest.raises(Unavailable, match="another one at work")):
        run(home, as_of=MS, steps=())
    assert run(home, as_of=MS, steps=())["passed"]


def test_two_machines_on_one_database_are_refused_too(tmp_path: Path) -> None:
    """Each with a home of its own: the database's lock keeps the second out."""
    with database() as url:
        one, two = Home(tmp_path / "one", url), Home(tmp_path / "two", url)
        one.migrate()
        one.create(ACME)
        with one_run(one, one.journal()), pytest.raises(Unavailable, match="another one at work"):
            run(two, as_of=MS, steps=())
        assert run(two, as_of=MS, steps=())["passed"]
        one.close()
        two.close()


@pytest.mark.parametrize("hours", [0.0, 1.0, 5.0, 23.9])
def test_a_night_is_the_same_whenever_it_is_started(home: Home, hours: float) -> None:
    """By the program's clock: from its midnight to the next one."""
    midnight = day_start(20_250, ACME.timezone)
    now_ms = midnight + round(hours * 3_600_000)
    assert last_midnight(now_ms, ACME) == midnight
    assert last_midnight(midnight - 1, ACME) == day_start(20_249, ACME.timezone)
    night = Night.of(home, ACME, last_midnight(now_ms, ACME))
    assert (night.day, night.as_of_ms) == ("2025-06-10", midnight)


def test_the_record_of_another_moment_is_not_gone_on_with(home: Home) -> None:
    """A program that moved to another time zone has another night under the same name."""
    run(home, as_of=day_start(20_250, ACME.timezone), steps=())
    done: list[str] = []
    run(home, as_of=day_start(20_250, ACME.timezone), steps=steps(done))
    home.create(ACME.model_copy(update={"timezone": "Asia/Jakarta"}))
    with pytest.raises(BadInput, match=r"move .* away"):
        run(home, as_of=day_start(20_250, "Asia/Jakarta"), steps=())


def test_old_nights_go(home: Home) -> None:
    """The newest `KEPT` stay."""
    folder = home.path / "nightly" / "acme"
    for day in range(KEPT + 3):
        path = folder / f"2024-{day // 28 + 1:02}-{day % 28 + 1:02}"
        path.mkdir(parents=True)
        (path / "run.json").write_text("{}")
    run(home, as_of=MS, steps=steps([]))
    assert len([*folder.glob("*/run.json")]) == KEPT
    assert not (folder / "2024-01-01").exists()


def test_every_step_comes_after_what_it_needs() -> None:
    seen: set[str] = set()
    for step in STEPS:
        assert set(step.needs) <= seen, step.name
        seen.add(step.name)


def test_a_program_without_anything_has_a_night_too(home: Home, tmp_path: Path) -> None:
    """No bundle, no events: steps say that there is nothing to do, or why not; nothing breaks."""
    home.create(ACME.model_copy(update={"nightly": ACME.nightly.model_copy(
        update={"train_every_days": 0})}))
    home.close()
    shutil.copytree(home.path, tmp_path / "copy")
    shown = CliRunner().invoke(main, ["run", "nightly", "--home", str(tmp_path / "copy"), "--json",
                                      "--as-of", "2025-06-11T06:00:00Z"])
    told: dict[str, Any] = json.loads(shown.stdout.splitlines()[-1])
    assert (shown.exit_code, told["passed"]) == (0, True), told
    assert told["steps"]["scores"]["status"] == "skipped"
    assert told["steps"]["nudges"]["status"] == "done"
