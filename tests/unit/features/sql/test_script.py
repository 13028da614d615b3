"""The text that a catalog becomes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.catalog import CATALOG
from features.engine.declarations import Catalog
from features.engine.definition import Aggregate, Expression, Known, Pair, Same
from features.engine.planner import compile_plan
from features.engine.zone import offsets
from features.errors import BadConfig
from features.sql.script import compile_sql

UTC = np.array([[-(1 << 63), 0]])
SMALL = Catalog([
    Known("batch", "code", "batch", ("code",), ("batch known",)),
    Same("payout", "address"),
    Aggregate("batch_scans_24h", entity="batch", aggregate="count", kinds=("scan",), window="24h"),
    Aggregate("members_1h", entity="batch", aggregate="distinct", argument="member",
              kinds=("scan",), window="1h", hidden=True),
    Expression("share", formula="members_1h / batch_scans_24h"),
])
GOLDEN = Path(__file__).with_name("small.sql")


def written(script):
    """A script as a person reads it."""
    stages = [f"-- {stage.name}\n{stage.text}" for stage in script.stages]
    parts = [f"-- {part.table}, a slice\n{part.slice(1, 1001)}" for part in script.parts]
    return "\n\n".join([*stages, *parts]) + "\n"


def test_a_small_catalog_becomes_this_text():
    """A person can read what a catalog becomes; a fill that no feature reads is left out."""
    assert GOLDEN.read_text() == written(compile_sql(SMALL, UTC))


def test_the_integers_are_those_of_the_kernel():
    """A script gives every integer of the kernel's plan, in its order, each under one name."""
    zone = offsets("Asia/Jakarta")
    script = compile_sql(CATALOG, zone)
    assert compile_plan(CATALOG, zone).integers == script.integers
    assert len(script.integers) == len(set(script.columns))


def test_versions_of_a_column_keep_a_name_of_their_own():
    """A column may be called what another one's second version is called."""
    catalog = Catalog([
        Same("payout", "address"), Same("payout_1", "outlet"),
        Aggregate("paid", entity="payout", aggregate="count"),
        Aggregate("other", entity="payout_1", aggregate="count"),
    ])
    names = [stage.name for stage in compile_sql(catalog, UTC).stages]
    assert names == ["wide", "of_c_payout_1", "of_c_payout_1_1"]


def test_a_pair_is_no_value():
    """The number of a pair is the kernel's own, so that a formula that reads it is refused."""
    catalog = Catalog([Pair("spot", "lat", "lon"), Expression("number", formula="spot + 1")])
    with pytest.raises(BadConfig, match="a column that is no pair"):
        compile_sql(catalog, UTC)
