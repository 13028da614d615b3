"""One hand scores high, honest groups low, and the words say why."""

from __future__ import annotations

import numpy as np
import pytest

from features.links.facts import Facts
from features.links.rings import words
from features.links.score import EVIDENCE, ring_score
from tests.unit.features.links.world import DAY, START, Story

BUSY = range(1, 120, 4)
NOW = 125


def score(story, member=1):
    return story.rings(NOW).of(member).score


def farm():
    """Six bought identities of one week on one phone, paid to one wallet, gone after two visits."""
    story = Story()
    story.join(-400, 90)
    story.scans(90, BUSY, device=90)
    for member in range(1, 7):
        story.join(80 + member // 3, member, payout=7)
        story.scans(member, [84, 86], device=7)
    return story


def test_a_farm_of_accounts_scores_high():
    """Many accounts of one week on one phone and one wallet, little activity, then silence."""
    assert score(farm()) > 0.9


def test_a_family_scores_low():
    """A couple who share wallet, address and phone number, and both work."""
    story = Story()
    story.join(-300, 1, payout=7, address=7, phone=7)
    story.join(-10, 2, payout=7, address=7, phone=7, referrer=1)
    for member in (1, 2):
        story.scans(member, BUSY, device=member)
    assert 0 < score(story) < 0.15


def test_an_undeclared_cooperative_scores_low_and_a_declared_one_is_no_ring():
    """Ten craftsmen paid to one account, each at work on his own phone."""
    story = Story()
    for member in range(1, 11):
        story.join(-30 * member, member, payout=7)
        story.scans(member, range(member, 120, 5), device=member)
    assert 0 < score(story) < 0.3
    story.declare(0, "shared_payout", payout=7)
    assert score(story) == 0.0


def test_newcomers_on_the_phone_of_a_shop_score_low():
    """Four who joined in one week use, beside twenty others, the shop's phone."""
    story = Story()
    for member in range(1, 25):
        story.join(60 + member % 2 if member < 5 else -20 * member, member, payout=100 + member)
        story.scans(member, [*BUSY] if member >= 5 else [65, 70], device=7)
    assert story.rings(NOW).of(1).size == 4
    assert score(story) < 0.1


def test_the_people_of_a_drive_week_are_no_ring():
    """A rep enrols thirty in a week; each has his own phone and wallet."""
    story = Story()
    for member in range(1, 31):
        story.join(20 + member % 6, member, enroller=99, payout=100 + member)
        story.scans(member, range(30, 120, 5), device=member)
    assert not len(story.rings(NOW).rings)


def test_the_score_grows_with_each_evidence():
    """More of any evidence never lowers a score, and each counts."""
    dice = np.random.default_rng(5)
    base = dice.random((200, len(EVIDENCE))) * 0.9
    for column in range(len(EVIDENCE)):
        more = base.copy()
        more[:, column] += 0.1
        assert (ring_score(more) > ring_score(base)).all()
    assert ring_score(base).min() > 0
    assert ring_score(base).max() < 1


def test_a_reviewer_reads_what_is_shared_and_who_makes_the_ring():
    """Counts of accounts, how many joined on a day, members strongest first."""
    story = farm()
    story.join(85, 8, payout=7)
    story.scans(8, [87], device=8)
    found = story.rings(NOW).describe(3)
    assert (found.ring, found.size) == (1, 7)
    assert found.members == (1, 2, 3, 4, 5, 6, 8)
    assert [(s.kind, s.entity, s.members) for s in found.shared] == [
        ("payout", 7, (1, 2, 3, 4, 5, 6, 8)), ("device", 7, (1, 2, 3, 4, 5, 6))]
    assert words(found)[0] == "7 accounts share one payout account; 3 joined on the same day"
    assert found.evidence["payout"] == 1.0
    assert story.rings(NOW).describe(90) is None


def test_a_table_of_members_is_the_standing_of_each():
    """Asked for many at once, the answers are those asked one by one."""
    rings = farm().rings(NOW)
    members = np.array([90, 1, 6, 500, 0])
    one_by_one = [rings.of(int(member)) for member in members]
    assert list(zip(*(column.tolist() for column in rings.table(members)), strict=True)) == [
        tuple(standing) for standing in one_by_one]


def test_a_snapshot_gives_the_same_rings_later():
    """Arrays that went through a file continue as if nothing had happened."""
    matrix = farm().matrix()
    whole = farm().links()
    half = type(whole)()
    half.note(matrix[:20])
    again = type(whole).from_arrays(half.arrays())
    again.note(matrix[20:])
    ms = (START + NOW) * DAY
    assert again.publish(ms).score.tolist() == whole.publish(ms).score.tolist()
    assert whole.rings.score[0] == pytest.approx(score(farm()))


def test_the_facts_of_a_ring_count_and_name_nobody():
    """How many share what, most first; how many joined within a week; whether they referred."""
    story = Story()
    for member in range(1, 6):
        story.join(10 + 4 * member, member, payout=3, referrer=member - 1 if member == 2 else 0,
                   phone=7 if member < 3 else 0)
        story.scans(member, [31, 32])
    rings = story.rings(40)
    facts = rings.facts(rings.of(4).ring)
    assert facts == Facts(5, (("payout", 5), ("phone", 2)), 2, True)
    assert rings.facts(rings.of(1).ring) is facts
