"""A mistyped multiplier is one alarm; a cheater, a ring, a festival are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.alarms import POINTS_JUMP, Alarms

if TYPE_CHECKING:
    from features.places import Ints

JUMP = (POINTS_JUMP,)


def fed(matrix: Ints) -> Alarms:
    alarms = Alarms()
    alarms.note(matrix)
    return alarms


def error(stream: Any, members: range = range(101, 131), rate: int = 500) -> None:
    """Everybody's points are tenfold."""
    for member in members:
        stream.scan(member, rate)


def test_many_members_at_ten_times_the_points_are_one_alarm(stream: Any) -> None:
    """The finding names the product, whom it touched and how far it jumped."""
    stream.usual()
    since = stream.ms + 60_000
    error(stream)
    [found] = fed(stream.matrix).findings()
    assert (found.code, found.subject_kind, found.subject) == ("points_jump", "sku", 1)
    assert (found.since_ms, found.until_ms) == (since, None)
    assert (found.members, found.events, found.points) == (30, 30, 15_000)
    assert (found.usual, found.now) == (1.0, 10.0)


def test_the_next_event_is_explained_and_a_far_larger_one_is_not(stream: Any) -> None:
    """Open for tenfold points as everybody's; closed for a hundredfold, and for usual ones."""
    stream.usual()
    error(stream)
    alarms = fed(stream.matrix)
    assert alarms.open_for(stream.scan(200, 500)) == JUMP
    assert alarms.open_for(stream.scan(200, 5_000)) == ()
    assert alarms.open_for(stream.scan(200, 50)) == ()
    assert alarms.open_for(stream.scan(200, 500, sku=2)) == ()


def test_what_the_touched_do_next_is_explained(stream: Any) -> None:
    """Who was given too much by mistake has odd sums that day, whatever he scans or redeems."""
    stream.usual()
    error(stream)
    alarms = fed(stream.matrix)
    assert alarms.open_for(stream.scan(101, 50)) == JUMP
    assert alarms.open_for(stream.add("redemption", member=101, points=900)) == JUMP
    assert alarms.open_for(stream.add("redemption", member=1, points=900)) == ()


def test_it_closes_when_points_are_usual_again(stream: Any) -> None:
    """The finding stays, ended by the last event that showed it."""
    stream.usual()
    error(stream)
    last = stream.ms
    stream.usual(40)
    alarms = fed(stream.matrix)
    [found] = alarms.findings()
    assert found.until_ms == last
    assert alarms.open_for(stream.scan(201, 500)) == ()


def test_it_closes_after_a_quiet_time(stream: Any) -> None:
    """Two days without another sign end it, asked or not."""
    stream.usual()
    error(stream)
    alarms = fed(stream.matrix)
    later = stream.scan(200, 500, minutes=49 * 60)
    assert alarms.open_for(later) == ()
    assert [each.until_ms is None for each in alarms.findings()] == [True]
    assert [each.until_ms is None for each in alarms.findings(stream.ms)] == [False]


def test_a_lasting_change_becomes_the_usual(stream: Any) -> None:
    """A price that really rose tenfold is the new usual after two weeks, and the old one odd."""
    stream.usual()
    for day in range(20):
        for member in range(101, 131):
            stream.scan(member, 500, minutes=1_440 if member == 101 and day else 1)
    alarms = fed(stream.matrix)
    assert [each.until_ms is None for each in alarms.findings(stream.ms)] == [False]
    assert alarms.open_for(stream.scan(300, 500)) == ()


def test_an_error_of_all_products_is_one_alarm_on_the_program(stream: Any) -> None:
    """Narrower alarms are taken into the one that explains them all."""
    for sku in (1, 2, 3, 4):
        stream.usual(20, sku=sku)
    for member in range(101, 141):
        stream.scan(member, 500, sku=1 + member % 4)
    [found] = fed(stream.matrix).findings()
    assert (found.subject_kind, found.members) == ("program", 40)


def test_an_error_of_one_region_names_the_region(stream: Any) -> None:
    """Other regions go on as usual and are not touched."""
    for member in range(1, 200):
        stream.add("member", member=member, region=1 + member % 4, persona=0)
    stream.usual(60)
    alarms = Alarms()
    alarms.note(stream.matrix)
    for member in range(61, 160):
        record = stream.scan(member, 500 if member % 4 == 0 else 50)
        assert member % 4 == 0 or alarms.open_for(record) == ()
        alarms.note(record)
    assert [(each.subject_kind, each.subject) for each in alarms.findings()] == [("region", 1)]


def test_a_declared_double_is_no_jump_and_a_mistyped_one_names_the_campaign(stream: Any) -> None:
    """Two is believed; twenty typed for two is not, though it is declared."""
    stream.usual()
    cells = {"sku": 1, "valid_from_ms": stream.ms, "valid_to_ms": stream.ms + 10**10}
    stream.add("campaign", multiplier=2_000_000, **cells)
    error(stream, rate=100)
    assert fed(stream.matrix).findings() == []
    seq = stream.add("campaign", multiplier=20_000_000, **cells)[1] - 30 - 1
    error(stream, rate=1_000)
    [found] = fed(stream.matrix).findings()
    assert (found.subject_kind, found.subject) == ("campaign", seq)


def test_a_festival_is_no_alarm(stream: Any) -> None:
    """Everybody scans thirty times as often; points per unit stay."""
    stream.usual()
    for turn in range(30):
        for member in range(1, 41):
            stream.scan(member, 50, minutes=0.01, quantity=1_000_000 * (1 + turn % 3),
                        points=50 * (1 + turn % 3))
    assert fed(stream.matrix).findings() == []


@pytest.mark.parametrize("shared", [
    {"device": 77}, {"agent": 5}, {"payout": 6}, {"phone": 8}, {"address": 9}, {"referrer": 3}])
def test_a_ring_is_one_party(stream: Any, shared: dict[str, int]) -> None:
    """Thirty accounts that share anything at all open nothing."""
    known = {key: value for key, value in shared.items() if key not in ("device", "agent")}
    for member in range(101, 131):
        stream.add("member", member=member, region=1, persona=0, **known)
    stream.usual()
    for member in range(101, 131):
        stream.scan(member, 500, **{key: value for key, value in shared.items()
                                    if key in ("device", "agent")})
    assert fed(stream.matrix).findings() == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 3), st.integers(0, 40),
                          st.integers(0, 5), st.floats(0, 3_000)), max_size=150),
       st.integers(0, 2**32))
def test_one_member_alone_never_opens_an_alarm(
    new_stream: Any, acts: list[Any], salt: int
) -> None:
    """Whatever points, products, phones and clerks he uses, however often, and at any pace."""
    stream = new_stream()
    stream.usual(20)
    for turn, (rate, sku, device, agent, minutes) in enumerate(acts):
        stream.scan(999, rate, minutes, sku=sku, device=device, agent=agent)
        if (turn + salt) % 3 == 0:
            stream.scan(1 + turn % 20)
    alarms = fed(stream.matrix)
    assert alarms.findings() == []
    assert alarms.open_for(stream.scan(999, 500)) == ()
