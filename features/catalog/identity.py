"""Payout accounts, addresses and phones that members share."""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import EVENTS, OLD_MS, Aggregate, Expression, Feature, over

_of = partial(Aggregate, family="identity")
_formula = partial(Expression, family="identity")
_SEEN: Final = (*EVENTS, "member")

DECLARED: Final[tuple[Feature, ...]] = (
    _of("payout_members", entity="payout", aggregate="distinct", argument="member", kinds=_SEEN,
        unit="members", meaning="Members ever seen with this payout account"),
    _of("payout_members_30d", entity="payout", aggregate="distinct", argument="member",
        window="30d", unit="members", meaning="Members active with this payout account in 30d"),
    _of("payout_devices_30d", entity="payout", aggregate="distinct", argument="device",
        window="30d", unit="devices", meaning="Devices behind this payout account in 30d"),
    *over(("24h", "30d"), "payout_redeemed_{w}", "Points redeemed to this account in {w}",
          entity="payout", aggregate="sum", argument="points", kinds=("redemption",),
          unit="points", family="identity"),
    _of("member_payee_ms", entity="member_payee", aggregate="age", kinds=_SEEN, hidden=True),
    _formula("member_payout_hours", formula=f"min(member_payee_ms, {OLD_MS}) / 3600000", unit="h",
             meaning="Since the member was first seen with this payout account"),
    _formula("payout_is_known", formula="payout == member_payout", unit="flag",
             meaning="The payout account is the one on the member's file"),
    _of("member_payouts_30d", entity="member", aggregate="distinct", argument="payout",
        window="30d", unit="payouts", meaning="Payout accounts of the member in 30d"),
    _of("address_members", entity="address", aggregate="distinct", argument="member",
        kinds=_SEEN, unit="members", meaning="Members ever seen with this address"),
    _of("address_members_30d", entity="address", aggregate="distinct", argument="member",
        window="30d", unit="members", meaning="Members active with this address in 30d"),
    _of("address_new_members_24h", entity="address", aggregate="sum", argument="new_member",
        window="24h", meaning="First events of members with this address in 24h"),
    _of("address_payouts_30d", entity="address", aggregate="distinct", argument="payout",
        window="30d", unit="payouts", meaning="Payout accounts behind this address in 30d"),
    _of("phone_members", entity="phone", aggregate="distinct", argument="member", kinds=_SEEN,
        unit="members", meaning="Members ever seen with this phone number"),
)
