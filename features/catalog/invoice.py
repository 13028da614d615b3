"""Invoices, claims, sellers and end customers that come again."""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import EVENTS, OLD_MS, Aggregate, Expression, Feature, over

_SCAN: Final = ("scan",)
_of = partial(Aggregate, family="invoice", kinds=_SCAN)
_formula = partial(Expression, family="invoice")
_over = partial(over, family="invoice", kinds=_SCAN)

DECLARED: Final[tuple[Feature, ...]] = (
    Aggregate("claim_credited", entity="claim", aggregate="sum", argument="credit",
              kinds=(*EVENTS, "decision"), family="invoice",
              meaning="Credits of the same claim (seller, number, amount, lines), less those "
                      "taken back"),
    _of("claim_before", entity="claim", aggregate="count", before=True,
        meaning="Earlier scans with the same claim"),
    _of("invoice_before", entity="invoice", aggregate="count", before=True,
        meaning="Earlier scans with the same seller and invoice number"),
    _of("invoice_members", entity="invoice", aggregate="distinct", argument="member",
        unit="members", meaning="Members who claimed this invoice number of the seller"),
    _of("lines_before", entity="lines", aggregate="count", before=True,
        meaning="Earlier scans with the same invoice lines"),
    _of("lines_members_90d", entity="lines", aggregate="distinct", argument="member",
        window="90d", unit="members", meaning="Members with the same invoice lines in 90d"),
    _of("end_customer_claims_90d", entity="end_customer", aggregate="count", window="90d",
        meaning="Scans for the same end customer in 90d"),
    _of("end_customer_members_90d", entity="end_customer", aggregate="distinct",
        argument="member", window="90d", unit="members",
        meaning="Members with the same end customer in 90d"),
    *_over(("24h", "30d"), "seller_count_{w}", "Scans with goods of the seller in {w}",
           entity="seller", aggregate="count"),
    _of("seller_members_30d", entity="seller", aggregate="distinct", argument="member",
        window="30d", unit="members", meaning="Members with goods of the seller in 30d"),
    _of("seller_customers_90d", entity="seller", aggregate="distinct", argument="end_customer",
        window="90d", unit="customers", meaning="End customers of the seller's goods in 90d"),
    _of("seller_member_count_30d", entity="seller_member", aggregate="count", window="30d",
        hidden=True),
    _formula("seller_member_share_30d", formula="seller_member_count_30d / seller_count_30d",
             unit="share", meaning="The member's share of the seller's scans of 30d"),
    _of("member_sellers_30d", entity="member", aggregate="distinct", argument="seller",
        window="30d", unit="sellers", meaning="Sellers whose goods the member claimed in 30d"),
    _of("member_seller_ms", entity="seller_member", aggregate="age", hidden=True),
    _formula("member_seller_hours", formula=f"min(member_seller_ms, {OLD_MS}) / 3600000",
             unit="h", meaning="Since the member's first claim with this seller; 0 at the first"),
)
