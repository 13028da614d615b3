"""Paperwork: the small tables of an honest program. New phones, returned goods, goodwill, merges.

Every kind of row that a scheme leaves is here in honest numbers too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import CHANGES
from training.simulate.calendars import DAY
from training.simulate.dress import staff_count
from training.simulate.outcomes import CREDITED
from training.simulate.sheet import NO_CODE, NONE, SCAN, Sheet

if TYPE_CHECKING:
    from training.simulate.people import Members
    from training.simulate.stage import Stage

Array = npt.NDArray[Any]

PHONE, PAYOUT, PASSWORD, DEVICE, ADDRESS, NAME = range(len(CHANGES))
CHANGES_A_YEAR: Final = {PHONE: 0.05, PASSWORD: 0.22, ADDRESS: 0.04, NAME: 0.03}
ANNOUNCED: Final = 0.7
"""Share of the new phones that the app reports as a change."""
BY_DESK: Final = 0.15
RETURNED: Final = 0.024
"""Share of scanned units that come back; 2-5 % is usual."""
GOODWILL_A_YEAR: Final = 0.06
TICKETED: Final = 0.8
REASONS: Final = ("goodwill", "missing_points", "campaign_correction", "welcome_gift", "outage")
MERGED: Final = 1 / 350


def everyday_changes(stage: Stage) -> None:
    """Account changes of honest members, with the new identities they bring."""
    world, members, calendar = stage.world, stage.members, stage.world.calendar
    dice = world.dice("changes")
    for what, switch, new in ((DEVICE, members.switch, members.device2),
                              (PAYOUT, members.payout_switch, members.payout2)):
        rows = np.flatnonzero((switch > np.maximum(members.joined, calendar.start))
                              & (switch < calendar.end))
        rows = rows[dice.random(len(rows)) < (ANNOUNCED if what == DEVICE else 1.0)]
        delay = dice.integers(-3600_000, 60_000, len(rows)) if what == PAYOUT else 0
        _write(stage, rows, switch[rows] + delay, what, new[rows], members.device_at(
            rows, switch[rows]), dice)
    years = calendar.days / 365
    for what, rate in CHANGES_A_YEAR.items():
        rows = np.flatnonzero(dice.random(len(members)) < rate * years)
        time = dice.integers(calendar.start, calendar.end, len(rows))
        rows, time = rows[time > members.joined[rows]], time[time > members.joined[rows]]
        new = world.new({PHONE: "phone", ADDRESS: "address"}.get(what, "word"), len(rows))
        _write(stage, rows, time, what, np.where(what == PASSWORD, NONE, new),
               members.device_at(rows, time), dice)


def _write(stage: Stage, rows: Array, time: Array, what: int, value: Array, device: Array,
           dice: np.random.Generator) -> None:
    desk = dice.random(len(rows)) < BY_DESK
    clerk = dice.integers(0, staff_count(stage.world), len(rows))
    stage.log("account_changes", member=rows, time=time, what=what, value=value,
              agent=np.where(desk, clerk, NONE), device=np.where(desk, NONE, device))


def everyday_returns(stage: Stage, sheet: Sheet) -> Array:
    """Some units of credited scans come back, usually within weeks; the mask of those scans.

    Returns that schemes and look-alikes planned stay where their scan was credited.
    """
    dice, world = stage.world.dice("returns"), stage.world
    sold = (sheet["kind"] == SCAN) & (sheet["code_mode"] != NO_CODE)
    sold &= sheet["outcome"] == CREDITED
    rows = np.flatnonzero(sold & (dice.random(len(sheet)) < RETURNED))
    time = sheet["recorded"][rows] + (dice.gamma(1.4, 10.0, len(rows)) * DAY).astype(np.int64)
    on = time < world.calendar.end
    credited = sheet["key"][sheet["outcome"] == CREDITED]
    for part in stage.logs.get("returns", []):
        stays = np.isin(part["event"], credited) & (part["time"] < world.calendar.end)
        part.update({name: column[stays] for name, column in part.items()})
    stage.log("returns", event=sheet["key"][rows[on]], time=time[on],
              quantity=sheet["quantity"][rows[on]])
    mask = np.zeros(len(sheet), dtype=bool)
    mask[rows[on]] = True
    return mask


def everyday_adjustments(stage: Stage) -> None:
    """Points that staff book by hand, most of them with a ticket."""
    world, members, calendar = stage.world, stage.members, stage.world.calendar
    dice = world.dice("adjustments")
    rows = np.flatnonzero(dice.random(len(members)) < GOODWILL_A_YEAR * calendar.days / 365)
    time = dice.integers(calendar.start, calendar.end, len(rows))
    rows, time = rows[time > members.joined[rows]], time[time > members.joined[rows]]
    day = calendar.day_of(time)
    time = calendar.midnights[day] + dice.integers(30, 64, len(rows)) * DAY // 96
    on = time > members.joined[rows]
    stage.log("adjustments", member=rows[on], time=time[on],
              points=dice.choice([-100, -40, 20, 50, 50, 100, 150, 300], int(on.sum())),
              agent=dice.integers(0, staff_count(world), int(on.sum())),
              reason=dice.integers(0, len(REASONS), int(on.sum())),
              ticket=np.where(dice.random(int(on.sum())) < TICKETED,
                              world.new("ticket", int(on.sum())), NONE))


def corrections(stage: Stage, sheet: Sheet) -> None:
    """What a mistyped multiplier gave too much is taken back days later, on one ticket."""
    world = stage.world
    for campaign in world.campaigns:
        wrong = (sheet["look"] == stage.looks.index("mistyped_multiplier"))
        wrong &= (sheet["time"] < campaign.repaired) & (sheet["outcome"] == CREDITED)
        wrong &= sheet["time"] >= world.calendar.midnights[campaign.first]
        rows = np.flatnonzero(wrong)
        time = campaign.repaired + 3 * DAY
        if not len(rows) or time >= world.calendar.end:
            continue
        over = sheet["points"][rows] * (1 - campaign.multiplier / campaign.typed)
        stage.log("adjustments", member=sheet["member"][rows], time=time,
                  points=-np.round(over).astype(np.int64), reason=REASONS.index(
                      "campaign_correction"), agent=0, ticket=world.new("ticket", 1))


def merges(stage: Stage) -> None:
    """Double accounts of one person, found and merged."""
    world, members = stage.world, stage.members
    dice = world.dice("merges")
    rows = np.flatnonzero(dice.random(len(members)) < MERGED)
    into = dice.integers(0, len(members), len(rows))
    after = np.maximum(np.maximum(members.joined[rows], members.joined[into]),
                       world.calendar.start)
    time = after + (dice.random(len(rows)) * (world.calendar.end - after)).astype(np.int64)
    on = (rows != into) & (members.ring[rows] < 0) & (members.ring[into] < 0)
    stage.log("merges", member=rows[on], into=into[on], time=time[on])


def close_merged(members: Members, logs: dict[str, list[dict[str, Array]]]) -> None:
    """A merged account does nothing after its merge."""
    for part in logs.get("merges", []):
        members.ring_end[part["member"]] = np.minimum(members.ring_end[part["member"]],
                                                      part["time"])
