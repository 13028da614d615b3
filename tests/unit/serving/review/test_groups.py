"""Alerts become cases: by what members share, then by batch and upload, then by member."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.review.groups import LEAST, LEAST_OF_FILE, MOST, TIES, Alerts, Limits, group

COLUMNS = ("event", "member", "payout", "device", "referrer", "batch", "upload")


def alerts(*rows):
    """Alerts out of rows of member and what it names; events are numbered from 1."""
    table = [[n + 1, *(row.get(name, 0) for name in COLUMNS[1:])] for n, row in enumerate(rows)]
    columns = np.array(table, dtype=np.int64).reshape(-1, len(COLUMNS)).T
    return Alerts(*columns)


def ids(found):
    return {one.case_id: set(one.rows) for one in found}


def naive(columns, limits):
    """Cases by the definition: join members one by one until nothing changes, then files."""
    table = list(zip(*(getattr(columns, name).tolist() for name in COLUMNS), strict=True))
    rows = [dict(zip(COLUMNS, cells, strict=True)) for cells in table]
    ring = {row["member"]: {row["member"]} for row in rows}
    ties = []
    for tie in TIES:
        for thing in {row[tie] for row in rows} - {0}:
            who = {row["member"] for row in rows if row[tie] == thing}
            of_all = max(len(who), limits.shared.get(tie, {}).get(thing, 0))
            if (len(who) >= LEAST[tie] and of_all <= limits.most[tie]
                    and thing not in limits.innocent.get(tie, ())):
                ties.append((tie, thing, who))
    while True:
        before = [set(one) for one in ring.values()]
        for _, _, who in ties:
            together = set().union(*(ring[member] for member in who))
            for member in together:
                ring[member] = together
        if before == [set(one) for one in ring.values()]:
            break
    found = {}
    left = []
    for n, row in enumerate(rows):
        mine = ring[row["member"]]
        own = [each for each in ties if each[2] <= mine]
        if len(mine) > 1:
            tie, thing, _ = min(own, key=lambda one: (TIES.index(one[0]), -len(one[2]), one[1]))
            found.setdefault(f"ring-{tie}-{thing}", set()).add(n)
        else:
            left.append(n)
    for file in ("batch", "upload"):
        for thing in {rows[n][file] for n in left} - {0}:
            same = {n for n in left if rows[n][file] == thing}
            if len(same) >= LEAST_OF_FILE:
                found[f"{file}-{thing}"] = same
        taken = set().union(*found.values()) if found else set()
        left = [n for n in left if n not in taken]
    for n in left:
        found.setdefault(f"member-{rows[n]['member']}", set()).add(n)
    return found


def test_members_who_share_a_wallet_are_one_ring_and_bring_all_their_alerts() -> None:
    """Also an alert that does not name the wallet itself."""
    found = group(alerts({"member": 1, "payout": 9}, {"member": 2, "payout": 9}, {"member": 2},
                         {"member": 3}))
    assert ids(found) == {"ring-payout-9": {0, 1, 2}, "member-3": {3}}


def test_rings_that_meet_are_one_named_by_its_strongest_tie() -> None:
    """A wallet names it before a phone, and the most members before few."""
    found = group(alerts(
        {"member": 1, "device": 5}, {"member": 2, "device": 5, "payout": 8},
        {"member": 3, "payout": 8}, {"member": 4, "device": 5}))
    assert ids(found) == {"ring-payout-8": {0, 1, 2, 3}}


def test_what_is_innocent_or_shared_by_many_ties_nobody() -> None:
    """A declared counter phone, a kiosk, and a referrer of two."""
    two = alerts({"member": 1, "device": 5, "referrer": 7}, {"member": 2, "device": 5,
                                                             "referrer": 7})
    assert ids(group(two, Limits(innocent={"device": frozenset({5})}))) == {
        "member-1": {0}, "member-2": {1}}
    crowd = Limits(shared={"device": {5: MOST["device"] + 1}})
    assert ids(group(two, crowd)) == {"member-1": {0}, "member-2": {1}}
    assert ids(group(two, Limits(shared={"device": {5: MOST["device"]}}))) == {
        "ring-device-5": {0, 1}}


def test_a_batch_is_a_case_from_three_alerts_and_never_takes_from_a_ring() -> None:
    """What is left over of an upload goes to its members."""
    found = group(alerts(
        {"member": 1, "batch": 4}, {"member": 2, "batch": 4}, {"member": 3, "batch": 4},
        {"member": 4, "batch": 4, "payout": 9}, {"member": 5, "payout": 9},
        {"member": 6, "upload": 2}, {"member": 6, "upload": 2}))
    assert ids(found) == {"batch-4": {0, 1, 2}, "ring-payout-9": {3, 4}, "member-6": {5, 6}}


def test_no_alert_is_no_case() -> None:
    """An empty queue has no groups."""
    assert group(alerts()) == []


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_groups_are_what_the_definition_says_in_any_order(seed) -> None:
    """Each alert is in one case, the cases are those of the oracle, and order changes no id."""
    dice = np.random.default_rng(seed)
    size = int(dice.integers(0, 40))
    member = dice.integers(1, 12, size)
    wallet = dice.integers(0, 8, 12) * (dice.random(12) < 0.6)
    referrer = dice.integers(0, 4, 12) * (dice.random(12) < 0.5)
    columns = Alerts(
        np.arange(1, size + 1), member, wallet[member - 1],
        dice.integers(0, 9, size) * (dice.random(size) < 0.5), referrer[member - 1],
        dice.integers(0, 4, size) * (dice.random(size) < 0.7),
        dice.integers(0, 4, size) * (dice.random(size) < 0.4))
    limits = Limits(
        most={"payout": 4, "device": 3, "referrer": 5},
        shared={"device": {int(n): int(dice.integers(0, 6)) for n in range(1, 9)}},
        innocent={"payout": frozenset(dice.integers(1, 8, 1).tolist())})
    found = group(columns, limits)
    assert sorted(row for one in found for row in one.rows) == list(range(size))
    assert len({one.case_id for one in found}) == len(found)
    assert ids(found) == naive(columns, limits)
    order = dice.permutation(size)
    mixed = group(Alerts(*(getattr(columns, name)[order] for name in COLUMNS)), limits)
    assert {name: {int(order[row]) for row in rows} for name, rows in ids(mixed).items()} == (
        ids(found))
