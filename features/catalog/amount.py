"""Money and points against the member's own past, and against everybody like him."""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import Aggregate, Expression, Feature, difference, over

_formula = partial(Expression, family="amount", unit="ratio")
_paid = partial(over, entity="member", family="amount", where=("amount known",))
_FLOOR: Final = 50
"""Half a major unit, the floor of a mean that divides (fraud-benchmarks 1.5)."""
_OWN: Final = ("24h", "3d", "7d", "14d", "30d")
_OLDEST: Final = "74d"

MONEY: Final[tuple[Feature, ...]] = (
    *_paid((*_OWN, _OLDEST), "paid_{w}", aggregate="count", hidden=True),
    *_paid(("24h", "30d"), "member_amount_{w}", "Money of the member's events in {w}",
           aggregate="sum", argument="amount", unit="minor units"),
    *_paid(("3d", "7d", "14d", _OLDEST), "member_amount_{w}", aggregate="sum", argument="amount",
           hidden=True),
    *(
        Expression(f"member_amount_mean_{w}", formula=f"member_amount_{w} / paid_{w}",
                   unit="minor units", family="amount",
                   meaning=f"Mean amount of the member in {w}, this one included")
        for w in ("24h", "7d", "30d")
    ),
    *(
        _formula(f"amount_to_mean_{w}", meaning=f"Amount against the member's others of {w}",
                 formula=f"amount / max((member_amount_{w} - amount) / (paid_{w} - 1),"
                         f" {_FLOOR})")
        for w in ("24h", "7d", "30d")
    ),
    _formula("old_mean", hidden=True,
             formula="where(paid_74d - paid_14d > 2, max((member_amount_74d - member_amount_14d)"
                     f" / (paid_74d - paid_14d), {_FLOOR}), unknown)"),
    _formula("amount_to_baseline", formula="amount / old_mean",
             meaning="Amount against the member's mean of 14 to 74 days ago"),
    _formula("amount_recent_to_baseline", formula="member_amount_3d / paid_3d / old_mean",
             meaning="Mean amount of 3d against that of 14 to 74 days ago"),
    Aggregate("amount_max_30d", entity="member", aggregate="max", argument="amount",
              window="30d", before=True, hidden=True),
    _formula("amount_to_max_30d", formula=f"amount / max(amount_max_30d, {_FLOOR})",
             meaning="Amount against the member's largest earlier one of 30d"),
    *difference("amount_difference", "Amount less the member's previous one", entity="member",
                argument="amount", unit="minor units", family="amount"),
)

POINTS: Final[tuple[Feature, ...]] = (
    *over(("7d", "30d"), "asks_{w}", entity="member", aggregate="count",
          kinds=("scan", "referral"), before=True, hidden=True),
    *over(("7d", "30d"), "asked_{w}", entity="member", aggregate="sum", argument="points",
          kinds=("scan", "referral"), before=True, hidden=True),
    *(
        _formula(f"points_to_mean_{w}", formula=f"points / max(asked_{w} / asks_{w}, 1)",
                 meaning=f"Points against the mean of the member's earlier claims of {w}")
        for w in ("7d", "30d")
    ),
    Aggregate("points_max_30d", entity="member", aggregate="max", argument="points",
              kinds=("scan", "referral"), window="30d", before=True, hidden=True),
    _formula("points_to_max_30d", formula="points / max(points_max_30d, 1)",
             meaning="Points against the member's largest earlier claim of 30d"),
    *difference("points_difference", "Points less those of the member's previous claim",
                entity="member", argument="points", kinds=("scan", "referral"), unit="points",
                family="amount"),
    Aggregate("sku_asks", entity="sku", aggregate="count", kinds=("scan",), window="30d",
              before=True, hidden=True),
    Aggregate("sku_asked", entity="sku", aggregate="sum", argument="points", kinds=("scan",),
              window="30d", before=True, hidden=True),
    _formula("points_to_sku_mean_30d", formula="points / max(sku_asked / sku_asks, 1)",
             meaning="Points against the mean of earlier scans of the same product of 30d"),
)

PEERS: Final[tuple[Feature, ...]] = (
    Aggregate("persona_count_24h", entity="persona_group", aggregate="count", window="24h",
              hidden=True),
    Aggregate("persona_members_24h", entity="persona_group", aggregate="distinct",
              argument="member", window="24h", hidden=True),
    Expression("member_to_peers_24h", unit="ratio", family="peers",
               formula="member_count_24h * persona_members_24h / persona_count_24h",
               meaning="Events of 24h against the mean active member of the same role"),
    *over(("24h", "30d"), "region_count_{w}", entity="home_region", aggregate="count",
          hidden=True),
    Expression("region_surge", formula="region_count_24h * 30 / region_count_30d", unit="ratio",
               family="peers",
               meaning="Events of the member's region in 24h against its usual day"),
    *over(("24h", "30d"), "program_count_{w}", entity="program", aggregate="count",
          hidden=True),
    Expression("program_surge", formula="program_count_24h * 30 / program_count_30d",
               unit="ratio", family="peers",
               meaning="Events of the whole program in 24h against its usual day"),
    Aggregate("program_points_24h", entity="program", aggregate="sum", argument="points",
              kinds=("scan",), window="24h", hidden=True),
    Aggregate("program_scans_24h", entity="program", aggregate="count", kinds=("scan",),
              window="24h", hidden=True),
    Aggregate("program_points_30d", entity="program", aggregate="sum", argument="points",
              kinds=("scan",), window="30d", hidden=True),
    Aggregate("program_scans_30d", entity="program", aggregate="count", kinds=("scan",),
              window="30d", hidden=True),
    Expression("program_points_jump", unit="ratio", family="peers",
               formula="program_points_24h / program_scans_24h"
                       " / max(program_points_30d / program_scans_30d, 1)",
               meaning="Points per scan of 24h against 30d; a jump is a catalogue mistake"),
)

DECLARED: Final[tuple[Feature, ...]] = (*MONEY, *POINTS, *PEERS)
