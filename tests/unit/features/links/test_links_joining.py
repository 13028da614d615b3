"""What joins members, and what the program knows to be innocent."""

from __future__ import annotations

import numpy as np
import pytest

from features.errors import BadInput
from features.links.links import Links
from features.links.rings import Standing
from features.places import MISSING
from tests.unit.features.links.world import DAY, START, Story


def sharing(kind, count, apart=20):
    """A story of members who share one identifier and joined far apart."""
    story = Story()
    for member in range(1, count + 1):
        file = {} if kind == "device" else {kind: 7}
        story.join(-apart * member, member, **file)
        story.scans(member, [1, 2], device=7 if kind == "device" else 0)
    return story


@pytest.mark.parametrize(("kind", "most"), [("payout", 100), ("phone", 16), ("address", 12)])
def test_an_identifier_joins_alone_up_to_so_many_members(kind, most):
    """A shared payout account, phone or address joins, until too many share it."""
    assert sharing(kind, most).rings(3).of(1) == Standing(1, most, pytest.approx(0.5, abs=0.5))
    assert sharing(kind, most + 1).rings(3).of(1) == Standing()


def test_a_phone_on_the_counter_joins_nobody():
    """Members who joined far apart and share only a device are no ring."""
    assert not len(sharing("device", 5).rings(3).rings)


@pytest.mark.parametrize(("members", "size"), [(32, 32), (33, 1)])
def test_a_device_joins_who_joined_together(members, size):
    """Newcomers of one week on one device are a ring, up to 32 members of it."""
    assert sharing("device", members, apart=0).rings(3).of(1).size == size


@pytest.mark.parametrize(("enrolled", "size"), [(2, 2), (12, 2), (13, 1)])
def test_a_rep_keeps_company_where_he_enrolled_few(enrolled, size):
    """A device and the same rep join; a rep who enrols a quarter of a town says nothing."""
    story = Story()
    for member in range(1, enrolled + 1):
        story.join(-8 * member, member, enroller=99)
        story.scans(member, [1, 1], device=7 if member < 3 else 50 + member)
    assert story.rings(2).of(1).size == size


def test_a_phone_handed_over_once_joins_nobody():
    """Newcomers of a dealer meet who each tried one scan on their host's phone are no ring."""
    story = Story()
    for member in range(1, 6):
        story.join(0, member)
        story.scans(member, [0], device=7)
    assert not len(story.rings(2).rings)
    for member in range(1, 6):
        story.scans(member, [1], device=7)
    assert story.rings(2).of(1).size == 5


def test_a_referral_keeps_company_of_a_device():
    """Referrer and referred on one device are joined; a referral alone joins nobody."""
    story = Story()
    story.join(-300, 1)
    story.join(-20, 2, referrer=1)
    story.join(-20, 3, referrer=1)
    for member, device in ((1, 7), (2, 7), (3, 8)):
        story.scans(member, [1, 1], device=device)
    rings = story.rings(2)
    assert rings.members.tolist() == [1, 2]
    assert rings.kinds(1) == ("device", "referral")


def test_newcomers_who_refer_each_other_are_joined():
    """A referral between two who joined within a week joins them without any identifier."""
    story = Story()
    story.join(0, 1, referrer=3)
    story.join(2, 2, referrer=1)
    story.join(4, 3, referrer=2)
    story.scans(1, [5])
    rings = story.rings(6)
    assert rings.members.tolist() == [1, 2, 3]
    assert rings.evidence[0, 6] == 1.0


def test_a_roll_out_is_no_joining_together():
    """Where most of a program joined in one week, having joined together says nothing."""
    story = sharing("device", 5, apart=0)
    for member in range(100, 250):
        story.join(0, member)
    assert not len(story.rings(3).rings)


@pytest.mark.parametrize(("kind", "subject", "on"), [
    ("shared_payout", "payout", "payout"), ("shared_device", "device", "device"),
    ("handheld_client", "device", "device"), ("bulk_channel", "device", "device"),
])  # fmt: skip
def test_what_is_declared_innocent_does_not_link_while_that_is_valid(kind, subject, on):
    """A declaration takes an identifier out from when it is known until it ends."""
    story = sharing(on, 5, apart=0)
    story.declare(5, kind, until=20, **{subject: 7})
    sizes = [story.rings(day).of(1).size for day in (4, 6, 19, 20)]
    assert sizes == [5, 1, 1, 5]


def test_the_owner_of_a_declared_shop_is_not_his_customers():
    """With an own shop declared, his device and address link others but not him."""
    story = sharing("address", 4)
    story.declare(0, "own_shop", member=1, outlet=3)
    assert story.rings(3).members.tolist() == [2, 3, 4]


def test_a_phone_handed_round_at_a_fair_links_nobody():
    """A device used at a declared place of an event, while it lasts, is not seen."""
    story = Story()
    story.declare(0, "event_place", until=2, outlet=3)
    for member in (1, 2, 3):
        story.join(0, member)
        story.record(1, "scan", member=member, device=7, outlet=3)
    assert not len(story.rings(2).rings)
    for member in (1, 2, 3):
        story.scans(member, [3, 3], device=7)
    assert story.rings(4).of(1).size == 3


def test_merged_numbers_are_one_person():
    """Two accounts of one merged member share nothing with each other."""
    story = sharing("payout", 2)
    assert story.rings(3).of(2).size == 2
    story.record(2, "merge", member=2, referee=1)
    assert not len(story.rings(3).rings)


def test_what_was_not_seen_for_half_a_year_links_no_more():
    """A replaced payout account fades after 180 days; one on file stays while its owner acts."""
    story = sharing("payout", 3)
    story.record(10, "member", member=3, payout=8)
    for member in (1, 2, 3):
        story.scans(member, [185])
    assert story.rings(190).members.tolist() == [1, 2, 3]
    assert story.rings(191).members.tolist() == [1, 2]
    assert not len(story.rings(370).rings)


def test_rings_are_published_by_the_first_event_of_a_day():
    """What the same day brings is not in its rings, also where it came before the first event."""
    story = sharing("payout", 3)
    story.join(5, 4, payout=7)
    story.scans(1, [5, 6])
    links, told = Links(), []
    for record in story.matrix():
        links.note(record.reshape(1, -1))
        told.append((links.rings.known_at_ms // DAY - START, links.rings.of(1).size))
    assert told[2] == (-START, 1)
    assert told[3] == (1, 3)
    assert told[-3:] == [(2, 3), (5, 3), (6, 4)]


def test_records_out_of_order_are_refused():
    """A record older than the one before is an error, alone or in a slice."""
    matrix = sharing("payout", 3).matrix()
    links = Links()
    links.note(matrix[1:2])
    with pytest.raises(BadInput, match="in the order of their places"):
        links.note(matrix[:1])
    with pytest.raises(BadInput, match="in the order of their places"):
        Links().trace(matrix[::-1])


def test_what_is_published_cannot_be_written_to():
    """Rings are immutable."""
    rings = sharing("payout", 3).rings(3)
    with pytest.raises(ValueError, match="read-only"):
        rings.score[0] = np.nan
    assert rings.joined.min() > MISSING
