"""What came after a credit: returns, claw-backs, points booked by staff; and staff themselves."""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import Aggregate, Expression, Feature

_of = partial(Aggregate, family="after")
_formula = partial(Expression, family="after")
_staff = partial(Aggregate, family="staff")

AFTER: Final[tuple[Feature, ...]] = (
    _of("member_returns_90d", entity="member", aggregate="count", kinds=("return",), window="90d",
        meaning="Goods of the member's scans that came back in 90d"),
    _of("member_scans_90d", entity="member", aggregate="count", kinds=("scan",), window="90d",
        meaning="Scans of the member in 90d"),
    _formula("member_return_share_90d", formula="member_returns_90d / member_scans_90d",
             unit="share", meaning="Returns per scan of the member in 90d"),
    _of("code_returns", entity="code", aggregate="count", kinds=("return",),
        meaning="Returns of this code"),
    _of("outlet_returns_90d", entity="outlet", aggregate="count", kinds=("return",),
        window="90d", meaning="Returns of goods scanned at the outlet in 90d"),
    _of("member_taken_back_90d", entity="member", aggregate="count", kinds=("decision",),
        where=("credit == -1",), window="90d",
        meaning="Credits of the member taken back in 90d"),
)

STAFF: Final[tuple[Feature, ...]] = (
    _staff("agent_count_24h", entity="agent", aggregate="count", window="24h",
           meaning="Events entered by the agent in 24h"),
    _staff("agent_count_30d", entity="agent", aggregate="count", window="30d",
           meaning="Events entered by the agent in 30d"),
    _staff("agent_members_30d", entity="agent", aggregate="distinct", argument="member",
           window="30d", unit="members", meaning="Members the agent entered events for in 30d"),
    _staff("agent_member_count_30d", entity="agent_member", aggregate="count", window="30d",
           meaning="Events the agent entered for this member in 30d"),
    Expression("agent_member_share_30d", formula="agent_member_count_30d / agent_count_30d",
               unit="share", family="staff",
               meaning="The member's share of what the agent entered in 30d"),
    _staff("member_adjustments_90d", entity="member", aggregate="count", kinds=("adjustment",),
           window="90d", meaning="Times staff booked points to the member in 90d"),
    _staff("member_unticketed_90d", entity="member", aggregate="count", kinds=("adjustment",),
           where=("status == 0",), window="90d",
           meaning="Times staff booked points to the member without a ticket in 90d"),
    _staff("member_adjusted_30d", entity="member", aggregate="sum", argument="points",
           kinds=("adjustment",), window="30d", unit="points",
           meaning="Points staff booked to the member in 30d"),
)

DECLARED: Final[tuple[Feature, ...]] = (*AFTER, *STAFF)
