"""Network addresses: how busy and how shared, where an address says anything about people.

Behind a mobile carrier's network (carrier-grade NAT, RFC 6598), a company's VPN or a fair's Wi-Fi,
thousands share one address, and what they share says nothing about them. Such an address is
known by what the program declares, or by its members; there these features are unknown.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from features.engine.definition import Expression, Feature, over

CARRIER_MEMBERS: Final = 50
"""Members in 30 days from which an address is a network's, not a place's. A judgement: a shop, a
dealer meet or a farm of phones brings tens of members to an address, a carrier hundreds (RFC 6888
speaks of users by the thousand behind one)."""
_formula = partial(Expression, family="device")
_over = partial(over, entity="ip", family="device", hidden=True)


def _where_personal(name: str, read: str, unit: str, meaning: str) -> Expression:
    """A feature of an address that is no network's."""
    return _formula(name, formula=f"where(ip_is_shared, unknown, {read})", unit=unit,
                    meaning=meaning)


SEEN: Final[tuple[Feature, ...]] = (
    *_over(("1h", "24h", "30d"), "ip_all_members_{w}", aggregate="distinct", argument="member"),
    *_over(("1h",), "ip_all_count_{w}", aggregate="count"),
    *_over(("24h",), "ip_all_devices_{w}", aggregate="distinct", argument="device"),
    *_over(("24h",), "ip_all_new_members_{w}", aggregate="sum", argument="new_member"),
)

DECLARED: Final[tuple[Feature, ...]] = (
    *SEEN,
    _formula("ip_is_shared", unit="flag",
             formula=f"default(ip_declared, 0) or ip_all_members_30d > {CARRIER_MEMBERS}",
             meaning="The network address is declared shared, or a carrier's: more than"
                     f" {CARRIER_MEMBERS} members in 30d"),
    *(
        _where_personal(f"ip_members_{w}", f"ip_all_members_{w}", "members",
                        f"Members behind the network address in {w}; unknown where it is shared")
        for w in ("1h", "24h")
    ),
    _where_personal("ip_count_1h", "ip_all_count_1h", "events",
                    "Events from the network address in 1h; unknown where it is shared"),
    _where_personal("ip_devices_24h", "ip_all_devices_24h", "devices",
                    "Devices behind the network address in 24h; unknown where it is shared"),
    _where_personal("ip_new_members_24h", "ip_all_new_members_24h", "events",
                    "First events of members from the network address in 24h; unknown where it"
                    " is shared"),
)
