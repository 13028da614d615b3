"""Devices: how busy, how shared, how new."""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import OLD_MS, Aggregate, Expression, Feature, over

_of = partial(Aggregate, family="device")
_formula = partial(Expression, family="device")
_over = partial(over, family="device")

DECLARED: Final[tuple[Feature, ...]] = (
    *_over(("10m", "24h", "30d"), "device_count_{w}", "Events of the device in {w}",
           entity="device", aggregate="count"),
    *_over(("24h", "30d"), "device_members_{w}", "Members on the device in {w}",
           entity="device", aggregate="distinct", argument="member", unit="members"),
    _of("device_payouts_30d", entity="device", aggregate="distinct", argument="payout",
        window="30d", unit="payouts", meaning="Payout accounts behind the device in 30d"),
    _of("device_new_members_24h", entity="device", aggregate="sum", argument="new_member",
        window="24h", meaning="First events of members on the device in 24h"),
    _of("device_age_ms", entity="device", aggregate="age", hidden=True),
    _formula("device_age_hours", formula=f"min(device_age_ms, {OLD_MS}) / 3600000", unit="h",
             meaning="Since the device was first seen"),
    _of("member_device_ms", entity="member_device", aggregate="age", hidden=True),
    _formula("member_device_hours", formula=f"min(member_device_ms, {OLD_MS}) / 3600000", unit="h",
             meaning="Since the member was first seen on the device; 0 at the first"),
    _of("member_device_count_30d", entity="member_device", aggregate="count", window="30d",
        meaning="The member's events on this device in 30d"),
    _formula("device_member_share_30d", formula="member_device_count_30d / device_count_30d",
             unit="share", meaning="The member's share of the device's events of 30d"),
)
