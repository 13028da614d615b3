"""Rings are what their definition says, and a pure function of what was known before midnight."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.contract import DECLARATIONS
from features.links.links import Links
from features.places import MISSING
from features.records import COLUMN, COLUMNS, ENTITIES, KINDS, SCORED
from tests.properties.naive_links import DAY, World

HOUR = 3_600_000
START = 1_000 * DAY
LINKED = ("scan", "referral", "redemption", "account_change", "merge", "activity", "member",
          "declaration", "code")
CHANCE = (0.3, 0.1, 0.1, 0.04, 0.03, 0.05, 0.3, 0.05, 0.03)
SHAPES = np.array([
    COLUMN[name] for name in ("device", "payout", "phone", "address", "outlet", "agent",
                              "enroller")])
quick = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32 - 1)


def stream(seed):
    """A small world: members who meet over a few identifiers, gaps of minutes to months."""
    dice = np.random.default_rng(seed)
    size, many = int(dice.integers(5, 90)), int(dice.integers(2, 7))
    records = np.full((size, len(COLUMNS)), MISSING, dtype=np.int64)
    records[:, [COLUMN[name] for name in (*ENTITIES, "event")]] = 0
    gaps = dice.choice([0, 1, 5, 24, 30, 24 * 20, 24 * 50], size, p=[.4, .2, .1, .1, .1, .07, .03])
    cells = {"place": (START + np.cumsum(gaps) * HOUR << 20) + np.arange(size),
             "kind": [KINDS.index(kind) for kind in dice.choice(LINKED, size, p=CHANCE)],
             "member": dice.integers(0, 10, size), "referee": dice.integers(0, 10, size),
             "referrer": dice.integers(0, 10, size) * (dice.random(size) < 0.3),
             "referee_kind": dice.choice([MISSING, 0, 1], size),
             "joined_ms": START - dice.choice([0, 3, 9, 20, 80, 170, 400], size) * DAY,
             "declaration": dice.integers(0, len(DECLARATIONS), size),
             "valid_from_ms": dice.choice([MISSING, START, START + 30 * DAY], size),
             "valid_to_ms": dice.choice([MISSING, START + 40 * DAY], size)}
    for name, value in cells.items():
        records[:, COLUMN[name]] = value
    records[dice.random(size) < 0.1, COLUMN["joined_ms"]] = MISSING
    shared = dice.integers(1, many + 1, (size, len(SHAPES))) * (dice.random((size, 7)) < 0.4)
    records[:, SHAPES] = shared
    return records


def published(links, records, cuts=()):
    """Feed slices; give the rings that each judged record was told, by place."""
    told = {}
    for part in np.split(records, sorted(cuts)):
        size, score = links.trace(part)
        judged = part[part[:, COLUMN["kind"]] < SCORED]
        told |= {int(place): (int(n), float(s))
                 for place, n, s in zip(judged[:, 0], size, score, strict=True)}
    return told


def equal(one, other):
    mine, theirs = one.arrays(), other.arrays()
    return all(np.array_equal(mine[name], theirs[name], equal_nan=True) for name in mine)


@settings(quick, max_examples=400)
@given(seeds)
def test_rings_are_the_pairwise_definition(seed):
    """Chains over sorted arrays join exactly the members that the rules join pair by pair."""
    records = stream(seed)
    end = (int(records[-1, 0]) >> 20) + DAY
    links = Links()
    links.learn(records)
    rings = links.publish(end)
    expected = World(records, end - end % DAY).rings()
    found = {int(ring): set(rings.members[rings.ring == ring].tolist()) for ring in rings.rings}
    assert found == expected
    assert rings.size.tolist() == [len(expected[ring]) for ring in sorted(expected)]
    assert ((rings.score > 0) & (rings.score < 1)).all()


@quick
@given(seeds, st.lists(st.integers(0, 90), max_size=6))
def test_slices_make_no_difference(seed, cuts):
    """Record by record as live, in any slices, through a snapshot: the same answers and rings."""
    records = stream(seed)
    whole, sliced = Links(), Links()
    expected = published(whole, records)
    assert published(sliced, records, [c for c in cuts if c < len(records)]) == expected
    live, told = Links(), {}
    for record in records:
        live.note(record.reshape(1, -1))
        if record[COLUMN["kind"]] < SCORED:
            standing = live.rings.of(int(record[COLUMN["member"]]))
            told[int(record[0])] = (standing.size, standing.score)
        live = Links.from_arrays(live.arrays())
    assert told == expected
    assert equal(live.rings, whole.rings)
    assert equal(sliced.rings, whole.rings)


@quick
@given(seeds)
def test_when_rings_are_asked_for_or_prepared_makes_no_difference(seed):
    """Asked after some events only, weighed ahead in idle moments: the same rings in the end."""
    records, dice = stream(seed), np.random.default_rng(seed)
    expected = published(Links(), records)
    live = Links()
    for at, record in enumerate(records):
        live.note(record.reshape(1, -1))
        if record[COLUMN["kind"]] < SCORED and dice.random() < 0.5:
            standing = live.rings.of(int(record[COLUMN["member"]]))
            assert (standing.size, standing.score) == expected[int(record[0])]
        next_ms = int(records[min(at + 1, len(records) - 1), 0]) >> 20
        if dice.random() < 0.5:
            live.prepare(int(dice.integers(int(record[0]) >> 20, next_ms + DAY)))
    whole = Links()
    whole.trace(records)
    assert equal(live.rings, whole.rings)


@quick
@given(seeds)
def test_rings_weighed_aside_are_those_of_the_midnight(seed):
    """A draft is weighed while records go on, and kept if none was for it: nothing else changes."""
    records, dice = stream(seed), np.random.default_rng(seed)
    expected = published(Links(), records)
    live, draft, rings = Links(), None, None
    for at, record in enumerate(records):
        live.note(record.reshape(1, -1))
        if record[COLUMN["kind"]] < SCORED and dice.random() < 0.5:
            standing = live.rings.of(int(record[COLUMN["member"]]))
            assert (standing.size, standing.score) == expected[int(record[0])]
        chance = dice.random()
        if draft is None and chance < 0.6:
            next_ms = int(records[min(at + 1, len(records) - 1), 0]) >> 20
            draft = live.draft(int(dice.integers(int(record[0]) >> 20, next_ms + DAY)))
        elif draft is not None and rings is None:
            rings = draft.weighed()
        elif draft is not None and chance < 0.6:
            live.take(draft, rings)
            draft = rings = None
    whole = Links()
    whole.trace(records)
    assert equal(live.rings, whole.rings)


@quick
@given(seeds, st.integers(0, 90))
def test_nothing_later_changes_what_was_published(seed, cut):
    """A stream cut at any midnight, or learnt in one go, gives the rings that the whole gave."""
    records = stream(seed)
    cut = min(cut, len(records) - 1)
    ms = int(records[cut, 0]) >> 20
    before = records[(records[:, 0] >> 20) < ms - ms % DAY]
    some, whole = Links(), Links()
    some.learn(before)
    for record in records[: cut + 1]:
        whole.note(record.reshape(1, -1))
    assert equal(some.publish(ms), whole.publish(ms))
