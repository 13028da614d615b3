"""Families of evidence that a person understands, and the family of each feature.

Contributions are summed per family, because single features swap places from one training run to
the next while families stay; a reviewer also thinks in "pace" and "place", not in columns. The
families are the catalogue's, with two exceptions: every count or sum over a window is pace,
whatever it counts at, and a network address is no device.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FAMILIES: Final = (
    "code", "velocity", "place", "device", "network", "identity", "referral", "invoice", "after",
    "staff", "account", "label", "amount", "peers", "context", "declared", "other",
)
"""Families of evidence; every one has the words ``reason.<family>`` in the catalogues."""
FACTS: Final = frozenset({
    "code_credited_other", "code_credited_self", "code_known", "code_status", "claim_credited",
})
"""Features that are hard facts: `models.proof` reads them."""
DECLARATION_FEATURES: Final = {
    "device_declared": "shared_device", "payout_declared": "shared_payout",
    "ip_declared": "shared_ip", "outlet_event_place": "event_place",
    "member_bulk_channel": "bulk_channel", "device_bulk_channel": "bulk_channel",
    "agent_bulk_channel": "bulk_channel", "device_handheld": "handheld_client",
    "member_own_shop": "own_shop", "outlet_own_shop": "own_shop",
}
"""Feature that is 1 while a declaration holds for the event, and the declaration's kind."""
_PACE: Final = re.compile(
    r"(member|device|outlet|seller|agent|carton|batch|ip)_(count|scans|points|amount)_\d+[mhd]")
_NETWORK: Final = re.compile(r"ip_.*|member_ips_.*")


def family(name: str, families: Mapping[str, str]) -> str:
    """Family of a feature as the reader knows it; ``other`` where the catalogue has none.

    >>> known = {"device_members_24h": "device", "outlet_count_1h": "place"}
    >>> [family(name, known) for name in (*known, "ip_members_1h", "new")]
    ['device', 'velocity', 'network', 'other']
    """
    return _family(name, families.get(name, "other"))


@lru_cache(maxsize=4096)
def _family(name: str, own: str) -> str:
    if own in ("label", "declared"):
        return own
    if _PACE.fullmatch(name):
        return "velocity"
    if _NETWORK.fullmatch(name):
        return "network"
    return own if own in FAMILIES else "other"


def label_free(names: Sequence[str], families: Mapping[str, str]) -> tuple[str, ...]:
    """Features that a label-free score reads: all but hard facts, declarations and labels.

    A fact has its own rule, and what was declared innocent must not look unusual.

    >>> label_free(["code_known", "device_declared", "risk", "speed"], {"risk": "label"})
    ('speed',)
    """
    return tuple(name for name in names if name not in FACTS and name not in DECLARATION_FEATURES
                 and family(name, families) not in ("label", "declared"))
