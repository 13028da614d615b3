"""A sheet: judged events as columns of numbers, before they get names and files.

Everybody who invents events fills only the columns that make his story; what he leaves at
``AUTO`` is filled for all events alike (`training.simulate.dress`), so that a forged event has
the same phone, network and gaps as any other event of its member.
"""

from __future__ import annotations

from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

NONE: Final = -1
"""Unknown: an empty cell in the export."""
AUTO: Final = -2
"""Not decided yet: filled as for any event of this member."""
BLANK: Final = -3
"""Empty for good: a cell that nobody fills later."""
HERE: Final = np.inf
"""A coordinate not decided yet; NaN is unknown."""

SCAN, REFERRAL, REDEMPTION = 0, 1, 2
"""Kinds of judged events."""
NO_CODE, FRESH, IN_ORDER, COPIED, GUESSED, PRINTED = range(6)
"""How an event comes by its code: none; the next units of a shelf, muddled or in carton order;
the code of another event; a code that does not exist; a code printed and never dispatched."""
NOT_NUMBERED, NUMBERED, SAME_CLAIM, SAME_NUMBER = range(4)
"""How an event comes by its invoice: none; the next of its seller; all of another event's;
the number of another event's, with other contents."""

FIELDS: Final[dict[str, tuple[type, float]]] = {
    "key": (np.int64, NONE), "visit": (np.int64, NONE), "kind": (np.int8, SCAN),
    "member": (np.int32, NONE),
    "time": (np.int64, 0), "points": (np.int64, AUTO), "proof": (np.int8, NONE),
    "sku": (np.int16, NONE), "quantity": (np.int32, 1), "amount": (np.float64, np.nan),
    "source": (np.int32, NONE), "outlet": (np.int32, NONE), "seller": (np.int32, NONE),
    "invoice_mode": (np.int8, NOT_NUMBERED), "invoice_ref": (np.int64, NONE),
    "invoice": (np.int64, NONE), "style": (np.int8, 0), "image": (np.int64, NONE),
    "lines": (np.int64, NONE), "customer": (np.int64, NONE), "code_mode": (np.int8, NO_CODE),
    "code_ref": (np.int64, NONE), "lot": (np.int32, 0), "code": (np.int64, NONE),
    "batch": (np.int64, NONE), "device": (np.int32, AUTO), "ip": (np.int32, AUTO),
    "lat": (np.float64, HERE), "lon": (np.float64, HERE), "capture": (np.int8, AUTO),
    "mock": (np.int8, AUTO), "channel": (np.int8, AUTO), "upload": (np.int32, NONE),
    "agent": (np.int32, AUTO), "mission": (np.int16, NONE), "attachment": (np.int64, NONE),
    "referee": (np.int64, NONE), "referee_kind": (np.int8, NONE), "reward": (np.int16, NONE),
    "payout": (np.int32, AUTO), "delay": (np.int64, AUTO), "occurred": (np.int64, NONE),
    "recorded": (np.int64, NONE), "outcome": (np.int8, AUTO), "copies": (np.int8, 1),
    "pattern": (np.int16, NONE), "look": (np.int16, NONE), "ring": (np.int32, NONE),
}
"""Columns of a sheet with type and default; ids are numbers, times UTC milliseconds."""


class Sheet:
    """Columns of equal length, one row per event.

    Examples
    --------
    >>> sheet = Sheet.of(2, member=[3, 4], points=10)
    >>> len(sheet), sheet["member"].tolist(), sheet["ip"].tolist()
    (2, [3, 4], [-2, -2])
    """

    def __init__(self, columns: dict[str, Array]) -> None:
        self.columns = columns

    @classmethod
    def of(cls, rows: int, **given: Any) -> Self:
        """Build a sheet of ``rows`` events from what is given, defaults for the rest."""
        unknown = set(given) - set(FIELDS)
        if unknown:
            raise KeyError(f"no column {sorted(unknown)} in a sheet")
        columns = {}
        for name, (kind, default) in FIELDS.items():
            column: Array = np.empty(rows, dtype=kind)
            column[:] = given.get(name, default)
            columns[name] = column
        return cls(columns)

    @classmethod
    def joined(cls, sheets: list[Self]) -> Self:
        """One sheet after the other."""
        return cls({name: np.concatenate([s.columns[name] for s in sheets]) for name in FIELDS})

    def __len__(self) -> int:
        return len(self.columns["member"])

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __setitem__(self, name: str, values: Any) -> None:
        self.columns[name][:] = values

    def take(self, rows: Array) -> Sheet:
        """The rows of a mask or of positions, as a new sheet."""
        return Sheet({name: column[rows] for name, column in self.columns.items()})
