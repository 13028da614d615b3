"""The life of a code: known, dispatched, tried, credited, and how its batch spreads."""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import EVENTS, OLD_MS, Aggregate, Expression, Feature, over

_SCAN: Final = ("scan",)
_CREDITS: Final = (*EVENTS, "decision")
_of = partial(Aggregate, family="code", kinds=_SCAN)
_formula = partial(Expression, family="code")
_over = partial(over, family="code", kinds=_SCAN)

FACTS: Final[tuple[Feature, ...]] = (
    Aggregate("code_rows", entity="code", aggregate="count", kinds=("code",), hidden=True),
    _formula("code_known", formula="code_rows > 0", unit="flag",
             meaning="The program has told of this code"),
    _formula("code_status", formula="code_state", unit="code",
             meaning="Last state told: printed, dispatched, activated, void"),
    _formula("code_dispatched_hours", formula="(now_ms - code_dispatched_ms) / 3600000", unit="h",
             meaning="From dispatch to now; negative before it"),
    _formula("code_dispatch_km", unit="km", meaning="From where the code was dispatched to",
             formula="sqrt((x - dispatch_x) * (x - dispatch_x) + (y - dispatch_y)"
                     " * (y - dispatch_y) + (z - dispatch_z) * (z - dispatch_z)) / 1000"),
    _formula("code_region_differs", formula="region != dispatch_region", unit="flag",
             meaning="Scanned at an outlet of another region than dispatched to"),
    _formula("code_home_differs", formula="dispatch_region != home_region", unit="flag",
             meaning="Dispatched to another region than the member's own"),
)

TOGETHER: Final[tuple[Feature, ...]] = (
    _of("carton_member_quick_24h", entity="carton_member", aggregate="count", window="24h",
        where=("gap_s < 20", "first_try == 1"),
        meaning="The member's scans from this carton within 20 s of his last event, in 24h"),
    _of("member_sources_30d", entity="member", aggregate="distinct", argument="dispatch_outlet",
        window="30d", unit="outlets", meaning="Outlets that the member's codes of 30d went to"),
    _of("member_source_ms", entity="source_member", aggregate="age", hidden=True),
    _formula("member_source_hours", formula=f"min(member_source_ms, {OLD_MS}) / 3600000", unit="h",
             meaning="Since the member's first code that went to this outlet; 0 at the first"),
)

CREDITS: Final[tuple[Feature, ...]] = (
    Aggregate("code_credits", entity="code", aggregate="sum", argument="credit", kinds=_CREDITS,
              hidden=True),
    Aggregate("code_credited_self", entity="code_member", aggregate="sum", argument="credit",
              kinds=_CREDITS, family="code",
              meaning="Credits of this code to this member, less those taken back"),
    _formula("code_credited_other", formula="code_credits - code_credited_self", unit="events",
             meaning="Credits of this code to other members, less those taken back"),
    _of("code_held", entity="code", aggregate="count", where=("outcome == held",),
        meaning="Scans of this code that were held"),
    _of("code_refused_30d", entity="code", aggregate="count", where=("outcome == refused",),
        window="30d", meaning="Scans of this code refused in 30d"),
)

TRIES: Final[tuple[Feature, ...]] = (
    _of("code_tries_before", entity="code", aggregate="count", before=True,
        meaning="Earlier scans of this code"),
    *_over(("24h", "30d"), "code_members_{w}", "Members who tried this code in {w}",
           entity="code", aggregate="distinct", argument="member", unit="members"),
    _of("code_first_scan_ms", entity="code", aggregate="age", hidden=True),
    _of("code_last_scan_ms", entity="code", aggregate="since", hidden=True),
    _formula("code_first_scan_hours", formula="code_first_scan_ms / 3600000", unit="h",
             meaning="Since the first scan of this code; 0 at the first"),
    _formula("code_last_scan_hours", formula="code_last_scan_ms / 3600000", unit="h",
             meaning="Since the last scan of this code"),
)

SPREAD: Final[tuple[Feature, ...]] = (
    *_over(("1h", "24h"), "carton_scans_{w}", "Scans from this carton in {w}",
           entity="carton", aggregate="count"),
    _of("carton_members_30d", entity="carton", aggregate="distinct", argument="member",
        window="30d", unit="members", meaning="Members who scanned from this carton in 30d"),
    _of("carton_outlets_30d", entity="carton", aggregate="distinct", argument="outlet",
        window="30d", unit="outlets", meaning="Outlets where this carton was scanned in 30d"),
    _of("carton_member_scans_24h", entity="carton_member", aggregate="count", window="24h",
        meaning="The member's scans from this carton in 24h"),
    *_over(("24h", "30d"), "batch_scans_{w}", "Scans of this batch in {w}",
           entity="batch", aggregate="count"),
    _of("batch_members_30d", entity="batch", aggregate="distinct", argument="member",
        window="30d", unit="members", meaning="Members who scanned this batch in 30d"),
    _of("batch_outlets_30d", entity="batch", aggregate="distinct", argument="outlet",
        window="30d", unit="outlets", meaning="Outlets where this batch was scanned in 30d"),
    _of("batch_regions_30d", entity="batch", aggregate="distinct", argument="region",
        window="30d", unit="regions", meaning="Regions where this batch was scanned in 30d"),
)

DECLARED: Final[tuple[Feature, ...]] = (*FACTS, *TOGETHER, *CREDITS, *TRIES, *SPREAD)
