"""Referrals: pace, what referee and referrer share, how the tree grows."""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import EVENTS, Aggregate, Expression, Feature, over

_of = partial(Aggregate, family="referral")
_formula = partial(Expression, family="referral")
_over = partial(over, family="referral")
_REFERRAL: Final = ("referral",)

DECLARED: Final[tuple[Feature, ...]] = (
    *_over(("1h", "24h", "30d"), "member_referrals_{w}", "Referrals by the member in {w}",
           entity="member", aggregate="count", kinds=_REFERRAL),
    _of("referee_member_before", entity="other_member", aggregate="count", kinds=_REFERRAL,
        before=True, hidden=True),
    _of("referee_outlet_before", entity="referred_outlet", aggregate="count", kinds=_REFERRAL,
        before=True, hidden=True),
    _formula("referee_before", formula="default(referee_member_before, referee_outlet_before)",
             unit="events", meaning="Earlier referrals of the same referee"),
    _of("referee_scans", entity="member", aggregate="count", kinds=("scan",), at="other_member",
        meaning="Scans by the referee so far"),
    _of("referee_events_30d", entity="member", aggregate="count", window="30d",
        at="other_member", meaning="Events of the referee in 30d"),
    _formula("referee_joined_hours", formula="(now_ms - other_joined_ms) / 3600000", unit="h",
             meaning="Since the referee joined"),
    _of("member_on_other", entity="member_device", aggregate="count", at="member_on_other_device",
        hidden=True),
    _of("other_on_member", entity="member_device", aggregate="count", at="other_on_device",
        hidden=True),
    _formula("referee_same_device", unit="flag",
             formula="where(known(other_member), default(member_on_other > 0, 0)"
                     " or default(other_on_member > 0, 0), unknown)",
             meaning="Referrer and referee were seen on one device"),
    _formula("referee_same_payout", formula="other_payout == member_payout", unit="flag",
             meaning="Referrer and referee share the payout account"),
    _formula("referee_same_address", formula="other_address == address", unit="flag",
             meaning="Referrer and referee share the address"),
    _formula("referee_same_phone", formula="other_phone == phone", unit="flag",
             meaning="Referrer and referee share the phone number"),
    _of("root_referrals_7d", entity="root", aggregate="count", kinds=_REFERRAL, window="7d",
        meaning="Referrals in the member's whole tree in 7d"),
    _of("root_members_7d", entity="root", aggregate="distinct", argument="member", window="7d",
        unit="members", meaning="Active members of the member's whole tree in 7d"),
    _of("root_joined_7d", entity="root", aggregate="distinct", argument="member",
        kinds=("member",), window="7d", unit="members",
        meaning="Members told of in the member's whole tree in 7d"),
    _of("root_devices_30d", entity="root", aggregate="distinct", argument="device",
        kinds=EVENTS, window="30d", unit="devices",
        meaning="Devices of the member's whole tree in 30d"),
    *_over(("24h", "7d"), "enroller_members_{w}", "Members told of by the same enroller in {w}",
           entity="enroller", aggregate="distinct", argument="member", kinds=("member",),
           unit="members"),
    _of("referrer_referrals_30d", entity="member", aggregate="count", kinds=_REFERRAL,
        window="30d", at="referrer", meaning="Referrals in 30d by who referred the member"),
)
