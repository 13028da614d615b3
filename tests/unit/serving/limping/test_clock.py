"""A server's clock that leaps: verdicts go on, places never go back, holds end in time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from features.catalog import CATALOG
from features.places import place_ms
from models.answers import rfc3339
from serving.champion import load_champion
from serving.commits import Commits, Work
from serving.holds import Holds
from serving.limping.clock import BELIEVED_AFTER_MS, LEAP_MS, SteadyClock
from serving.live import Live

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_MS = 86_400_000
YEAR_MS = 365 * DAY_MS


class Machine:
    """A machine with a clock that somebody may set, and one that only counts."""

    def __init__(self, now_ms: int) -> None:
        self.wall, self.counted = now_ms, 0
        self.clock = SteadyClock(lambda: self.wall, lambda: self.counted)

    def pass_by(self, ms: int) -> int:
        self.wall += ms
        self.counted += ms
        return self.clock()


@pytest.mark.parametrize("leap", [YEAR_MS, -YEAR_MS, LEAP_MS + 1, -LEAP_MS - 1])
def test_a_leap_is_believed_only_once_it_has_lasted(leap: int) -> None:
    """Taken back sooner it never happened, in whichever direction it went."""
    machine = Machine(YEAR_MS)
    machine.wall += leap
    assert machine.pass_by(1000) == YEAR_MS + 1000
    machine.wall -= leap
    assert machine.pass_by(1000) == YEAR_MS + 2000
    machine.wall += leap
    assert machine.pass_by(BELIEVED_AFTER_MS // 2) < YEAR_MS + BELIEVED_AFTER_MS
    machine.pass_by(BELIEVED_AFTER_MS)
    assert machine.clock() == machine.wall
    assert machine.clock.leaps == 2


def test_a_clock_that_is_kept_in_step_is_followed() -> None:
    """Small corrections are, however many; so is a machine that slept."""
    machine = Machine(YEAR_MS)
    for step in (900, -900, 40_000, -40_000) * 50:
        machine.wall += step
        assert machine.pass_by(10_000) == machine.wall
    assert machine.pass_by(3 * DAY_MS) == machine.wall
    assert machine.clock.leaps == 0


@pytest.fixture
def live(world: Any) -> Iterator[Live]:
    home = world.home
    journal = home.journal()
    made = Live(journal, load_champion(home, journal), CATALOG)
    made.rebuild()
    yield made
    home.close()


def judged(live: Live, name: str, now_ms: int, **more: Any) -> dict[str, Any]:
    body = {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 80, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00+07:00", "code_id": "nobody-printed", **more}
    (answer,) = Commits(live).commit([Work(lambda w: live.judge(w, body, now_ms))])
    return dict(json.loads(answer))


def test_behind_the_journal_verdicts_go_on_at_its_last_moment(live: Live) -> None:
    """No place goes back, and what is answered is the time of the place."""
    now = live.journal.as_of_ms + DAY_MS
    places, moments = [], []
    for number, back in enumerate((0, 1, 5_000, DAY_MS, 3 * YEAR_MS, -1)):
        moments.append(judged(live, f"e{number}", now - back)["decided_at"])
        places.append(live.journal.last_place)
    assert places == sorted(set(places))
    assert moments == [rfc3339(place_ms(place)) for place in places]
    assert moments == [rfc3339(now)] * 5 + [rfc3339(now + 1)]


def test_a_leap_ahead_and_back_ends_no_hold(live: Live) -> None:
    """A year in a second would credit all that is held; it is not believed, and time goes on."""
    machine = Machine(live.journal.as_of_ms + DAY_MS)
    held = judged(live, "held", machine.clock())
    holds = Holds(live)
    assert held["verdict"] == "review"
    machine.wall += YEAR_MS
    assert holds.end_due(machine.pass_by(1000)) == 0
    ahead = judged(live, "ahead", machine.pass_by(1000), code_id="C-1200")
    assert ahead["decided_at"] < held["hold"]["until"]
    machine.wall -= YEAR_MS
    behind = judged(live, "behind", machine.pass_by(1000), code_id="C-1201")
    assert behind["decided_at"] > ahead["decided_at"]
    while rfc3339(machine.pass_by(DAY_MS // 4)) < held["hold"]["until"]:
        assert holds.end_due(machine.clock()) == 0
    assert holds.end_due(machine.clock()) >= 1
