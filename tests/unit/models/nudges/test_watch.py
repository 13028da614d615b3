from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from features.members.calendar_days import day_start
from models.nudges import Watch
from training.simulate.plants import Plant, plant

if TYPE_CHECKING:
    from typing import Any

    from features.segments import Past

VALUE = 0.01


def told(past: Past, today: int | None = None) -> list[str]:
    return [each.key for each in Watch(past, VALUE).night(today).findings]


def test_it_is_quiet_where_nothing_is_wrong(program: Any) -> None:
    """Weekdays and a holiday of all are no news; chance makes a few of sixty nights' tests odd."""
    past = program.past()
    watch = Watch(past, VALUE)
    keys = {each.key for night in range(past.today - 60, past.today + 1)
            for each in watch.night(night).findings}
    assert len(keys) <= 3


def test_a_region_that_comes_less_is_told_once_with_its_size(program: Any) -> None:
    """Its reps, and the others' seeming gain, are explained by it."""
    program.lose(program.region == 2, program.days - 7, 0.5)
    past = program.past()
    found = Watch(past, VALUE).night().findings
    assert [each.key for each in found] == ["drop:region:2"]
    one = found[0]
    assert one.low < -0.5 < one.high < 0
    assert one.observed < one.expected
    assert one.money == pytest.approx((one.expected - one.observed) * VALUE * past.events[
        "points"].sum() / len(past.events))
    assert {("rep", 20), ("rep", 21)} <= set(one.also)
    assert ("region", 2) not in one.also


def test_a_drop_of_one_rep_is_told_at_the_rep_and_not_at_his_region(program: Any) -> None:
    program.lose(program.rep == 20, program.days - 7, 0.9)
    found = Watch(program.past(), VALUE).night().findings
    assert [each.key for each in found] == ["drop:rep:20"]


def test_a_general_holiday_is_no_drop_of_any_segment(program: Any) -> None:
    program.lose(program.region > 0, program.days - 5, 0.8)
    assert told(program.past()) == []


def test_points_above_their_price_are_told_at_the_product(program: Any) -> None:
    """A fifth more on one product shows in every region; it is told once."""
    late = program.day >= program.days - 3
    program.overpay(late & (program.sku == 3), 1.2)
    past = program.past()
    found = Watch(past, VALUE).night().findings
    assert [each.key for each in found] == ["leak:sku:3"]
    paid = past.events[(past.events["day"] >= past.today - 3) & (past.events["sku"] == 3)]
    whole = paid["points"].sum() / 6 * VALUE
    assert 0.5 * whole < found[0].money <= whole + 1e-9


def test_one_member_with_too_many_points_is_no_leak(program: Any) -> None:
    program.overpay((program.day >= program.days - 3) & (program.member == 5), 20)
    assert told(program.past()) == []


def test_codes_credited_again_are_told(program: Any) -> None:
    past = program.past()
    codes = np.arange(len(past.events)) + 1
    past = dataclasses.replace(past, events=past.events.assign(code=codes))
    again = plant(past, [Plant("again", "region", 3, past.today - 4, 4, 0.4)], 1)
    assert "repeats:region:3" in told(again)
    assert told(past) == []


def test_later_events_change_nothing(program: Any) -> None:
    """A night replayed over the whole past says what it said on the day, and what a cut past
    says, but for the money of a day of a member, which is what it is by now."""
    program.lose(program.region == 2, program.days - 20, 0.5)
    past = program.past()
    night = past.today - 13
    whole = Watch(past, VALUE).night(night).findings
    cut = Watch(past.before(day_start(night, past.zone)), VALUE).night().findings
    assert len(whole) == 1
    assert [dataclasses.replace(each, money=0.0) for each in whole] == [
        dataclasses.replace(each, money=0.0) for each in cut]


def test_order_of_the_rows_of_a_day_does_not_matter(program: Any) -> None:
    program.lose(program.region == 2, program.days - 7, 0.5)
    past = program.past()
    mixed = past.events.sample(frac=1, random_state=1).sort_values("day", kind="stable")
    mixed = mixed.assign(place=past.events["place"].to_numpy()).reset_index(drop=True)
    assert told(dataclasses.replace(past, events=mixed)) == told(past)


def test_nothing_is_said_in_the_first_weeks_or_of_an_empty_program(program: Any) -> None:
    past = program.past()
    watch = Watch(past, VALUE)
    assert watch.night(past.today - program.days + 30).findings == ()
    nobody = dataclasses.replace(past, events=past.events[:0], members=past.members[:0])
    assert Watch(nobody, VALUE).night().findings == ()


def test_the_dearest_comes_first(program: Any) -> None:
    program.lose(program.region == 2, program.days - 7, 0.6)
    program.overpay((program.day >= program.days - 5) & (program.sku == 1), 2.0)
    found = Watch(program.past(), VALUE).night().findings
    assert {each.kind for each in found} == {"drop", "leak"}
    assert [each.money for each in found] == sorted((each.money for each in found), reverse=True)


def test_partners_who_never_start_are_told_by_rep(program: Any) -> None:
    """One rep's recruits of the last weeks never claim."""
    past = program.past()
    dice = np.random.default_rng(4)
    new = past.members.loc[past.members.index.repeat(3)].copy()
    count, first = len(new), past.today - program.days
    new["day"] = first + dice.integers(0, program.days - 15, count)
    new["member"] = np.arange(count) + 10_000
    begun = dice.random(count) < 0.8
    begun &= ~((new["rep"] == 30) & (new["day"] > past.today - 50)).to_numpy()
    starts = past.events.iloc[np.zeros(begun.sum(), dtype=int)].copy()
    for name in ("member", "region", "rep"):
        starts[name] = new[name].to_numpy()[begun]
    starts["day"] = new["day"].to_numpy()[begun] + 3
    starts["points"], starts["sku"] = 0, 0
    starts["place"] = [(day_start(int(day), past.zone) + 60_000) << 20 for day in starts["day"]]
    events = pd.concat([past.events, starts]).sort_values("place", ignore_index=True)
    members = pd.concat([past.members, new], ignore_index=True)
    wrong = dataclasses.replace(past, events=events, members=members)
    assert told(wrong) == ["never_started:rep:30"]


@pytest.mark.parametrize("name", ["refused", "late"])
def test_redemptions_that_stick_are_told(program: Any, name: str) -> None:
    past = program.past()
    dice, days = np.random.default_rng(5), program.days
    rows = past.events.iloc[np.zeros(days * 6, dtype=int)].copy()
    rows["day"] = np.repeat(np.arange(past.today - days, past.today), 6)
    rows["member"] = dice.integers(1, 900, len(rows))
    rows["kind"], rows["reward"], rows["reward_kind"] = 2, dice.integers(1, 4, len(rows)), 0
    noon = np.array([day_start(int(day), past.zone) for day in rows["day"]]) + 50_000_000
    rows["place"] = noon << 20
    wrong = (rows["day"] >= past.today - (5 if name == "refused" else 20)) & (rows["reward"] == 2)
    rows["outcome"] = np.where(wrong & (name == "refused"), 2, 0)
    rows["fulfilled"] = np.where(wrong & (name == "late"), noon + 40 * 86_400_000,
                                 noon + 2 * 86_400_000)
    events = pd.concat([past.events, rows]).sort_values("place", ignore_index=True)
    assert told(dataclasses.replace(past, events=events)) == [f"redemptions_{name}:reward:2"]
