"""What records remember of records that remembered: chains, merges and declarations."""

from __future__ import annotations

import pytest

from features.catalog import CATALOG
from features.engine.declarations import Catalog
from features.engine.definition import Aggregate, Expression, Follow, Known, Same

DEEP = 300
TREE = Catalog([
    Known("root", "member", "root", ("scan", "member"), (), "referrer"),
    Same("root", "referrer"), Same("root", "member"),
    Expression("tree", formula="root"),
    Aggregate("in_tree", entity="root", aggregate="count"),
])
MERGED = Catalog([
    Same("other_member", "referee", ("merge",)),
    Follow("member"), Follow("other_member"),
    Known("referrer", "member", "referrer", ("member",), ("referrer known",)),
    Follow("referrer"),
    Expression("who", formula="member"), Expression("by_whom", formula="referrer"),
    Aggregate("events", entity="member", aggregate="count"),
])
TOGETHER = Catalog([
    Known("payout", "member", "address", ("scan",)),
    Known("address", "device", "payout", ("scan",)),
    Expression("paid", formula="payout"), Expression("lives", formula="address"),
])
DECLARED = Catalog([
    Aggregate("shared", entity="device", aggregate="valid", kinds=("declaration",),
              where=("declaration == shared_device",)),
])


def test_the_root_of_a_deep_tree_is_found(sql):
    """A chain of referrals 300 deep leads to its root, whichever way it grew."""
    down = [("scan", i, {"member": i + 1, "referrer": i}) for i in range(1, DEEP)]
    again = [("scan", 2 * DEEP - i, {"member": i + 1, "referrer": i}) for i in range(DEEP, 1, -1)]
    assert sql.differing(TREE, sql.stream(*down, *again)) == []


@pytest.mark.parametrize("order", [1, -1], ids=["forward", "backward"])
def test_merges_are_followed_as_far_as_the_kernel_does(sql, order):
    """Chains of merges longer than the limit, circles and changed minds end where they should."""
    merges = [("merge", 100 + i, {"member": i, "referee": i + 1}) for i in range(1, 13)][::order]
    merges = [(kind, 100 + n, cells) for n, (kind, _, cells) in enumerate(merges)]
    circle = [("merge", 200, {"member": 30, "referee": 31}),
              ("merge", 201, {"member": 31, "referee": 30}),
              ("merge", 202, {"member": 3, "referee": 20}), ("merge", 203, {"member": 5})]
    scans = [("scan", ms + i, {"member": i}) for ms in (50, 150, 300) for i in range(1, 32)]
    rows = sorted([*merges, *circle, *scans], key=lambda row: row[1])
    assert sql.differing(MERGED, sql.stream(*rows)) == []


def test_a_referrer_is_remembered_as_he_was_followed(sql):
    """A member's row without referrer keeps the one who stood for him at an earlier row."""
    rows = [("member", 1, {"member": 1, "referrer": 5})]
    for i in range(2, 30):
        rows.append(("member", 10 * i, {"member": 1}))
        rows.append(("merge", 10 * i + 1, {"member": 5 + i % 3, "referee": 6 + i % 4}))
        rows.append(("scan", 10 * i + 2, {"member": 1}))
    assert sql.differing(MERGED, sql.stream(*rows)) == []


def test_columns_that_remember_each_other_come_to_rest(sql):
    """Two columns filled from one another's past are those of the kernel."""
    rows = [("scan", i, {"member": 1 + i % 3, "device": 1 + i % 4,
                         "address": 100 + i if i in (2, 40) else 0}) for i in range(60)]
    assert sql.differing(TOGETHER, sql.stream(*rows)) == []


def test_the_last_two_declarations_hold(sql):
    """Starts that come back, changed ends and unknown ones hold as in the kernel."""
    starts, hour = [0, 1, 0, 2, 0, 3, 1, 1, 2, None, 0, None], 3_600_000
    rows = []
    for i, start in enumerate(starts):
        known = {} if start is None else {"valid_from_ms": 1_740_800_000_000 + start * hour}
        end = {} if i % 4 == 3 else {"valid_to_ms": 1_740_800_000_000 + (i + 2) * hour}
        rows.append(("declaration", i * hour, {"device": 1, "declaration": 0} | known | end))
        rows += [("scan", i * hour + n * 600_000, {"device": 1}) for n in range(1, 6)]
    assert sql.differing(DECLARED, sql.stream(*rows)) == []


def test_a_crowd_of_every_kind_is_told_apart(sql):
    """Every feature of the catalogue over a crowd of random records."""
    assert sql.differing(CATALOG, sql.crowd(1500)) == []
