"""How fast and how evenly a member acts.

A code that its member scans again is the same claim: it is declined kindly and is no mark against
him. It counts as an event, and neither as a scan, as points asked for, nor as refused or held.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import EVENTS, Aggregate, Expression, Feature, over

_of = partial(Aggregate, entity="member", family="velocity")
_formula = partial(Expression, family="velocity")
_over = partial(over, entity="member", family="velocity")
_EARNS: Final = ("scan", "referral")
_AGAIN: Final = "first_try == 0"


def _once(name: str, windows: tuple[str, ...], meaning: str, *, aggregate: str = "count",
          argument: str = "", kinds: tuple[str, ...] = EVENTS, where: tuple[str, ...] = (),
          unit: str = "events") -> tuple[Feature, ...]:
    """One aggregate of the member in several windows, each of his codes counted once."""
    return (
        *_over(windows, f"{name}_all_{{w}}", aggregate=aggregate, argument=argument, kinds=kinds,
               where=where, hidden=True),
        *_over(windows, f"{name}_again_{{w}}", aggregate=aggregate, argument=argument,
               kinds=("scan",), where=(*where, _AGAIN), hidden=True),
        *(_formula(f"{name}_{w}", formula=f"{name}_all_{w} - {name}_again_{w}", unit=unit,
                   meaning=meaning.format(w=w)) for w in windows),
    )


COUNTS: Final[tuple[Feature, ...]] = (
    *_over(("1m", "10m", "1h", "24h", "7d", "30d"), "member_count_{w}",
           "Events of the member in {w}", aggregate="count"),
    *_once("member_scans", ("10m", "24h"), "Scans of the member in {w}, each code once",
           kinds=("scan",)),
    *_once("member_points", ("24h", "7d", "30d"),
           "Points the member asked for in {w}, each code once", aggregate="sum",
           argument="points", kinds=_EARNS, unit="points"),
    *_over(("24h", "30d"), "member_redemptions_{w}", "Redemptions of the member in {w}",
           aggregate="count", kinds=("redemption",)),
    *_over(("24h", "7d"), "member_redeemed_{w}", "Points the member redeemed in {w}",
           aggregate="sum", argument="points", kinds=("redemption",), unit="points"),
    _formula("member_burst", formula="member_count_24h * 30 / member_count_30d", unit="ratio",
             meaning="Events of 24h against the member's usual day of 30d"),
)

RHYTHM: Final[tuple[Feature, ...]] = (
    _formula("member_gap_s", formula="gap_s", unit="s",
             meaning="Since the member's previous event"),
    _of("gaps_7d", aggregate="count", where=("gap_s known",), window="7d", hidden=True),
    _of("gap_sum_7d", aggregate="sum", argument="gap_s", window="7d", hidden=True),
    _of("gap_square_7d", aggregate="square", argument="gap_s", window="7d", hidden=True),
    _formula("member_gap_mean_7d", formula="gap_sum_7d / gaps_7d", unit="s",
             meaning="Mean gap between events of 7d"),
    _formula("member_gap_variation_7d", unit="ratio",
             meaning="Spread of the gaps of 7d against their mean, from 3 gaps on; near 0 is even",
             formula="where(gaps_7d > 2, sqrt(max(gap_square_7d / gaps_7d - member_gap_mean_7d"
                     " * member_gap_mean_7d, 0)) / max(member_gap_mean_7d, 1), unknown)"),
)

ATTEMPTS: Final[tuple[Feature, ...]] = (
    *_once("member_refused", ("10m", "24h"), "Scans of the member refused in {w}, each code once",
           kinds=("scan",), where=("outcome == refused",)),
    *_once("member_held", ("7d",), "Events of the member held in {w}, each code once",
           where=("outcome == held",)),
    _formula("member_refused_share_24h",
             formula="member_refused_24h / max(member_scans_24h - 1, 1)", unit="share",
             meaning="Refused share of the member's earlier scans of 24h"),
)

BREADTH: Final[tuple[Feature, ...]] = (
    _of("member_skus_24h", aggregate="distinct", argument="sku", window="24h", unit="skus",
        meaning="Products the member scanned in 24h"),
    _of("member_skus_30d", aggregate="distinct", argument="sku", window="30d", unit="skus",
        meaning="Products the member scanned in 30d"),
    *_over(("24h", "30d"), "member_outlets_{w}", "Outlets of the member in {w}",
           aggregate="distinct", argument="outlet", unit="outlets"),
    *_over(("24h", "30d"), "member_devices_{w}", "Devices of the member in {w}",
           aggregate="distinct", argument="device", unit="devices"),
    _of("member_ips_24h", aggregate="distinct", argument="ip", window="24h", unit="addresses",
        meaning="Network addresses of the member in 24h"),
    _of("member_spots_24h", aggregate="distinct", argument="spot", window="24h", unit="spots",
        meaning="Different coordinates of the member in 24h"),
    Aggregate("upload_rows", entity="upload", aggregate="count", family="velocity",
              meaning="Rows of this upload so far"),
)

DECLARED: Final[tuple[Feature, ...]] = (*COUNTS, *RHYTHM, *ATTEMPTS, *BREADTH)
