"""What a catalog refuses, and what its hashes follow."""

from __future__ import annotations

import re

import pytest

from features.catalog import CATALOG
from features.engine.declarations import Catalog
from features.engine.definition import (
    Aggregate,
    Expression,
    Group,
    Known,
    Pair,
    Same,
    difference,
    over,
)
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
    ([count(window=59_999)], "a window of 1 minute at least; came 59999"),
    ([count(window="9" * 5000 + "d")], "a window as a whole number"),
    ([count(where=("points > " + "9" * 5000,))], "an integer of at most 63 bits"),
    ([count(where=("points == ",))], "'points == '"),
    ([count(where=("capture == camra",))], "capture == one of camera, gallery"),
    ([count(kinds=())], "none"),
    ([count("Big")], "'Big'"),
    ([count("floor")], "'floor'"),
    ([count("n" * 64)], "'nnn"),
    ([count("recorded_at")], "'recorded_at'"),
    ([Pair("n", "code", "member"), count()], "'n'"),
    ([count(), Pair("n", "code", "member")], "'n'"),
    ([Same("event", "code")], "'event'"),
    ([Expression("e", formula="f + 1 +" * 200)], "at most 1000 characters"),
    ([Expression("e", formula="points + 9007199254740993")], "at most 2 ** 53"),
    ([Expression("e", formula="points + True")], "'True'"),
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


def test_the_way_of_writing_does_not_matter():
    """Order of kinds and conditions, white space and repetition are no other definition."""
    one = Catalog([
        count(kinds=("scan", "redemption"), where=("points > 3", "capture == manual")),
        Expression("e", formula="n * 2 + 1")])
    two = Catalog([
        count(kinds=("redemption", "scan", "scan"), where=("capture == 2", "points > 3")),
        Expression("e", formula=" n * 2\n  + 1 ")])
    assert one.hashes == two.hashes


def test_a_difference_is_a_value_less_the_one_before():
    """It is declared in one line, and its origin is that line."""
    catalog = Catalog(difference("step", "Step", entity="member", argument="points"))
    assert catalog.names == ("step",)
    assert re.search(r"test_declarations\.py:\d+$", catalog.features[0].origin)
    assert catalog.expressions["step"].formula == "points - step_before"


def test_own_declarations_come_last_and_are_known_as_such():
    """They change no hash, and what they mean is told apart."""
    shared = [count()]
    both = Catalog(shared, [count("m", window="1h", meaning="Mine"), count("part", hidden=True)])
    assert (both.names, [one.name for one in both.own]) == (("n", "m"), ["m"])
    assert both.own_meanings == {"m": "Mine"}
    assert both.hashes["n"] == Catalog(shared).hashes["n"]


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
