"""What a catalog refuses, and what its hashes follow."""

from __future__ import annotations

import re

import pytest

from features.catalog import CATALOG
from features.engine.declarations import Catalog
from features.engine.definition import Aggregate, Expression, Group, Known, Pair, Same, over
from features.engine.planner import compile_plan
from features.engine.zone import offsets
from features.errors import BadConfig


def count(name="n", **changed):
    return Aggregate(name, **({"entity": "member", "aggregate": "count"} | changed))


@pytest.mark.parametrize(("declared", "came"), [
    ([count(entity="shop")], "'shop'"),
    ([count(entity="points")], "'points'"),
    ([count(at="amount")], "'amount'"),
    ([count(where=("colour == red",))], "'colour'"),
    ([count(where=("points",))], "'points'"),
    ([count(where=("points > 1.5",))], "'1.5'"),
    ([count(window="1.5h")], "'1.5h'"),
    ([count(window=0.5)], "0.5"),
    ([count(window="91d")], "91d"),
    ([count(kinds=("sale",))], "'sale'"),
    ([count(aggregate="median")], "'median'"),
    ([count(argument="points")], "'points' with count"),
    ([count(aggregate="sum")], "'' with sum"),
    ([count(aggregate="sum", argument="device")], "'device'"),
    ([count(aggregate="distinct", argument="points")], "'points'"),
    ([count(aggregate="since", window="1h")], "1h with since"),
    ([count(), count()], "a second 'n'"),
    ([count("points")], "'points'"),
    ([Expression("e", formula="points + 0.5")], "'0.5'"),
    ([Expression("e", formula="points +")], "'points +'"),
    ([Expression("e", formula="log(points)")], "'log(points)'"),
    ([Expression("e", formula="nothing * 2")], "'nothing'"),
    ([Expression("e", formula="outcome == 1")], "'outcome'"),
    ([Expression("e", formula="f"), Expression("f", formula="e")], "'e'"),
    ([Known("batch", "code", "points", ("code",))], "batch"),
    ([Known("held", "code", "points", ("scan",), ("outcome == held",))], "outcome"),
    ([Same("outcome", "label")], "'outcome'"),
    ([Group("g", "points")], "'points'"),
    ([Pair("p", "code", "member"), count(where=("p known",))], "p"),
])
def test_a_wrong_declaration_is_refused_where_it_stands(declared, came):
    """The error says what came and names this file and a line."""
    with pytest.raises(BadConfig, match=re.escape(came)) as refused:
        Catalog(declared)
    assert re.search(r"test_declarations\.py:\d+", str(refused.value))


def test_too_deep_a_formula_is_refused():
    """A formula that needs more than the evaluator's stack is refused at compilation."""



    deep = "points"
    for _ in range(40):
        deep = f"min(1, {deep})"
    with pytest.raises(BadConfig, match="shallower"):
        compile_plan(Catalog([Expression("deep", formula=deep)]), offsets("UTC").copy())


def test_a_hash_follows_the_definition_and_all_it_reads():
    """Texts leave a hash alone; a filter, a window or a part of a formula changes it."""
    def hashes(*declared):
        return Catalog(declared).hashes

    plain = hashes(count(), Expression("e", formula="n * 2"))
    assert hashes(count(meaning="said better", unit="x"), Expression("e", formula="n * 2")) == plain
    other = hashes(count(window="1h"), Expression("e", formula="n * 2"))
    assert other["n"] != plain["n"]
    assert other["e"] != plain["e"]
    filled = hashes(Known("batch", "code", "batch", ("code",)), count(entity="batch"))
    assert filled != hashes(Known("batch", "code", "batch", ("scan",)), count(entity="batch"))


def test_a_window_means_the_same_however_it_is_written():
    """60 minutes, one hour and 3,600,000 milliseconds have one hash."""
    assert len({Catalog([count(window=w)]).hashes["n"] for w in ("60m", "1h", 3_600_000)}) == 1


def test_adding_a_feature_leaves_the_others_as_they_are():
    """A new declaration changes no other hash, but the digest of the whole."""
    few, more = Catalog([count()]), Catalog([count(), *over(("1h",), "n_{w}", entity="device",
                                                            aggregate="count")])
    assert few.hashes["n"] == more.hashes["n"]
    assert few.digest != more.digest


def test_the_catalogue_is_told_for_people():
    """Every feature has a family, a unit and one line of meaning."""
    assert len(CATALOG.names) >= 80
    for feature in CATALOG.features:
        assert feature.family, feature.name
        assert feature.unit, feature.name
        assert feature.meaning, feature.name
        assert "{" not in feature.name + feature.meaning, feature.name


def test_names_that_the_policy_relies_on_are_there():
    """Facts of hard proof, declarations and caps keep their names."""
    fixed = {
        "code_credited_other", "code_credited_self", "code_known", "code_status",
        "code_dispatched_hours", "claim_credited", "device_declared", "payout_declared",
        "ip_declared", "outlet_event_place", "member_bulk_channel", "device_bulk_channel",
        "agent_bulk_channel", "device_handheld", "member_own_shop", "outlet_own_shop",
        "member_points_24h", "member_scans_24h", "member_redeemed_24h",
    }
    assert fixed <= set(CATALOG.names)
