"""The twenty-five features of the benchmark, over member, device, code and outlet."""

from __future__ import annotations

from typing import Final

from features.engine.clause import window_ms
from features.engine.declarations import Catalog
from features.engine.definition import Aggregate, Expression, Fresh, over
from features.places import TIE_BITS
from features.records import KINDS

SPANS: Final = {
    window: window_ms(window, window) << TIE_BITS
    for window in ("1m", "10m", "1h", "24h", "7d", "30d")
}
"""Windows as differences of places, for the peers."""
REDEMPTION: Final = KINDS.index("redemption")

MEMBER: Final = (
    *over(("1m", "10m", "1h", "24h", "7d", "30d"), "member_count_{w}", entity="member",
          aggregate="count"),
    Aggregate("member_redemptions_30d", entity="member", aggregate="count",
              kinds=("redemption",), window="30d"),
    *over(("24h", "7d"), "member_points_{w}", entity="member", aggregate="sum",
          argument="points"),
    Aggregate("member_outlets_24h", entity="member", aggregate="distinct", argument="outlet",
              window="24h"),
    Aggregate("member_devices_7d", entity="member", aggregate="distinct", argument="device",
              window="7d"),
    Aggregate("member_since_ms", entity="member", aggregate="since"),
    *(Aggregate(f"last_{axis}", entity="member", aggregate="previous", argument=axis, hidden=True)
      for axis in "xyz"),
    Expression("member_moved_m2", unit="m2",
               formula="(x - last_x) * (x - last_x) + (y - last_y) * (y - last_y)"
                       " + (z - last_z) * (z - last_z)"),
)
DEVICE: Final = (
    *over(("10m", "24h"), "device_count_{w}", entity="device", aggregate="count"),
    *over(("24h", "30d"), "device_members_{w}", entity="device", aggregate="distinct",
          argument="member"),
    Aggregate("device_age_ms", entity="device", aggregate="age"),
)
CODE: Final = (
    Aggregate("code_count_30d", entity="code", aggregate="count", window="30d"),
    Aggregate("code_members_30d", entity="code", aggregate="distinct", argument="member",
              window="30d"),
    Aggregate("code_since_ms", entity="code", aggregate="since"),
)
OUTLET: Final = (
    Aggregate("outlet_count_1h", entity="outlet", aggregate="count", window="1h"),
    Aggregate("outlet_points_24h", entity="outlet", aggregate="sum", argument="points",
              window="24h"),
    Aggregate("outlet_members_24h", entity="outlet", aggregate="distinct", argument="member",
              window="24h"),
    Aggregate("outlet_new_devices_24h", entity="outlet", aggregate="sum", argument="new_device",
              window="24h"),
)
TWENTY_FIVE: Final = Catalog((Fresh("new_device", "device"), *MEMBER, *DEVICE, *CODE, *OUTLET))
"""Squared metres of a chord, ms, points and counts: all whole numbers, so peers can be exact."""
