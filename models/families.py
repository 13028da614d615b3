"""Families of evidence that a person understands, and the family of each feature.

Contributions are summed per family, because single features swap places from one training run to
the next while families stay; a reviewer also thinks in "speed" and "place", not in columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FAMILIES: Final = (
    "code_life", "speed", "place", "device", "shared_identity", "referral", "invoice", "returns",
    "account", "labels", "amount", "peers", "profile", "other",
)
"""Families of evidence; every one has the words ``reason.<family>`` in the catalogues."""
FACTS: Final = frozenset({
    "code_credited_other", "code_credited_self", "code_known", "code_status", "claim_credited",
})
"""Features that are hard facts: `models.proof` reads them."""
DECLARED: Final = "_declared"
"""Ending of the features that say what the program declared innocent."""
DECLARATION_FEATURES: Final = {
    "device_declared": "shared_device", "payout_declared": "shared_payout",
    "ip_declared": "shared_ip", "place_declared": "event_place", "bulk_declared": "bulk_channel",
    "handheld_declared": "handheld_client", "shop_declared": "own_shop",
}
"""Feature that is 1 while a declaration holds for the event, and the declaration's kind."""


def family(name: str, families: Mapping[str, str]) -> str:
    """Family of a feature as the reader knows it; ``other`` where the catalogue has none.

    >>> family("device_members_1d", {"device_members_1d": "device"}), family("new", {})
    ('device', 'other')
    """
    own = families.get(name, "other")
    return own if own in FAMILIES else "other"


def label_free(names: Sequence[str], families: Mapping[str, str]) -> tuple[str, ...]:
    """Features that a label-free score reads: all but hard facts, declarations and labels.

    A fact has its own rule, and what was declared innocent must not look unusual.

    >>> label_free(["code_known", "device_declared", "risk", "speed"], {"risk": "labels"})
    ('speed',)
    """
    return tuple(name for name in names
                 if name not in FACTS and not name.endswith(DECLARED)
                 and family(name, families) != "labels")
