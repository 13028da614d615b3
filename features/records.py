"""The stream of records the feature kernel reads: every fact of a program, in place order.

A record is one row of integers. Whatever a program hands over becomes a record: an event to be
scored, a label, a return, a new version of a code. A feature is then always the same thing, an
aggregate over the records of an entity in a window, and reference data is just the last value
known. Unknown entities are 0, unknown values `features.places.MISSING`.
"""

from __future__ import annotations

from typing import Final

KINDS: Final = (
    "scan", "referral", "redemption", "feedback", "return", "decision", "account_change",
    "merge", "adjustment", "activity", "member", "code", "outlet", "declaration", "campaign",
)
"""Kinds of records, in the order of their integers; the first three are scored."""
SCORED: Final = 3

ENTITIES: Final = (
    "member", "device", "code", "batch", "carton", "outlet", "payout", "address", "phone", "ip",
    "invoice", "claim", "lines", "end_customer", "seller", "sku", "agent", "upload", "mission",
    "referee", "referrer", "enroller", "root", "reward", "region", "other_member",
)
"""Columns that hold the number of an entity; 0 is unknown.

``invoice`` is seller and normalised number; ``claim`` adds amount and lines and is the hard-proof
identity of an invoice. ``enroller``, ``referrer`` and ``other_member`` are numbers of members:
``other_member`` is the referee of a referral whose referee is a member, or the member that a merge
keeps."""

VALUES: Final = (
    "points", "amount", "quantity", "x", "y", "z", "lat", "lon", "occurred_ms", "recorded_ms",
    "proof", "capture", "mock_location", "channel", "reward_kind", "referee_kind", "outcome",
    "label", "source", "change", "status", "persona", "tier", "joined_ms", "dispatched_ms",
    "balance", "expire_ms", "declaration", "valid_from_ms", "valid_to_ms", "activity",
    "returned_quantity", "event_place", "multiplier",
)
"""Columns that hold a value; `MISSING` is unknown. Places on the sphere are whole metres."""

COLUMNS: Final = ("place", "seq", "kind", "event", *ENTITIES, *VALUES)
COLUMN: Final[dict[str, int]] = {name: index for index, name in enumerate(COLUMNS)}
"""Position of each column in a record matrix of shape (n, len(COLUMNS)), int64, C order."""
