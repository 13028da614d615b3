"""Where: speed, repeated coordinates, distance to the outlet, and what happens at the outlet."""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import Aggregate, Expression, Feature, over

_of = partial(Aggregate, family="place")
_formula = partial(Expression, family="place")
_over = partial(over, family="place")

MOVES: Final[tuple[Feature, ...]] = (
    *(
        _of(f"last_{axis}", entity="member", aggregate="previous", argument=axis,
            where=("x known",), hidden=True)
        for axis in "xyz"
    ),
    _of("located_ms", entity="member", aggregate="since", where=("x known",), hidden=True),
    _formula("member_move_km", unit="km", meaning="From the member's previous place",
             formula="sqrt((x - last_x) * (x - last_x) + (y - last_y) * (y - last_y)"
                     " + (z - last_z) * (z - last_z)) / 1000"),
    _formula("member_speed_kmh", unit="km/h", meaning="Speed from the member's previous place",
             formula="member_move_km * 3600000 / max(located_ms, 1000)"),
    _formula("outlet_km", unit="km", meaning="From where the outlet is known to be",
             formula="sqrt((x - outlet_x) * (x - outlet_x) + (y - outlet_y) * (y - outlet_y)"
                     " + (z - outlet_z) * (z - outlet_z)) / 1000"),
)

SPOTS: Final[tuple[Feature, ...]] = (
    _of("member_spot_count_30d", entity="member_spot", aggregate="count", window="30d",
        meaning="The member's events at exactly these coordinates in 30d"),
    _of("spot_members_24h", entity="spot", aggregate="distinct", argument="member", window="24h",
        unit="members", meaning="Members at exactly these coordinates in 24h"),
    _of("member_mocked_30d", entity="member", aggregate="count", where=("mock_location == 1",),
        window="30d", meaning="The member's events with a made-up place in 30d"),
)

OUTLETS: Final[tuple[Feature, ...]] = (
    *_over(("1h", "24h", "7d"), "outlet_count_{w}", "Events at the outlet in {w}",
           entity="outlet", aggregate="count"),
    _of("outlet_points_24h", entity="outlet", aggregate="sum", argument="points", window="24h",
        unit="points", meaning="Points asked for at the outlet in 24h"),
    *_over(("24h", "30d"), "outlet_members_{w}", "Members at the outlet in {w}",
           entity="outlet", aggregate="distinct", argument="member", unit="members"),
    _of("outlet_new_devices_24h", entity="outlet", aggregate="sum", argument="new_device",
        window="24h", meaning="Events at the outlet from devices never seen, in 24h"),
    _of("member_outlet_count_30d", entity="member_outlet", aggregate="count", window="30d",
        meaning="The member's events at this outlet in 30d"),
    _of("outlet_count_30d", entity="outlet", aggregate="count", window="30d",
        meaning="Events at the outlet in 30d"),
    _formula("outlet_member_share_30d", formula="member_outlet_count_30d / outlet_count_30d",
             unit="share", meaning="The member's share of the outlet's events of 30d"),
    _formula("outlet_is_home", formula="outlet == home_outlet", unit="flag",
             meaning="The outlet is the member's own"),
    _formula("outlet_region_differs", formula="region != home_region", unit="flag",
             meaning="The outlet lies in another region than the member"),
)

DECLARED: Final[tuple[Feature, ...]] = (*MOVES, *SPOTS, *OUTLETS)
