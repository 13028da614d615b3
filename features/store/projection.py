"""Which stored column fills which column of a record, and the SQL that reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import EVENT_TABLES, TABLES
from features.places import MISSING, TIE_BITS
from features.records import COLUMN, COLUMNS, ENTITIES
from features.store.facts import column_value
from features.store.schema import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from features.places import Ints

_SPHERE: Final = {name: name for name in ("x", "y", "z", "lat", "lon")}
_EVENT: Final = {
    "event": "event_id", "member": "member_id", "device": "device_id", "ip": "ip",
    "agent": "agent_id", "mission": "mission_id", "points": "points", **_SPHERE,
    "occurred_ms": "occurred_at", "channel": "channel", "outcome": "outcome",
}
OF_TABLE: Final[dict[str, dict[str, str]]] = {
    "scans": {
        **_EVENT, "code": "code_id", "batch": "batch_id", "outlet": "outlet_id",
        "invoice": "invoice", "claim": "claim", "lines": "invoice_lines_hash",
        "end_customer": "end_customer_hash", "seller": "seller_id", "sku": "sku",
        "upload": "upload_id", "amount": "amount", "quantity": "quantity", "proof": "proof",
        "capture": "capture", "mock_location": "mock_location",
    },
    "referrals": {**_EVENT, "referee": "referee", "referee_kind": "referee_kind"},
    "redemptions": {**_EVENT, "payout": "payout_id", "reward": "reward_id", "amount": "amount",
                    "reward_kind": "reward_kind"},
    "feedback": {"event": "event_id", "label": "label", "source": "source"},
    "returns": {"event": "event_id", "returned_quantity": "quantity",
                "occurred_ms": "returned_at"},
    "decisions": {"event": "event_id", "status": "status"},
    "account_changes": {"member": "member_id", "device": "device_id", "agent": "agent_id",
                        "change": "what", "occurred_ms": "changed_at"},
    "merges": {"member": "member_id", "referee": "into_member_id", "occurred_ms": "merged_at"},
    "adjustments": {"event": "event_id", "member": "member_id", "agent": "agent_id",
                    "points": "points", "occurred_ms": "occurred_at"},
    "activities": {"event": "event_id", "member": "member_id", "sku": "sku",
                   "quantity": "quantity", "activity": "kind", "occurred_ms": "occurred_at"},
    "members": {
        "member": "member_id", "outlet": "outlet_id", "payout": "payout_id",
        "address": "address_hash", "phone": "phone_hash", "referrer": "referred_by",
        "enroller": "enrolled_by", "region": "region", "persona": "persona", "tier": "tier",
        "joined_ms": "joined_at", "balance": "points_balance", "expire_ms": "points_expire_at",
        **_SPHERE,
    },
    "codes": {
        "code": "code_id", "batch": "batch_id", "sku": "sku", "points": "points",
        "status": "status", "dispatched_ms": "dispatched_at", "outlet": "dispatched_outlet_id",
        "x": "x", "y": "y", "z": "z", "carton": "carton_id",
    },
    "outlets": {"outlet": "outlet_id", "region": "region", **_SPHERE},
    "declarations": {"declaration": "kind", "valid_from_ms": "valid_from",
                     "valid_to_ms": "valid_to", **{kind: f"subject_{kind}" for kind in SUBJECTS}},
    "campaigns": {"region": "region", "sku": "sku", "persona": "persona", "status": "kind",
                  "valid_from_ms": "starts_at", "valid_to_ms": "ends_at",
                  "multiplier": "multiplier"},
}
"""Record column from stored column, by table."""
SPEAKING: Final = ("feedback", "returns", "decisions")
"""Tables whose rows speak of an event, and carry its columns."""
EMPTY: Final = np.array([0 if name in ENTITIES or name == "event" else MISSING
                         for name in COLUMNS], dtype=np.int64)
"""A record of which nothing is known."""


def _value(table: str, record: str, stored: str, alias: str) -> str:
    """Write SQL for one column of a record."""
    if record == "outcome":
        return f'COALESCE({alias}."outcome", 0)'
    if table == "decisions" or stored in TABLES[table].required:
        return f'{alias}."{stored}"'
    return column_value(TABLES[table], stored, alias)


def _columns(table: str, alias: str) -> tuple[list[int], list[str]]:
    """Positions in a record and the SQL that fills them, without place and seq."""
    mapped = OF_TABLE[table]
    texts = [_value(table, record, stored, alias) for record, stored in mapped.items()]
    positions = [COLUMN[record] for record in mapped]
    if table in EVENT_TABLES:
        positions.append(COLUMN["recorded_ms"])
        texts.append(f"{alias}.place >> {TIE_BITS}")
    if table == "adjustments":
        positions.append(COLUMN["status"])
        texts.append(f"CASE WHEN {alias}.ticket IS NULL THEN 0 ELSE 1 END")
    return positions, texts


def _optional(table: str) -> dict[int, str]:
    """Positions in a record of stored columns that may be unknown, and their names."""
    if table == "decisions":
        return {}
    needed = TABLES[table].required
    return {COLUMN[record]: stored for record, stored in OF_TABLE[table].items()
            if stored not in needed and record != "outcome"}


class Projection:
    """The columns of one table that a record takes.

    Columns that held nothing in what was read so far are only asked whether they still do: that
    costs a fraction of reading them, and exports fill few of the contract's columns.

    Parameters
    ----------
    table : str
        Name of the stored table.
    alias : str
        Its name in the query.
    without : collection of int
        Positions in a record that are not to be filled.

    Examples
    --------
    >>> Projection("merges", "t", ()).select().split(", ")[1]
    't."into_member_id"'
    """

    def __init__(self, table: str, alias: str, without: Collection[int]) -> None:
        self._alias = alias
        self._texts = {position: text for position, text in zip(*_columns(table, alias),
                                                                strict=True)
                       if position not in without}
        self._optional = _optional(table)
        self._empty: frozenset[int] = frozenset()

    @property
    def positions(self) -> list[int]:
        """Positions in a record that the columns fill, in their order."""
        return [position for position in self._texts if position not in self._empty]

    def select(self) -> str:
        """Write SQL for the columns and for a last one: whether one left out holds a value."""
        doubts = [f'{self._alias}."{self._optional[position]}"'
                  for position in sorted(self._empty)]
        flag = f"COALESCE({', '.join([*doubts, 'NULL', 'NULL'])}) IS NOT NULL"
        texts = [self._texts[position] for position in self.positions]
        return ", ".join([*texts, f"CASE WHEN {flag} THEN 1 ELSE 0 END"])

    def read(self, ask: Callable[[str, int], Ints]) -> Ints:
        """Read rows; ``ask`` runs a query for ``select`` and so many columns.

        Returns
        -------
        int64 array
            What ``ask`` put before the columns, then the columns of ``positions``.
        """
        found = ask(self.select(), len(self.positions) + 1)
        if self._empty and found[:, -1].any():
            self._empty = frozenset()
            found = ask(self.select(), len(self.positions) + 1)
        return found[:, :-1]

    def learn(self, page: Ints) -> None:
        """Leave out from now on what held nothing in this page of records, if it has any."""
        if len(page):
            self._empty |= {position for position in self.positions
                            if position in self._optional
                            and (page[:, position] == EMPTY[position]).all()}
