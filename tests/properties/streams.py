"""Random streams of records, and a catalogue that has a declaration of every sort."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from features.engine.declarations import Catalog
from features.engine.definition import (
    Aggregate,
    Elapsed,
    Expression,
    Follow,
    Fresh,
    Group,
    Known,
    Pair,
    Probe,
    Same,
    over,
)
from features.places import LAST_MS, MISSING
from features.records import COLUMN, COLUMNS, ENTITIES, KINDS

EVERYTHING = Catalog([
    Same("other_member", "referee", ("merge", "referral"), ("referee_kind == member",)),
    Same("other_member", "device", ("scan",)),
    Follow("member"), Follow("other_member"),
    Known("batch", "code", "batch", ("code",), ("batch known",)),
    Known("code_state", "code", "status", ("code",)),
    Known("member_payout", "member", "payout", ("member",), ("payout known",)),
    Same("payout", "member_payout"),
    Group("tier_group", "tier"),
    Pair("spot", "lat", "lon"), Pair("member_spot", "member", "spot"),
    Pair("seen", "member", "device"), Probe("seen_other", "seen", "other_member", "device"),
    Elapsed("gap_s", "member", where=("device known",)), Fresh("new_device", "device"),
    *over(("1m", "1h", "90d"), "count_{w}", entity="member", aggregate="count"),
    *over(("1m", "24h"), "before_{w}", entity="member", aggregate="count", before=True),
    *over(("1m", "1h", "30d"), "sum_{w}", entity="batch", aggregate="sum", argument="points"),
    *over(("10m", "90d"), "square_{w}", entity="payout", aggregate="square", argument="gap_s"),
    *over(("1m", "1h", "30d"), "min_{w}", entity="device", aggregate="min", argument="amount"),
    *over(("1m", "24h", "7d"), "max_{w}", entity="device", aggregate="max", argument="amount",
          before=True),
    *over(("1m", "1h", "30d"), "devices_{w}", entity="member", aggregate="distinct",
          argument="device"),
    *over(("1m", "30d"), "members_{w}", entity="device", aggregate="distinct", argument="member",
          where=("outcome != refused",)),
    Aggregate("devices", entity="member", aggregate="distinct", argument="device"),
    Aggregate("low", entity="code", aggregate="min", argument="points"),
    Aggregate("high", entity="code", aggregate="max", argument="points", before=True),
    Aggregate("refused_1h", entity="code", aggregate="count", where=("outcome == refused",),
              window="1h"),
    Aggregate("credits", entity="code", aggregate="sum", argument="credit",
              kinds=(*KINDS[:3], "decision")),
    Aggregate("moved_24h", entity="member", aggregate="sum", argument="credited_points",
              kinds=(*KINDS[:3], "decision"), window="24h"),
    *over(("1h", "7d"), "fraud_{w}", entity="outlet", aggregate="count", kinds=("feedback",),
          where=("label == fraud",)),
    Aggregate("since", entity="member", aggregate="since", where=("points > amount",)),
    Aggregate("age", entity="spot", aggregate="age"),
    Aggregate("first", entity="ip", aggregate="first_seen"),
    Aggregate("previous", entity="member", aggregate="previous", argument="device"),
    Aggregate("spot_30d", entity="member_spot", aggregate="count", window="30d"),
    Aggregate("spots_1h", entity="device", aggregate="distinct", argument="spot", window="1h"),
    Aggregate("probed", entity="seen", aggregate="count", at="seen_other"),
    Aggregate("probed_1h", entity="seen", aggregate="count", at="seen_other", window="1h"),
    Aggregate("other", entity="member", aggregate="count", at="other_member", window="7d"),
    Aggregate("tiers", entity="tier_group", aggregate="distinct", argument="member"),
    Aggregate("new_1h", entity="outlet", aggregate="sum", argument="new_device", window="1h"),
    Aggregate("shared", entity="device", aggregate="valid", kinds=("declaration",),
              where=("declaration == shared_device",)),
    Expression("mean", formula="sum_1h / max(count_1h, 1)"),
    Expression("half", formula="(mean - 1) % 7 + -abs(points) * (not known(batch))"),
    Expression("clock", formula="hour(local_ms) * 10 + weekday(local_ms)"),
    Expression("picked",
               formula="where(code_state == 3 or count_1h > 2, floor(points / 7), unknown)"),
    Expression("kept", formula="default(gap_s, -1) and proof != invoice"),
])

START = 1_740_800_000_000
GAPS = st.sampled_from([0, 0, 0, 1, 59_999, 60_000, 60_001, 599_999, 3_600_000, 3_600_001,
                        86_400_000, 604_800_000, 2_592_000_000, 7_776_000_000, 7_776_000_001])
IDS = st.sampled_from([0, 1, 1, 2, 3, 700])
KIND_WEIGHTS = [*([0] * 8), 1, 2, 2, *range(3, len(KINDS))]
SMALL = st.sampled_from([MISSING, 0, 1, 1, 2, 3])
MONEY = st.sampled_from([MISSING, 0, 1, 5, 7, 100, 10**12])


FAR_IDS = st.sampled_from([0, 1, 255, 256, 257, 2**31 - 257, 2**31 - 2, 2**31 - 1])
EDGES = st.sampled_from([0, LAST_MS - 90 * 86_400_000, LAST_MS - 1])


@st.composite
def streams(draw, most=28, starts=None, ids=IDS):
    """Records in place order, with ties, gaps at window edges, unknown ids and few entities."""
    matrix = np.full((draw(st.integers(1, most)), len(COLUMNS)), MISSING, np.int64)
    place = (START if starts is None else draw(starts)) << 20
    for i, record in enumerate(matrix):
        kind = draw(st.sampled_from(KIND_WEIGHTS))
        place += (draw(GAPS) << 20) + int(kind < 3)
        record[:4] = place, i, kind, draw(st.integers(1, 5)) if kind >= 3 else i + 1
        for name in ENTITIES:
            record[COLUMN[name]] = draw(ids) if draw(st.booleans()) else 0
        record[COLUMN["member"]] = draw(ids)
        for name in ("points", "amount", "x"):
            record[COLUMN[name]] = draw(MONEY)
        for name in ("lat", "lon", "outcome", "status", "label", "persona", "tier", "proof",
                     "change", "declaration", "mock_location", "referee_kind", "balance", "z"):
            record[COLUMN[name]] = draw(SMALL)
        record[COLUMN["y"]] = record[COLUMN["x"]]
        if draw(st.booleans()):
            record[COLUMN["declaration"]] = 0
        for name in ("occurred_ms", "valid_from_ms", "valid_to_ms", "dispatched_ms", "joined_ms"):
            ahead = draw(st.sampled_from([None, -86_400_000, 0, 60_000, 86_400_000]))
            record[COLUMN[name]] = MISSING if ahead is None else (place >> 20) + ahead
    return matrix
