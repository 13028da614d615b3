from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from features.places import TIE_BITS
from features.records import COLUMN, KINDS
from features.store.projection import EMPTY

if TYPE_CHECKING:
    from features.places import Ints

MINUTE = 60_000
START = 1_767_225_600_000


class Stream:
    """Records in order, a minute apart unless told otherwise."""

    def __init__(self) -> None:
        self.rows: list[Ints] = []
        self.ms = START

    def add(self, kind: str, minutes: float = 1.0, **cells: int) -> Ints:
        """Append a record so many minutes after the last one."""
        self.ms += int(minutes * MINUTE)
        record = EMPTY.copy()
        record[COLUMN["kind"]] = KINDS.index(kind)
        for name, value in {"place": (self.ms << TIE_BITS) + len(self.rows),
                            "seq": len(self.rows) + 1, **cells}.items():
            record[COLUMN[name]] = value
        self.rows.append(record)
        return record

    def scan(self, member: int, rate: int = 50, minutes: float = 1.0, **cells: int) -> Ints:
        """One unit of product 1 claimed by a member with a phone of his own."""
        return self.add("scan", minutes, **{"member": member, "device": 10_000 + member, "sku": 1,
                                            "points": rate, "quantity": 1_000_000, "proof": 0,
                                            "event": len(self.rows) + 1, **cells})

    def usual(self, members: int = 40, **cells: int) -> None:
        """One scan each of so many members at fifty points."""
        for member in range(1, members + 1):
            self.scan(member, **cells)

    @property
    def matrix(self) -> Ints:
        return np.array(self.rows)


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.fixture(scope="session")
def new_stream() -> type[Stream]:
    return Stream
